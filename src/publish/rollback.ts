/** Returns to the release that still runs, and asks it whether it answers. Every error met on the way is kept. */
import type { Probe } from "./contract.js";
import type { ReleasePlan, Run } from "./engine.js";
import { errorOf, RunFailure } from "./failure.js";
import { askable, askerOf } from "./probers.js";
import { returnToBase } from "./return.js";
import { type Question, verifyAll } from "./verify.js";

/** Neighbours that are asked too, so that a dead link is told from a bad unit. */
const WITNESSES = 3;

/**
 * Rolls a release back and verifies the one before. Returns how the old one answered: `true` it does, `false` it does not either (then
 * the machine or the way to it is at fault), `null` nobody could be asked.
 */
export async function rollBack(run: Run, plan: ReleasePlan, failing: readonly Question[]): Promise<boolean | null> {
  const { id } = run.host;
  const failure = await returnToBase(run, { ...plan, shards: plan.shards.map(({ shard }) => shard) });
  if (failure !== null) throw new RunFailure(errorOf("rollback", failure));
  const witnesses = await run.ctx.db.publishUnit.findMany({
    where: { hostId: id, serving: { in: ["present", "lastGood"] }, hash: { not: null }, id: { notIn: run.units.slice(0, 500).map(({ row }) => row.id) } },
    orderBy: { verified: "desc" },
    take: WITNESSES * 10,
  });
  const asked = witnesses
    .map((row): Question => ({ hash: row.hash as string, probes: row.probes as unknown as Probe[] }))
    .filter(({ probes }) => askable(run, probes));
  const questions = [...failing.filter(({ probes }) => askable(run, probes)), ...asked.slice(0, WITNESSES)];
  if (questions.length === 0) return null;
  const doubts = await verifyAll(askerOf(run), questions, run.engine.limits);
  if (doubts.some((doubt) => doubt === null)) return true;
  const [doubt] = doubts;
  if (doubt) run.errors.push({ step: "rollback", code: doubt.code, data: doubt.data, output: [] });
  return false;
}
