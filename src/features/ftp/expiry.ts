/** Until when a login is good: for a number of days, or until the end of a day. */

const DAY_MS = 86_400_000;
export const MAX_DAYS = 3660;
/** What the form offers. */
export const LIFETIMES = [7, 30, 90] as const;

/** Gives the end of so many days from now. */
export function afterDays(now: Date, days: number): Date {
  return new Date(now.getTime() + days * DAY_MS);
}

/** Gives the last second of a day (UTC) that is typed as 2026-12-31; null when it is no day of the calendar. */
export function endOfDay(typed: string): Date | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(typed)) return null;
  const end = new Date(`${typed}T23:59:59.000Z`);
  return !Number.isNaN(end.getTime()) && end.toISOString().startsWith(typed) ? end : null;
}
