/** What is touched on a host, as rows: whole where a run works with them, narrow where it only has to know who waits. Which of them stand still is decided in selection.ts. */
import type { Context } from "../core/context.js";
import type { Db } from "../core/db.js";
import type { UnitRow, WaitingRow } from "./engine.js";

/** Rows of the narrow list, read at once. */
const LIST = 2_000;
/** SQLite takes 999 values in one question. */
const IDS_AT_ONCE = 500;

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

/** The columns of WaitingRow. */
const WAITING = { id: true, role: true, key: true, accountId: true, serving: true, touchedBy: true, touchedFor: true } as const;

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

/** Yields all that is touched, page by page, each sorted: a host has as many as a hundred thousand units, whose rows are never held at once. */
export async function* pagesWaiting(ctx: Context, hostId: string): AsyncGenerator<WaitingRow[]> {
  for (let after = ""; ; ) {
    const page = await ctx.db.publishUnit.findMany({
      where: { ...touchedOn(ctx, hostId), id: { gt: after } },
      orderBy: { id: "asc" },
      take: LIST,
      select: WAITING,
    });
    const last = page.at(-1)?.id;
    yield page.sort(byName);
    if (page.length < LIST || last === undefined) return;
    after = last;
  }
}

/** What is told of all that is touched before any of it is read: how many units, who touched them and for what. */
export async function surveyWaiting(ctx: Context, hostId: string): Promise<{ units: number; by: ReadonlySet<string>; reasons: ReadonlySet<string> }> {
  const [by, reasons] = [new Set<string>(), new Set<string>()];
  let units = 0;
  for await (const page of pagesWaiting(ctx, hostId)) {
    units += page.length;
    for (const { touchedBy, touchedFor } of page) {
      by.add(touchedBy ?? "");
      reasons.add(touchedFor);
    }
  }
  by.delete("");
  return { units, by, reasons };
}

/** Yields those of these units that are still touched, list by list. */
export async function* pagesOfIds(ctx: Context, hostId: string, lists: readonly (readonly string[])[]): AsyncGenerator<WaitingRow[]> {
  for (const ids of lists) {
    for (let start = 0; start < ids.length; start += IDS_AT_ONCE) {
      const where = { ...touchedOn(ctx, hostId), id: { in: ids.slice(start, start + IDS_AT_ONCE) } };
      yield await ctx.db.publishUnit.findMany({ where, select: WAITING });
    }
  }
}

/** Reads these units of a host, touched or not, at most so many, sorted: for what would become of them. */
export function readUnits(db: Db, hostId: string, units: { ids: string[] } | { role: string; keys: string[] }): Promise<UnitRow[]> {
  const which = "ids" in units ? { id: { in: units.ids } } : { role: units.role, key: { in: units.keys } };
  return db.publishUnit.findMany({ where: { hostId, ...which }, orderBy: [{ role: "asc" }, { key: "asc" }], select: COLUMNS });
}
