/** Messages of a zone transfer (RFC 1035 §4.1, RFC 5936): the question, and the records of an answer where they stand. */
import type { RecordName } from "../role.js";
import { Fault } from "./fault.js";
import { bytesOfName, readLabels } from "./wire.js";

export const CLASS_IN = 1;
export const TYPE_SOA = 6;
const TYPE_TSIG = 250;
const TYPE_AXFR = 252;
const HEADER = 12;
const FIXED = 10; // type, class, TTL and length of a record
const QR = 0x8000;
const OPCODE = 0x7800;
const TRUNCATED = 0x0200;
const RCODE = 0x0f;

export interface WireRecord {
  labels: Buffer[];
  type: number;
  class: number;
  ttl: number;
  /** Where its data lie in the message. */
  start: number;
  end: number;
}

export interface Answer {
  rcode: number;
  records: WireRecord[];
  /** Where the signature begins; null: there is none. */
  tsigAt: number | null;
}

/** Writes the question for a whole zone. */
export function transferQuestion(zone: RecordName, id: number): Buffer {
  const head = Buffer.alloc(HEADER);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(1, 4);
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(TYPE_AXFR, 0);
  tail.writeUInt16BE(CLASS_IN, 2);
  return Buffer.concat([head, bytesOfName(zone), tail]);
}

/** Reads an answer; only one to this very question counts. */
export function readAnswer(message: Buffer, id: number): Answer {
  if (message.length < HEADER) throw new Fault("bytes");
  const flags = message.readUInt16BE(2);
  if (message.readUInt16BE(0) !== id || (flags & QR) === 0 || (flags & (OPCODE | TRUNCATED)) !== 0) throw new Fault("bytes");
  let at = HEADER;
  for (let count = message.readUInt16BE(4); count > 0; count -= 1) at = readLabels(message, at, true).next + 4;
  const records: WireRecord[] = [];
  for (let count = message.readUInt16BE(6); count > 0; count -= 1) {
    const record = readRecord(message, at);
    records.push(record);
    at = record.end;
  }
  let tsigAt: number | null = null;
  for (let count = message.readUInt16BE(8) + message.readUInt16BE(10); count > 0; count -= 1) {
    const record = readRecord(message, at);
    // RFC 8945 §5.1: the signature is the last record.
    if (record.type === TYPE_TSIG && count === 1) tsigAt = at;
    at = record.end;
  }
  return { rcode: flags & RCODE, records, tsigAt };
}

function readRecord(message: Buffer, at: number): WireRecord {
  const { labels, next } = readLabels(message, at, true);
  const start = next + FIXED;
  if (start > message.length) throw new Fault("bytes");
  const end = start + message.readUInt16BE(next + 8);
  if (end > message.length) throw new Fault("bytes");
  return { labels, type: message.readUInt16BE(next), class: message.readUInt16BE(next + 2), ttl: message.readUInt32BE(next + 4), start, end };
}
