/** Rules that hold between the records of one zone. An error is never served; a doubt is explained, and served by who knows better. Pure. */
import { isPublicAddress } from "./addresses.js";
import { textOf } from "./record-bytes.js";
import { isHostName, isInZone, namesAbove, shownName } from "./record-names.js";
import type { RecordName, RecordType, ZoneRecord } from "./role.js";
import { isSpf, MAX_SPF_LOOKUPS, readSpf } from "./spf.js";

export interface Problem {
  level: "error" | "doubt";
  /** `dns.cname_beside`; its sentence is in the messages of errors. */
  code: string;
  data: Record<string, string | number>;
  /** The records that it speaks of. */
  name: RecordName;
  type: RecordType;
}

export interface RuleFacts {
  zone: RecordName;
  /** Certificate authorities that the hosting uses; a CAA that leaves them out stops our certificates. */
  issuers: readonly string[];
  maxRecords: number;
}

/** The records of a zone by their name. */
class NameIndex {
  readonly #names = new Map<RecordName, ZoneRecord[]>();
  /** Every name that exists: of a record, or between one and the zone (RFC 4592 §2.2.2). */
  readonly #existing = new Set<RecordName>();
  readonly #cuts: ReadonlySet<RecordName>;
  /** Aliases that were followed to their end, or into a circle: each once, for a zone may be one long chain. */
  readonly #circling = new Map<RecordName, boolean>();
  readonly zone: RecordName;

