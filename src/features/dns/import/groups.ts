/** Imported records beside what the zone says already: what can only be decided together makes one group. Pure. */
import { textOf } from "../record-bytes.js";
import { identityOf } from "../record-order.js";
import type { RecordData, RecordName } from "../role.js";
import { isDmarc, isSpf } from "../spf.js";
import type { TableRow } from "../zone-table.js";
import type { ReadRecord } from "./zone-file.js";

/** `add`: beside what is there; `replace`: instead of it; `keep`: what is there stays, nothing is taken. */
export type Choice = "add" | "replace" | "keep";

/** What is one thing to who asks for it: `address` is A and AAAA, `name` everything at a name where an alias is involved. */
export type GroupKind = "address" | "name" | "SPF" | "DMARC" | "DKIM" | RecordData["type"];

export interface ImportGroup {
  /** `www.example.org address`; by it choices are made. */
  key: string;
  name: RecordName;
  kind: GroupKind;
  records: ReadRecord[];
  /** What is served there now and is not among the records. */
  current: TableRow[];
  choices: Choice[];
  choice: Choice;
}

export interface Grouped {
  groups: ImportGroup[];
  /** Nothing to do for these: the zone says the same. */
  same: SameRecord[];
}

export interface SameRecord extends ReadRecord {
  row: TableRow;
}

/** Kinds of which a name has one set: beside another one they would contradict each other, or mix two machines. */
const EXCLUSIVE = new Set<GroupKind>(["address", "name", "CNAME", "MX", "SPF", "DMARC", "DKIM"]);
/** Of these a person may want both sets together. */
const MIXABLE = new Set<GroupKind>(["address", "MX"]);
/** Where mail goes and who may send it stays as it is when a domain arrives: nobody wants to lose mail by moving a name. */
const MAIL = new Set<GroupKind>(["MX", "SPF", "DMARC", "DKIM"]);

/** Groups what was read with what the zone serves. */
export function groupRecords(records: readonly ReadRecord[], rows: readonly TableRow[], chosen: Readonly<Record<string, string>>): Grouped {
  // What lies hidden below a delegation is there all the same: added once more it would stand twice.
  const standing = rows.filter(({ state }) => state === "served" || state === "hidden");
  // An own record before a derived one that says the same.
  const byIdentity = new Map([...standing].sort((a, b) => Number(a.id !== null) - Number(b.id !== null)).map((row) => [identityOf(row), row]));
  const knownAs = ({ record }: ReadRecord) => byIdentity.get(identityOf(record));
  const aliases = new Set([...records.map(({ record }) => record), ...standing].filter(({ data }) => data.type === "CNAME").map(({ name }) => name));
  const kindAt = (name: RecordName, data: RecordData): GroupKind => (aliases.has(name) ? "name" : kindOf(name, data));
  const rowsOf = groupBy(standing, ({ name, data }) => `${name} ${kindAt(name, data)}`);
  const grouped: Grouped = { groups: [], same: [] };
  for (const [key, members] of groupBy(records, ({ record }) => `${record.name} ${kindAt(record.name, record.data)}`)) {
    const [name, kind] = key.split(" ") as [RecordName, GroupKind];
    const isNew = members.some((one) => !knownAs(one));
    // What is derived and the same yields once another record of an exclusive set stands beside it: then the whole set must be our own.
    const needed = members.filter((one) => !knownAs(one) || (isNew && EXCLUSIVE.has(kind) && knownAs(one)?.id === null));
    for (const one of members) {
      const row = knownAs(one);
      if (row && !needed.includes(one)) grouped.same.push({ ...one, row });
    }
    if (!isNew) continue;
    const wanted = new Set(members.map(({ record }) => identityOf(record)));
    const current = (rowsOf.get(key) ?? []).filter((row) => !wanted.has(identityOf(row)));
    const choices = choicesOf(kind, current);
    const choice = choices.find((one) => one === chosen[key]) ?? choices[0] ?? "keep";
    grouped.groups.push({ key, name, kind, records: needed, current, choices, choice });
  }
  return grouped;
}

/** What may be chosen, what is best for most people first. */
function choicesOf(kind: GroupKind, current: readonly TableRow[]): Choice[] {
  if (current.length === 0) return ["add", "keep"];
  if (current.some(({ optional }) => !optional)) return ["keep"];
  const derived = current.some((row) => row.derived !== null);
  // Derived texts of one name are turned off together, the mail policy with them: they only take others beside them.
  if (kind === "TXT" && derived) return ["add", "keep"];
  if (!EXCLUSIVE.has(kind)) return ["add", "replace", "keep"];
  if (derived) return MAIL.has(kind) ? ["replace", "keep"] : ["keep", "replace"];
  return MIXABLE.has(kind) ? ["replace", "add", "keep"] : ["replace", "keep"];
}

function kindOf(name: RecordName, data: RecordData): GroupKind {
  if (data.type === "A" || data.type === "AAAA") return "address";
  if (data.type !== "TXT") return data.type;
  const text = textOf(data.strings);
  if (isSpf(text)) return "SPF";
  if (isDmarc(text)) return "DMARC";
  return name.includes("._domainkey.") ? "DKIM" : "TXT";
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const known = groups.get(key);
    if (known) known.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
