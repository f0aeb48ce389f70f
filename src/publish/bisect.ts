/** Finds the unit that breaks the whole where the program names no file. */

/** Says whether a set of units, put on what is live, is refused. */
export type Refuses<Unit> = (units: readonly Unit[]) => Promise<boolean>;

/**
 * Finds one culprit by halving: the shortest prefix that is refused ends with it. Costs log2(n) rehearsals; returns null when `budget`
 * (shared by the whole run) does not reach that far, or when the failure went away meanwhile.
 */
export async function findCulprit<Unit>(units: readonly Unit[], refuses: Refuses<Unit>, budget: { left: number }): Promise<Unit | null> {
  let good = 0;
  let bad = units.length;
  while (bad - good > 1) {
    if (budget.left <= 0) return null;
    budget.left -= 1;
    const middle = Math.floor((good + bad) / 2);
    if (await refuses(units.slice(0, middle))) bad = middle;
    else good = middle;
  }
  return units[bad - 1] ?? null;
}