  constructor(records: readonly ZoneRecord[], zone: RecordName) {
    this.zone = zone;
    for (const record of records) {
      const known = this.#names.get(record.name);
      if (known) known.push(record);
      else this.#names.set(record.name, [record]);
    }
    for (const name of this.#names.keys()) for (const one of [name, ...namesAbove(name, zone)]) this.#existing.add(one);
    this.#cuts = new Set([...this.#names.keys()].filter((name) => name !== zone && this.has(name, "NS")));
  }

  names(): IterableIterator<[RecordName, ZoneRecord[]]> {
    return this.#names.entries();
  }

  of(name: RecordName, ...types: RecordType[]): ZoneRecord[] {
    return (this.#names.get(name) ?? []).filter(({ data }) => types.includes(data.type));
  }

  has(name: RecordName, ...types: RecordType[]): boolean {
    return this.of(name, ...types).length > 0;
  }

  /** The records that answer for a name: its own, or those of the wildcard above it when nothing of that name exists (RFC 4592 §3.3). */
  answering(name: RecordName): RecordName | null {
    if (this.#existing.has(name)) return this.#names.has(name) ? name : null;
    const encloser = namesAbove(name, this.zone).find((one) => this.#existing.has(one)) ?? this.zone;
    return this.#names.has(`*.${encloser}`) ? `*.${encloser}` : null;
  }

  /** The delegation at or above a name, if any. */
  cutAbove(name: RecordName): RecordName | undefined {
    return [name, ...namesAbove(name, this.zone)].find((one) => this.#cuts.has(one));
  }

  /** Tells whether the alias at a name leads into a circle. */
  circles(start: RecordName): boolean {
    const way = new Set<RecordName>();
    let circling = false;
    for (let name: RecordName | null = start; name !== null; name = this.#next(name)) {
      const known = this.#circling.get(name);
      circling = known ?? way.has(name);
      if (known !== undefined || circling) break;
      way.add(name);
    }
    for (const name of way) this.#circling.set(name, circling);
    return circling;
  }

  #next(name: RecordName): RecordName | null {
    const data = this.of(name, "CNAME")[0]?.data;
    return data?.type === "CNAME" && isInZone(data.target, this.zone) ? this.answering(data.target) : null;
  }
}

/** Lists what is wrong, or doubtful, with the records that a zone would serve. */
export function zoneProblems(records: readonly ZoneRecord[], facts: RuleFacts): Problem[] {
  const index = new NameIndex(records, facts.zone);
  const problems: Problem[] = [];
  if (records.length > facts.maxRecords) problems.push(error("zone_full", facts.zone, "NS", { max: facts.maxRecords }));
  if (!index.has(facts.zone, "NS")) problems.push(error("apex_without_ns", facts.zone, "NS", {}));
  for (const [name, here] of index.names()) {
    problems.push(...aliasProblems(name, here, index), ...delegationProblems(name, here, index), ...ownerProblems(name, here, facts));
    problems.push(...mailProblems(name, here), ...authorityProblems(name, here, facts));
    for (const record of here) problems.push(...targetProblems(record, index));
  }
  return problems;
}

/** The same, without what was there before: what a change brings. */
export function newProblems(before: readonly ZoneRecord[], after: readonly ZoneRecord[], facts: RuleFacts): Problem[] {
  const known = new Set(zoneProblems(before, facts).map(keyOf));
  return zoneProblems(after, facts).filter((problem) => !known.has(keyOf(problem)));
}

/** Finds the records that nobody would be answered: below a delegation, save the addresses of its name servers (RFC 1034 §4.2.1). */
export function occludedOf<R extends ZoneRecord>(records: readonly R[], zone: RecordName): R[] {
  const delegations = records.filter(({ name, data }) => data.type === "NS" && name !== zone);
  if (delegations.length === 0) return [];
  const cuts = new Set(delegations.map(({ name }) => name));
  const glue = new Set(delegations.flatMap(({ name, data }) => (data.type === "NS" ? [`${name} ${data.target}`] : [])));
  return records.filter(({ name, data }) => {
    const cut = [name, ...namesAbove(name, zone)].filter((one) => cuts.has(one)).at(-1);
    if (cut === undefined) return false;
    if (name === cut && (data.type === "NS" || data.type === "DS")) return false;
    return !((data.type === "A" || data.type === "AAAA") && glue.has(`${cut} ${name}`));
  });
}

function keyOf({ code, name, type, data }: Problem): string {
  return JSON.stringify([code, name, type, data]);
}

function error(code: string, name: RecordName, type: RecordType, data: Problem["data"]): Problem {
  return { level: "error", code: `dns.${code}`, data, name, type };
}

function doubt(code: string, name: RecordName, type: RecordType, data: Problem["data"]): Problem {
  return { level: "doubt", code: `dns.${code}`, data, name, type };
}

function aliasProblems(name: RecordName, here: readonly ZoneRecord[], index: NameIndex): Problem[] {
  const alias = here.filter(({ data }) => data.type === "CNAME");
  if (alias.length === 0) return [];
  if (name === index.zone) return [error("cname_at_apex", name, "CNAME", { name: shownName(name) })];
  const problems: Problem[] = [];
  const others = [...new Set(here.map(({ data }) => data.type))].filter((type) => type !== "CNAME").sort();
  if (others.length > 0) problems.push(error("cname_beside", name, "CNAME", { name: shownName(name), types: others.join(", ") }));
  if (alias.length > 1) problems.push(error("cname_twice", name, "CNAME", { name: shownName(name) }));
  if (index.circles(name)) problems.push(error("cname_circle", name, "CNAME", { name: shownName(name) }));
  return problems;
}

function delegationProblems(name: RecordName, here: readonly ZoneRecord[], index: NameIndex): Problem[] {
  const problems: Problem[] = [];
  const has = (type: RecordType) => here.some(({ data }) => data.type === type);
  // RFC 4034 §5: a DS record speaks of a delegation; that of the zone itself lies with the zone above.
  if (has("DS") && name === index.zone) problems.push(error("ds_at_apex", name, "DS", {}));
  else if (has("DS") && !has("NS")) problems.push(error("ds_without_ns", name, "DS", { name: shownName(name) }));
  // RFC 4592 §4.2: a delegation of every name cannot be answered in one way.
  if (name.startsWith("*.") && has("NS")) problems.push(error("wildcard_ns", name, "NS", { name: shownName(name) }));
  return problems;
}

/** Names of machines have letters, digits and hyphens only; BIND refuses a whole zone for one that has others (check-names). */
function ownerProblems(name: RecordName, here: readonly ZoneRecord[], facts: RuleFacts): Problem[] {
  const problems: Problem[] = [];
  const host = isHostName(name.replace(/^\*\./, ""));
  const seen = new Set<RecordType>();
  for (const { data } of here) {
    const first = !seen.has(data.type);
    seen.add(data.type);
    if (!first) continue;
    if (!host && (data.type === "A" || data.type === "AAAA" || data.type === "MX"))
      problems.push(error("owner_no_host", name, data.type, { name: shownName(name) }));
    if (data.type === "SRV" && !/^_[^.]+\._[^.]+\./.test(name)) problems.push(doubt("srv_name", name, "SRV", { name: shownName(name) }));
    if (data.type === "TLSA" && !/^(_\d+|\*)\._[^.]+\./.test(name)) problems.push(doubt("tlsa_name", name, "TLSA", { name: shownName(name) }));
    const reverse = facts.zone.endsWith(".in-addr.arpa") || facts.zone.endsWith(".ip6.arpa") || name.startsWith("_");
    if (data.type === "PTR" && !reverse) problems.push(doubt("ptr_forward", name, "PTR", { name: shownName(name) }));
  }
  return problems;
}

function mailProblems(name: RecordName, here: readonly ZoneRecord[]): Problem[] {
  const problems: Problem[] = [];
  const mx = here.flatMap(({ data }) => (data.type === "MX" ? [data] : []));
  // RFC 7505 §3: "no mail here" and a mail server contradict each other.
  if (mx.length > 1 && mx.some(({ target }) => target === "")) problems.push(error("null_mx_beside", name, "MX", { name: shownName(name) }));
  const policies = here.flatMap(({ data }) => (data.type === "TXT" && isSpf(textOf(data.strings)) ? [textOf(data.strings)] : []));
  // RFC 7208 §3.2: with two, who checks takes none.
  if (policies.length > 1) problems.push(doubt("spf_twice", name, "TXT", { name: shownName(name), count: policies.length }));
  for (const text of policies) {
    const { lookups, unknown } = readSpf(text);
    if (lookups > MAX_SPF_LOOKUPS) problems.push(doubt("spf_lookups", name, "TXT", { count: lookups, max: MAX_SPF_LOOKUPS }));
    if (unknown !== null) problems.push(doubt("spf_unknown", name, "TXT", { term: unknown.slice(0, 60) }));
  }
  return problems;
}

function authorityProblems(name: RecordName, here: readonly ZoneRecord[], { issuers }: RuleFacts): Problem[] {
  const allowed = here.flatMap(({ data }) => {
    if (data.type !== "CAA" || data.tag !== "issue") return [];
    const value = Buffer.from(data.value, "hex").toString("latin1");
    return [(value.split(";")[0] ?? "").trim().toLowerCase()];
  });
  if (allowed.length === 0 || issuers.length === 0 || allowed.some((one) => issuers.includes(one))) return [];
  return [doubt("caa_without_us", name, "CAA", { name: shownName(name), issuers: issuers.join(", ") })];
}

function targetProblems({ name, data }: ZoneRecord, index: NameIndex): Problem[] {
  if ((data.type === "A" || data.type === "AAAA") && !isPublicAddress(data.address))
    return [doubt("address_private", name, data.type, { address: data.address })];
  if (!("target" in data) || data.target === "" || data.type === "PTR") return [];
  const { target, type } = data;
  if (!isInZone(target, index.zone)) return [];
  const needsAddress = type === "MX" || type === "SRV" || type === "NS";
  const facts = { name: shownName(name), target: shownName(target), type };
  const cut = index.cutAbove(target);
  // RFC 1034 §4.2.1: who is sent below a delegation must be told the address on the way.
  if (cut !== undefined && type === "NS" && isInZone(target, name) && name !== index.zone)
    return index.has(target, "A", "AAAA") ? [] : [doubt("glue_missing", name, "NS", facts)];
  if (cut !== undefined) return [];
  const answering = index.answering(target);
  if (answering === null) return [doubt("target_dangling", name, type, facts)];
  // RFC 2181 §10.3, RFC 2782: these names may not be aliases.
  if (needsAddress && index.has(answering, "CNAME")) return [doubt("target_is_alias", name, type, facts)];
  if (needsAddress && !index.has(answering, "A", "AAAA")) return [doubt("target_without_address", name, type, facts)];
  return [];
}
