/** Sends a release beside the live one, where the real programs rehearse its changed files. Nothing that serves is touched. */
import { type Failure, packRelease } from "../core/machine/index.js";
import type { ReleasePlan, Run } from "./engine.js";
import { retryBusy } from "./patience.js";
import { Mistrust } from "./recover.js";

/** Stages a plan; null: built and rehearsed. Contents come from the store, one at a time. */
export async function stageRelease(run: Run, plan: ReleasePlan): Promise<Failure | null> {
  const { base, root } = plan;
  const change = {
    base,
    root,
    shards: plan.shards.map(({ shard, old, new: hash }) => ({ name: shard, oldHash: old, newHash: hash })),
    deletes: plan.changes.flatMap(({ path, newHash }) => (newHash === null ? [path] : [])),
    puts: plan.changes.flatMap(({ path, newHash: hash }) => (hash === null ? [] : [{ path, hash, read: () => run.engine.store.get(hash) }])),
  };
  const outcome = await retryBusy(run, () => run.host.machine.stage({ fence: run.lease.fence, base, root }, packRelease(change)));
  if (!outcome.ok && run.trusting && (outcome.failure.kind === "base" || outcome.failure.kind === "fence")) throw new Mistrust();
  run.trusting = false;
  return outcome.ok ? null : outcome.failure;
}
