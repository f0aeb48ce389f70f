/** Units that stand still on purpose: a person put an older state back, a guard waits for one, a hand edit lies on the machine. */
import type { TransactionContext } from "../core/context.js";
import type { Db } from "../core/db.js";
import type { OwnedBy } from "../core/ownership.js";
import type { PublishUnit } from "../generated/sqlite/client.js";
import { FREE } from "./free.js";
import { touch } from "./touch.js";

/** Why a unit is held; the sentence is `publications.holds.<reason>`. */
export const HOLD_REASONS = ["putBack", "guard", "drift", "adopted"] as const;
export type HoldReason = (typeof HOLD_REASONS)[number];

/** What is written about a hold. `data`: words of its sentence, read by members too, so nothing that they may not know. */
export interface Hold {
  reason: HoldReason;
  data: Record<string, string | number>;
  /** Name of who wants it; null: the engine itself. */
  by: string | null;
}

const PAGE = 500;

/** Makes units stand still. They go on counting what is wanted, and a later hold replaces an earlier one. */
export async function holdUnits(tx: TransactionContext, units: readonly { id: string }[], { reason, data, by }: Hold): Promise<void> {
  const held = { hold: reason, holdData: data, heldAt: tx.clock.now(), heldBy: by, putBackTo: null };
  for (const ids of pages(units.map(({ id }) => id))) await tx.db.publishUnit.updateMany({ where: { id: { in: ids } }, data: held });
}

/** Lets units go on, and touches them: the next run gives them their present state. Returns those that were held. */
export async function releaseHold(tx: TransactionContext, units: readonly { id: string }[]): Promise<PublishUnit[]> {
  const released: PublishUnit[] = [];
  for (const ids of pages(units.map(({ id }) => id))) {
    const rows = await tx.db.publishUnit.findMany({ where: { id: { in: ids }, hold: { not: null } } });
    await tx.db.publishUnit.updateMany({ where: { id: { in: rows.map(({ id }) => id) } }, data: FREE });
    await letGo(tx, rows);
    await touch(tx, rows);
    released.push(...rows);
  }
  return released;
}

/** What a guard held goes with a person's word: no guard holds it again before it is out. */
async function letGo(tx: TransactionContext, rows: readonly PublishUnit[]): Promise<void> {
  const ids = rows.flatMap(({ id, hold }) => (hold === "guard" ? [id] : []));
  if (ids.length > 0) await tx.db.publishUnit.updateMany({ where: { id: { in: ids } }, data: { letGoAt: tx.clock.now() } });
}

/** What a person takes off a host by an act of its own goes with that word: no guard asks for it once more. Call it after their touch. */
export async function letLeave(tx: TransactionContext, units: { hostId: string; accountId: string; roles: string[] }): Promise<void> {
  const { hostId, accountId, roles } = units;
  await tx.db.publishUnit.updateMany({ where: { hostId, accountId, role: { in: roles } }, data: { letGoAt: tx.clock.now() } });
}

export type HeldUnit = PublishUnit;

export interface HoldFilter {
  /** Who may see them, as a condition of the query. */
  own: OwnedBy;
  hostId?: string;
  accountId?: string;
  reason?: string;
  /** Looked for in the unit's role and key, and in the name of who holds it. */
  q?: string;
  skip?: number;
  take: number;
}

/** Lists held units, the latest first, and counts all that the filter finds. */
export async function listHolds(db: Db, { own, hostId, accountId, reason, q, skip, take }: HoldFilter): Promise<{ rows: PublishUnit[]; total: number }> {
  const found = q?.trim();
  const narrow = { ...(hostId && { hostId }), ...(accountId && { accountId }), hold: reason ?? { not: null } };
  const words = found ? { OR: [{ role: { contains: found } }, { key: { contains: found } }, { heldBy: { contains: found } }] } : {};
  const where = { AND: [own, narrow, words] };
  const orderBy = [{ heldAt: "desc" as const }, { role: "asc" as const }, { key: "asc" as const }];
  const [rows, total] = await Promise.all([db.publishUnit.findMany({ where, orderBy, skip, take }), db.publishUnit.count({ where })]);
  return { rows, total };
}

/** Gives a held unit, or null. */
export function findHeld(db: Db, id: string): Promise<HeldUnit | null> {
  return db.publishUnit.findFirst({ where: { id, hold: { not: null } } });
}

/** Lists the ids of what is held on a host for one reason. */
export function listHeldIds(db: Db, hostId: string, reason: string): Promise<{ id: string }[]> {
  return db.publishUnit.findMany({ where: { hostId, hold: reason }, select: { id: true } });
}

/** Counts held units by host and reason. */
export async function countHolds(db: Db): Promise<{ hostId: string; reason: string; count: number }[]> {
  const groups = await db.publishUnit.groupBy({
    by: ["hostId", "hold"],
    where: { hold: { not: null } },
    _count: true,
    orderBy: [{ hostId: "asc" }, { hold: "asc" }],
  });
  return groups.map(({ hostId, hold, _count }) => ({ hostId, reason: hold as string, count: _count }));
}

function* pages(ids: readonly string[]): Generator<string[]> {
  for (let start = 0; start < ids.length; start += PAGE) yield ids.slice(start, start + PAGE);
}
