/** What a unit claims: what is its own for as long as it has it (names, logins with their secrets), and where its relays lead. */

/** A relay's origin, as a claim. */
const ORIGIN = /^proxy https?:\/\//;

/** Gives what a unit claimed and claims no more: it may be another's by now. */
export function lostClaims(before: readonly string[], now: readonly string[]): string[] {
  const claimed = new Set(now);
  return before.filter((claim) => !claimed.has(claim));
}

/**
 * The same without where its relays lead. A member changes that as any other setting: what was served a moment ago may stay until the new files
 * are accepted. Only what is older than that is asked for its origins too: put-back.ts.
 */
export function lostOwn(before: readonly string[], now: readonly string[]): string[] {
  return lostClaims(before, now).filter((claim) => !ORIGIN.test(claim));
}
