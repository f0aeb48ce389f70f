/** Data that the pages of zones draw. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { PAGE_SIZE, pagedList, windowOf } from "../../core/http/paging.js";
import { accountsWith, isAdmin } from "../../core/ownership.js";
import type { Zone } from "../../generated/sqlite/client.js";
import { displayName } from "../domains/index.js";
import { hostsWithRole } from "../hosts/index.js";
import { chipsOf } from "./chips.js";
import { derivedRows, standingInPlace } from "./overrides.js";
import { fieldsOf } from "./record-input.js";
import { isInZone, parseOwner, shownOwner } from "./record-names.js";
import { shownData } from "./record-text.js";
import { isRecordType, RECORD_FIELDS, RECORD_TYPES } from "./record-types.js";
import { dataOf, getRecord, listBin } from "./records.js";
import type { RecordType } from "./role.js";
import { type RollOver, tagOf } from "./roll-over-step.js";
import { isReady, readSettings } from "./settings.js";
import { chipView, consequences, filterRows, rowView, ttlWords } from "./shown.js";
import { lastChangeOf } from "./undo.js";
import type { Features } from "./zone-changes.js";
import { problemsOf, readTable } from "./zone-table.js";
import { zoneText } from "./zone-text.js";
import { getZone, listZones } from "./zones.js";

/** How long the page offers at its top to take the last change back; afterwards the bin does. */
const UNDO_MS = 600_000;
const TTL_CHOICES = [300, 900, 3600, 14_400, 86_400, 604_800];
/** What nearly everybody looks for; the others are folded. */
const COMMON: ReadonlySet<RecordType> = new Set(["A", "AAAA", "CNAME", "MX", "TXT"]);
const ROLL_OVER: readonly RollOver[] = ["announcing", "parent", "finishing"];

export const zoneKey = (request: FastifyRequest) => (request.params as { domain: string }).domain;
export const recordsPath = ({ domainId }: Pick<Zone, "domainId">) => `/domains/${domainId}/records`;

/** Draws the zones that the person may see. */
export async function drawZones(request: FastifyRequest, reply: FastifyReply) {
  const window = windowOf(request.query);
  const accountId = (request.query as { account?: string }).account ?? request.person?.accountId;
  const list = await listZones(request.ctx, { ...window, ...(accountId ? { accountId } : {}) });
  const chips = await chipsOf(request.ctx.db, list.rows);
  const rows = list.rows.map((zone) => {
    const chip = chips.get(zone.id);
    return { ...zone, display: displayName(zone.name), chip: chip && chipView(request, zone, chip) };
  });
  return reply.page("dns/zones", { list: pagedList({ ...list, rows }, window, "/zones"), ready: isReady(await readSettings(request.ctx.db)) });
}

/** Draws the one table of a zone. */
export function drawRecords(features: Features) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const zone = await getZone(request.ctx, zoneKey(request));
    const table = await readTable(request.ctx.db, features, zone);
    const window = windowOf(request.query);
    const found = filterRows(table, window.q);
    const problems = problemsOf(table);
    const rows = found.slice(window.skip, window.skip + PAGE_SIZE).map((row) => rowView(request, table, row, problems));
    const last = lastChange(request, zone);
    const fresh = last !== null && request.ctx.clock.now().getTime() - last.at.getTime() < UNDO_MS;
    return reply.page("dns/records", {
      ...(await headOf(request, zone)),
      list: pagedList({ rows, total: found.length }, window, recordsPath(zone)),
      count: table.rows.length,
      last: fresh ? last : null,
    });
  };
}

/** The last change in words, with the moment by which it is named. */
function lastChange(request: FastifyRequest, zone: Zone) {
  const last = lastChangeOf(zone, request.ctx.clock.now());
  if (!last) return null;
  const { kind, name, ...rest } = last.what;
  return {
    at: last.at,
    token: last.at.toISOString(),
    again: kind === "undone",
    text: request.t(`records.last.${kind}`, { ...rest, name: name === undefined ? "" : shownOwner(name, zone.name) }),
  };
}

