/** Changes of records that can be taken back one by one; the last change of a zone as a whole is undo.ts. */
import type { TransactionContext } from "../../core/context.js";
import { notFound } from "../../core/errors.js";
import { ownedBy } from "../../core/ownership.js";
import { refuseChanged, type Undo, type UndoEntry } from "../../core/undo.js";
import type { DnsRecord, Zone } from "../../generated/sqlite/client.js";
import { editRecord, removeRecord, restoreRecord, toldOf } from "./records.js";

/** By the verb of the entry. */
export const recordUndos: Record<string, Undo> = {
  async "dns.record.added"(tx, entry, { features }) {
    const record = await asItWasMade(tx, entry);
    await removeRecord(tx, features, record.zone.domainId, record.id);
  },
  async "dns.record.restored"(tx, entry, { features }) {
    const record = await asItWasMade(tx, entry);
    await removeRecord(tx, features, record.zone.domainId, record.id);
  },
  async "dns.record.edited"(tx, entry, { features }) {
    const record = await asItWasMade(tx, entry);
    const { name, value, ttl } = entry.old as { name: string; value: string; ttl: number | null };
    await editRecord(tx, features, record.zone.domainId, record.id, { name, value, ttl });
  },
  async "dns.record.removed"(tx, entry, { features }) {
    const record = await ownRecord(tx, entry);
    await restoreRecord(tx, features, record.zone.domainId, record.id);
  },
};

type ZonesRecord = DnsRecord & { zone: Zone };

async function asItWasMade(tx: TransactionContext, entry: UndoEntry): Promise<ZonesRecord> {
  const record = await ownRecord(tx, entry);
  refuseChanged({ ...entry.new, state: "live" }, { ...toldOf(record), state: record.state });
  return record;
}

async function ownRecord(tx: TransactionContext, { objectId }: UndoEntry): Promise<ZonesRecord> {
  const record = await tx.db.dnsRecord.findFirst({ where: { id: objectId, ...ownedBy(tx, "dns.write") }, include: { zone: true } });
  if (!record) throw notFound("dns.record_unknown");
  return record;
}
