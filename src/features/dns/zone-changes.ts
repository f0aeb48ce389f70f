/** Changes of a zone's records, all of them through one door: checked as a whole, with what they would leave behind. */
import type { TransactionContext } from "../../core/context.js";
import { conflict, type FieldError, Refusal } from "../../core/errors.js";
import { isAdmin } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";
import type { Prisma, Zone } from "../../generated/sqlite/client.js";
import { identityOf } from "./record-order.js";
import { presentationOf } from "./record-text.js";
import type { RecordData, RecordName, RecordType } from "./role.js";
import { newProblems, type Problem } from "./zone-rules.js";
import { readTable, type ZoneTable } from "./zone-table.js";
import { touchRows } from "./zones.js";

export type Features = Services["features"];

export interface NewRecord {
  name: RecordName;
  ttl: number | null;
  data: RecordData;
  note?: string;
}

/** A change as a whole. All of it happens, or nothing. */
export interface ZoneChanges {
  add?: readonly NewRecord[];
  /** Own records that become something else, keeping their id. */
  replace?: readonly (NewRecord & { id: string })[];
  /** Own records that go into the bin, by their ids. */
  remove?: readonly string[];
  /** Own records that come back from the bin. */
  restore?: readonly string[];
  /** Derived records that are turned off. */
  turnOff?: readonly { name: RecordName; type: RecordType }[];
  /** Derived records that are given back. */
  giveBack?: readonly { name: RecordName; type: RecordType }[];
}

/** What a change was, for the sentence that offers to take it back. */
export interface ChangeWords {
  kind: "added" | "edited" | "removed" | "restored" | "imported" | "off" | "back" | "undone";
  name?: string;
  type?: string;
  count?: number;
}

/** As it lies in the zone's row. */
export interface StoredUndo {
  what: ChangeWords;
  inverse: ZoneChanges;
}

interface ChangeOptions {
  knowingly?: boolean;
  fields?: (problem: Problem) => string;
  /** Left out: it is not offered to be taken back, and what was before it neither. */
  what?: ChangeWords;
}

export const BIN_DAYS = 30;
const DAY_MS = 86_400_000;
const SHOWN_PROBLEMS = 5;
const CHUNK = 500;

/**
 * Applies changes to a zone. An error that they bring refuses them; a doubt too, unless `knowingly`. Gives the table before and after.
 * `fields` says where each problem is told in the form.
 */
export async function changeZone(
  tx: TransactionContext,
  features: Features,
  zone: Zone,
  changes: ZoneChanges,
  options: ChangeOptions = {},
): Promise<{ before: ZoneTable; after: ZoneTable }> {
  refuseLocked(tx, zone);
  const before = await readTable(tx.db, features, zone);
  const inverse = await writeChanges(tx, zone, changes);
  if (changes.remove?.length) await emptyBin(tx, zone, before.settings.maxRecords);
  const after = await readTable(tx.db, features, zone);
  refuseDoubles(after);
  refuseProblems(changed(before, after), options);
  await touchRows(tx, zone.mode === "hosted" ? [zone] : []);
  // The version grows wherever the zone is kept: a preview of before is then known to be one.
  const undo = (options.what ? { what: options.what, inverse } : {}) as Prisma.InputJsonObject;
  await tx.db.zone.update({ where: { id: zone.id }, data: { undo, undoAt: options.what ? tx.clock.now() : null, version: { increment: 1 } } });
  await tx.emit("dns.zone_changed", { domainId: zone.domainId, accountId: zone.accountId, name: zone.name });
  return { before, after };
}

/** Refuses changes of a locked zone, with the reason that was given. */
export function refuseLocked(tx: TransactionContext, zone: Zone | null): void {
  if (!zone?.locked) return;
  const code = zone.lockedByAdmin && !isAdmin(tx.actor) ? "dns.locked_by_admin" : "dns.locked";
  throw conflict(code, { reason: zone.lockReason ?? "" });
}

/** What a change brings, and the derived records that yield to it. */
function changed(before: ZoneTable, after: ZoneTable): Problem[] {
  const facts = { zone: after.zone.name, ...after.settings };
  const yielded = new Set(before.rows.filter(({ state }) => state === "yields").map(identityOf));
  const yields = after.rows.filter((row) => row.state === "yields" && !yielded.has(identityOf(row)));
  const wasHidden = new Set(before.rows.filter(({ state }) => state === "hidden").map(identityOf));
  const hidden = after.rows.filter((row) => row.state === "hidden" && !wasHidden.has(identityOf(row)));
  const doubts = [
    ...yields.map((row) => doubtOf("replaces_derived", row.name, row.data.type, row.value)),
    ...hidden.map((row) => doubtOf("below_delegation", row.name, row.data.type, row.value)),
  ];
  return [...newProblems(before.served, after.served, facts), ...doubts];
}

function doubtOf(code: string, name: RecordName, type: RecordType, value: string): Problem {
  return { level: "doubt", code: `dns.${code}`, data: { name, type, value }, name, type };
}

