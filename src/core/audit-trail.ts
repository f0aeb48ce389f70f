/** Reads, proves, erases and cuts the audit trail that audit.ts writes. */
import { type AuditPayloadContent, GENESIS, linkHash, payloadHash } from "./audit.js";
import type { Context, TransactionContext } from "./context.js";
import type { Db } from "./db.js";
import { invalid } from "./errors.js";

const PAGE = 500;
const MOST_ENTRIES = 2 ** 31 - 1;

/** An entry as people read it; what was erased is null. */
export interface AuditRecord {
  position: number;
  at: Date;
  verb: string;
  actorKind: string;
  actorId: string | null;
  accountId: string | null;
  objectType: string;
  objectId: string;
  content: AuditPayloadContent | null;
}

/** What to list: of some accounts only (null: all), holding these words, this window. */
export interface AuditFilter {
  accountIds: readonly string[] | null;
  /** Looked for in the verb and in what the entry tells. */
  q?: string;
  skip?: number;
  take: number;
}

/** What `mutu audit verify` found. */
export interface AuditProof {
  intact: boolean;
  entries: number;
  erased: number;
  /** Position of the last checkpoint, before which retention removed everything; 0 when there is none. */
  cutAt: number;
  /** Hash of the end: noted elsewhere, it proves later that nothing was removed behind it. */
  head: string;
  faults: { position: number; fault: "missing" | "changed" | "payload_changed" | "payload_missing" }[];
}

/** Lists entries, the newest first, and counts all that the filter finds. */
export async function listAudit(db: Db, filter: AuditFilter): Promise<{ rows: AuditRecord[]; total: number }> {
  const q = filter.q?.trim();
  const where = {
    ...(filter.accountIds && { accountId: { in: [...filter.accountIds] } }),
    ...(q && { OR: [{ verb: { contains: q } }, { payload: { payload: { contains: q } } }] }),
  };
  const [rows, total] = await Promise.all([
    db.auditEntry.findMany({ where, orderBy: { position: "desc" }, skip: filter.skip ?? 0, take: filter.take, include: { payload: true } }),
    db.auditEntry.count({ where }),
  ]);
  return { rows: rows.map(({ payload, ...row }) => ({ ...row, content: payload?.payload ? JSON.parse(payload.payload) : null })), total };
}

/** Gives one entry of some accounts (null: any), or null. */
export async function findAudit(db: Db, accountIds: readonly string[] | null, position: number): Promise<AuditRecord | null> {
  // Of larger numbers the database says that they are none.
  if (position > MOST_ENTRIES) return null;
  const where = { position, ...(accountIds && { accountId: { in: [...accountIds] } }) };
  const found = await db.auditEntry.findFirst({ where, include: { payload: true } });
  if (found === null) return null;
  const { payload, ...row } = found;
  return { ...row, content: payload?.payload ? JSON.parse(payload.payload) : null };
}

/** Walks the whole chain, in pages, and tells every fault by its position. */
export async function verifyAudit(db: Db): Promise<AuditProof> {
  const checkpoint = await db.auditCheckpoint.findFirst({ orderBy: { position: "desc" } });
  const proof: AuditProof = { intact: true, entries: 0, erased: 0, cutAt: checkpoint?.position ?? 0, head: checkpoint?.hash ?? GENESIS, faults: [] };
  let position = proof.cutAt;
  for (;;) {
    const rows = await db.auditEntry.findMany({ where: { position: { gt: position } }, orderBy: { position: "asc" }, take: PAGE, include: { payload: true } });
    if (rows.length === 0) break;
    for (const row of rows) {
      proof.entries += 1;
      for (let gap = position + 1; gap < row.position; gap += 1) proof.faults.push({ position: gap, fault: "missing" });
      if (row.previousHash !== proof.head || linkHash(row) !== row.hash) proof.faults.push({ position: row.position, fault: "changed" });
      if (!row.payload) proof.faults.push({ position: row.position, fault: "payload_missing" });
      else if (row.payload.erasedAt && row.payload.payload === null) proof.erased += 1;
      else if (payloadHash(row.payload.salt ?? "", row.payload.payload ?? "") !== row.payloadHash)
        proof.faults.push({ position: row.position, fault: "payload_changed" });
      position = row.position;
      proof.head = row.hash;
    }
  }
  proof.intact = proof.faults.length === 0;
  return proof;
}

/** Erases what entries tell of an account (a person's right), keeps the chain, and says in the chain that it was done. */
export async function eraseAudit(ctx: Context, accountId: string): Promise<number> {
  return ctx.transaction(async (tx) => {
    const { count } = await tx.db.auditPayload.updateMany({
      where: { erasedAt: null, entry: { accountId } },
      data: { salt: null, payload: null, erasedAt: tx.clock.now() },
    });
    tx.audit({ verb: "audit.payload.erased", accountId: null, object: { type: "account", id: accountId, name: accountId }, new: { entries: count } });
    return count;
  });
}

/** Removes the entries up to a position behind a checkpoint; refused when the chain before it is not intact. */
export async function cutAudit(ctx: Context, position: number, reason: string): Promise<void> {
  const proof = await verifyAudit(ctx.db);
  if (!proof.intact) throw invalid("core.audit_broken", { position: proof.faults[0]?.position ?? 0 });
  await ctx.transaction((tx) => cut(tx, position, reason));
}

async function cut(tx: TransactionContext, position: number, reason: string): Promise<void> {
  const last = await tx.db.auditEntry.findUnique({ where: { position } });
  if (!last) throw invalid("core.audit_position_unknown", { position });
  await tx.db.auditCheckpoint.create({ data: { position, hash: last.hash, at: tx.clock.now(), reason } });
  await tx.db.auditEntry.deleteMany({ where: { position: { lte: position } } });
  tx.audit({ verb: "audit.chain.cut", accountId: null, object: { type: "audit", id: String(position), name: reason }, new: { hash: last.hash } });
}
