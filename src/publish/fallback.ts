/** What a unit may still serve when its new files are refused. Pure: decided here, done elsewhere. */
import { lostOwn } from "./claims.js";

/** From what was asked for down to nothing at all; a unit only ever goes down during a run. */
export type Level = "present" | "lastGood" | "notice" | "nothing";

export interface FallbackFacts {
  /** The level whose files have just been refused. */
  level: Level;
  /** The unit must not go on as it was (suspended, removed). */
  withdrawn: boolean;
  /** It should have no files at all. */
  gone: boolean;
  /** Names that it claims now. */
  claims: readonly string[];
  /** Its last good files and the names they serve; null: there are none. */
  lastGood: { claims: readonly string[] } | null;
}

/**
 * Chooses the next thing to try. The last good files never serve a name, account or state that has been withdrawn since: a name that the
 * unit no longer claims may by now be a neighbour's, so one such name is enough for the fixed notice. Where its relays lead is no name.
 */
export function nextLevel({ level, withdrawn, gone, claims, lastGood }: FallbackFacts): Level {
  if (level === "present" && !withdrawn && !gone && lastGood !== null && lostOwn(lastGood.claims, claims).length === 0) return "lastGood";
  if ((level === "present" || level === "lastGood") && !gone) return "notice";
  return "nothing";
}
