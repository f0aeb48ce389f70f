/** What stands behind the type of a record, word by word, to typed data. */
import { isIPv4 } from "node:net";
import { plainIpv6 } from "../addresses.js";
import { MAX_STRING } from "../record-bytes.js";
import type { RecordData, RecordName, RecordType } from "../role.js";
import { bytesOf, type Word } from "./entries.js";
import { Fault, type FaultData } from "./fault.js";
import { readName } from "./names.js";
import { readParams } from "./svcb.js";
import { dataOfBytes } from "./wire.js";

const MAX_DATA = 0xffff; // RFC 1035 §3.2.1
const BYTE = 0xff;
const SHORT = 0xffff;

/** RFC 8624 §3.1 and before: zone files may name algorithms. */
const ALGORITHMS: Readonly<Record<string, number>> = {
  ...{ RSAMD5: 1, DH: 2, DSA: 3, RSASHA1: 5, NSEC3DSA: 6, NSEC3RSASHA1: 7, RSASHA256: 8, RSASHA512: 10, ECCGOST: 12 },
  ...{ ECDSAP256SHA256: 13, ECDSAP384SHA384: 14, ED25519: 15, ED448: 16 },
};

/** Says what was not taken letter by letter. */
export type Note = (code: string, data?: FaultData) => void;

/** Words behind the type, taken in order. */
class Words {
  readonly #words: readonly Word[];
  readonly #origin: RecordName | null;
  readonly note: Note;
  #at = 0;

  constructor(words: readonly Word[], origin: RecordName | null, note: Note) {
    this.#words = words;
    this.#origin = origin;
    this.note = note;
  }

  next(): Word {
    const word = this.#words[this.#at];
    if (!word) throw new Fault("words_missing");
    this.#at += 1;
    return word;
  }

  rest(): readonly Word[] {
    const rest = this.#words.slice(this.#at);
    this.#at = this.#words.length;
    return rest;
  }

  end(): void {
    const word = this.#words[this.#at];
    if (word) throw new Fault("words_left", { word: word.text });
  }

  number(max: number): number {
    const { text } = this.next();
    if (!/^\d{1,10}$/.test(text) || Number(text) > max) throw new Fault("number", { word: text, max });
    return Number(text);
  }

  algorithm(): number {
    const known = ALGORITHMS[this.#words[this.#at]?.text.toUpperCase() ?? ""];
    if (known === undefined) return this.number(BYTE);
    this.#at += 1;
    return known;
  }

  /** A name; the root ("") only where the type gives it a meaning. */
  target(rootAllowed = false): RecordName {
    const word = this.next();
    const { name, idn } = readName(word, this.#origin);
    if (name === "" && !rootAllowed) throw new Fault("target_root");
    if (idn) this.note("idn", { written: word.text, name });
    return name;
  }

  /** Hexadecimal, perhaps in several words. */
  hex(): string {
    const text = this.rest()
      .map((word) => word.text)
      .join("")
      .toLowerCase();
    if (text === "") throw new Fault("words_missing");
    if (!/^(?:[0-9a-f]{2})+$/.test(text)) throw new Fault("hex", { word: text });
    if (text.length / 2 > MAX_DATA) throw new Fault("data_long");
    return text;
  }
}

const READERS: { [T in RecordType]: (words: Words, type: T) => RecordData } = {
  A: (words, type) => ({ type, address: readIpv4(words.next().text) }),
  AAAA: (words, type) => ({ type, address: readIpv6(words.next().text) }),
  CNAME: (words, type) => ({ type, target: words.target() }),
  NS: (words, type) => ({ type, target: words.target() }),
  PTR: (words, type) => ({ type, target: words.target() }),
  MX: (words, type) => ({ type, priority: words.number(SHORT), target: words.target(true) }),
  TXT: (words, type) => ({ type, strings: readStrings(words) }),
  SRV: (words, type) => ({ type, priority: words.number(SHORT), weight: words.number(SHORT), port: words.number(SHORT), target: words.target(true) }),
  CAA: (words, type) => ({ type, flags: words.number(BYTE), tag: readTag(words.next().text), value: bytesOf(words.next()).toString("hex") }),
  TLSA: (words, type) => ({ type, usage: words.number(BYTE), selector: words.number(BYTE), matching: words.number(BYTE), certificate: words.hex() }),
  SSHFP: (words, type) => ({ type, algorithm: words.number(BYTE), digest: words.number(BYTE), fingerprint: words.hex() }),
  DS: (words, type) => ({ type, tag: words.number(SHORT), algorithm: words.algorithm(), digestType: words.number(BYTE), digest: words.hex() }),
  SVCB: readBinding,
  HTTPS: readBinding,
};

/** Reads the data of a record of a type that we hold; also in the form `\# length hex` (RFC 3597 §5). */
export function readData(type: RecordType, words: readonly Word[], origin: RecordName | null, note: Note): RecordData {
  if (words[0]?.text === "\\#" && !words[0].quoted) return dataOfBytes(type, readOpaque(words.slice(1)));
  const cursor = new Words(words, origin, note);
  const data = (READERS[type] as (words: Words, type: RecordType) => RecordData)(cursor, type);
  cursor.end();
  return data;
}

/** Reads the bytes behind `\#`. */
function readOpaque(words: readonly Word[]): Buffer {
  const cursor = new Words(words, null, () => {});
  const length = cursor.number(MAX_DATA);
  const bytes = length === 0 ? Buffer.alloc(0) : Buffer.from(cursor.hex(), "hex");
  cursor.end();
  if (bytes.length !== length) throw new Fault("opaque_length", { length, found: bytes.length });
  return bytes;
}

function readIpv4(text: string): string {
  if (!isIPv4(text)) throw new Fault("ipv4", { word: text });
  return text;
}

function readIpv6(text: string): string {
  const plain = plainIpv6(text);
  if (plain === null) throw new Fault("ipv6", { word: text });
  return plain;
}

function readTag(text: string): string {
  if (!/^[a-z0-9]{1,255}$/i.test(text)) throw new Fault("tag", { word: text }); // RFC 8659 §4.1
  return text.toLowerCase();
}

function readStrings(words: Words): string[] {
  const strings = words.rest().map(bytesOf);
  if (strings.length === 0) throw new Fault("words_missing");
  if (strings.reduce((sum, bytes) => sum + bytes.length + 1, 0) > MAX_DATA) throw new Fault("data_long");
  if (strings.some((bytes) => bytes.length > MAX_STRING)) words.note("txt_split", { max: MAX_STRING });
  return strings.flatMap(splitString).map((bytes) => bytes.toString("hex"));
}

function splitString(bytes: Buffer): Buffer[] {
  if (bytes.length <= MAX_STRING) return [bytes];
  return Array.from({ length: Math.ceil(bytes.length / MAX_STRING) }, (_, i) => bytes.subarray(i * MAX_STRING, (i + 1) * MAX_STRING));
}

function readBinding<T extends "SVCB" | "HTTPS">(words: Words, type: T): RecordData {
  const priority = words.number(SHORT);
  const target = words.target(true);
  return { type, priority, target, params: readParams(priority, words.rest()) };
}
