/** Decides what becomes of a release that serves: proven and settled, or left again. The questions are asked in verify.ts, the order is in run.ts. */
import { outcomeOf, type UnitOutcome } from "./adopt.js";
import type { Probe } from "./contract.js";
import type { ReleasePlan, Run, RunUnit } from "./engine.js";
import { errorOf, RunFailure } from "./failure.js";
import { ownerOf, type UnitId, unitId } from "./manifest.js";
import { retryBusy } from "./patience.js";
import { askable, askerOf } from "./probers.js";
import { rollBack } from "./rollback.js";
import { commonFault } from "./systemic.js";
import type { UnitFault } from "./trace.js";
import { type Question, verifyAll } from "./verify.js";

/** Asks every unit that is at its wanted state and not yet proven; returns the doubts. Units that nobody can ask count as proven by their daemon. */
export async function verifyUnits(run: Run, units: readonly RunUnit[]): Promise<{ asked: RunUnit[]; doubted: Map<UnitId, UnitFault> }> {
  const fallen = new Set(run.units.filter((unit) => unit.level !== "present").map(({ row }) => ownerOf(row.key)));
  const asked: RunUnit[] = [];
  for (const unit of units) {
    if (unit.level !== "present" || unit.verified) continue;
    const probes = unit.hash === null ? [] : unit.desired.probes;
    if (!askable(run, probes)) unit.verified = true;
    // A pool is asked through its owner's vhost: when that fell back, silence says nothing about the pool. It stays published.
    else if (probes.every(({ kind }) => kind === "php") && fallen.has(ownerOf(unit.row.key))) continue;
    else asked.push(unit);
  }
  const doubted = new Map<UnitId, UnitFault>();
  if (asked.length === 0) return { asked, doubted };
  const questions = asked.map((unit): Question => ({ hash: unit.hash as string, probes: unit.desired.probes }));
  const doubts = await verifyAll(askerOf(run), questions, run.engine.limits);
  asked.forEach((unit, index) => {
    const doubt = doubts[index];
    if (doubt) doubted.set(unitId(unit.row), { ...doubt, daemon: null, output: [] });
    else unit.verified = true;
  });
  return { asked, doubted };
}

/** What verification says of a release. */
export interface Verdict {
  doubted: ReadonlyMap<UnitId, UnitFault>;
  /** Doubted units, with what proved them before. */
  failing: RunUnit[];
  /** The release stays, though not with every unit. */
  keep: boolean;
  /** Ends the run once the release is kept or left. */
  failure: RunFailure | null;
}

/**
 * Judges a release that serves (decision of 2026-11-22 in src/README.md). Some answered: it stays, and the doubted units are taken back by
 * the next release of this run. None answered, or too many failed alike: the instance before takes over at once.
 */
export async function judgeRelease(run: Run, plan: ReleasePlan, units: readonly RunUnit[]): Promise<Verdict> {
  const { asked, doubted } = await verifyUnits(run, units);
  const failing = asked.filter((unit) => doubted.has(unitId(unit.row)));
  const blamed = failing.map((unit) => ({ accountId: unit.desired.accountId, code: doubted.get(unitId(unit.row))?.code ?? "" }));
  const alike = commonFault(blamed, units.length) ?? commonFault([...run.earlier.failed, ...blamed], run.earlier.units + units.length);
  const [first] = doubted.values();
  if (first === undefined || (failing.length < asked.length && alike === null)) return { doubted, failing, keep: true, failure: null };
  const error = { step: "verify", code: first.code, data: first.data, output: [] };
  run.errors.push(error);
  // A fresh machine has nothing to return to: what serves is kept, and its units stay touched until the way to them is mended.
  if (plan.base === null) return { doubted, failing, keep: true, failure: new RunFailure({ ...error, code: "publications.nothing_answers" }) };
  if (alike === null) return { doubted, failing, keep: false, failure: null };
  const data = { code: alike.code, accounts: String(alike.accounts) };
  return { doubted, failing, keep: false, failure: new RunFailure({ step: "verify", code: "publications.failing_alike", data, output: [] }, "refused") };
}

/** Ends what served before. The way back is gone afterwards, so the database is told first: who finds this after a crash settles, too. */
export async function settleRelease(run: Run, plan: ReleasePlan, releaseId: string, units: readonly RunUnit[], { doubted }: Verdict): Promise<UnitOutcome[]> {
  const outcomes = units.map((unit) => outcomeOf(unit, !doubted.has(unitId(unit.row))));
  await run.ctx.transaction(async (tx) => {
    await run.lease.assertHeldIn(tx);
    await tx.db.release.update({ where: { id: releaseId }, data: { state: "verified", units: JSON.parse(JSON.stringify(outcomes)) } });
  });
  const settled = await retryBusy(run, () => run.host.machine.settle({ fence: run.lease.fence, root: plan.root }));
  // "internal": what served before could not be ended. The release is good all the same, and the next run settles again.
  if (!settled.ok && settled.failure.kind === "internal") run.errors.push(errorOf("settle", settled.failure));
  else if (!settled.ok) throw new RunFailure(errorOf("settle", settled.failure));
  return outcomes;
}

/** Leaves a release for the one before, and asks that one. When it does not answer either, the machine is at fault: nobody is blamed. */
export async function leaveRelease(
  run: Run,
  plan: ReleasePlan,
  releaseId: string,
  units: readonly RunUnit[],
  { failing }: Verdict,
): Promise<RunFailure | null> {
  const before = failing.map(({ row }): Question => ({ hash: row.hash ?? "", probes: row.hash === null ? [] : (row.probes as unknown as Probe[]) }));
  const answered = await rollBack(
    run,
    plan,
    before.filter(({ probes }) => probes.length > 0),
  );
  await run.ctx.db.release.update({ where: { id: releaseId }, data: { state: "rolledBack" } });
  for (const unit of units) unit.verified = false;
  return answered === false ? new RunFailure({ step: "verify", code: "publications.nothing_answers", data: {}, output: [] }) : null;
}
