/** What an import would do to a zone: the same function draws the preview and decides what is applied, so that they cannot disagree. Pure. */
import { identityOf } from "../record-order.js";
import type { RecordName, RecordType } from "../role.js";
import type { NewRecord, ZoneChanges } from "../zone-changes.js";
import { newProblems, type Problem } from "../zone-rules.js";
import { buildTable, replaces, type ZoneTable } from "../zone-table.js";
import { groupRecords, type ImportGroup, type SameRecord } from "./groups.js";
import { judge } from "./judgement.js";
import type { Finding, ZoneFile } from "./zone-file.js";

/** Each round refuses all groups that bring an error; what is refused may make another one wrong. */
const MAX_ROUNDS = 10;

export interface ImportPlan {
  groups: ImportGroup[];
  same: SameRecord[];
  findings: Finding[];
  /** Doubts about the zone as it would be then. */
  doubts: Problem[];
  /** Nothing can be applied because of it. */
  fault: Problem | null;
  changes: Changes;
  /** Of the old server. */
  serial: number | null;
  counts: ImportCounts;
}

export interface ImportCounts {
  added: number;
  replaced: number;
  /** Derived records that are no longer served. */
  overridden: number;
  same: number;
  kept: number;
  left: number;
  aside: number;
  refused: number;
}

type Changes = Required<Pick<ZoneChanges, "add" | "remove" | "turnOff">>;

/** Plans the import of what was read into a zone; `chosen` says what was decided, by the keys of groups. */
export function planImport(file: ZoneFile, table: ZoneTable, chosen: Readonly<Record<string, string>> = {}): ImportPlan {
  const { zone, settings } = table;
  const facts = { zone: zone.name, ...settings };
  const { records, findings } = judge(file, zone.name, zone.defaultTtl ?? settings.defaultTtl);
  const { groups: all, same } = groupRecords(records, table.rows, chosen);
  let groups = all;
  let changes = changesOf(groups);
  let after = tableAfter(table, changes);
  let problems = newProblems(table.served, after.served, facts);
  for (let round = 0; round < MAX_ROUNDS && problems.some(({ level }) => level === "error"); round += 1) {
    const atName = byName(problems);
    const refused = new Map(
      groups.flatMap((group) => (atName.get(group.name) ?? []).flatMap((problem) => (brings(group, problem) ? [[group, problem] as const] : []))),
    );
    if (refused.size === 0) break;
    for (const [group, { code, data }] of refused) findings.push(...group.records.map(({ line }): Finding => ({ line, outcome: "refused", code, data })));
    groups = groups.filter((group) => !refused.has(group));
    changes = changesOf(groups);
    after = tableAfter(table, changes);
    problems = newProblems(table.served, after.served, facts);
  }
  findings.push(...hiddenLines(groups, after), ...keptTtls(same));
  findings.sort((a, b) => a.line - b.line);
  const doubts = problems.filter(({ level }) => level === "doubt");
  const fault = problems.find(({ level }) => level === "error") ?? null;
  return { groups, same, findings, doubts, fault, changes, serial: file.soa?.serial ?? null, counts: countsOf(groups, changes, same.length, findings) };
}

/** Tells whether nothing of the zone would change. */
export function changesNothing({ add, remove, turnOff }: Changes): boolean {
  return add.length + remove.length + turnOff.length === 0;
}

function changesOf(groups: readonly ImportGroup[]): Changes {
  const add: NewRecord[] = [];
  const remove: string[] = [];
  const turnOff = new Map<string, { name: RecordName; type: RecordType }>();
  for (const { records, current, choice } of groups) {
    if (choice === "keep") continue;
    add.push(...records.map(({ record }) => record));
    if (choice === "add") continue;
    for (const row of current) {
      if (row.id !== null) remove.push(row.id);
      // What yields by itself comes back by itself, when the imported record goes.
      else if (!records.some(({ record }) => record.name === row.name && replaces(record.data, row.data)))
        turnOff.set(`${row.name} ${row.data.type}`, { name: row.name, type: row.data.type });
    }
  }
  return { add, remove, turnOff: [...turnOff.values()] };
}

/** The table as it would be. */
function tableAfter(table: ZoneTable, { add, remove, turnOff }: Changes): ZoneTable {
  const gone = new Set(remove);
  const own = table.rows.filter(({ id }) => id !== null && !gone.has(id)).map(({ id, name, ttl, data, note }) => ({ id: id ?? "", name, ttl, data, note }));
  const added = add.map(({ name, ttl, data }, at) => ({ id: `new ${at}`, name, ttl, data, note: "" }));
  const derived = table.rows.flatMap((row) => (row.derived ? [{ name: row.name, ttl: row.ttl, data: row.data, needed: row.needed, ...row.derived }] : []));
  const off = table.rows.filter(({ state }) => state === "off").map(({ name, data }) => ({ name, type: data.type }));
  return buildTable(table.zone, table.settings, [...own, ...added], [...off, ...turnOff], derived);
}

/** So that thousands of groups and thousands of problems are not held against each other one by one. */
function byName(problems: readonly Problem[]): Map<RecordName, Problem[]> {
  const found = new Map<RecordName, Problem[]>();
  for (const problem of problems) {
    const known = found.get(problem.name);
    if (known) known.push(problem);
    else found.set(problem.name, [problem]);
  }
  return found;
}

/** An alias is at fault for everything at its name; other errors speak of one type. */
function brings({ name, kind, records, choice }: ImportGroup, problem: Problem): boolean {
  if (choice === "keep" || problem.level !== "error" || problem.name !== name || problem.code === "dns.zone_full") return false;
  return kind === "name" || records.some(({ record }) => record.data.type === problem.type);
}

/** What would be kept but never answered, for it lies below a delegation. */
function hiddenLines(groups: readonly ImportGroup[], after: ZoneTable): Finding[] {
  const hidden = new Set(after.rows.filter(({ state, id }) => state === "hidden" && id?.startsWith("new ")).map(identityOf));
  const lines = groups.filter(({ choice }) => choice !== "keep").flatMap(({ records }) => records.filter(({ record }) => hidden.has(identityOf(record))));
  return lines.map(({ line, record }): Finding => ({ line, outcome: "doubt", code: "hidden", data: { name: record.name } }));
}

/** An own record that is there already keeps its TTL: it may have been set with care. */
function keptTtls(same: readonly SameRecord[]): Finding[] {
  const other = same.filter(({ record, row }) => row.id !== null && record.ttl !== row.ttl);
  return other.map(({ line }): Finding => ({ line, outcome: "changed", code: "ttl_kept", data: {} }));
}

function countsOf(groups: readonly ImportGroup[], changes: Changes, same: number, findings: readonly Finding[]): ImportCounts {
  const of = (outcome: Finding["outcome"]) => new Set(findings.filter((one) => one.outcome === outcome).map(({ line }) => line)).size;
  const kept = groups.filter(({ choice }) => choice === "keep").reduce((sum, { records }) => sum + records.length, 0);
  const overridden = groups.filter(({ choice }) => choice === "replace").reduce((sum, { current }) => sum + current.filter(({ id }) => id === null).length, 0);
  const counts = { added: changes.add.length, replaced: changes.remove.length, overridden };
  return { ...counts, same, kept, left: of("left"), aside: of("aside"), refused: of("refused") };
}
