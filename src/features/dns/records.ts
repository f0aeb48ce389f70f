/** Records that people add beside the derived ones: add, edit, remove into the bin, restore. */
import type { Context, TransactionContext } from "../../core/context.js";
import { conflict, type FieldError, invalidFields, notFound } from "../../core/errors.js";
import type { Page } from "../../core/http/paging.js";
import type { DnsRecord, Zone } from "../../generated/sqlite/client.js";
import { type Parsed, parseFields, parseLine, parseTtl, readData } from "./record-input.js";
import { parseOwner, parseTarget, shownOwner } from "./record-names.js";
import { presentationOf } from "./record-text.js";
import { RECORD_FIELDS, type TypedFields } from "./record-types.js";
import type { RecordData, RecordType } from "./role.js";
import type { RecordChange, RecordForm, RecordInput } from "./schemas.js";
import { type ChangeWords, changeZone, type Features, type NewRecord } from "./zone-changes.js";
import type { Problem } from "./zone-rules.js";
import { changeableZone, getZone } from "./zones.js";

const PURGE_BATCH = 500;

/** What was sent, from a form or in presentation form. */
export type RecordTyped = RecordInput | RecordForm;

/** Adds a record to a zone. */
export async function addRecord(ctx: Context, features: Features, key: string, input: RecordTyped): Promise<DnsRecord> {
  return ctx.transaction(async (tx) => {
    const zone = await changeableZone(tx, key);
    const record = parseRecord(zone, input.type, input);
    await changeZone(tx, features, zone, { add: [record] }, optionsOf(input, record, "added"));
    const added = await tx.db.dnsRecord.findFirstOrThrow({
      where: { zoneId: zone.id, state: "live", name: record.name, type: record.data.type, value: presentationOf(record.data) },
    });
    tx.audit({ verb: "dns.record.added", accountId: zone.accountId, object: objectOf(added), new: toldOf(added) });
    return added;
  });
}

/** Changes a record; its type stays. */
export async function editRecord(ctx: Context, features: Features, key: string, id: string, change: RecordChange | RecordForm): Promise<DnsRecord> {
  return ctx.transaction(async (tx) => {
    const { zone, record: old } = await changeableRecord(tx, key, id);
    if (old.state === "bin") throw conflict("dns.record_in_bin");
    if (change.version !== undefined && change.version !== old.version) throw conflict("dns.changed_meanwhile", { name: old.name });
    const given = "type" in change ? change : { name: old.name, value: old.value, ttl: old.ttl, note: old.note, ...defined(change) };
    const record = parseRecord(zone, old.type as RecordType, given);
    await changeZone(tx, features, zone, { replace: [{ ...record, id }] }, optionsOf(change, record, "edited"));
    const now = await tx.db.dnsRecord.findUniqueOrThrow({ where: { id } });
    tx.audit({ verb: "dns.record.edited", accountId: zone.accountId, object: objectOf(now), old: toldOf(old), new: toldOf(now) });
    return now;
  });
}

/** Takes a record out of the zone, into the bin. */
export async function removeRecord(ctx: Context, features: Features, key: string, id: string): Promise<DnsRecord> {
  return ctx.transaction(async (tx) => {
    const { zone, record } = await changeableRecord(tx, key, id);
    if (record.state === "bin") throw conflict("dns.record_in_bin");
    // Whoever removes a record was told what that leaves behind: the page before counts it.
    await changeZone(tx, features, zone, { remove: [id] }, { knowingly: true, what: wordsOf("removed", record) });
    tx.audit({ verb: "dns.record.removed", accountId: zone.accountId, object: objectOf(record), old: toldOf(record) });
    return record;
  });
}

/** Brings a record back from the bin. */
export async function restoreRecord(ctx: Context, features: Features, key: string, id: string, knowingly = false): Promise<DnsRecord> {
  return ctx.transaction(async (tx) => {
    const { zone, record } = await changeableRecord(tx, key, id);
    if (record.state === "live") throw conflict("dns.record_not_in_bin");
    await changeZone(tx, features, zone, { restore: [id] }, { knowingly, what: wordsOf("restored", record) });
    tx.audit({ verb: "dns.record.restored", accountId: zone.accountId, object: objectOf(record), new: toldOf(record) });
    return record;
  });
}

/** The records of a zone that lie in the bin, the last one first. */
export async function listBin(ctx: Context, key: string, window: { skip?: number; take?: number } = {}): Promise<Page<DnsRecord>> {
  const where = { zoneId: (await getZone(ctx, key)).id, state: "bin" } as const;
  const rows = await ctx.db.dnsRecord.findMany({ where, orderBy: [{ removedAt: "desc" }, { id: "desc" }], ...window });
  return { rows, total: await ctx.db.dnsRecord.count({ where }) };
}

