/** What is asked about a domain: the records that should be seen, one item a name and type. Pure. */
import { identityOf, inCanonicalOrder, isInZone, presentationOf, type RecordData, type RecordName, type RecordType } from "../dns/index.js";

/** Items of one domain that are asked one by one; the first ones matter most. */
export const MAX_ITEMS = 60;

/** A sentence: its key and data. */
export interface Saying {
  key: string;
  data: Record<string, string | number>;
}

export interface ExpectedItem {
  /** `www.asso.org A`: stays the same while the values change. */
  key: string;
  name: RecordName;
  type: RecordType;
  /** Presentation form, sorted. */
  values: string[];
  /** Whatever else stands there is wrong too; false: these must be among what is there. */
  exact: boolean;
  /** Why it should be so, for derived records. */
  reasons: Saying[];
}

export interface ExpectedRecord {
  name: RecordName;
  data: RecordData;
  reason: Saying | null;
}

/** Types of which one wrong record more leads people astray. */
const EXACT: readonly RecordType[] = ["A", "AAAA", "CNAME", "MX", "NS"];
/** Order of what people would miss first. */
const WEIGHT: readonly RecordType[] = ["A", "AAAA", "CNAME", "MX", "TXT", "HTTPS", "SRV", "CAA"];

/** Groups records into items: derived ones first, then by what people would miss first. `hosted`: the zone is ours, so nothing else may stand there. */
export function itemsOf(zone: RecordName, records: readonly ExpectedRecord[], hosted: boolean): ExpectedItem[] {
  const groups = new Map<string, ExpectedRecord[]>();
  const cuts = records.filter(({ name, data }) => data.type === "NS" && name !== zone).map(({ name }) => name);
  for (const record of records) {
    // Nothing can be asked for a wildcard itself; our name servers are asked of the parent; what is delegated answers elsewhere.
    if (record.name.startsWith("*.") || record.data.type === "NS" || cuts.some((cut) => isInZone(record.name, cut))) continue;
    const key = `${record.name} ${record.data.type}`;
    groups.set(key, [...(groups.get(key) ?? []), record]);
  }
  const items = [...groups].map(([key, group]) => itemOf(key, group, hosted));
  return items.sort((a, b) => rank(a) - rank(b) || compare(depth(a.name), depth(b.name)) || (a.key < b.key ? -1 : 1));
}

function itemOf(key: string, group: ExpectedRecord[], hosted: boolean): ExpectedItem {
  const [first] = group as [ExpectedRecord];
  const { type } = first.data;
  const reasons = new Map(group.flatMap(({ reason }) => (reason ? [[JSON.stringify(reason), reason] as const] : [])));
  const ordered = inCanonicalOrder(group.map(({ name, data }) => ({ name, data, ttl: null })));
  const values = [...new Map(ordered.map((one) => [identityOf(one), presentationOf(one.data)])).values()];
  return { key, name: first.name, type, values, exact: hosted || EXACT.includes(type), reasons: [...reasons.values()] };
}

function rank({ type, reasons }: ExpectedItem): number {
  const at = WEIGHT.indexOf(type);
  return (reasons.length > 0 ? 0 : 100) + (at < 0 ? WEIGHT.length : at);
}

function depth(name: string): number {
  return name.split(".").length;
}

function compare(a: number, b: number): number {
  return a - b;
}
