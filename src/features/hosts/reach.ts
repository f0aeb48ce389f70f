/** Whether machines answer, and since when they do not. */
import type { Context } from "../../core/context.js";
import type { Db } from "../../core/db.js";

/** A machine that does not answer. */
export interface AwayHost {
  id: string;
  name: string;
  since: Date | null;
}

/** Lists the machines that did not answer when they were asked last. */
export async function awayHosts(db: Db): Promise<AwayHost[]> {
  const rows = await db.host.findMany({ where: { reachable: false }, orderBy: { name: "asc" }, select: { id: true, name: true, awaySince: true } });
  return rows.map(({ id, name, awaySince }) => ({ id, name, since: awaySince }));
}

/** Keeps what a publication found at a machine's door. The first time that nobody answers is kept, and forgotten when somebody does. */
export async function noteReach(ctx: Context, hostId: string, fault: string | null): Promise<void> {
  const now = ctx.clock.now();
  if (fault === null) await ctx.db.host.updateMany({ where: { id: hostId, reachable: false }, data: { reachable: true, awaySince: null } });
  else await ctx.db.host.updateMany({ where: { id: hostId, OR: [{ reachable: null }, { reachable: true }] }, data: { reachable: false, awaySince: now } });
}
