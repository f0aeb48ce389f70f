/** Finds hosts whose units are still touched although nobody is publishing: a panel died, a machine was away. Pure decision, one query. */
import type { Context } from "../core/context.js";
import { touched } from "./touched-rows.js";

/** Minutes between attempts grow up to this while a host goes on failing. */
const LONGEST_PAUSE_MINUTES = 60;
const LOOKED_AT = 8;
const MINUTE_MS = 60_000;

/** A host on which changes wait, and when it is tried again. */
export interface WaitingHost {
  hostId: string;
  units: number;
  /** Since when the oldest of them waits. */
  since: Date | null;
  /** Attempts in a row that failed. */
  failures: number;
  /** null: at once. */
  nextAt: Date | null;
  /** The last attempt met nobody at the machine's door. */
  away: boolean;
}

/** Tells when a host that failed `failures` times in a row, last at `endedAt`, is tried again; null: at once. */
export function nextTryAt(failures: number, endedAt: Date | null): Date | null {
  if (failures === 0 || endedAt === null) return null;
  return new Date(endedAt.getTime() + Math.min(2 ** (failures - 1), LONGEST_PAUSE_MINUTES) * MINUTE_MS);
}

/** Tells whether the time for another attempt has come. */
export function isDue(failures: number, endedAt: Date | null, now: Date): boolean {
  const at = nextTryAt(failures, endedAt);
  return at === null || at <= now;
}

/** Lists the hosts on which changes wait, by their id. */
export async function listWaitingHosts(ctx: Context): Promise<WaitingHost[]> {
  const where = touched(ctx.db);
  const hosts = await ctx.db.publishUnit.groupBy({ by: ["hostId"], where, orderBy: { hostId: "asc" }, _count: { _all: true }, _min: { touchedAt: true } });
  return Promise.all(
    hosts.map(async ({ hostId, _count, _min }) => ({ hostId, units: _count._all, since: _min.touchedAt, ...(await readAttempts(ctx, hostId)) })),
  );
}

/** Counts the changes that wait on these hosts: of these accounts, or all of them (null). */
export async function countWaiting(ctx: Context, hostIds: readonly string[], accountIds: readonly string[] | null): Promise<Map<string, number>> {
  const of = accountIds === null ? {} : { accountId: { in: [...accountIds] } };
  const where = { AND: [{ hostId: { in: [...hostIds] } }, of, touched(ctx.db)] };
  const rows = await ctx.db.publishUnit.groupBy({ by: ["hostId"], where, orderBy: { hostId: "asc" }, _count: { _all: true } });
  return new Map(rows.map(({ hostId, _count }) => [hostId, _count._all]));
}

/** Says how the last attempts on a host ended, and when the next one comes. */
export async function readAttempts(ctx: Context, hostId: string): Promise<Pick<WaitingHost, "failures" | "nextAt" | "away">> {
  const last = await ctx.db.publication.findMany({
    where: { hostId, endedAt: { not: null } },
    orderBy: { number: "desc" },
    take: LOOKED_AT,
    select: { state: true, endedAt: true, errors: true },
  });
  const passed = last.findIndex(({ state }) => state === "done" || state === "partial" || state === "interrupted");
  const failures = passed === -1 ? last.length : passed;
  return { failures, nextAt: nextTryAt(failures, last[0]?.endedAt ?? null), away: failures > 0 && metNobody(last[0]?.errors) };
}

/** The door itself was closed: told apart from a machine that opens and then fails, which only time or a person mends. */
function metNobody(errors: unknown): boolean {
  const [first] = (errors ?? []) as { step?: string; data?: Record<string, string> }[];
  return first?.step === "recover" && first.data?.["door"] === "closed";
}

/** Lists the hosts whose time has come. */
export async function listLeftOver(ctx: Context): Promise<string[]> {
  const now = ctx.clock.now();
  return (await listWaitingHosts(ctx)).filter(({ nextAt }) => nextAt === null || nextAt <= now).map(({ hostId }) => hostId);
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
