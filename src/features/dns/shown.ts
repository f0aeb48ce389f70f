/** How zones and their records are shown to people and told to programs. */
import type { FastifyRequest } from "fastify";
import type { Static } from "typebox";
import { isRefusal, messageKey } from "../../core/errors.js";
import type { Zone } from "../../generated/sqlite/client.js";
import type { Chip } from "../../publish/index.js";
import { displayName } from "../domains/index.js";
import { holdText } from "../publications/index.js";
import { lostWith } from "./losses.js";
import { shownName, shownOwner } from "./record-names.js";
import { shownData } from "./record-text.js";
import type { RollOver } from "./roll-over-step.js";
import type { RecordOutput, ZoneOutput } from "./schemas.js";
import type { DnsSettings } from "./settings.js";
import { newProblems, type Problem } from "./zone-rules.js";
import { problemsOf, type TableRow, type ZoneTable } from "./zone-table.js";

const UNITS = [
  ["days", 86_400],
  ["hours", 3600],
  ["minutes", 60],
] as const;

const LONGEST_SHOWN = 120;
const TAIL = 24;

/** Says a time to live in words: "1 hour". */
export function ttlWords(request: FastifyRequest, seconds: number): string {
  const [unit, length] = UNITS.find(([, size]) => seconds % size === 0) ?? (["seconds", 1] as const);
  return request.t(`dns.ttl.${unit}`, { count: seconds / length });
}

/** Gives the chip of a zone as pages draw it. */
export function chipView(request: FastifyRequest, zone: Pick<Zone, "id">, chip: Chip) {
  return { id: `chip-${zone.id}`, state: chip.state, text: chipText(request, chip) };
}

function chipText(request: FastifyRequest, chip: Chip): string | null {
  if (chip.state === "verified") return null;
  if (chip.state === "held") return holdText(request, chip);
  if (chip.state !== "failed") return request.t(`dns.chips.${chip.state}`);
  return `${faultText(request, chip.code, chip.data)} ${request.t(`dns.serving.${chip.serving}`)}`;
}

/** The sentence of a daemon's fault; a code whose daemon is gone has none any more. */
function faultText(request: FastifyRequest, code: string, data: Record<string, string>): string {
  try {
    return request.t(messageKey(code), data);
  } catch (error) {
    if (isRefusal(error)) throw error;
    return request.t("dns.failed", { code });
  }
}

/** Says a problem in words. */
export function problemText(request: FastifyRequest, { code, data }: Pick<Problem, "code" | "data">): string {
  return request.t(messageKey(code), data);
}

/** A row of the table as the page draws it. */
export function rowView(request: FastifyRequest, table: ZoneTable, row: TableRow, problems: readonly Problem[]) {
  const { zone, settings } = table;
  const ttl = row.ttl ?? zone.defaultTtl ?? settings.defaultTtl;
  const here = problems.filter(({ name, type }) => name === row.name && type === row.data.type);
  return {
    id: row.id,
    name: shownOwner(row.name, zone.name),
    full: row.name,
    type: row.data.type,
    data: shortened(shownData(row.data)),
    value: row.value,
    note: row.note,
    ttl: ttlWords(request, ttl),
    own: row.id !== null,
    reason: row.derived && request.t(row.derived.reason.key, { ...row.derived.reason.data }),
    optional: row.optional,
    state: row.state,
    stateText: row.state === "served" ? null : request.t(`dns.states.${row.state}`),
    problems: row.state === "served" ? here.map((problem) => problemText(request, problem)) : [],
    query: new URLSearchParams({ name: row.name, type: row.data.type }).toString(),
  };
}

/** The table shows how a long value begins and ends; the form and the text show all of it. */
function shortened(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN - TAIL)} … ${text.slice(-TAIL)}` : text;
}

/** Rows in which every word of a search is found. */
export function filterRows(table: ZoneTable, q: string): TableRow[] {
  const words = q.split(/\s+/).filter(Boolean);
  return table.rows.filter((row) => {
    const text = `${row.name} ${shownName(row.name)} ${row.data.type} ${row.value} ${shownData(row.data)} ${row.note}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** What a zone without some of its rows would lack, in words: problems that appear, and what features say they need. */
export function consequences(request: FastifyRequest, table: ZoneTable, gone: readonly TableRow[]): string[] {
  const rest = table.served.filter((record) => !gone.some((row) => row.name === record.name && row.data.type === record.data.type && sameData(row, record)));
  // What yields to a record comes back without it.
  const back = table.rows.filter((row) => row.state === "yields" && gone.some((one) => one.id !== null && one.name === row.name));
  const problems = newProblems(table.served, [...rest, ...back], { zone: table.zone.name, ...table.settings });
  const needed = gone.flatMap((row) => (row.state === "served" ? row.needed : [])).map(({ key, data }) => request.t(key, { ...data }));
  const returns = back.map((row) => request.t("dns.returns", { name: shownOwner(row.name, table.zone.name), type: row.data.type, value: shownData(row.data) }));
  const lost = gone.flatMap((row) => (row.state === "served" ? (lostWith(row, [...rest, ...back]) ?? []) : []));
  return [
    ...new Set([
      ...needed,
      ...lost.map(({ kind, name }) => request.t(`records.lost.${kind}`, { name: shownName(name) })),
      ...problems.map((problem) => problemText(request, problem)),
      ...returns,
    ]),
  ];
}

function sameData(row: TableRow, record: { data: TableRow["data"] }): boolean {
  return JSON.stringify(row.data) === JSON.stringify(record.data);
}

/** Gives the answer's fields of records. */
export function recordBodies(request: FastifyRequest, table: ZoneTable, rows: readonly TableRow[]): Static<typeof RecordOutput>[] {
  const problems = problemsOf(table);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    type: row.data.type,
    ttl: row.ttl ?? table.zone.defaultTtl ?? table.settings.defaultTtl,
    value: row.value,
    note: row.note,
    state: row.state,
    derived: row.derived && { feature: row.derived.feature, reason: request.t(row.derived.reason.key, { ...row.derived.reason.data }) },
    problems: problems
      .filter(({ name, type }) => row.state === "served" && name === row.name && type === row.data.type)
      .map((problem) => ({ level: problem.level, code: problem.code, message: problemText(request, problem) })),
  }));
}

/** Gives the answer's fields of a zone. */
export function zoneBody(zone: Zone, settings: DnsSettings, chip: Chip): Static<typeof ZoneOutput> {
  return {
    id: zone.id,
    domainId: zone.domainId,
    accountId: zone.accountId,
    name: zone.name,
    display: displayName(zone.name),
    mode: zone.mode,
    nameServers: settings.nameServers.map(({ name }) => name),
    defaultTtl: zone.defaultTtl ?? settings.defaultTtl,
    signed: zone.signed,
    ds: zone.ds as string[],
    parent: zone.parentState,
    rollOver: zone.rollOver as RollOver,
    locked: zone.locked,
    lockReason: zone.lockReason,
    chip: chip.state === "failed" ? { state: chip.state, code: chip.code } : { state: chip.state },
  };
}
