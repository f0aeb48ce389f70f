/** Decides what becomes of a release that serves: proven and settled, or left again. The questions themselves are asked in verify.ts. */
import { adoptRelease, outcomeOf } from "./adopt.js";
import type { Probe } from "./contract.js";
import type { ReleasePlan, Run, RunUnit } from "./engine.js";
import { RunFailure, type Setback, errorOf } from "./failure.js";
import { type UnitId, ownerOf, unitId } from "./manifest.js";
import { retryBusy } from "./patience.js";
import { rollBack } from "./rollback.js";
import { commonFault } from "./systemic.js";
import type { UnitFault } from "./trace.js";
import { type Question, verifyAll } from "./verify.js";

/** Asks every unit that is at its wanted state and not yet proven; returns the doubts. Units that nobody can ask count as proven by their daemon. */
export async function verifyUnits(run: Run, units: readonly RunUnit[]): Promise<{ asked: RunUnit[]; doubted: Map<UnitId, UnitFault> }> {
  const { web } = run.host;
  const fallen = new Set(run.units.filter((unit) => unit.level !== "present").map(({ row }) => ownerOf(row.key)));
  const asked: RunUnit[] = [];
  for (const unit of units) {
    if (unit.level !== "present" || unit.verified) continue;
    const probes = unit.hash === null ? [] : unit.desired.probes;
    if (web === null || probes.length === 0) unit.verified = true;
    // A pool is asked through its owner's vhost: when that fell back, silence says nothing about the pool. It stays published.
    else if (probes.every(({ kind }) => kind === "php") && fallen.has(ownerOf(unit.row.key))) continue;
    else asked.push(unit);
  }
  const doubted = new Map<UnitId, UnitFault>();
  if (web === null || asked.length === 0) return { asked, doubted };
  const questions = asked.map((unit): Question => ({ hash: unit.hash as string, probes: unit.desired.probes }));
  const doubts = await verifyAll(web, questions, run.engine.agent, run.engine.limits);
  asked.forEach((unit, index) => {
    const doubt = doubts[index];
    if (doubt) doubted.set(unitId(unit.row), { ...doubt, daemon: null, output: [] });
    else unit.verified = true;
  });
  return { asked, doubted };
}

/** Keeps a release: the instance before may end, and the database learns what serves. Doubted units stay touched. */
export async function settleRelease(run: Run, plan: ReleasePlan, releaseId: string, units: readonly RunUnit[], doubted: ReadonlyMap<UnitId, UnitFault>): Promise<void> {
  const outcomes = units.map((unit) => outcomeOf(unit, !doubted.has(unitId(unit.row))));
  // Written before the machine forgets the way back: who finds this state after a crash settles instead of rolling back.
  await run.ctx.transaction(async (tx) => {
    await run.lease.assertHeldIn(tx);
    await tx.db.release.update({ where: { id: releaseId }, data: { state: "verified", units: JSON.parse(JSON.stringify(outcomes)) } });
  });
  const settled = await retryBusy(run, () => run.host.machine.settle({ fence: run.lease.fence, root: plan.root }));
  // "internal": what served before could not be ended. The release is good all the same, and the next run settles again.
  if (!settled.ok && settled.failure.kind === "internal") run.errors.push(errorOf("settle", settled.failure));
  else if (!settled.ok) throw new RunFailure(errorOf("settle", settled.failure));
  for (const news of await adoptRelease(run.ctx, run.lease, releaseId, outcomes)) run.engine.events.emit(news);
}

/**
 * Judges a release after its verification (decision of 2026-11-22 in src/README.md). Some answered: the release stays, and the doubted
 * units are taken back by the next one of this run. None answered, or too many alike: the instance before takes over at once; if it does
 * not answer either, the machine is at fault and nobody is blamed.
 */
export async function concludeRelease(run: Run, plan: ReleasePlan, releaseId: string, units: readonly RunUnit[]): Promise<{ setback: Setback | null; live: boolean }> {
  const { asked, doubted } = await verifyUnits(run, units);
  const setback: Setback = { step: "verify", refusals: [], named: doubted };
  if (doubted.size === 0) {
    await settleRelease(run, plan, releaseId, units, doubted);
    return { setback: null, live: true };
  }
  const failing = asked.filter((unit) => doubted.has(unitId(unit.row)));
  const blamed = failing.map((unit) => ({ accountId: unit.desired.accountId, code: doubted.get(unitId(unit.row))?.code ?? "" }));
  const alike = commonFault(blamed, units.length);
  const [first] = doubted.values();
  const error = { step: "verify", code: first?.code ?? "", data: first?.data ?? {}, output: [] };
  if (failing.length < asked.length && alike === null) {
    await settleRelease(run, plan, releaseId, units, doubted);
    return { setback, live: true };
  }
  run.errors.push(error);
  if (plan.base === null) {
    // There is nothing to return to: what serves is kept, and its units go on being touched until somebody mends the way to them.
    await settleRelease(run, plan, releaseId, units, doubted);
    throw new RunFailure({ ...error, code: "publications.nothing_answers" });
  }
  await run.ctx.db.release.update({ where: { id: releaseId }, data: { state: "rolledBack" } });
  const before = failing.map(({ row }): Question => ({ hash: row.hash ?? "", probes: row.hash === null ? [] : (row.probes as unknown as Probe[]) }));
  const answered = await rollBack(run, plan, before.filter(({ probes }) => probes.length > 0));
  for (const unit of units) unit.verified = false;
  if (answered === false) throw new RunFailure({ ...error, code: "publications.nothing_answers" });
  if (alike !== null) throw new RunFailure({ step: "verify", code: "publications.failing_alike", data: { code: alike.code, accounts: String(alike.accounts) }, output: [] }, "refused");
  return { setback, live: false };
}
