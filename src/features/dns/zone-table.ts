/** All records of a zone in one table: what people added, what follows from something else, and which of them are served. */
import type { Db } from "../../core/db.js";
import type { Services } from "../../core/services.js";
import type { DnsOverride, DnsRecord, Zone } from "../../generated/sqlite/client.js";
import { parentsOf } from "../domains/index.js";
import { type ContributedRecord, contributedRecords, type NamedDomain } from "./contribution.js";
import { hostingRecords } from "./hosting-records.js";
import { textOf } from "./record-bytes.js";
import { readData } from "./record-input.js";
import { isInZone } from "./record-names.js";
import { compareNames, inCanonicalOrder } from "./record-order.js";
import { presentationOf } from "./record-text.js";
import type { RecordData, RecordName, ZoneRecord } from "./role.js";
import { type DnsSettings, readSettings } from "./settings.js";
import { isDmarc, isSpf } from "./spf.js";
import { occludedOf, type Problem, zoneProblems } from "./zone-rules.js";

/** served; off: turned off knowingly; yields: an own record stands in its place; hidden: below a delegation. */
export type RowState = "served" | "off" | "yields" | "hidden";

export interface TableRow extends ZoneRecord {
  /** Presentation form of the data. */
  value: string;
  /** Of an own record. */
  id: string | null;
  note: string;
  /** Of a derived record: from which feature, and why. */
  derived: Pick<ContributedRecord, "feature" | "reason"> | null;
  /** What stops without it. */
  needed: NonNullable<ContributedRecord["needed"]>;
  /** A derived record that may be turned off. */
  optional: boolean;
  state: RowState;
}

type OwnRecord = Pick<DnsRecord, "id" | "name" | "ttl" | "note"> & { data: unknown };

export interface ZoneTable {
  zone: Zone;
  settings: DnsSettings;
  /** In canonical order. */
  rows: TableRow[];
  /** What is published, in canonical order, without doubles, one TTL a name and type. */
  served: ZoneRecord[];
}

type Features = Services["features"];

/** Builds the table of one zone. */
export async function readTable(db: Db, features: Features, zone: Zone): Promise<ZoneTable> {
  return (await readTables(db, features, [zone])).get(zone.id) as ZoneTable;
}

/** Builds the tables of several zones; the number of questions does not follow the number of zones. */
export async function readTables(db: Db, features: Features, zones: readonly Zone[]): Promise<Map<string, ZoneTable>> {
  const ids = zones.map(({ id }) => id);
  const [settings, own, overrides, below, domains] = await Promise.all([
    readSettings(db),
    db.dnsRecord.findMany({ where: { zoneId: { in: ids }, state: "live" }, orderBy: { id: "asc" } }),
    db.dnsOverride.findMany({ where: { zoneId: { in: ids } } }),
    zonesBelow(db, zones),
    domainsOf(db, zones),
  ]);
  const contributed = await contributedRecords(features, db, domains);
  const ofZone = group(own, ({ zoneId }) => zoneId);
  const offOf = group(overrides, ({ zoneId }) => zoneId);
  const belowOf = group(below, ({ above }) => above ?? "");
  const tables = zones.map((zone) => {
    const related = domains.filter(({ name }) => isInZone(zone.name, name));
    const cuts = (belowOf.get(zone.name) ?? []).map(({ name }) => name);
    const implied = related
      .flatMap(({ id }) => contributed.get(id) ?? [])
      .filter(({ name }) => isInZone(name, zone.name) && !cuts.some((cut) => isInZone(name, cut)));
    const hosting = hostingRecords(zone.name, cuts, settings);
    return buildTable(zone, settings, ofZone.get(zone.id) ?? [], offOf.get(zone.id) ?? [], [...hosting, ...implied]);
  });
  return new Map(tables.map((table) => [table.zone.id, table]));
}

/** Builds the table from its parts. Pure. */
export function buildTable(
  zone: Zone,
  settings: DnsSettings,
  own: readonly OwnRecord[],
  overrides: readonly Pick<DnsOverride, "name" | "type">[],
  implied: readonly ContributedRecord[],
): ZoneTable {
  const ownRows = own.flatMap((row) => ownRow(row) ?? []);
  const off = new Set(overrides.map(({ name, type }) => `${name} ${type}`));
  const impliedRows = implied.map((record) => impliedRow(record, ownRows, off));
  const rows = [...ownRows, ...impliedRows].sort(compareRows);
  const hidden = occludedOf(
    rows.filter(({ state }) => state === "served"),
    zone.name,
  );
  for (const row of hidden) row.state = "hidden";
  const served = inCanonicalOrder(
    oneTtl(
      rows.filter(({ state }) => state === "served").map(({ name, ttl, data }) => ({ name, ttl, data })),
      zone.defaultTtl ?? settings.defaultTtl,
    ),
  );
  return { zone, settings, rows, served };
}

