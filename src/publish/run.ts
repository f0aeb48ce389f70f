/** One publication of one host. This file is the order of the steps and nothing else; each step is a file of its own. */
import type { Failure } from "../core/machine/index.js";
import { adoptRelease, type UnitOutcome } from "./adopt.js";
import { type Batches, openBatches } from "./batches.js";
import { blame, refuseIfAlike } from "./blame.js";
import { causeOf } from "./cause.js";
import type { HostRecord } from "./contract.js";
import { closeOvertaken, countUncarried } from "./drift.js";
import { carryDrift, DriftMet } from "./drift-carry.js";
import { forgiveAlike, noteBatch } from "./earlier.js";
import type { Engine, ReleasePlan, Run, RunUnit } from "./engine.js";
import { errorOf, Mistrust, RunFailure, runErrorOf, type Setback, setbackOf } from "./failure.js";
import { guardUnits, noteRemoved } from "./guards.js";
import { listRelease } from "./list.js";
import { loadLive } from "./live.js";
import { takeLease } from "./lock.js";
import { applyChanges, unitId } from "./manifest.js";
import { changeOf, planRelease } from "./plan.js";
import { endRefused } from "./put-back.js";
import { closePublication, discardPublication, failPublication, openPublication, type PublicationState, recordBatch } from "./record.js";
import { recover } from "./recover.js";
import { fallBack, renderUnits, settleCollisions } from "./render.js";
import { selectUnits } from "./selection.js";
import { publishRelease, stageRelease } from "./send.js";
import { step } from "./steps.js";
import { surveyWaiting } from "./touched-rows.js";
import { judgeRelease, leaveRelease, settleRelease, verifyUnits } from "./verification.js";

/** How a run ended; `idle`: nothing was to be done. */
export interface Report {
  publicationId: string | null;
  state: PublicationState | "idle";
}

let runs = 0;

/** Publishes what is touched on a host. Never throws for what a machine or a unit did: the report and the publication's row say it. */
export async function runPublication(engine: Engine, host: HostRecord, owner: string): Promise<Report> {
  const ctx = engine.services.context({ kind: "system", name: "publish" });
  const waiting = await surveyWaiting(ctx, host.id);
  if (waiting.units === 0 && (await countUncarried(ctx, host.id)) === 0) return { publicationId: null, state: "idle" };
  engine.onStep?.("lock", host.id);
  runs += 1;
  const lease = await takeLease(ctx, host.id, `${owner} ${runs}`, engine.limits);
  try {
    const author = [...waiting.by].sort().join(", ");
    const { id: publicationId } = await openPublication(ctx, host.id, author, causeOf(waiting.reasons));
    const live: Run["live"] = { root: null, files: [], shards: new Map() };
    const budget = budgetOf(engine);
    return await inOrder({
      engine,
      ctx,
      host,
      lease,
      publicationId,
      waiting: null,
      units: [],
      live,
      budget,
      errors: [],
      earlier: { units: 0, failed: [] },
      removed: {},
      leaving: new Map(),
      steps: [],
      trusting: false,
    });
  } finally {
    await lease.release();
  }
}

async function inOrder(run: Run): Promise<Report> {
  const { publicationId } = run;
  try {
    await step(run, "recover", () => recover(run));
    const carried = (await countUncarried(run.ctx, run.host.id)) > 0 && (await step(run, "drift", () => carryDrift(run))) > 0;
    const ended = await publishBatches(run);
    const state = ended === "idle" && (carried || run.errors.length > 0) ? "done" : ended;
    await closeOvertaken(run.ctx, run.host.id);
    if (state === "idle") {
      await discardPublication(run);
      return { publicationId: null, state };
    }
    await closePublication(run, state);
    if (state === "done") run.engine.left.set(run.host.id, { fence: run.lease.fence, root: run.live.root });
    return { publicationId, state };
  } catch (error) {
    // Nothing has been done yet, and `left` is forgotten: this time the machine is asked.
    if (error instanceof Mistrust) return inOrder({ ...run, units: [] });
    const state = error instanceof RunFailure ? error.state : "failed";
    const lastStep = run.steps.at(-1)?.step ?? "lock";
    if (!(error instanceof RunFailure)) run.ctx.log.error({ err: error, publication: publicationId }, "a publication failed");
    if (error instanceof RunFailure) await forgiveAlike(run, error);
    const withdrawn = state === "refused" ? await withdrawAnyway(run) : [];
    await failPublication(run, state, runErrorOf(lastStep, error), withdrawn);
    return { publicationId, state };
  }
}

