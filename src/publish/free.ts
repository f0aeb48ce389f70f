/** The columns of a unit that nobody holds. */
export const FREE = { hold: null, holdData: {}, heldAt: null, heldBy: null, putBackTo: null };
