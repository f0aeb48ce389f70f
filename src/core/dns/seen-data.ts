/** The data of a record as it came over the wire, in presentation form: the same text that a zone file of ours would have. Pure. */
import { quotedBytes, WireError, type WireReader } from "./wire.js";

/** Types that are read, with their numbers (IANA's registry). */
export const TYPE_NUMBERS = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  DNSKEY: 48,
  TLSA: 52,
  CDS: 59,
  SVCB: 64,
  HTTPS: 65,
  CAA: 257,
} as const;

export type SeenType = keyof typeof TYPE_NUMBERS;

const NAMES = new Map<number, SeenType>(Object.entries(TYPE_NUMBERS).map(([name, number]) => [number, name as SeenType]));
const IPV6_GROUPS = 8;
const SVC_KEYS = ["mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath", "ohttp"];

/** Gives the name of a type; null for one that is not read. */
export function typeName(number: number): SeenType | null {
  return NAMES.get(number) ?? null;
}

/** Reads the data of one record; throws a WireError where they do not fit their type. */
export function readData(type: SeenType, data: WireReader): string {
  const text = read(type, data);
  if (data.left > 0) throw new WireError("a record is longer than its data");
  return text;
}

function read(type: SeenType, data: WireReader): string {
  switch (type) {
    case "A":
      return ipv4(data);
    case "AAAA":
      return ipv6(data);
    case "NS":
    case "CNAME":
    case "PTR":
      return data.name();
    case "MX":
      return `${data.word()} ${data.name()}`;
    case "SRV":
      return `${data.word()} ${data.word()} ${data.word()} ${data.name()}`;
    case "TXT":
      return strings(data);
    case "SOA":
      return [data.name(), data.name(), data.long(), data.long(), data.long(), data.long(), data.long()].join(" ");
    case "CAA":
      return caa(data);
    case "DS":
    case "CDS":
      return `${data.word()} ${data.byte()} ${data.byte()} ${hex(data)}`;
    case "DNSKEY":
      return `${data.word()} ${data.byte()} ${data.byte()} ${data.bytes().toString("base64")}`;
    case "RRSIG":
      return signature(data);
    case "SSHFP":
      return `${data.byte()} ${data.byte()} ${hex(data)}`;
    case "TLSA":
      return `${data.byte()} ${data.byte()} ${data.byte()} ${hex(data)}`;
    case "SVCB":
    case "HTTPS":
      return svcb(data);
  }
}

/** RFC 4034 §3.2; a type that is not read otherwise stands as its number (RFC 3597 §5). */
function signature(data: WireReader): string {
  const covered = data.word();
  const head = [typeName(covered) ?? `TYPE${covered}`, data.byte(), data.byte(), data.long(), time(data.long()), time(data.long())];
  return [...head, data.word(), data.name(), data.bytes().toString("base64")].join(" ");
}

/** YYYYMMDDHHmmSS, UTC; seconds since 1970, which 32 bits hold until 2106. */
function time(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace(/[-T:]/g, "");
}

function ipv4(data: WireReader): string {
  return [data.byte(), data.byte(), data.byte(), data.byte()].join(".");
}

/** RFC 5952, by the same rule as addresses are kept. */
function ipv6(data: WireReader): string {
  const groups = Array.from({ length: IPV6_GROUPS }, () => data.word().toString(16));
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}

function hex(data: WireReader): string {
  return data.bytes().toString("hex");
}

function strings(data: WireReader): string {
  const texts: string[] = [];
  while (data.left > 0) texts.push(quotedBytes(data.bytes(data.byte())));
  if (texts.length === 0) throw new WireError("a text without a string");
  return texts.join(" ");
}

function caa(data: WireReader): string {
  const flags = data.byte();
  const tag = data.bytes(data.byte()).toString("latin1").toLowerCase();
  // RFC 8659 §4.1: letters and digits.
  if (!/^[a-z0-9]+$/.test(tag)) throw new WireError("a tag that is none");
  return `${flags} ${tag} ${quotedBytes(data.bytes())}`;
}

function svcb(data: WireReader): string {
  const words = [String(data.word()), data.name()];
  let before = -1;
  while (data.left > 0) {
    const key = data.word();
    // RFC 9460 §2.2: in strictly increasing order.
    if (key <= before) throw new WireError("parameters out of order");
    before = key;
    words.push(parameter(key, data.part(data.word())));
  }
  return words.join(" ");
}

function parameter(key: number, value: WireReader): string {
  const name = SVC_KEYS[key] ?? `key${key}`;
  const text = value.left === 0 ? null : parameterValue(name, value);
  return text === null ? name : `${name}="${text}"`;
}

function parameterValue(name: string, value: WireReader): string {
  const list = (one: () => string) => {
    const items: string[] = [];
    while (value.left > 0) items.push(one());
    return items.join(",");
  };
  switch (name) {
    case "mandatory":
      return list(() => {
        const key = value.word();
        return SVC_KEYS[key] ?? `key${key}`;
      });
    case "alpn":
      return list(() => bare(value.bytes(value.byte())));
    case "port":
      return String(value.word());
    case "ipv4hint":
      return list(() => ipv4(value));
    case "ipv6hint":
      return list(() => ipv6(value));
    case "ech":
      return value.bytes().toString("base64");
    default:
      return bare(value.bytes());
  }
}

function bare(bytes: Buffer): string {
  return quotedBytes(bytes).slice(1, -1);
}
