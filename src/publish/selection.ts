/** Which of the units that were read go on: those that are held stand still, unless they would serve what was withdrawn since. */
import type { Run, RunUnit } from "./engine.js";
import { FREE } from "./holds.js";

/** `goes`: nobody holds it. `dropped`: the hold ends, and the present state is published. `back`: an older state comes back. */
export type Standing = "goes" | "dropped" | "back" | "stands";

/** Decides about one unit; pure. A guess about rows that cannot be read ends no hold. */
export function standingOf({ row, desired, unreadable }: Pick<RunUnit, "row" | "desired" | "unreadable">): Standing {
  // What a guard holds is rendered and judged again: guards.ts.
  if (row.hold === null || row.hold === "guard") return "goes";
  if (unreadable?.guessed) return "stands";
  if (desired.withdrawn || desired.state === null) return "dropped";
  const claimed = new Set(desired.claims);
  if ((row.claims as string[]).some((claim) => !claimed.has(claim))) return "dropped";
  if (row.putBackTo !== null) return "back";
  // Nothing serves, so there is nothing to stand at: the machine was installed anew.
  return row.serving === "nothing" ? "dropped" : "stands";
}

/** Gives the units that this batch publishes. What stands still is counted as dealt with, so that nobody asks again before the next change. */
export async function selectUnits(run: Run, units: readonly RunUnit[]): Promise<RunUnit[]> {
  const going: RunUnit[] = [];
  const dropped: RunUnit[] = [];
  const standing: RunUnit[] = [];
  for (const unit of units) {
    const found = standingOf(unit);
    if (found === "stands") standing.push(unit);
    else going.push(unit);
    if (found === "dropped") dropped.push(unit);
  }
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
