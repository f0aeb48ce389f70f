/** A move that does not come on is told: both machines serve meanwhile, so nobody is harmed, and somebody should look. */
import type { Context } from "../../core/context.js";
import type { Check } from "../../core/feature.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const NAMED = 3;

/** One check for all moves. */
export async function watchMoves(ctx: Context): Promise<Check[]> {
  const now = ctx.clock.now().getTime();
  const late = new Date(now - DAY_MS);
  // Until caches have forgotten it only waits, as it should.
  const open = { OR: [{ endsAt: null }, { endsAt: { lt: new Date(now - HOUR_MS) } }] };
  const where = {
    OR: [
      { ledAt: null, startedAt: { lt: late } },
      { ledAt: { lt: late }, ...open },
    ],
  };
  const rows = await ctx.db.accountMove.findMany({ where, include: { account: { select: { login: true } } }, orderBy: { startedAt: "asc" }, take: NAMED + 1 });
  const base = { name: "moves", subject: "", href: "/moves" };
  if (rows.length === 0) return [{ ...base, state: "ok", says: { key: "moves.checks.ok", data: {} } }];
  const names = rows.slice(0, NAMED).map(({ account }) => account.login);
  return [{ ...base, state: "warning", says: { key: "moves.checks.late", data: { names: names.join(", ") + (rows.length > NAMED ? "…" : "") } } }];
}
