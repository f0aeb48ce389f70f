/** Finds out where the machine stands before anything is done to it. The machine's own status decides, never the database's belief. */
import type { MachineStatus } from "../core/machine/index.js";
import { adoptRelease, revertRelease, type UnitOutcome } from "./adopt.js";
import type { Run } from "./engine.js";
import { errorOf, RunFailure } from "./failure.js";
import { FREE } from "./free.js";
import { listWiped } from "./list.js";
import { shardsOf } from "./manifest.js";
import { retryBusy } from "./patience.js";
import { forgetRestored, returnToKnown } from "./restoration.js";
import { returnToBase } from "./return.js";
import { touchAll } from "./touch-all.js";

/** Settles or undoes what a run before left behind, and makes the manifest equal to the live root. */
export async function recover(run: Run): Promise<void> {
  const { host, lease } = run;
  const away = await host.machine.probe();
  if (away !== null) {
    await run.engine.hosts.noteReach?.(run.ctx, host.id, away);
    throw new RunFailure({ ...errorOf("recover", { kind: "unreachable", reason: away }), data: { reason: away, door: "closed" } });
  }
  if (await trust(run)) return;
  const outcome = await host.machine.status();
  if (!outcome.ok) throw new RunFailure(errorOf("recover", outcome.failure));
  const status = outcome.value;
  await lease.raise(status.fence);
  await closeInterrupted(run);
  const live = status.previous === null ? status.root : await concludeUnsettled(run, status.root as string, status.previous);
  await readLive(run, await reconcile(run, status, live));
}

/**
 * This process ended its last run here well, and the fence says that nobody has held the lease since: there is nothing to recover, and asking
 * would cost a round trip and a look at every daemon. Staging names this root and fence, and the machine refuses any other.
 */
async function trust(run: Run): Promise<boolean> {
  const { engine, host, lease } = run;
  const left = engine.left.get(host.id);
  engine.left.delete(host.id);
  run.trusting = left !== undefined && left.root !== null && left.fence + 1 === lease.fence;
  if (!run.trusting || left === undefined) return false;
  const believed = await run.ctx.db.release.findFirst({ where: { hostId: host.id, state: "live" }, orderBy: { number: "desc" }, select: { root: true } });
  run.trusting = believed?.root === left.root;
  if (run.trusting) await readLive(run, left.root);
  return run.trusting;
}

async function readLive(run: Run, root: string | null): Promise<void> {
  const shards = await run.ctx.db.publishedShard.findMany({ where: { hostId: run.host.id } });
  run.live = { root, files: [], shards: new Map(shards.map(({ shard, hash }) => [shard, hash])) };
}

/** Says so of publications whose panel died: the lease is ours, so they cannot be running. */
async function closeInterrupted({ ctx, host, publicationId }: Run): Promise<void> {
  await ctx.db.publication.updateMany({
    where: { hostId: host.id, state: "running", id: { not: publicationId } },
    data: { state: "interrupted", endedAt: ctx.clock.now() },
  });
}

/** A release whose verification had passed is settled; one that nobody had verified is left. Returns the live root. */
async function concludeUnsettled(run: Run, root: string, previous: string): Promise<string> {
  const { machine, id: hostId } = run.host;
  const release = await run.ctx.db.release.findFirst({ where: { hostId, root }, orderBy: { number: "desc" } });
  if (release?.state === "verified" || release?.state === "live") {
    const settled = await retryBusy(run, () => machine.settle({ fence: run.lease.fence, root }));
    if (!settled.ok && settled.failure.kind !== "internal") throw new RunFailure(errorOf("recover", settled.failure));
    return root;
  }
  const changes = release === null ? [] : await run.ctx.db.releaseChange.findMany({ where: { releaseId: release.id }, select: { path: true } });
  const failure = await returnToBase(run, { root, base: previous, shards: shardsOf(changes) });
  if (failure !== null) throw new RunFailure(errorOf("recover", failure));
  if (release) await run.ctx.db.release.update({ where: { id: release.id }, data: { state: "rolledBack" } });
  return previous;
}

/** Moves the manifest to the live root: one release forward, one back, or from nothing when the machine is fresh. Gives what is live then. */
async function reconcile(run: Run, status: MachineStatus, root: string | null): Promise<string | null> {
  const { ctx, host, lease, engine, publicationId } = run;
  const { id: hostId } = host;
  const believed = await ctx.db.release.findFirst({ where: { hostId, state: "live" }, orderBy: { number: "desc" } });
  if ((believed?.root ?? null) === root) {
    await forgetRestored(run);
    return root;
  }
  if (root === null) {
    await startAfresh();
    return root;
  }
  const next = await ctx.db.release.findFirst({ where: { hostId, root, parentRoot: believed?.root ?? null }, orderBy: { number: "desc" } });
  if (next !== null) {
    const outcomes = next.units as unknown as UnitOutcome[];
    for (const news of await adoptRelease(ctx, lease, next.id, outcomes)) engine.events.emit(news);
    return root;
  }
  if (believed !== null && believed.parentRoot === root) {
    await revertRelease(ctx, lease, believed.id);
    return root;
  }
  // Only a database older than the machine leads here: by a restoration, or else a person decides.
  if (!(await returnToKnown(run, status, root, believed?.root))) {
    throw new RunFailure({ step: "recover", code: "publications.unknown_root", data: { root }, output: [] }, "refused");
  }
  await touchAll(engine, ctx, host);
  return believed?.root ?? null;

  async function startAfresh(): Promise<void> {
    await ctx.transaction(async (tx) => {
      await lease.assertHeldIn(tx);
      await listWiped(tx, hostId, believed?.root ?? null, publicationId);
      await tx.db.publishedFile.deleteMany({ where: { hostId } });
      await tx.db.publishedShard.deleteMany({ where: { hostId } });
      await tx.db.release.updateMany({ where: { hostId, state: "live" }, data: { state: "past" } });
      // What was held was held at files that are gone; nobody may stand at nothing.
      const { count } = await tx.db.publishUnit.updateMany({ where: { hostId, hold: { not: null } }, data: FREE });
      if (count > 0)
        tx.audit({ verb: "publications.hold.all_dropped", accountId: null, object: { type: "host", id: hostId, name: host.name }, old: { count } });
      await tx.db.publishUnit.updateMany({ where: { hostId }, data: { serving: "nothing", withdrawn: false, hash: null, claims: [], probes: [] } });
    });
    await touchAll(engine, ctx, host);
  }
}
