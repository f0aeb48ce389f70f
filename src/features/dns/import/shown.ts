/** A plan as pages and programs show it. */
import type { FastifyRequest } from "fastify";
import type { Static } from "typebox";
import { messageKey } from "../../../core/errors.js";
import type { Zone } from "../../../generated/sqlite/client.js";
import { shownOwner } from "../record-names.js";
import { presentationOf, shownData } from "../record-text.js";
import type { Problem } from "../zone-rules.js";
import type { TableRow } from "../zone-table.js";
import { linesOf } from "./entries.js";
import type { Choice, ImportGroup } from "./groups.js";
import type { ImportPlan } from "./plan.js";
import type { ImportOutput } from "./schemas.js";
import type { Finding, Outcome, ReadRecord } from "./zone-file.js";

type Translate = FastifyRequest["t"];

/** Sentences told one by one; of more, only the number. */
const MAX_TOLD = 500;
/** Groups of records that a page shows with their choice; for the others the proposal holds. */
const MAX_GROUPS = 300;
const MAX_SOURCE = 200;
/** What needs a look first. */
const ORDER: readonly Outcome[] = ["refused", "doubt", "aside", "changed", "left"];

/** Gives the sentence of a finding. */
export function sentenceOf(t: Translate, { code, data }: Pick<Finding, "code" | "data">): string {
  return t(code.startsWith("dns.") ? messageKey(code) : `dns.import.why.${code}`, data);
}

/** Gives the plan for programs. */
export function planBody(t: Translate, zone: Zone, plan: ImportPlan): Static<typeof ImportOutput> {
  const { counts, groups, same, findings, doubts, fault } = plan;
  return {
    version: zone.version,
    counts,
    groups: groups.map(({ key, kind, records, current, choices, choice }) => ({
      key,
      kind,
      records: records.map(lineBody),
      current: current.map(rowBody),
      choices,
      choice,
    })),
    same: same.map(lineBody),
    findings: findings.slice(0, MAX_TOLD).map(({ line, outcome, code, data }) => ({ line, outcome, code, message: sentenceOf(t, { code, data }) })),
    doubts: doubts.slice(0, MAX_TOLD).map(({ code, data }) => ({ code, message: sentenceOf(t, { code, data }) })),
    fault: fault && sentenceOf(t, fault),
  };
}

/** Gives the plan for pages; `text` is what was read. */
export function planPage(t: Translate, zone: Zone, plan: ImportPlan, text: string) {
  const { counts, groups, same, findings, doubts, fault } = plan;
  const lines = linesOf(text);
  const numbered = groups.map((group, at) => ({ group, at }));
  const page = (list: typeof numbered) => ({
    rows: list.slice(0, MAX_GROUPS).map(({ group, at }) => groupPage(t, zone.name, group, at)),
    more: Math.max(0, list.length - MAX_GROUPS),
  });
  return {
    version: zone.version,
    text,
    counts: (["added", "replaced", "overridden", "same", "kept", "left", "aside", "refused"] as const)
      .filter((key) => counts[key] > 0)
      .map((key) => t(`dns.import.counts.${key}`, { count: counts[key] })),
    decide: page(numbered.filter(({ group }) => group.current.length > 0)),
    fresh: page(numbered.filter(({ group }) => group.current.length === 0)),
    same: same.slice(0, MAX_GROUPS).map(({ record, row }) => ({
      name: shownOwner(record.name, zone.name),
      type: record.data.type,
      value: shownData(record.data),
      derived: reasonOf(t, row),
    })),
    sameCount: same.length,
    remarks: ORDER.flatMap((outcome) => remarksOf(t, outcome, findings, lines)),
    doubts: doubts.slice(0, MAX_TOLD).map((problem: Problem) => sentenceOf(t, problem)),
    fault: fault && sentenceOf(t, fault),
    nothing: groups.length === 0 && same.length === 0,
  };
}

function groupPage(t: Translate, zone: string, { key, name, kind, records, current, choices, choice }: ImportGroup, at: number) {
  const beside = current.length > 0;
  const label = (one: Choice) => t(`dns.import.choice.${one}${beside || one === "replace" ? "" : "_alone"}`);
  return {
    field: `choice:${at}:${key}`,
    name: shownOwner(name, zone),
    kind: t(`records.kinds.${kind}`),
    records: records.map(({ record }) => ({ type: record.data.type, value: shownData(record.data), ttl: record.ttl })),
    current: current.map((row) => ({ type: row.data.type, value: shownData(row.data), derived: reasonOf(t, row) })),
    options: choices.map((one) => ({ value: one, label: label(one) })),
    choice,
  };
}

function reasonOf(t: Translate, { derived }: TableRow): string | null {
  return derived && t(derived.reason.key, derived.reason.data);
}

/** What is said of lines with one outcome, with the lines as they were written. */
function remarksOf(t: Translate, outcome: Outcome, findings: readonly Finding[], lines: readonly string[]) {
  const these = findings.filter((one) => one.outcome === outcome);
  if (these.length === 0) return [];
  const told = these
    .slice(0, MAX_TOLD)
    .map(({ line, code, data }) => ({ line, source: sourceOf(lines[line - 1] ?? ""), sentence: sentenceOf(t, { code, data }) }));
  return [
    {
      outcome,
      title: t(`dns.import.outcome.${outcome}`),
      count: these.length,
      told,
      more: these.length - told.length,
      open: outcome === "refused" || outcome === "doubt",
    },
  ];
}

function sourceOf(line: string): string {
  const short = line
    .slice(0, MAX_SOURCE)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .trim();
  return line.length > MAX_SOURCE ? `${short}…` : short;
}

function lineBody({ line, record }: ReadRecord) {
  return { line, name: record.name, type: record.data.type, ttl: record.ttl, value: presentationOf(record.data) };
}

function rowBody({ id, name, data, value }: TableRow) {
  return { id, name, type: data.type, value };
}