/** Lists what is wrong or doubtful with what a zone serves. */
export function problemsOf({ zone, settings, served }: ZoneTable): Problem[] {
  return zoneProblems(served, { zone: zone.name, ...settings });
}

function ownRow({ id, name, ttl, data: stored, note }: OwnRecord): TableRow | null {
  const data = readData(stored);
  // A row that is not what it should be is no record: what stands in the database is parsed again, never trusted (SECURITY.md 3).
  return data && { id, name, ttl, data, note, value: presentationOf(data), derived: null, needed: [], optional: true, state: "served" };
}

function impliedRow(record: ContributedRecord, own: readonly TableRow[], off: ReadonlySet<string>): TableRow {
  const { name, ttl, data, feature, reason } = record;
  const optional = !(feature === "dns" && reason.key === "dns.derived.delegation");
  const state = optional && off.has(`${name} ${data.type}`) ? "off" : own.some((one) => one.name === name && replaces(one.data, data)) ? "yields" : "served";
  return { id: null, name, ttl, data, note: "", value: presentationOf(data), derived: { feature, reason }, needed: record.needed ?? [], optional, state };
}

/** Tells whether an own record says the same thing otherwise, so that both together would contradict each other. */
export function replaces(own: RecordData, implied: RecordData): boolean {
  if (own.type === "CNAME" || implied.type === "CNAME") return true;
  if (own.type !== implied.type) return false;
  if (own.type === "A" || own.type === "AAAA" || own.type === "MX") return true;
  if (own.type !== "TXT" || implied.type !== "TXT") return false;
  const [mine, theirs] = [textOf(own.strings), textOf(implied.strings)];
  return (isSpf(mine) && isSpf(theirs)) || (isDmarc(mine) && isDmarc(theirs));
}

/** RFC 2181 §5.2: records of one name and type have one TTL; the shortest wish counts. */
function oneTtl(records: readonly ZoneRecord[], zoneTtl: number): ZoneRecord[] {
  const shortest = new Map<string, number>();
  const key = ({ name, data }: ZoneRecord) => `${name} ${data.type}`;
  for (const record of records) shortest.set(key(record), Math.min(record.ttl ?? zoneTtl, shortest.get(key(record)) ?? Number.POSITIVE_INFINITY));
  return records.map((record) => {
    const ttl = shortest.get(key(record)) ?? zoneTtl;
    return { ...record, ttl: ttl === zoneTtl ? null : ttl };
  });
}

function compareRows(a: TableRow, b: TableRow): number {
  return compareNames(a.name, b.name) || a.data.type.localeCompare(b.data.type) || (a.value < b.value ? -1 : 1);
}

/** Zones of their own below these, which delegate to them. */
async function zonesBelow(db: Db, zones: readonly Zone[]): Promise<{ name: RecordName; above: string | null }[]> {
  const rows = await db.zone.findMany({
    where: { above: { in: zones.map(({ name }) => name) }, mode: "hosted", dnsHostId: { not: null } },
    select: { name: true, above: true, domain: { select: { state: true, account: { select: { state: true } } } } },
    orderBy: { name: "asc" },
  });
  // Asked in the same question, SQLite would begin with all live domains.
  return rows.filter(({ domain }) => domain.state === "live" && domain.account.state !== "removed");
}

/** The domains whose facts may imply records of these zones: their own, and those above (a site of example.org may answer a name of sub.example.org). */
async function domainsOf(db: Db, zones: readonly Zone[]): Promise<NamedDomain[]> {
  const names = [...new Set(zones.flatMap(({ name }) => [name, ...parentsOf(name)]))];
  const rows = await db.zone.findMany({
    where: { name: { in: names }, domain: { state: "live", account: { state: { not: "removed" } } } },
    select: { domainId: true, name: true, accountId: true },
    orderBy: { name: "asc" },
  });
  return rows.map(({ domainId, name, accountId }) => ({ id: domainId, name, accountId }));
}

function group<T>(rows: readonly T[], keyOf: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const of = groups.get(keyOf(row));
    if (of === undefined) groups.set(keyOf(row), [row]);
    else of.push(row);
  }
  return groups;
}