/** What stands at the top of each page of a zone. */
async function headOf(request: FastifyRequest, zone: Zone) {
  const settings = await readSettings(request.ctx.db);
  const chip = (await chipsOf(request.ctx.db, [zone])).get(zone.id);
  const ids = accountsWith(request.actor, "dns.write");
  const mine = ids === null || ids.includes(zone.accountId);
  return {
    zone: { ...zone, display: displayName(zone.name), hosted: zone.mode === "hosted" },
    path: `/domains/${zone.domainId}`,
    chip: chip && chipView(request, zone, chip),
    ready: isReady(settings),
    mayWrite: mine && !zone.locked,
    mayUnlock: mine && zone.locked && (!zone.lockedByAdmin || isAdmin(request.actor)),
    mine,
    nameServers: settings.nameServers.map(({ name }) => name),
  };
}

/** Draws the form of a record: a new one, or one that is there. */
export async function drawRecord(request: FastifyRequest, reply: FastifyReply) {
  const zone = await getZone(request.ctx, zoneKey(request), "dns.write");
  const id = (request.params as { record?: string }).record;
  const known = id ? (await getRecord(request.ctx, zone.domainId, id, "dns.write")).record : null;
  const sent = { ...(request.query as object), ...(request.body as object | undefined) } as { type?: string; name?: string };
  const type: RecordType = known && isRecordType(known.type) ? known.type : sent.type && isRecordType(sent.type) ? sent.type : "A";
  const settings = await readSettings(request.ctx.db);
  const zoneTtl = zone.defaultTtl ?? settings.defaultTtl;
  const name = known?.name ?? parseOwner(sent.name ?? "", zone.name);
  return reply.page("dns/record", {
    ...(await headOf(request, zone)),
    record: known && { ...known, name: shownOwner(known.name, zone.name) },
    name: known || sent.name !== undefined ? (name && isInZone(name, zone.name) ? shownOwner(name, zone.name) : sent.name) : "",
    type,
    action: known ? `${recordsPath(zone)}/${known.id}` : recordsPath(zone),
    fields: fieldViews(request, type, known ? fieldsOf(dataOf(known)) : {}),
    types: RECORD_TYPES.map((value) => ({ value, label: request.t(`records.types.${value}`), current: value === type, common: COMMON.has(value) })),
    rare: !COMMON.has(type),
    ttls: ttlChoices(request, "zone", zoneTtl, known?.ttl ?? null),
    doubts: request.formState?.errors["knowingly"] !== undefined,
  });
}

function fieldViews(request: FastifyRequest, type: RecordType, values: Record<string, string>) {
  return RECORD_FIELDS[type].map((name) => ({
    name,
    label: request.t(`records.fields.${name}`),
    hint: request.t(`records.hints.${type}_${name}`),
    value: values[name] ?? (name === "flags" ? "0" : ""),
    long: name === "text" || name === "certificate",
    required: name !== "params" && name !== "value",
  }));
}

function ttlChoices(request: FastifyRequest, whose: "zone" | "hosting", usual: number, current: number | null) {
  const seconds = [...new Set([...TTL_CHOICES, ...(current ? [current] : [])])].sort((a, b) => a - b);
  const own = { value: "", label: request.t(`dns.ttl.${whose}`, { ttl: ttlWords(request, usual) }) };
  return [own, ...seconds.map((value) => ({ value: String(value), label: ttlWords(request, value) }))];
}

/** Draws what a removal leaves behind. */
export function drawDelete(features: Features) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const { zone, record } = await getRecord(request.ctx, zoneKey(request), (request.params as { record: string }).record, "dns.write");
    const table = await readTable(request.ctx.db, features, zone);
    const row = table.rows.find(({ id }) => id === record.id);
    return reply.page("dns/delete", {
      ...(await headOf(request, zone)),
      record: { id: record.id, name: shownOwner(record.name, zone.name), type: record.type, data: shownData(dataOf(record)) },
      consequences: row ? consequences(request, table, [row]) : [],
    });
  };
}

