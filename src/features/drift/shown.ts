/** Files that were changed by hand, as pages, programs and terminals show them. */
import type { DriftRow } from "../../publish/index.js";
import type { Look } from "./drifts.js";

/** A row as it is told; the host by its name. */
export function driftBody(names: ReadonlyMap<string, string>, row: DriftRow) {
  const { id, hostId, path, role, key, accountId, kind, state, kept, hash, leftHash, seenAt, lastSeenAt, endedAt, decidedBy } = row;
  const times = { seenAt: seenAt.toISOString(), lastSeenAt: lastSeenAt.toISOString(), endedAt: endedAt?.toISOString() ?? null };
  return { id, host: names.get(hostId) ?? hostId, path, role, key, accountId, kind, state, kept, hash, leftHash, ...times, decidedBy };
}

const CHIPS: Record<string, string> = { open: "held", adopted: "held", repaired: "verified", refused: "failed", gone: "published" };

/** The chip's colour. */
export const chipFor = (state: string): string => CHIPS[state] ?? "waiting";

/** What a look found, or the word for why nobody could look. */
export const lookBody = ({ host, outcome }: Look) =>
  outcome.ok ? { host, files: outcome.value, reason: null } : { host, files: null, reason: outcome.failure.kind === "refused" ? "old" : outcome.failure.kind };
