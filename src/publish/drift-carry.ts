/**
 * A run that meets files which another hand changed writes them down, and carries them into a release of its own before anything else: the units that they
 * belong to keep exactly what lies there, held for a person, and nobody else waits. What the programs refuse goes back to what we left.
 */
import type { Examination, Failure } from "../core/machine/index.js";
import { adoptRelease } from "./adopt.js";
import { closeRow, filesOfShards, type KeptEdit, recordDrift } from "./drift.js";
import { closeParts } from "./drift-parts.js";
import { changesOf, planAnew } from "./drift-plan.js";
import type { ReleasePlan, Run } from "./engine.js";
import { errorOf, RunFailure } from "./failure.js";
import { releaseHold } from "./holds.js";
import { listRelease } from "./list.js";
import { applyChanges, unitId } from "./manifest.js";
import { retryBusy } from "./patience.js";
import { publishRelease } from "./send.js";
import { traceRefusals } from "./trace.js";

/** The machine answered that its base is not what we left. */
export class DriftMet extends Error {
  override readonly name = "DriftMet";
  readonly failure: Failure;

  constructor(failure: Failure) {
    super("drift");
    this.failure = failure;
  }
}

/** Looks of one run: an answer names two hundred files at most, and whoever edits may still be at it. */
const MOST_LOOKS = 40;

/** Carries what was changed by hand into a release of ours, and sends anew what holds it together. Returns how many files there were, of both kinds. */
export async function carryDrift(run: Run, met?: Failure): Promise<number> {
  let files = 0;
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const found = await examine(run, met);
    // Also when nothing is found: somebody may have put back what was seen before.
    const { edits, shards } = await recordDrift(run.engine, run.ctx, run.host, found);
    if (found.count === 0) return files;
    if (shards.length === 0 && found.parts.length === 0) throw new RunFailure(errorOf("drift", met ?? { kind: "drift", shards: found.parts }));
    await carry(run, edits, shards);
    await closeParts(run.ctx, run.host.id, found.parts);
    files += edits.length + found.parts.length;
    // Where its index was another, the shards were not looked at.
    if (found.count <= found.files.length + found.parts.length && !found.parts.includes("index")) return files;
  }
  throw new RunFailure(errorOf("drift", met ?? { kind: "drift", shards: [] }));
}

async function examine(run: Run, met: Failure | undefined): Promise<Examination> {
  const outcome = await retryBusy(run, () => run.host.machine.examine("live"));
  // A machine whose apply is older cannot tell: as before, nothing is overwritten.
  if (!outcome.ok && outcome.failure.kind === "refused")
    throw new RunFailure({ ...errorOf("drift", met ?? outcome.failure), code: "publications.machine_too_old" });
  if (!outcome.ok) throw new RunFailure(errorOf("drift", outcome.failure));
  if (outcome.value.root !== run.live.root) throw new RunFailure(errorOf("drift", { kind: "base", live: outcome.value.root ?? "none" }));
  return outcome.value;
}

async function carry(run: Run, edits: readonly KeptEdit[], shards: readonly string[]): Promise<void> {
  run.live.files = await filesOfShards(run.ctx, run.host.id, shards);
  const refusedIds = new Set<string>();
  let along = edits.filter(({ kept, hash, withdrawn }) => !withdrawn && (kept || hash === null));
  for (;;) {
    const plan = planAnew(run.live, shards, changesOf(along));
    const releaseId = plan.root === run.live.root ? null : await listRelease(run, plan, []);
    const refused = await publishRelease(run, plan);
    if (refused === null) {
      await settle(run, plan, releaseId);
      await record(run, edits, plan, refusedIds);
      return;
    }
    if (releaseId !== null) await run.ctx.db.release.update({ where: { id: releaseId }, data: { state: "failed" } });
    const failing = refused.kind === "failed" || refused.kind === "rolled-back" ? refused.failures : [];
    if (failing.length === 0 || along.length === 0) throw new RunFailure(errorOf("drift", refused));
    run.errors.push({ ...errorOf("drift", refused), code: "publications.drift_refused" });
    const rest = without(run, along, failing);
    for (const { id } of along) if (!rest.some((edit) => edit.id === id)) refusedIds.add(id);
    along = rest;
  }
}

/** Leaves out the edits of units that the programs' words name; all of them, where they name none. */
function without(run: Run, along: readonly KeptEdit[], failing: Parameters<typeof traceRefusals>[0]): KeptEdit[] {
  const files = along.flatMap(({ path, unit, hash }) => (unit === null ? [] : [{ path, ...unit, hash: hash ?? "", size: 0 }]));
  const { units } = traceRefusals(failing, run.engine.daemons, files);
  return along.filter(({ unit }) => units.size > 0 && unit !== null && !units.has(unitId(unit)));
}

async function settle(run: Run, plan: ReleasePlan, releaseId: string | null): Promise<void> {
  const { ctx, lease, host } = run;
  if (releaseId !== null) {
    await ctx.transaction(async (tx) => {
      await lease.assertHeldIn(tx);
      await tx.db.release.update({ where: { id: releaseId }, data: { state: "verified" } });
    });
  }
  const settled = await retryBusy(run, () => host.machine.settle({ fence: lease.fence, root: plan.root }));
  if (!settled.ok && settled.failure.kind !== "internal") throw new RunFailure(errorOf("drift", settled.failure));
  if (releaseId !== null) await adoptRelease(ctx, lease, releaseId, []);
  for (const { shard, new: hash } of plan.shards) run.live.shards.set(shard, hash);
  run.live = { root: plan.root, files: applyChanges(run.live.files, plan.changes), shards: run.live.shards };
}

async function record(run: Run, edits: readonly KeptEdit[], plan: ReleasePlan, refused: ReadonlySet<string>): Promise<void> {
  const carried = new Set(plan.changes.map(({ path }) => path));
  await run.ctx.transaction(async (tx) => {
    for (const { id, path, withdrawn } of edits) {
      if (carried.has(path)) await tx.db.drift.update({ where: { id }, data: { carried: true } });
      else await closeRow(tx, id, withdrawn ? "repaired" : refused.has(id) ? "refused" : "gone", null);
    }
    // Of a unit whose edits were all left out nothing but ours lies on the machine: it goes on.
    const held = new Set(plan.changes.map(unitId));
    const free = edits.flatMap(({ unit }) => (unit === null || held.has(unitId(unit)) ? [] : [unit]));
    if (free.length === 0) return;
    const units = await tx.db.publishUnit.findMany({ where: { hostId: run.host.id, hold: "drift", OR: free }, select: { id: true } });
    await releaseHold(tx, units);
  });
}
