/** Finds hosts whose units are still touched although nobody is publishing: a panel died, a machine was away. Pure decision, one query. */
import type { Context } from "../core/context.js";
import { touched } from "./touched-rows.js";

/** Minutes between attempts grow up to this while a host goes on failing. */
const LONGEST_PAUSE_MINUTES = 60;
const LOOKED_AT = 8;

/** Tells whether a host that failed `failures` times in a row, last at `endedAt`, is to be tried again. */
export function isDue(failures: number, endedAt: Date | null, now: Date): boolean {
  if (failures === 0 || endedAt === null) return true;
  const minutes = Math.min(2 ** (failures - 1), LONGEST_PAUSE_MINUTES);
  return now.getTime() - endedAt.getTime() >= minutes * 60_000;
}

/** Lists the hosts to wake. */
export async function listLeftOver(ctx: Context): Promise<string[]> {
  const hosts = await ctx.db.publishUnit.groupBy({ by: ["hostId"], where: touched(ctx.db) });
  const due: string[] = [];
  for (const { hostId } of hosts) {
    const last = await ctx.db.publication.findMany({ where: { hostId, endedAt: { not: null } }, orderBy: { number: "desc" }, take: LOOKED_AT });
    const passed = last.findIndex(({ state }) => state === "done" || state === "partial" || state === "interrupted");
    const failures = passed === -1 ? last.length : passed;
    if (isDue(failures, last[0]?.endedAt ?? null, ctx.clock.now())) due.push(hostId);
  }
  return due;
}

/** Says so of publications that no panel is working on any more: their panel died, and its lease has run out. */
export async function closeAbandoned(ctx: Context): Promise<void> {
  const now = ctx.clock.now();
  const running = await ctx.db.publication.findMany({ where: { state: "running" }, select: { id: true, hostId: true } });
  for (const { id, hostId } of running) {
    const held = await ctx.db.hostLease.count({ where: { hostId, owner: { not: "" }, until: { gt: now } } });
    if (held === 0) await ctx.db.publication.updateMany({ where: { id, state: "running" }, data: { state: "interrupted", endedAt: now } });
  }
}
