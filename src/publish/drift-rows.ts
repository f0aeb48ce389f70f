/** Rows of what was changed by hand, for those who may see them; and what a person decides about them. */
import type { TransactionContext } from "../core/context.js";
import type { Db } from "../core/db.js";
import type { Drift, PublishUnit } from "../generated/sqlite/client.js";
import { diffChanges, type FileDiff } from "./dry-run.js";
import { holdUnits, releaseHold } from "./holds.js";
import type { Publisher } from "./publisher.js";
import type { Store } from "./store.js";
import { touch } from "./touch.js";

export type DriftRow = Drift;

export interface DriftFilter {
  hostId?: string;
  accountId?: string;
  /** Only what lies on a machine now. */
  lying?: boolean;
  /** Looked for in the path and the unit. */
  q?: string;
  skip?: number;
  take: number;
}

const lyingOnly = { state: { in: ["open", "adopted"] } };

/** Lists rows, the latest seen first. */
export async function readDrift(db: Db, { hostId, accountId, lying, q, skip, take }: DriftFilter): Promise<{ rows: DriftRow[]; total: number }> {
  const words = q ? { OR: [{ path: { contains: q } }, { key: { contains: q } }] } : {};
  const where = { AND: [hostId ? { hostId } : {}, accountId ? { accountId } : {}, lying ? lyingOnly : {}, words] };
  const orderBy = [{ seenAt: "desc" as const }, { path: "asc" as const }];
  const [total, rows] = await Promise.all([db.drift.count({ where }), db.drift.findMany({ where, orderBy, skip, take })]);
  return { total, rows };
}

/** Gives one row, or null. */
export const findDrift = (db: Db, id: string): Promise<DriftRow | null> => db.drift.findUnique({ where: { id } });

/** Counts, by host, the files that wait for a person, those that were adopted, and since when the oldest waits. */
export async function countDrift(db: Db): Promise<{ hostId: string; state: string; count: number; since: Date | null }[]> {
  const groups = await db.drift.groupBy({ by: ["hostId", "state"], where: lyingOnly, _count: true, _min: { seenAt: true }, orderBy: { hostId: "asc" } });
  return groups.map(({ hostId, state, _count, _min }) => ({ hostId, state, count: _count, since: _min.seenAt }));
}

/** Compares what we left with what lay there; null: its content could not be kept. */
export async function diffDrift(store: Store, { path, role, key, kind, kept, leftHash, hash }: DriftRow): Promise<FileDiff | null> {
  if (kind === "strange" || kind === "part" || (hash !== null && !kept)) return null;
  const [diff] = await diffChanges(store, [{ path, role: role ?? "", key: key ?? "", oldHash: leftHash, newHash: hash }]);
  return diff ?? null;
}

/** Compares what lies there with what the desired state would write instead; null: the same, or it cannot be told. */
export async function diffWanted(publisher: Pick<Publisher, "store" | "wanted">, { hostId, path, role, key, kept, hash }: DriftRow): Promise<FileDiff | null> {
  if (role === null || key === null || (hash !== null && !kept)) return null;
  const wanted = await publisher.wanted({ hostId, role, key, path });
  if (wanted === undefined || wanted === hash) return null;
  const [diff] = await diffChanges(publisher.store, [{ path, role, key, oldHash: hash, newHash: wanted }]);
  return diff ?? null;
}

/** Rows of the same unit that lie on its machine: they are decided about together. */
const siblingsOf = (tx: TransactionContext, { hostId, role, key }: DriftRow): Promise<DriftRow[]> =>
  tx.db.drift.findMany({ where: { hostId, role, key, ...lyingOnly }, orderBy: { path: "asc" } });

const unitOf = (tx: TransactionContext, { hostId, role, key }: DriftRow): Promise<PublishUnit | null> =>
  role === null || key === null ? Promise.resolve(null) : tx.db.publishUnit.findUnique({ where: { hostId_role_key: { hostId, role, key } } });

/** Takes a unit's edits over: they stay until somebody lets the unit go on. Gives the unit's rows; none: nothing of it lies there, or another hold is in the way. */
export async function adoptDrift(tx: TransactionContext, row: DriftRow, by: string): Promise<DriftRow[]> {
  const unit = await unitOf(tx, row);
  if (unit === null || (unit.hold !== "drift" && unit.hold !== "adopted")) return [];
  const rows = await siblingsOf(tx, row);
  for (const { id } of rows) await tx.db.drift.update({ where: { id }, data: { state: "adopted", decidedBy: by } });
  await holdUnits(tx, [unit], { reason: "adopted", data: {}, by });
  return rows;
}

/** Lets a unit go on: the next run writes what it should be, and closes its rows. As `adoptDrift`. What is no unit's is put right by the next run, whoever starts it. */
export async function repairDrift(tx: TransactionContext, row: DriftRow, by: string): Promise<DriftRow[]> {
  if (row.role === null && row.state === "open") return [await tx.db.drift.update({ where: { id: row.id }, data: { decidedBy: by } })];
  const unit = await unitOf(tx, row);
  if (unit === null || (unit.hold !== "drift" && unit.hold !== "adopted" && unit.hold !== null)) return [];
  const rows = await siblingsOf(tx, row);
  for (const { id } of rows) await tx.db.drift.update({ where: { id }, data: { state: "open", decidedBy: by } });
  await releaseHold(tx, [unit]);
  await touch(tx, [unit], "repair");
  return rows;
}
