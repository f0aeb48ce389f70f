/** Sends a release beside the live one, where the real programs rehearse its changed files, and lets it take over. */
import { type Failure, packRelease } from "../core/machine/index.js";
import { concealSecrets } from "./conceal.js";
import type { ReleasePlan, Run } from "./engine.js";
import { Mistrust } from "./failure.js";
import { retryBusy } from "./patience.js";

/** Stages a plan and goes no further, to find out who is refused; null: built and rehearsed. */
export function stageRelease(run: Run, plan: ReleasePlan): Promise<Failure | null> {
  return send(run, plan, "stage");
}

/** Stages a plan and switches to it; null: it serves, and the release before still runs beside it. */
export function publishRelease(run: Run, plan: ReleasePlan): Promise<Failure | null> {
  return send(run, plan, "publish");
}

/** Contents come from the store, one at a time. */
async function send(run: Run, plan: ReleasePlan, verb: "stage" | "publish"): Promise<Failure | null> {
  const { base, root } = plan;
  const change = {
    base,
    root,
    shards: plan.shards.map(({ shard, old, new: hash }) => ({ name: shard, oldHash: old, newHash: hash })),
    deletes: plan.full ? [] : plan.changes.flatMap(({ path, newHash }) => (newHash === null ? [path] : [])),
    puts: filesOf(plan).map(({ path, hash }) => ({ path, hash, read: () => run.engine.store.get(hash) })),
  };
  const outcome = await retryBusy<unknown>(run, () => run.host.machine[verb]({ fence: run.lease.fence, base, root }, packRelease(change)));
  if (!outcome.ok && run.trusting && (outcome.failure.kind === "base" || outcome.failure.kind === "fence")) throw new Mistrust();
  run.trusting = false;
  return outcome.ok ? null : concealSecrets(run.engine.store, plan.changes, outcome.failure);
}

const filesOf = ({ full, changes }: ReleasePlan): readonly { path: string; hash: string }[] =>
  full ?? changes.flatMap(({ path, newHash: hash }) => (hash === null ? [] : [{ path, hash }]));
