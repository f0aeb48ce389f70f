/** What people and programs send becomes typed data: the fields of a form, or one line in presentation form. Pure. */
import type { FieldError } from "../../core/errors.js";
import { plainIpv6 } from "./addresses.js";
import { MAX_STRING, quoted, stringsOf, textOf } from "./record-bytes.js";
import { checkData, numberFaults } from "./record-data.js";
import { parseTarget } from "./record-names.js";
import { NUMBER_RULES, RECORD_FIELDS, TTL_SECONDS, type TypedFields } from "./record-types.js";
import { splitWords, type Word } from "./record-words.js";
import type { RecordData, RecordName, RecordType } from "./role.js";
import { inKeyOrder, parseParams } from "./svcb-params.js";

export type Parsed<T> = { value: T } | { faults: FieldError[] };
/** Decodes the name at the place of a target; null when it is none. */
export type NameReader = (text: string) => RecordName | null;

const MAX_TTL_DIGITS = 7;

/** Parses the fields of a form. Every fault comes back at its field. */
export function parseFields(type: RecordType, fields: TypedFields, zone: RecordName): Parsed<RecordData> {
  const faults: FieldError[] = [];
  const values: Record<string, unknown> = { type };
  for (const field of RECORD_FIELDS[type]) {
    const typed = (fields[field] ?? "").trim();
    const number = NUMBER_RULES[type]?.[field] !== undefined;
    const optional = field === "params" || field === "value";
    if (typed === "" && !optional) faults.push({ field, code: "dns.field_missing", data: {} });
    else if (hasControl(fields[field] ?? "")) faults.push({ field, code: "dns.control_character", data: {} });
    else if (number) values[field] = /^\d{1,5}$/.test(typed) ? Number(typed) : Number.NaN;
    else Object.assign(values, readField(type, field, typed, zone, faults));
  }
  if (faults.length === 0) return checkedData(values as unknown as RecordData);
  const told = new Set(faults.map(({ field }) => field));
  return { faults: [...faults, ...numberFaults(values as unknown as RecordData).filter(({ field }) => !told.has(field))] };
}

/** Parses one line in presentation form; `nameOf` decides what a relative name means. */
export function parseLine(type: RecordType, line: string, nameOf: NameReader): Parsed<RecordData> {
  const words = splitWords(line);
  const data = words && dataOfWords(type, words, nameOf);
  return data ? checkedData(data) : { faults: [{ field: "value", code: "dns.line_invalid", data: { type } }] };
}

/** Builds data from the words of a line, unchecked: `checkData` says whether they may be served. null: the words do not fit the type. */
export function dataOfWords(type: RecordType, words: readonly Word[], nameOf: NameReader): RecordData | null {
  const texts = words.map(({ bytes }) => bytes.toString("latin1"));
  const [first = "", second = "", third = "", fourth = ""] = texts;
  const name = (text: string) => (text === "." ? "" : (nameOf(text) ?? text));
  const hex = (from: number) => texts.slice(from).join("").toLowerCase();
  const exactly = (count: number) => words.length === count;
  const [a, b, c] = [first, second, third].map(numberOf) as [number, number, number];
  switch (type) {
    case "A":
      return exactly(1) ? { type, address: first } : null;
    case "AAAA":
      return exactly(1) ? { type, address: plainIpv6(first) ?? first } : null;
    case "CNAME":
    case "NS":
    case "PTR":
      return exactly(1) ? { type, target: name(first) } : null;
    case "MX":
      return exactly(2) ? { type, priority: a, target: name(second) } : null;
    case "TXT":
      return words.length > 0 ? { type, strings: words.map(({ bytes }) => bytes.toString("hex")) } : null;
    case "SRV":
      return exactly(4) ? { type, priority: a, weight: b, port: c, target: name(fourth) } : null;
    case "CAA":
      return exactly(3) ? { type, flags: a, tag: second.toLowerCase(), value: words[2]?.bytes.toString("hex") ?? "" } : null;
    case "TLSA":
      return words.length >= 4 ? { type, usage: a, selector: b, matching: c, certificate: hex(3) } : null;
    case "SSHFP":
      return words.length >= 3 ? { type, algorithm: a, digest: b, fingerprint: hex(2) } : null;
    case "DS":
      return words.length >= 4 ? { type, tag: a, algorithm: b, digestType: c, digest: hex(3) } : null;
    case "SVCB":
    case "HTTPS":
      return words.length >= 2 ? { type, priority: a, target: name(second), params: inKeyOrder(texts.slice(2).map(paramOf)) } : null;
  }
}