function refuseProblems(
  problems: Problem[],
  { knowingly = false, fields = () => "name" }: { knowingly?: boolean; fields?: (problem: Problem) => string },
): void {
  const errors = problems.filter(({ level }) => level === "error");
  const told = (errors.length > 0 ? errors : problems).slice(0, SHOWN_PROBLEMS);
  if (errors.length === 0 && (knowingly || problems.length === 0)) return;
  const list: FieldError[] = told.map((problem) => ({ field: errors.length > 0 ? fields(problem) : "knowingly", code: problem.code, data: problem.data }));
  const [first] = list;
  if (first) throw new Refusal(409, first.code, first.data ?? {}, list);
}

function refuseDoubles({ rows }: ZoneTable): void {
  const seen = new Set<string>();
  for (const row of rows.filter(({ id }) => id !== null)) {
    const identity = identityOf(row);
    if (seen.has(identity)) throw conflict("dns.record_exists", { name: row.name, type: row.data.type }, "name");
    seen.add(identity);
  }
}

/** Writes the changes; gives those that take them back. */
async function writeChanges(tx: TransactionContext, zone: Zone, changes: ZoneChanges): Promise<ZoneChanges> {
  const { add = [], replace = [], remove = [], restore = [], turnOff = [], giveBack = [] } = changes;
  const before = await stateBefore(tx, zone, changes);
  const removedAt = tx.clock.now();
  const mine = (ids: readonly string[]) => ({ id: { in: [...ids] }, zoneId: zone.id });
  const binUntil = new Date(removedAt.getTime() + BIN_DAYS * DAY_MS);
  if (remove.length > 0)
    await tx.db.dnsRecord.updateMany({ where: { ...mine(remove), state: "live" }, data: { state: "bin", removedAt, binUntil, version: { increment: 1 } } });
  if (restore.length > 0)
    await tx.db.dnsRecord.updateMany({
      where: { ...mine(restore), state: "bin" },
      data: { state: "live", removedAt: null, binUntil: null, version: { increment: 1 } },
    });
  for (const { name, type } of giveBack) await tx.db.dnsOverride.deleteMany({ where: { zoneId: zone.id, name, type } });
  for (const { name, type } of turnOff) {
    const key = { zoneId: zone.id, name, type };
    await tx.db.dnsOverride.upsert({ where: { zoneId_name_type: key }, create: { ...key, accountId: zone.accountId }, update: {} });
  }
  for (const { id, ...record } of replace)
    await tx.db.dnsRecord.update({ where: { id, zoneId: zone.id }, data: { ...columnsOf(record), version: { increment: 1 } } });
  const rows = add.map((record) => ({ zoneId: zone.id, accountId: zone.accountId, ...columnsOf(record) }));
  const added = rows.length > 0 ? await tx.db.dnsRecord.createManyAndReturn({ data: rows, select: { id: true } }) : [];
  return { ...before, remove: [...before.remove, ...added.map(({ id }) => id)] };
}

/** What the changes are about to alter, as the changes that bring it back. */
async function stateBefore(tx: TransactionContext, zone: Zone, { replace = [], remove = [], restore = [], turnOff = [], giveBack = [] }: ZoneChanges) {
  const rowsOf = (ids: readonly string[]) => tx.db.dnsRecord.findMany({ where: { id: { in: [...ids] }, zoneId: zone.id }, orderBy: { id: "asc" } });
  const replaced = replace.length > 0 ? await rowsOf(replace.map(({ id }) => id)) : [];
  const moved = remove.length + restore.length > 0 ? await rowsOf([...remove, ...restore]) : [];
  const idsIn = (state: "live" | "bin", ids: readonly string[]) => moved.filter((row) => row.state === state && ids.includes(row.id)).map(({ id }) => id);
  const touched = turnOff.length + giveBack.length > 0 ? await tx.db.dnsOverride.findMany({ where: { zoneId: zone.id } }) : [];
  const isOff = ({ name, type }: { name: string; type: string }) => touched.some((row) => row.name === name && row.type === type);
  return {
    replace: replaced.map(({ id, name, ttl, data, note }) => ({ id, name, ttl, data: data as unknown as RecordData, note })),
    restore: idsIn("live", remove),
    remove: idsIn("bin", restore),
    giveBack: turnOff.filter((one) => !isOff(one)),
    turnOff: giveBack.filter(isOff),
  };
}

/** A bin holds no more than its zone could: what was put there first goes for good. */
async function emptyBin(tx: TransactionContext, zone: Zone, max: number): Promise<void> {
  const orderBy: Prisma.DnsRecordOrderByWithRelationInput[] = [{ removedAt: "desc" }, { id: "desc" }];
  const over = await tx.db.dnsRecord.findMany({ where: { zoneId: zone.id, state: "bin" }, select: { id: true }, orderBy, skip: max });
  for (let start = 0; start < over.length; start += CHUNK)
    await tx.db.dnsRecord.deleteMany({ where: { id: { in: over.slice(start, start + CHUNK).map(({ id }) => id) } } });
}

function columnsOf({ name, ttl, data, note }: NewRecord) {
  return { name, ttl, type: data.type, data: data as unknown as Prisma.InputJsonValue, value: presentationOf(data), ...(note === undefined ? {} : { note }) };
}
