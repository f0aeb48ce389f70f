/** What is touched on a host, as rows: whole where a run works with them, narrow where it only has to know who waits. Which of them stand still is decided in selection.ts. */
import type { Context } from "../core/context.js";
import type { Db } from "../core/db.js";
import type { UnitRow, WaitingRow } from "./engine.js";

/** Rows of the narrow list, read at once. */
const LIST = 2_000;

/** The columns of UnitRow. */
export const COLUMNS = {
  id: true,
  role: true,
  key: true,
  accountId: true,
  wanted: true,
  published: true,
  verified: true,
  serving: true,
  hash: true,
  claims: true,
  probes: true,
  touchedBy: true,
  touchedAt: true,
  withdrawn: true,
  hold: true,
  heldAt: true,
  putBackTo: true,
  touchedFor: true,
  letGoAt: true,
} as const;

/** Lists the touched units of a host, at most so many; sorted where these are all. */
export async function listTouched(ctx: Context, hostId: string, take: number): Promise<UnitRow[]> {
  // In an order of the database's, every unit of the host would be read for the few that are touched.
  const rows = await ctx.db.publishUnit.findMany({ where: touchedOn(ctx, hostId), select: COLUMNS, take });
  return rows.sort(byName);
}

const byName = (a: { role: string; key: string }, b: { role: string; key: string }): number => (`${a.role} ${a.key}` < `${b.role} ${b.key}` ? -1 : 1);

/** Reads those of these units that are still touched, sorted. */
export function readRows(ctx: Context, hostId: string, ids: string[]): Promise<UnitRow[]> {
  const where = { ...touchedOn(ctx, hostId), id: { in: ids } };
  return ctx.db.publishUnit.findMany({ where, orderBy: [{ role: "asc" }, { key: "asc" }], select: COLUMNS });
}

/** Held units are looked at as well: they may serve what was withdrawn since, or no longer be what a guard holds. */
export const touched = (db: Db) => ({ wanted: { gt: db.publishUnit.fields.published } });

const touchedOn = (ctx: Context, hostId: string) => ({ hostId, ...touched(ctx.db) });

/** Lists all that is touched, sorted. */
export async function listWaiting(ctx: Context, hostId: string): Promise<WaitingRow[]> {
  const rows: WaitingRow[] = [];
  for (let after = ""; ; ) {
    const page = await ctx.db.publishUnit.findMany({
      where: { ...touchedOn(ctx, hostId), id: { gt: after } },
      orderBy: { id: "asc" },
      take: LIST,
      select: { id: true, role: true, key: true, accountId: true, serving: true, touchedBy: true, touchedFor: true },
    });
    rows.push(...page);
    if (page.length < LIST) break;
    after = page.at(-1)?.id ?? "";
  }
  return rows.sort(byName);
}

/** Reads these units of a host, touched or not, at most so many, sorted: for what would become of them. */
export function readUnits(db: Db, hostId: string, units: { ids: string[] } | { role: string; keys: string[] }): Promise<UnitRow[]> {
  const which = "ids" in units ? { id: { in: units.ids } } : { role: units.role, key: { in: units.keys } };
  return db.publishUnit.findMany({ where: { hostId, ...which }, orderBy: [{ role: "asc" }, { key: "asc" }], select: COLUMNS });
}