/** Gives the fields of a form that would parse to this data. */
export function fieldsOf(data: RecordData): TypedFields {
  const fields: Record<string, string> = {};
  for (const [field, value] of Object.entries(data)) if (field !== "type") fields[field] = String(value);
  if ("target" in data) fields["target"] = `${data.target}.`;
  if (data.type === "TXT") return { text: typedText(data.strings) };
  if (data.type === "CAA") fields["value"] = Buffer.from(data.value, "hex").toString("latin1");
  if ("params" in data) fields["params"] = data.params.map(({ key, value }) => (value === null ? key : `${key}=${value}`)).join(" ");
  return fields;
}

/** Parses a TTL: seconds, or nothing for the zone's own. */
export function parseTtl(typed: string | number | null | undefined, field = "ttl"): Parsed<number | null> {
  const text = String(typed ?? "").trim();
  if (text === "") return { value: null };
  const seconds = new RegExp(`^\\d{1,${MAX_TTL_DIGITS}}$`).test(text) ? Number(text) : Number.NaN;
  if (seconds >= TTL_SECONDS.min && seconds <= TTL_SECONDS.max) return { value: seconds };
  return { faults: [{ field, code: "dns.ttl_range", data: { min: TTL_SECONDS.min, max: TTL_SECONDS.max } }] };
}

/** Reads data as they were stored; null when they are not what they should be. */
export function readData(stored: unknown): RecordData | null {
  const data = stored as RecordData;
  const known = typeof data === "object" && data !== null && data.type in RECORD_FIELDS;
  return known && wellFormed(data) && checkData(data).length === 0 ? data : null;
}

function checkedData(data: RecordData): Parsed<RecordData> {
  const faults = checkData(data);
  return faults.length > 0 ? { faults } : { value: data };
}

function wellFormed(data: RecordData): boolean {
  const values = data as unknown as Record<string, unknown>;
  return RECORD_FIELDS[data.type].every((field) => {
    if (field === "text") return Array.isArray(values["strings"]) && values["strings"].every((one) => typeof one === "string");
    if (field === "params") return Array.isArray(values[field]);
    return typeof values[field] === (NUMBER_RULES[data.type]?.[field] ? "number" : "string");
  });
}

function readField(type: RecordType, field: string, typed: string, zone: RecordName, faults: FieldError[]): object {
  if (field === "target") return readTarget(type, typed, zone, faults);
  if (field === "text") return { strings: readStrings(typed) };
  if (field === "value") return { value: Buffer.from(unquoted(typed), "utf8").toString("hex") };
  if (field === "params") return readParams(typed, faults);
  if (field === "tag") return { tag: typed.toLowerCase() };
  if (field === "address") return { address: type === "AAAA" ? (plainIpv6(typed) ?? typed) : typed };
  // Fingerprints are shown with colons or spaces by the programs that make them.
  return { [field]: typed.replace(/[ :]/g, "").toLowerCase() };
}

function readTarget(type: RecordType, typed: string, zone: RecordName, faults: FieldError[]): object {
  const mayBeNone = type === "MX" || type === "SRV" || type === "SVCB" || type === "HTTPS";
  if (typed === "." && mayBeNone) return { target: "" };
  // RFC 1035 §3.3: these lead to names; an address there is read as a name that does not exist.
  const isAddress = /^\d+(\.\d+){1,3}$/.test(typed) || plainIpv6(typed) !== null;
  const target = isAddress ? null : parseTarget(typed, zone);
  if (target === null) faults.push({ field: "target", code: isAddress ? "dns.target_is_address" : "dns.target_invalid", data: {} });
  return { target: target ?? "" };
}

/** A text that consists of quoted strings was copied from a zone file; any other is the text itself. */
function readStrings(typed: string): string[] {
  const words = typed.startsWith('"') ? splitWords(typed) : null;
  if (words?.every((word) => word.quoted && word.bytes.length <= MAX_STRING)) return words.map(({ bytes }) => bytes.toString("hex"));
  return stringsOf(words?.length === 1 && words[0]?.quoted ? words[0].bytes.toString("utf8") : typed);
}

function readParams(typed: string, faults: FieldError[]): object {
  const params = parseParams(typed);
  if (params === null) faults.push({ field: "params", code: "dns.svcb_invalid", data: {} });
  return { params: params ?? [] };
}

function typedText(strings: readonly string[]): string {
  const text = textOf(strings);
  const back = readStrings(text.trim());
  const plain = text === text.trim() && !hasControl(text) && back.join() === strings.join();
  return plain ? text : strings.map(quoted).join(" ");
}

function unquoted(typed: string): string {
  return /^"[^"\\]*"$/.test(typed) ? typed.slice(1, -1) : typed;
}

function paramOf(word: string): { key: string; value: string | null } {
  const at = word.indexOf("=");
  return at < 0 ? { key: word.toLowerCase(), value: null } : { key: word.slice(0, at).toLowerCase(), value: word.slice(at + 1).replace(/^"|"$/g, "") };
}

function numberOf(text: string): number {
  return /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
}

function hasControl(text: string): boolean {
  return /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(text);
}