/** Each batch is a release of its own, proven before the next begins; one that is refused ends the run. What was changed by hand is carried, then all is read again. */
async function publishBatches(run: Run, meetings = MOST_MEETINGS): Promise<"done" | "partial" | "idle"> {
  let state: "done" | "partial" | "idle" = "idle";
  const batches = openBatches(run.engine, run.ctx, run.host);
  try {
    do {
      const ended = await publishBatch(run, batches);
      state = state === "partial" || ended === "idle" ? state : ended;
    } while (batches.waiting.length > 0);
    return state;
  } catch (error) {
    if (!(error instanceof DriftMet)) throw error;
    if (meetings === 0) throw new RunFailure(errorOf("drift", error.failure));
    await step(run, "drift", () => carryDrift(run, error.failure));
    const ended = await publishBatches(run, meetings - 1);
    return state === "partial" ? state : ended === "idle" ? "done" : ended;
  }
}

/** Somebody who goes on editing does not hold a run for ever. */
const MOST_MEETINGS = 3;

async function publishBatch(run: Run, batches: Batches): Promise<"done" | "partial" | "idle"> {
  const { engine, host } = run;
  run.units = [];
  run.units = await step(run, "desired", async () => selectUnits(run, await batches.next()));
  run.waiting = batches.waiting;
  if (run.units.length === 0) return "idle";
  run.budget = budgetOf(engine);
  await step(run, "render", async () => {
    await loadLive(run);
    await renderUnits(engine, host, run.units);
    await settleCollisions(run);
    refuseIfAlike(run);
  });
  const held = await step(run, "guard", () => guardUnits(run, batches.losses));
  if (run.units.length === 0) return held ? "partial" : "idle";
  await publishUnits(run);
  const ended = await step(run, "record", async () => {
    await noteRemoved(run);
    noteBatch(run);
    return recordBatch(run);
  });
  await endRefused(run);
  return ended;
}

const budgetOf = ({ limits }: Engine): Run["budget"] => ({ rounds: limits.rounds, rehearsals: { left: limits.rehearsals } });

/** Tries until everything is live: each round that fails takes at least one unit down one level. */
async function publishUnits(run: Run): Promise<void> {
  for (; run.budget.rounds > 0; run.budget.rounds -= 1) {
    const setback = await attempt(run, run.units);
    if (setback === null) return;
    await step(run, "blame", () => blame(run, setback, (subset) => isRefused(run, setback, subset)));
  }
  throw new RunFailure({ step: "blame", code: "publications.too_many_rounds", data: {}, output: [] }, "refused");
}

/** Where rehearsal refused, a rehearsal tells; where the start refused, only a start does, and what starts well stays live. */
async function isRefused(run: Run, setback: Setback, subset: readonly RunUnit[]): Promise<boolean> {
  if (setback.step !== "stage") return (await attempt(run, subset)) !== null;
  const plan = planRelease(run.live, subset);
  return plan !== null && (await stageRelease(run, plan)) !== null;
}

