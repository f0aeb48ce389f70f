/** The one order of a zone: same records, same bytes. Pure. */
import { presentationOf } from "./record-text.js";
import type { RecordName, ZoneRecord } from "./role.js";

/** Gives records in canonical order (RFC 4034 §6.1: by labels from the right), apex first, then by type and data; doubles fall together. */
export function inCanonicalOrder(records: readonly ZoneRecord[]): ZoneRecord[] {
  const keyed = records.map((record) => ({ record, labels: reversed(record.name), text: presentationOf(record.data) }));
  keyed.sort((a, b) => compareLabels(a.labels, b.labels) || compare(a.record.data.type, b.record.data.type) || compare(a.text, b.text) || ttlOf(a) - ttlOf(b));
  return keyed.filter((one, at) => !isDouble(one, keyed[at - 1])).map(({ record }) => record);
}

/** Compares two names as DNSSEC orders them. */
export function compareNames(a: RecordName, b: RecordName): number {
  return compareLabels(reversed(a), reversed(b));
}

/** Gives the text by which two records are the same, whatever their TTL (RFC 2181 §5). */
export function identityOf({ name, data }: Pick<ZoneRecord, "name" | "data">): string {
  return `${name} ${data.type} ${presentationOf(data)}`;
}

interface Keyed {
  record: ZoneRecord;
  text: string;
}

function isDouble({ record, text }: Keyed, before: Keyed | undefined): boolean {
  return before !== undefined && before.record.name === record.name && before.record.data.type === record.data.type && before.text === text;
}

function ttlOf({ record }: Keyed): number {
  return record.ttl ?? -1;
}

function reversed(name: RecordName): string[] {
  return name.split(".").reverse();
}

function compareLabels(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const order = compare(a[at] ?? "", b[at] ?? "");
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** By bytes: labels are ASCII here. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
