/** Pages of units: so many are collected at once that what stands behind them in the database stays small. */
import type { Context } from "../core/context.js";
import type { HostRecord, Role } from "./contract.js";

/** What is held at once: units, and rows that stand behind them in the database. */
export interface HeldLimits {
  units: number;
  rows: number;
}

// A role joins what it reads: one list of keys becomes several lists of parameters, and SQLite takes 999 in a question.
const PAGE: HeldLimits = { units: 200, rows: 2_000 };
/** So few are not weighed: a change of one site or zone asks no question more for it. */
const UNWEIGHED = 5;

/** How many rows stand behind each unit, by key, where its role says that they may be many. */
export async function weigh(ctx: Context, host: HostRecord, role: Role, rows: readonly { key: string }[]): Promise<ReadonlyMap<string, number>> {
  const weights = new Map<string, number>();
  if (role.weigh === undefined || rows.length <= UNWEIGHED) return weights;
  for (let start = 0; start < rows.length; start += PAGE.units) {
    const keys = rows.slice(start, start + PAGE.units).map(({ key }) => key);
    for (const [key, weight] of await role.weigh(ctx.db, host, keys)) weights.set(key, weight);
  }
  return weights;
}

/** Cuts rows into pages, in order. A unit that is more than a page has one of its own. */
export function pagesOf<Row extends { key: string }>(rows: readonly Row[], weights: ReadonlyMap<string, number>): Row[][] {
  return cut(
    rows.map((row) => ({ rows: [row], weight: weights.get(row.key) ?? 0 })),
    PAGE,
  );
}

/** Cuts groups of rows into lists that hold so much at most, in order; a group is never parted. */
export function cut<Row>(groups: readonly { rows: readonly Row[]; weight: number }[], most: HeldLimits): Row[][] {
  const lists: Row[][] = [];
  let room: HeldLimits = { units: 0, rows: 0 };
  for (const { rows, weight } of groups) {
    if (lists.length === 0 || rows.length > room.units || weight > room.rows) {
      lists.push([]);
      room = { ...most };
    }
    lists.at(-1)?.push(...rows);
    room = { units: room.units - rows.length, rows: room.rows - weight };
  }
  return lists;
}

/** Groups rows by their role, in order. A role that no feature contributes any more says nothing about its files: they stay as they are. */
export function groupByRole<Row extends { role: string }>(roles: ReadonlyMap<string, Role>, rows: readonly Row[]): Map<Role, Row[]> {
  const groups = new Map<Role, Row[]>();
  for (const row of rows) {
    const role = roles.get(row.role);
    if (role === undefined) continue;
    const group = groups.get(role);
    if (group === undefined) groups.set(role, [row]);
    else group.push(row);
  }
  return groups;
}
