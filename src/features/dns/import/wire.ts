/** Names and data of records as bytes (RFC 1035 §3, §4.1.4): from an answer, or from `\# length hex` in a zone file. */
import type { RecordData, RecordName, RecordType } from "../role.js";
import { Fault } from "./fault.js";
import { nameOfLabels } from "./names.js";
import { charStrings, paramsOfBytes } from "./svcb.js";
import { ipv6OfBytes } from "./wire-address.js";

const POINTER = 0xc0;
const MAX_LABEL = 63;
const MAX_NAME_BYTES = 255;
/** A name has no more labels than this, so no honest one needs more pointers. */
const MAX_POINTERS = 127;

/** Reads labels at `at`; a pointer must lead backwards, so that no answer makes this turn in circles. */
export function readLabels(message: Buffer, at: number, pointersAllowed: boolean): { labels: Buffer[]; next: number } {
  const labels: Buffer[] = [];
  let next: number | null = null;
  let bytes = 1;
  let limit = at;
  let pointers = 0;
  for (let place = at; ; ) {
    const length = message[place];
    if (length === undefined) throw new Fault("bytes");
    if (length === 0) return { labels, next: next ?? place + 1 };
    if (length >= POINTER) {
      const target = message.length > place + 1 ? message.readUInt16BE(place) & 0x3fff : message.length;
      pointers += 1;
      if (!pointersAllowed || target >= limit || pointers > MAX_POINTERS) throw new Fault("bytes");
      next ??= place + 2;
      limit = target;
      place = target;
      continue;
    }
    bytes += length + 1;
    if (length > MAX_LABEL || place + 1 + length > message.length || bytes > MAX_NAME_BYTES) throw new Fault("bytes");
    labels.push(message.subarray(place + 1, place + 1 + length));
    place += 1 + length;
  }
}

/** Writes a name without compression. */
export function bytesOfName(name: RecordName): Buffer {
  const labels = name === "" ? [] : name.split(".");
  return Buffer.concat([...labels.map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, "latin1")), Buffer.of(0)]);
}

/** Reads the data of one record, the bytes `start` to `end` of a message; names in it may point into the message. */
export function dataOfMessage(type: RecordType, message: Buffer, start: number, end: number): RecordData {
  return new Data(message, start, end, true).read(type);
}

/** Reads the data of one record that stands alone: without pointers (RFC 3597 §4). */
export function dataOfBytes(type: RecordType, bytes: Buffer): RecordData {
  return new Data(bytes, 0, bytes.length, false).read(type);
}

class Data {
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #pointers: boolean;
  #at: number;

  constructor(bytes: Buffer, start: number, end: number, pointers: boolean) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#pointers = pointers;
  }

  read(type: RecordType): RecordData {
    const data = this.#typed(type);
    if (this.#at !== this.#end) throw new Fault("bytes");
    return data;
  }

  #typed(type: RecordType): RecordData {
    switch (type) {
      case "A":
        return { type, address: this.#take(4).join(".") };
      case "AAAA":
        return { type, address: ipv6OfBytes(this.#take(16)) };
      case "CNAME":
      case "NS":
      case "PTR":
        return { type, target: this.#name(false) };
      case "MX":
        return { type, priority: this.#short(), target: this.#name(true) };
      case "TXT":
        return { type, strings: this.#strings() };
      case "SRV":
        return { type, priority: this.#short(), weight: this.#short(), port: this.#short(), target: this.#name(true) };
      case "CAA":
        return { type, flags: this.#byte(), tag: this.#tag(), value: this.#rest() };
      case "TLSA":
        return { type, usage: this.#byte(), selector: this.#byte(), matching: this.#byte(), certificate: this.#some() };
      case "SSHFP":
        return { type, algorithm: this.#byte(), digest: this.#byte(), fingerprint: this.#some() };
      case "DS":
        return { type, tag: this.#short(), algorithm: this.#byte(), digestType: this.#byte(), digest: this.#some() };
      case "SVCB":
      case "HTTPS":
        return this.#binding(type);
    }
  }

  #binding(type: "SVCB" | "HTTPS"): RecordData {
    const priority = this.#short();
    const target = this.#name(true);
    return { type, priority, target, params: paramsOfBytes(priority, this.#take(this.#end - this.#at)) };
  }

  #take(length: number): Buffer {
    if (length < 0 || this.#at + length > this.#end) throw new Fault("bytes");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #byte(): number {
    return this.#take(1).readUInt8();
  }

  #short(): number {
    return this.#take(2).readUInt16BE();
  }

  #rest(): string {
    return this.#take(this.#end - this.#at).toString("hex");
  }

  #some(): string {
    const hex = this.#rest();
    if (hex === "") throw new Fault("bytes");
    return hex;
  }

  #name(rootAllowed: boolean): RecordName {
    const { labels, next } = readLabels(this.#bytes, this.#at, this.#pointers);
    this.#at = next;
    if (next > this.#end) throw new Fault("bytes");
    const name = nameOfLabels(labels);
    if (name === "" && !rootAllowed) throw new Fault("target_root");
    return name;
  }

  #tag(): string {
    const tag = this.#take(this.#byte()).toString("latin1").toLowerCase();
    if (!/^[a-z0-9]+$/.test(tag)) throw new Fault("tag", { word: tag });
    return tag;
  }

  #strings(): string[] {
    const strings = charStrings(this.#take(this.#end - this.#at)).map((string) => string.toString("hex"));
    if (strings.length === 0) throw new Fault("bytes");
    return strings;
  }
}