/** Brings these units live, or says what stopped them; then the release before serves. */
async function attempt(run: Run, units: readonly RunUnit[]): Promise<Setback | null> {
  const plan = await step(run, "plan", async () => planRelease(run.live, units));
  // Without a verb nothing proves the live root.
  if (plan === null && run.trusting) throw new Mistrust();
  if (plan === null) return step(run, "verify", () => verifyStanding(run, units));
  const releaseId = await step(run, "list", () => listRelease(run, plan, units));
  const refused = await step(run, "publish", () => publishListed(run, plan, releaseId));
  if (refused?.kind === "drift") throw new DriftMet(refused);
  if (refused !== null) return setbackOf(refused);
  announce(run, units);
  const verdict = await step(run, "verify", () => judgeRelease(run, plan, units));
  let failure = verdict.failure;
  if (verdict.keep) {
    const outcomes = await step(run, "settle", () => settleRelease(run, plan, releaseId, units, verdict));
    await step(run, "adopt", () => adopt(run, plan, releaseId, outcomes));
    units.forEach((unit, index) => {
      unit.counted = outcomes[index]?.done ?? false;
    });
  } else {
    failure = (await step(run, "rollback", () => leaveRelease(run, plan, releaseId, units, verdict))) ?? failure;
  }
  if (failure !== null) throw failure;
  return verdict.doubted.size === 0 ? null : { step: "verify", refusals: [], named: verdict.doubted };
}

/** Nothing changes: what serves already is asked, if nobody has yet. Doubts about files of before blame nobody: they were proven once. */
async function verifyStanding(run: Run, units: readonly RunUnit[]): Promise<Setback | null> {
  const { doubted } = await verifyUnits(run, units);
  for (const unit of units) {
    const doubt = doubted.get(unitId(unit.row));
    if (doubt === undefined || changeOf(unit.before, unit.files) !== "unchanged") continue;
    run.errors.push({ step: "verify", code: doubt.code, data: doubt.data, output: [] });
    doubted.delete(unitId(unit.row));
  }
  return doubted.size === 0 ? null : { step: "verify", refusals: [], named: doubted };
}

/** A release that did not come to serve is listed as failed, whoever stopped it. */
async function publishListed(run: Run, plan: ReleasePlan, releaseId: string): Promise<Failure | null> {
  let served = false;
  try {
    const refused = await publishRelease(run, plan);
    served = refused === null;
    return refused;
  } finally {
    if (!served) await run.ctx.db.release.update({ where: { id: releaseId }, data: { state: "failed" } });
  }
}

/** Tells open pages that these units are out and being asked. Nothing is written: a release that is left again was never published. */
function announce({ engine, host }: Run, units: readonly RunUnit[]): void {
  for (const { row, desired, level, verified } of units) {
    if (level !== "present" || verified || desired.probes.length === 0) continue;
    engine.events.emit({ hostId: host.id, role: row.role, key: row.key, accountId: desired.accountId, chip: { state: "published" } });
  }
}

async function adopt(run: Run, plan: ReleasePlan, releaseId: string, outcomes: readonly UnitOutcome[]): Promise<void> {
  for (const news of await adoptRelease(run.ctx, run.lease, releaseId, outcomes)) run.engine.events.emit(news);
  for (const { shard, new: hash } of plan.shards) run.live.shards.set(shard, hash);
  run.live = { root: plan.root, files: applyChanges(run.live.files, plan.changes), shards: run.live.shards };
}

/** A refused run must not keep a suspended or removed account on the web: those units alone go live, as notices. Returns those that did. */
async function withdrawAnyway(run: Run): Promise<RunUnit[]> {
  // A guess takes nothing down here: where many rows cannot be read, the fault is ours.
  const known = run.units.filter(({ desired, unreadable }) => desired.withdrawn && !unreadable?.guessed);
  const withdrawn = known.filter(({ files, before }) => before.length > 0 || files.length > 0);
  if (withdrawn.length === 0) return [];
  try {
    return await step(run, "withdraw", async () => {
      if (run.trusting) {
        await recover(run);
        await loadLive(run);
      }
      const fault = { code: "publications.withdrawn_only", data: {}, daemon: null, output: [] };
      for (const unit of withdrawn) if (unit.level === "present") await fallBack(run.engine, run.host, unit, fault);
      return (await attempt(run, withdrawn)) === null ? withdrawn : [];
    });
  } catch (error) {
    run.errors.push(runErrorOf("withdraw", error));
    return [];
  }
}
