/** How much an authority gives: counted by us, so that we stop before it refuses, and people see what is left. */
import type { Db } from "../../core/db.js";
import { registeredName } from "../domains/index.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const WINDOW_DAYS = 7;

/** Let's Encrypt's published limits, the narrowest of the known authorities (letsencrypt.org/docs/rate-limits). */
export const LIMITS = { domain: 50, same: 5, orders: 300, ordersHours: 3, /** Ours: what one account may take of the orders of all. */ account: 100 };

export interface Budget {
  what: "domain" | "same" | "account" | "orders";
  /** Registered domain, or the first name of the set. */
  name: string;
  used: number;
  max: number;
  /** When there is room again; null: there is. */
  until: Date | null;
}

/** Counts what an order of these names would meet, the narrowest first. */
export async function budgetsOf(db: Db, directory: string, names: readonly string[], now: Date, accountId: string | null = null): Promise<Budget[]> {
  const since = new Date(now.getTime() - WINDOW_DAYS * DAY_MS);
  // One that is under way counts too.
  const counted = { directory, at: { gte: since, lte: now }, OR: [{ ok: true }, { ok: null }] };
  const budgets: Budget[] = [];
  for (const domain of domainsOf(names)) {
    const rows = await db.acmeOrder.findMany({ where: { ...counted, domain, renewal: false }, select: { at: true }, orderBy: { at: "asc" } });
    budgets.push(budget("domain", domain, rows, LIMITS.domain, WINDOW_DAYS * DAY_MS));
  }
  const same = await db.acmeOrder.findMany({ where: { ...counted, names: setOf(names) }, distinct: ["at"], select: { at: true }, orderBy: { at: "asc" } });
  budgets.push(budget("same", names[0] ?? "", same, LIMITS.same, WINDOW_DAYS * DAY_MS));
  const recent = { gte: new Date(now.getTime() - LIMITS.ordersHours * HOUR_MS), lte: now };
  // An order has a row for each of its domains.
  const once = { distinct: ["subjectId" as const, "at" as const], select: { at: true }, orderBy: { at: "asc" as const } };
  if (accountId !== null) {
    const own = await db.certificateSubject.findMany({ where: { accountId }, select: { id: true } });
    const mine = await db.acmeOrder.findMany({ where: { directory, at: recent, subjectId: { in: own.map(({ id }) => id) } }, ...once });
    budgets.push(budget("account", "", mine, LIMITS.account, LIMITS.ordersHours * HOUR_MS));
  }
  const orders = await db.acmeOrder.findMany({ where: { directory, at: recent }, ...once });
  budgets.push(budget("orders", "", orders, LIMITS.orders, LIMITS.ordersHours * HOUR_MS));
  return budgets;
}

/** The budget that is used up, if any. */
export function exhausted(budgets: readonly Budget[]): Budget | null {
  return budgets.find(({ until }) => until !== null) ?? null;
}

/** Notes an order before it is placed. Gives the ids of its rows. */
export async function noteOrder(
  db: Db,
  order: { directory: string; names: readonly string[]; subjectId: string; at: Date; renewal: boolean },
): Promise<string[]> {
  const { directory, names, subjectId, at, renewal } = order;
  const rows = domainsOf(names).map((domain) => ({ directory, domain, names: setOf(names), subjectId, at, renewal }));
  const created = await Promise.all(rows.map((data) => db.acmeOrder.create({ data, select: { id: true } })));
  return created.map(({ id }) => id);
}

/** Notes how an order ended. */
export async function noteOutcome(db: Db, ids: readonly string[], ok: boolean): Promise<void> {
  await db.acmeOrder.updateMany({ where: { id: { in: [...ids] } }, data: { ok } });
}

/** Forgets what no window reaches any more. */
export async function forgetOrders(db: Db, now: Date): Promise<void> {
  await db.acmeOrder.deleteMany({ where: { at: { lt: new Date(now.getTime() - 2 * WINDOW_DAYS * DAY_MS) } } });
}

/** Registered domains of names, sorted. */
export function domainsOf(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => registeredName(name.replace(/^\*\./, "") as Parameters<typeof registeredName>[0]) as string))].sort();
}

export function setOf(names: readonly string[]): string {
  return [...names].sort().join(" ");
}

function budget(what: Budget["what"], name: string, rows: readonly { at: Date }[], max: number, windowMs: number): Budget {
  const used = rows.length;
  // There is room once so many have left the window that one more fits.
  const leaving = rows[used - max];
  return { what, name, used, max, until: used >= max && leaving ? new Date(leaving.at.getTime() + windowMs) : null };
}
