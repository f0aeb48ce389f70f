/** Keeps what a run was about and how it ended: for the people it concerns, and for those who will ask why. */
import { outcomeOf, settleUnits, type UnitOutcome } from "./adopt.js";
import type { Cause } from "./cause.js";
import type { Run, RunError, RunUnit } from "./engine.js";
import type { Level } from "./fallback.js";
import { changeOf } from "./plan.js";
import { pagesOfIds, pagesWaiting } from "./touched-rows.js";

const ROWS_AT_ONCE = 500;
/** Kept of what a program said of one unit: who needs more reads its journal. */
const MOST_WORDS = 50;

/** Opens the publication's row; returns its id and number. */
export async function openPublication(ctx: Run["ctx"], hostId: string, author: string, cause: Cause): Promise<{ id: string; number: number }> {
  return ctx.transaction(async (tx) => {
    const last = await tx.db.publication.findFirst({ where: { hostId }, orderBy: { number: "desc" }, select: { number: true } });
    const number = (last?.number ?? 0) + 1;
    const { id } = await tx.db.publication.create({ data: { hostId, number, state: "running", author, cause, startedAt: ctx.clock.now() } });
    return { id, number };
  });
}

/** How a run ended. `partial`: it went through, some units did not. */
export type PublicationState = "done" | "partial" | "failed" | "refused";

/** Ends a batch that went through: every unit's numbers, and one part per unit. */
export async function recordBatch(run: Run): Promise<"done" | "partial"> {
  const outcomes = run.units.map((unit) => outcomeOf(unit, true));
  const uncounted = outcomes.filter((_, index) => !run.units[index]?.counted);
  for (let start = 0; start < uncounted.length; start += ROWS_AT_ONCE) {
    const page = uncounted.slice(start, start + ROWS_AT_ONCE);
    const news = await run.ctx.transaction(async (tx) => {
      await run.lease.assertHeldIn(tx);
      return settleUnits(tx, page);
    });
    for (const told of news) run.engine.events.emit(told);
  }
  await writeParts(run, outcomes, (unit) => resultOf(unit));
  return run.units.every((unit) => unit.fault === null) && run.errors.length === 0 ? "done" : "partial";
}

/** Ends a run of which every batch went through. */
export function closePublication(run: Run, state: "done" | "partial"): Promise<void> {
  return writeEnd(run, state);
}

/** Forgets a publication that turned out to have nothing to do. */
export async function discardPublication({ ctx, publicationId }: Run): Promise<void> {
  await ctx.db.publication.delete({ where: { id: publicationId } });
}

/** Ends a run that did not go through: units stay touched, nobody is blamed, every error is kept. `withdrawn` went live all the same. */
export async function failPublication(run: Run, state: "failed" | "refused", error: RunError, withdrawn: readonly RunUnit[]): Promise<void> {
  run.errors.unshift(error);
  await writeWaiting(run);
  const live = new Set(withdrawn);
  const blameless = (unit: RunUnit): UnitOutcome => ({ ...outcomeOf(unit, false), serving: unit.row.serving as Level, code: null, data: {} });
  const outcomes = run.units.map((unit) => (live.has(unit) ? outcomeOf(unit, true) : blameless(unit)));
  await writeParts(run, outcomes, (unit) => (live.has(unit) ? resultOf(unit) : "pending"));
  await writeEnd(run, state);
}

/** The run did not come to them: those whose changes wait are told at least that. */
async function writeWaiting({ ctx, host, publicationId, waiting }: Run): Promise<void> {
  const pages = waiting === null ? pagesWaiting(ctx, host.id) : pagesOfIds(ctx, host.id, waiting);
  const told = { publicationId, change: "changed", says: [], result: "pending" };
  for await (const page of pages) {
    const parts = page.map(({ role, key, accountId, serving }) => ({ ...told, role, key, accountId, serving }));
    for (let start = 0; start < parts.length; start += ROWS_AT_ONCE) {
      await ctx.db.publicationPart.createMany({ data: parts.slice(start, start + ROWS_AT_ONCE) });
    }
  }
}

type PartResult = "verified" | "published" | "failed" | "pending";

function resultOf(unit: RunUnit): PartResult {
  if (unit.fault !== null) return "failed";
  return unit.verified ? "verified" : "published";
}

async function writeParts(run: Run, outcomes: readonly UnitOutcome[], result: (unit: RunUnit) => PartResult): Promise<void> {
  const { publicationId } = run;
  const parts = run.units.map((unit, index) => {
    const { role, key, accountId, serving, code, data } = outcomes[index] as UnitOutcome;
    const change = changeOf(unit.before, unit.files);
    // A fault that the outcome does not count was nobody's: the run's own errors tell of it.
    const output = code === null ? [] : (unit.fault?.output ?? []).slice(0, MOST_WORDS);
    const fault = { faultCode: code, faultData: data, output };
    return { publicationId, role, key, accountId, change, says: unit.desired.says, serving, result: result(unit), ...fault };
  });
  for (let start = 0; start < parts.length; start += ROWS_AT_ONCE) {
    await run.ctx.db.publicationPart.createMany({ data: parts.slice(start, start + ROWS_AT_ONCE) });
  }
}

async function writeEnd({ ctx, publicationId, errors, steps }: Run, state: PublicationState): Promise<void> {
  const data = { state, errors: JSON.parse(JSON.stringify(errors)), steps, endedAt: ctx.clock.now() };
  await ctx.db.publication.update({ where: { id: publicationId }, data });
}