/** Draws a derived record: why it is there, and how to do without it. */
export function drawDerived(features: Features) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const zone = await getZone(request.ctx, zoneKey(request), "dns.write");
    const table = await readTable(request.ctx.db, features, zone);
    const sent = { ...(request.query as object), ...(request.body as object | undefined) } as { name?: string; type?: string };
    const name = parseOwner(sent.name ?? "", zone.name) ?? zone.name;
    const type: RecordType = sent.type && isRecordType(sent.type) ? sent.type : "A";
    const rows = derivedRows(table, name, type);
    const first = rows[0];
    const standing = standingInPlace(table, name, type);
    return reply.page("dns/derived", {
      ...(await headOf(request, zone)),
      known: first !== undefined,
      name: shownOwner(name, zone.name),
      full: name,
      type,
      query: new URLSearchParams({ name: shownOwner(name, zone.name), type }).toString(),
      rows: rows.map((row) => rowView(request, table, row, [])),
      optional: first?.optional ?? false,
      off: first !== undefined && first.state !== "served",
      standing: standing.map(({ data }) => shownData(data)),
      consequences: consequences(request, table, rows),
    });
  };
}

/** Draws the bin of a zone. */
export async function drawBin(request: FastifyRequest, reply: FastifyReply) {
  const zone = await getZone(request.ctx, zoneKey(request));
  const window = windowOf(request.query);
  const { rows, total } = await listBin(request.ctx, zone.domainId, { skip: window.skip, take: PAGE_SIZE });
  const shown = rows.map((row) => ({ ...row, name: shownOwner(row.name, zone.name), data: shownData(dataOf(row)) }));
  return reply.page("dns/bin", {
    ...(await headOf(request, zone)),
    last: lastChange(request, zone),
    list: pagedList({ rows: shown, total }, { ...window, q: "" }, `${recordsPath(zone)}/bin`),
    doubts: request.formState?.errors["knowingly"] !== undefined,
    refused: (request.params as { record?: string }).record,
  });
}

/** Draws the zone as text. */
export function drawText(features: Features) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const zone = await getZone(request.ctx, zoneKey(request));
    return reply.page("dns/text", { ...(await headOf(request, zone)), text: zoneText(await readTable(request.ctx.db, features, zone)) });
  };
}

/** Draws how a zone is kept: signatures, TTL, lock, where. */
export async function drawZone(request: FastifyRequest, reply: FastifyReply) {
  const zone = await getZone(request.ctx, zoneKey(request));
  const settings = await readSettings(request.ctx.db);
  const admin = isAdmin(request.actor);
  return reply.page("dns/zone", {
    ...(await headOf(request, zone)),
    ds: (zone.ds as string[])
      .filter((value) => zone.rollOver !== "parent" || !(zone.leavingKeys as number[]).includes(tagOf(value)))
      .map((value) => ({ value, parts: dsParts(value) })),
    parentDs: zone.parentDs,
    waiting: zone.rollOver === "parent",
    rollOver: zone.rollOver === "none" ? null : rollOverSteps(request, zone.rollOver as RollOver),
    ttls: ttlChoices(request, "hosting", settings.defaultTtl, zone.defaultTtl),
    modes: ["hosted", "external"].map((value) => ({ value, label: request.t(`dns.modes.${value}`), text: request.t(`dns.mode_texts.${value}`) })),
    hosts: admin ? (await hostsWithRole(request.ctx.db, "dns")).map(({ id, name }) => ({ value: id, label: name })) : [],
    admin,
    doubts: request.formState?.errors["knowingly"] !== undefined,
  });
}

function rollOverSteps(request: FastifyRequest, step: RollOver) {
  const now = ROLL_OVER.indexOf(step);
  return ROLL_OVER.map((name, at) => ({
    label: request.t(`zones.roll_over.steps.${name}`),
    state: at < now ? "done" : at === now ? "now" : "next",
    text: at === now ? request.t(`zones.roll_over.texts.${name}`) : null,
  }));
}

function dsParts(value: string) {
  const [tag, algorithm, digestType, digest] = value.split(" ");
  return { tag, algorithm, digestType, digest };
}
