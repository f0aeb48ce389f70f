/** Why a publication was made, in one word. Pure. */

export const CAUSES = ["change", "nightly", "renderer", "versions", "putBack", "repair"] as const;
export type Cause = (typeof CAUSES)[number];
/** Those of a comparison that found more than was touched. */
export const COMPARED = ["nightly", "renderer", "versions"] as const satisfies readonly Cause[];

/** Names the cause of a run from what its units were touched for: the one that all share. Where somebody changed something as well, that is what the run is about. */
export function causeOf(found: ReadonlySet<string>): Cause {
  const [only] = found;
  if (found.size !== 1) return "change";
  return CAUSES.find((cause) => cause === only) ?? "change";
}
