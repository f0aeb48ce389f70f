/** Returns to the release before. One that another hand was in meanwhile is not trusted: its files are sent again, from the store. */
import { EMPTY_SHARD, type Failure } from "../core/machine/index.js";
import { filesOfShards } from "./drift.js";
import type { Run } from "./engine.js";
import { retryBusy } from "./patience.js";
import { hashShard } from "./plan.js";
import { publishRelease } from "./send.js";

/** The release to leave, the one before it, and the shards in which they differ. The manifest still is that of the one before. */
export interface Way {
  root: string;
  base: string | null;
  shards: readonly string[];
}

/** Null: the one before serves. */
export async function returnToBase(run: Run, { root, base, shards }: Way): Promise<Failure | null> {
  const { lease, host } = run;
  const left = await retryBusy(run, () => host.machine.rollback({ fence: lease.fence, root }));
  if (left.ok) return null;
  if (left.failure.kind !== "drift" || base === null) return left.failure;
  const files = await filesOfShards(run.ctx, host.id, shards);
  const whole = shards.map((shard) => ({ shard, old: EMPTY_SHARD, new: hashShard(files.filter(({ path }) => path.startsWith(`${shard}/`))) }));
  const refused = await publishRelease(run, { base: root, root: base, changes: [], shards: whole, full: files });
  if (refused !== null) return refused;
  run.errors.push({ step: "rollback", code: "publications.sent_again", data: { shards: shards.join(" ") }, output: [] });
  const settled = await retryBusy(run, () => host.machine.settle({ fence: lease.fence, root: base }));
  return settled.ok || settled.failure.kind === "internal" ? null : settled.failure;
}
