/** Data of records as they go over the wire, written here a second time and by other means than the panel's: what a server must give back. */
import { isIPv4 } from "node:net";
import type { RecordData } from "../../src/features/dns/role.js";

export const TYPE_NUMBERS = {
  A: 1,
  NS: 2,
  CNAME: 5,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  DS: 43,
  SSHFP: 44,
  TLSA: 52,
  SVCB: 64,
  HTTPS: 65,
  CAA: 257,
} as const;
const SVC_KEYS = ["mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath", "ohttp"];

/** RDATA in hexadecimal, upper case as dig prints it. */
export function wireOf(data: RecordData): string {
  return Buffer.concat(parts(data)).toString("hex").toUpperCase();
}

function parts(data: RecordData): Buffer[] {
  switch (data.type) {
    case "A":
    case "AAAA":
      return [address(data.address)];
    case "CNAME":
    case "NS":
    case "PTR":
      return [name(data.target)];
    case "MX":
      return [words(data.priority), name(data.target)];
    case "TXT":
      return data.strings.map((one) => counted(hex(one)));
    case "SRV":
      return [words(data.priority, data.weight, data.port), name(data.target)];
    case "CAA":
      return [bytes(data.flags), counted(Buffer.from(data.tag)), hex(data.value)];
    case "TLSA":
      return [bytes(data.usage, data.selector, data.matching), hex(data.certificate)];
    case "SSHFP":
      return [bytes(data.algorithm, data.digest), hex(data.fingerprint)];
    case "DS":
      return [words(data.tag), bytes(data.algorithm, data.digestType), hex(data.digest)];
    case "SVCB":
    case "HTTPS":
      return [
        words(data.priority),
        name(data.target),
        ...[...data.params].sort((a, b) => keyNumber(a.key) - keyNumber(b.key)).map(({ key, value }) => param(keyNumber(key), value ?? "")),
      ];
  }
}

function param(key: number, value: string): Buffer {
  const content = paramValue(key, value);
  return Buffer.concat([words(key, content.length), content]);
}

function paramValue(key: number, value: string): Buffer {
  const list = value.split(",");
  if (value === "") return Buffer.alloc(0);
  if (key === 0)
    return Buffer.concat(
      list
        .map(keyNumber)
        .sort((a, b) => a - b)
        .map((one) => words(one)),
    );
  if (key === 1) return Buffer.concat(list.map((one) => counted(Buffer.from(one))));
  if (key === 3) return words(Number(value));
  if (key === 4 || key === 6) return Buffer.concat(list.map(address));
  if (key === 5) return Buffer.from(value, "base64");
  return Buffer.from(value);
}

function keyNumber(key: string): number {
  return SVC_KEYS.includes(key) ? SVC_KEYS.indexOf(key) : Number(key.slice("key".length));
}

function address(text: string): Buffer {
  if (isIPv4(text)) return bytes(...text.split(".").map(Number));
  const [head = "", tail] = text.split("::");
  const groups = (part: string | undefined) => (part ? part.split(":").map((one) => Number.parseInt(one, 16)) : []);
  const [before, after] = [groups(head), groups(tail)];
  return words(...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after);
}

function name(text: string): Buffer {
  const labels = text === "" ? [] : text.split(".");
  return Buffer.concat([...labels.map((label) => counted(Buffer.from(label))), bytes(0)]);
}

const hex = (text: string) => Buffer.from(text, "hex");
const bytes = (...values: number[]) => Buffer.from(values);
const words = (...values: number[]) => Buffer.concat(values.map((value) => bytes(value >> 8, value & 255)));
const counted = (content: Buffer) => Buffer.concat([bytes(content.length), content]);
