/** Which of the units that were read go on: those that are held stand still, unless they would serve what was withdrawn since. */
import type { Context } from "../core/context.js";
import { lostOwn } from "./claims.js";
import type { Engine, Run, RunUnit } from "./engine.js";
import { FREE } from "./free.js";
import { lookBack } from "./put-back.js";

/** `goes`: nobody holds it. `dropped`: the hold ends, and the present state is published. `back`: an older state comes back. */
export type Standing = "goes" | "dropped" | "back" | "stands";

/** Decides about one unit; pure. A guess about rows that cannot be read ends no hold. */
export function standingOf({ row, desired, unreadable }: Pick<RunUnit, "row" | "desired" | "unreadable">): Standing {
  // What a guard holds is rendered and judged again: guards.ts.
  if (row.hold === null || row.hold === "guard") return "goes";
  if (unreadable?.guessed) return "stands";
  if (desired.withdrawn || desired.state === null) return "dropped";
  if (lostOwn(row.claims as string[], desired.claims).length > 0) return "dropped";
  if (row.putBackTo !== null) return "back";
  // Nobody stands at nothing, nor is put back to the page of a suspended account.
  const page = row.hold === "putBack" && (row.withdrawn || row.serving === "notice");
  return page || row.serving === "nothing" ? "dropped" : "stands";
}

export interface Selection {
  going: RunUnit[];
  /** Those of `going` whose hold ends. */
  dropped: RunUnit[];
  standing: RunUnit[];
}

/** Sorts units, and looks up the older state of those that are put back. Writes nothing. */
export async function sortHeld({ store }: Pick<Engine, "store">, ctx: Context, hostId: string, units: readonly RunUnit[]): Promise<Selection> {
  const found = new Map(units.map((unit) => [unit, standingOf(unit)]));
  const of = (standing: Standing): RunUnit[] => units.filter((unit) => found.get(unit) === standing);
  const pending = units.filter((unit) => unit.row.putBackTo !== null && found.get(unit) !== "stands");
  const { staying } = await lookBack(store, ctx, hostId, pending);
  const dropped = new Set([...of("dropped"), ...staying]);
  return { going: units.filter((unit) => found.get(unit) !== "stands"), dropped: [...dropped], standing: of("stands") };
}

/** Gives the units that this batch publishes. What stands still is counted as dealt with, so that nobody asks again before the next change. */
export async function selectUnits(run: Run, units: readonly RunUnit[]): Promise<RunUnit[]> {
  const { going, dropped, standing } = await sortHeld(run.engine, run.ctx, run.host.id, units);
  await dropHolds(run, dropped);
  await countStanding(run, standing);
  return going;
}

/** A hold that somebody changed since it was read is left to the next run. */
async function dropHolds({ ctx }: Run, units: readonly RunUnit[]): Promise<void> {
  if (units.length === 0) return;
  await ctx.transaction(async (tx) => {
    for (const { row, desired } of units) {
      const { id, role, key, hold, heldAt } = row;
      const { count } = await tx.db.publishUnit.updateMany({ where: { id, hold, heldAt }, data: FREE });
      if (count === 0) continue;
      const object = { type: "unit", id, name: `${role} ${key}` };
      tx.audit({ verb: "publications.hold.dropped", accountId: desired.accountId, object, old: { reason: hold } });
    }
  });
}

/** Counts what stands still as dealt with. */
export async function countStanding({ ctx }: Run, units: readonly RunUnit[]): Promise<void> {
  if (units.length === 0) return;
  await ctx.transaction(async (tx) => {
    for (const { row } of units) {
      await tx.db.publishUnit.updateMany({ where: { id: row.id, hold: { not: null }, published: { lt: row.wanted } }, data: { published: row.wanted } });
    }
  });
}
