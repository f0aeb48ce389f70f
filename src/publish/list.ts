/** Writes down what is about to go live. */
import { outcomeOf } from "./adopt.js";
import type { ReleasePlan, Run, RunUnit } from "./engine.js";

const ROWS_AT_ONCE = 500;

/** Lists a release before it serves, so that a panel that finds it live after a crash knows what it is. Returns its id. */
export async function listRelease(run: Run, plan: ReleasePlan, units: readonly RunUnit[]): Promise<string> {
  const hostId = run.host.id;
  return run.ctx.transaction(async (tx) => {
    await run.lease.assertHeldIn(tx);
    const last = await tx.db.release.findFirst({ where: { hostId }, orderBy: { number: "desc" }, select: { number: true } });
    const { id } = await tx.db.release.create({
      data: {
        hostId,
        number: (last?.number ?? 0) + 1,
        root: plan.root,
        parentRoot: plan.base,
        publicationId: run.publicationId,
        state: "staged",
        units: JSON.parse(JSON.stringify(units.map((unit) => outcomeOf(unit, false)))),
        createdAt: run.ctx.clock.now(),
      },
    });
    const rows = plan.changes.map((change) => ({ releaseId: id, ...change }));
    for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) await tx.db.releaseChange.createMany({ data: rows.slice(start, start + ROWS_AT_ONCE) });
    return id;
  });
}
