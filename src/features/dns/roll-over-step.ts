/** How far the change of a zone's key-signing key has come. Pure: read from what the primary and the parent say, so that a change that the primary began by itself is seen too. */

/**
 * none: nothing changes; announcing: the new key is published, others still remember the answer without it; parent: the new DS is waited for;
 * finishing: the parent has it, the old key stays as long as anybody may remember the old DS.
 */
export type RollOver = "none" | "announcing" | "parent" | "finishing";

export interface KeysSeen {
  /** Tags of the keys that are to leave. */
  leaving: readonly number[];
  /** DS records, in presentation form: those that the primary wants at the parent, of all keys that it publishes, and those that the parent has. */
  wanted: readonly string[];
  keys: readonly string[];
  parent: readonly string[];
}

/** Tells the step; `done`: the keys that should leave have left. */
export function stepOf({ leaving, wanted, keys, parent }: KeysSeen): RollOver | "done" {
  const leaves = (ds: string) => leaving.includes(tagOf(ds));
  const begun = leaving.length > 0;
  const fresh = wanted.filter((ds) => !leaves(ds));
  if (begun && fresh.length === 0) return "announcing";
  // Without a DS of a key in use nothing changes there: the first one is waited for.
  if (!fresh.some((ds) => parent.includes(ds))) return begun || keys.some((ds) => parent.includes(ds)) ? "parent" : "none";
  if (begun && keys.some(leaves)) return "finishing";
  return begun ? "done" : "none";
}

/** The tag of a key, from the DS record in presentation form. */
export function tagOf(ds: string): number {
  return Number(ds.split(" ")[0]);
}
