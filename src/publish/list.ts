/** Writes down what is about to go live. */
import type { TransactionContext } from "../core/context.js";
import { rootHash } from "../core/machine/index.js";
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

/** Notes that a machine lost everything, as a release of nothing: the releases of before can still be walked back to. */
export async function listWiped(tx: TransactionContext, hostId: string, parentRoot: string | null, publicationId: string): Promise<void> {
  if (parentRoot === null) return;
  const last = await tx.db.release.findFirst({ where: { hostId }, orderBy: { number: "desc" }, select: { number: true } });
  const number = (last?.number ?? 0) + 1;
  const root = rootHash(new Map());
  const { id } = await tx.db.release.create({
    data: { hostId, number, root, parentRoot, publicationId, state: "wiped", units: [], createdAt: tx.clock.now() },
  });
  for (let after = ""; ; ) {
    const files = await tx.db.publishedFile.findMany({ where: { hostId, path: { gt: after } }, orderBy: { path: "asc" }, take: ROWS_AT_ONCE });
    const rows = files.map(({ path, role, key, hash }) => ({ releaseId: id, path, role, key, oldHash: hash, newHash: null, size: 0 }));
    await tx.db.releaseChange.createMany({ data: rows });
    const lastFile = files.at(-1);
    if (files.length < ROWS_AT_ONCE || lastFile === undefined) return;
    after = lastFile.path;
  }
}
