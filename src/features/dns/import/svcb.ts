/** Parameters of SVCB and HTTPS records (RFC 9460 §2.1), from words and from bytes; what they may be is checked where all data are (svcb-params.ts). */
import { plainIpv6 } from "../addresses.js";
import { checkParams, inKeyOrder, KEYS, type SvcParam } from "../svcb-params.js";
import { bytesOf, type Word } from "./entries.js";
import { Fault } from "./fault.js";
import { ipv6OfBytes } from "./wire-address.js";

/** Reads `key`, `key=value` and `key="value"`; gives them by number, as they go over the wire. */
export function readParams(priority: number, words: readonly Word[]): SvcParam[] {
  const params: SvcParam[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] as Word;
    if (word.quoted) throw new Fault("param", { word: word.text });
    const equal = word.text.indexOf("=");
    const key = (equal < 0 ? word.text : word.text.slice(0, equal)).toLowerCase();
    const behind = words[at + 1];
    const quoted = equal >= 0 && equal === word.text.length - 1 && behind?.quoted && behind.glued ? behind : null;
    if (quoted) at += 1;
    params.push({ key, value: equal < 0 ? null : bytesOf(quoted ?? { text: word.text.slice(equal + 1), quoted: false }).toString("latin1") || null });
  }
  return checked(priority, params);
}

/** Reads parameters from the bytes behind priority and target. */
export function paramsOfBytes(priority: number, bytes: Buffer): SvcParam[] {
  const params: SvcParam[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) throw new Fault("bytes");
    const key = keyOf(bytes.readUInt16BE(at));
    const end = at + 4 + bytes.readUInt16BE(at + 2);
    if (end > bytes.length) throw new Fault("bytes");
    params.push({ key, value: valueOfBytes(key, bytes.subarray(at + 4, end)) });
    at = end;
  }
  return checked(priority, params);
}

function checked(priority: number, params: readonly SvcParam[]): SvcParam[] {
  const plain = inKeyOrder(params.map(({ key, value }) => ({ key, value: value === null ? null : oneForm(key, value) })));
  const [fault] = checkParams(priority, plain);
  if (fault) throw new Fault(`dns.${fault.code}`, fault.data);
  return plain;
}

function oneForm(key: string, value: string): string {
  const list = value.split(",");
  if (key === "ipv6hint") return list.map((one) => plainIpv6(one) ?? one).join(",");
  if (key === "port" && /^\d{1,5}$/.test(value)) return String(Number(value));
  if (key === "mandatory")
    return inKeyOrder(list.map((one) => ({ key: one, value: null })))
      .map((one) => one.key)
      .join(",");
  return value;
}

function keyOf(number: number): string {
  return KEYS[number] ?? `key${number}`;
}

function valueOfBytes(key: string, bytes: Buffer): string | null {
  if (bytes.length === 0) return null;
  switch (key) {
    case "mandatory":
      return pieces(bytes, 2, (piece) => keyOf(piece.readUInt16BE()));
    case "alpn":
      return charStrings(bytes)
        .map((string) => string.toString("latin1"))
        .join(",");
    case "port":
      return pieces(bytes, 2, (piece) => String(piece.readUInt16BE()));
    case "ipv4hint":
      return pieces(bytes, 4, (piece) => piece.join("."));
    case "ipv6hint":
      return pieces(bytes, 16, ipv6OfBytes);
    case "ech":
      return bytes.toString("base64");
    default:
      return bytes.toString("latin1");
  }
}

function pieces(bytes: Buffer, size: number, write: (piece: Buffer) => string): string {
  if (bytes.length % size !== 0) throw new Fault("bytes");
  return Array.from({ length: bytes.length / size }, (_, i) => write(bytes.subarray(i * size, (i + 1) * size))).join(",");
}

/** Splits into character strings, each with its length before it. */
export function charStrings(bytes: Buffer): Buffer[] {
  const strings: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + (bytes[at] ?? 0);
    if (end > bytes.length) throw new Fault("bytes");
    strings.push(bytes.subarray(at + 1, end));
    at = end;
  }
  return strings;
}