/** Gives one own record of a zone. */
export async function getRecord(ctx: Context, key: string, id: string, permission = "dns.read"): Promise<{ zone: Zone; record: DnsRecord }> {
  const zone = await getZone(ctx, key, permission);
  const record = await ctx.db.dnsRecord.findFirst({ where: { id, zoneId: zone.id } });
  if (!record) throw notFound("dns.record_unknown");
  return { zone, record };
}

/** Ends the countdown of every record whose time has come. Gives their number. */
export async function purgeRecords(ctx: Context): Promise<number> {
  const due = await ctx.db.dnsRecord.findMany({ where: { state: "bin", binUntil: { lte: ctx.clock.now() } }, select: { id: true }, take: PURGE_BATCH });
  const ids = due.map(({ id }) => id);
  const { count } = await ctx.transaction((tx) => tx.db.dnsRecord.deleteMany({ where: { id: { in: ids }, state: "bin" } }));
  return count;
}

/** Parses what was sent; every fault is told at its field. Pure. */
export function parseRecord(zone: Pick<Zone, "name">, type: RecordType, input: Partial<RecordTyped>): NewRecord {
  const faults: FieldError[] = [];
  const take = <T>(parsed: Parsed<T>): T | null => {
    if ("value" in parsed) return parsed.value;
    faults.push(...parsed.faults);
    return null;
  };
  const name = parseOwner(input.name ?? "", zone.name);
  if (name === null) faults.push({ field: "name", code: "dns.name_invalid" });
  const ttl = take(parseTtl(input.ttl));
  const data = take(isForm(type, input) ? parseFields(type, fieldsFor(type, input), zone.name) : parseValue(type, input.value ?? "", zone.name));
  if (faults.length > 0 || name === null || data === null) throw invalidFields(faults);
  return { name, ttl, data, ...(input.note === undefined ? {} : { note: input.note }) };
}

/** What the audit trail keeps of a record, enough to bring it back. */
export function toldOf({ name, type, ttl, value }: Pick<DnsRecord, "name" | "type" | "ttl" | "value">) {
  return { name, type, ttl, value };
}

/** Names a record in the audit trail. */
export function objectOf({ id, name, type }: Pick<DnsRecord, "id" | "name" | "type">) {
  return { type: "record", id, name: `${name} ${type}` };
}

async function changeableRecord(tx: TransactionContext, key: string, id: string): Promise<{ zone: Zone; record: DnsRecord }> {
  const zone = await changeableZone(tx, key);
  const record = await tx.db.dnsRecord.findFirst({ where: { id, zoneId: zone.id } });
  if (!record) throw notFound("dns.record_unknown");
  return { zone, record };
}

/** A form names the fields of its type; a CAA's own `value` is one of them. */
function isForm(type: RecordType, input: Partial<RecordTyped>): boolean {
  const sent = input as Partial<Record<string, unknown>>;
  return RECORD_FIELDS[type].some((field) => field !== "value" && sent[field] !== undefined) || sent["value"] === undefined;
}

function fieldsFor(type: RecordType, input: Partial<RecordTyped>): TypedFields {
  const sent = input as Partial<Record<string, string>>;
  return Object.fromEntries(RECORD_FIELDS[type].map((field) => [field, sent[field] ?? ""]));
}

/** In presentation form; a TXT without quotes is the text itself. */
function parseValue(type: RecordType, value: string, zone: string): Parsed<RecordData> {
  if (type === "TXT" && !value.trim().startsWith('"')) return parseFields(type, { text: value }, zone);
  return parseLine(type, value, (text) => parseTarget(text, zone));
}

/** Where the form tells a problem: at what the person can change. */
function optionsOf(input: { knowingly?: boolean }, { name, data }: NewRecord, kind: ChangeWords["kind"]) {
  const last = RECORD_FIELDS[data.type].at(-1) ?? "name";
  const fields = ({ code }: Problem) => (/cname|owner|zone_full|apex|ds_|wildcard/.test(code) ? "name" : last);
  return { knowingly: input.knowingly ?? false, fields, what: wordsOf(kind, { name, type: data.type }) };
}

function wordsOf(kind: ChangeWords["kind"], { name, type }: { name: string; type: string }): ChangeWords {
  return { kind, name, type };
}

function defined<T extends object>(change: T): Partial<T> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** Gives the data of a row; what was stored is checked again. */
export function dataOf(record: Pick<DnsRecord, "data">): RecordData {
  const data = readData(record.data);
  if (data === null) throw conflict("dns.record_unreadable");
  return data;
}

/** Gives the name of a record as its zone's table shows it. */
export function shownNameOf(record: Pick<DnsRecord, "name">, zone: Pick<Zone, "name">): string {
  return shownOwner(record.name, zone.name);
}
