/** A DNS message: the question that we send, and the answer that comes back (RFC 1035 §4, RFC 6891). Pure. */
import { readData, type SeenType, TYPE_NUMBERS, typeName } from "./seen-data.js";
import { WireError, WireReader } from "./wire.js";

/** What fits into one datagram everywhere (DNS Flag Day 2020). */
const UDP_BYTES = 1232;
const CLASS_IN = 1;
const TYPE_OPT = 41;
const RECURSION_DESIRED = 0x0100;
const RESPONSE = 0x8000;
const AUTHORITATIVE = 0x0400;
const TRUNCATED = 0x0200;
const RCODE = 0x000f;
const MAX_NAME = 253; // RFC 1035 §2.3.4, as text without the last dot
const LABEL = /^[!-[\]-~]{1,63}$/; // printable, no backslash
/** Records that are kept of each section: nobody needs more, and a stranger may send thousands. */
const MAX_KEPT = 200;
const MAX_VALUE = 16_384;
const MAX_TTL = 0x7fffffff; // RFC 2181 §8

export interface Question {
  /** Without the last dot. */
  name: string;
  type: SeenType;
}

/** A record as somebody's server tells it. All texts are printable ASCII: odd bytes are escaped. */
export interface SeenRecord {
  /** Lower case, with its last dot. */
  name: string;
  type: SeenType;
  /** Seconds. */
  ttl: number;
  /** Presentation form, names with their last dot. */
  value: string;
}

export interface Answer {
  /** RFC 6895 §2.3: 0 no error, 2 failure, 3 no such name, 5 refused. */
  rcode: number;
  authoritative: boolean;
  truncated: boolean;
  answers: SeenRecord[];
  authority: SeenRecord[];
  additional: SeenRecord[];
}

/** Tells whether a name can be asked for. A stranger's answer may name what no question of ours can: labels with odd bytes, as `\\DDD`. */
export function isAskable(name: string): boolean {
  const bare = name.replace(/\.$/, "");
  return bare.length <= MAX_NAME && (bare === "" || bare.split(".").every((label) => LABEL.test(label)));
}

/** RFC 3225: the answer may carry signatures; the bit stands in what is a TTL elsewhere. */
const DNSSEC_OK = 0x8000;

/** Writes a question; `recursive` asks a resolver to find out, `signatures` has them sent along. Throws for a name that is not askable. */
export function encodeQuestion(id: number, { name, type }: Question, recursive: boolean, signatures = false): Buffer {
  if (!isAskable(name)) throw new RangeError(`nobody can be asked for ${name}`);
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(recursive ? RECURSION_DESIRED : 0, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(1, 10);
  const asked = Buffer.alloc(4);
  asked.writeUInt16BE(TYPE_NUMBERS[type], 0);
  asked.writeUInt16BE(CLASS_IN, 2);
  const opt = Buffer.alloc(11);
  opt.writeUInt16BE(TYPE_OPT, 1);
  opt.writeUInt16BE(UDP_BYTES, 3);
  if (signatures) opt.writeUInt16BE(DNSSEC_OK, 7);
  return Buffer.concat([header, encodeName(name), asked, opt]);
}

/** Reads the answer to this very question; null where it is none: anybody may send bytes (RFC 5452). */
export function decodeAnswer(bytes: Buffer, id: number, question: Question): Answer | null {
  try {
    return decode(bytes, id, question);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

function decode(bytes: Buffer, id: number, question: Question): Answer | null {
  const reader = new WireReader(bytes);
  const given = reader.word();
  const flags = reader.word();
  const counts = [reader.word(), reader.word(), reader.word(), reader.word()] as const;
  if (given !== id || !(flags & RESPONSE) || counts[0] !== 1) return null;
  const asked = reader.name();
  const type = reader.word();
  if (asked !== dotted(question.name) || type !== TYPE_NUMBERS[question.type] || reader.word() !== CLASS_IN) return null;
  const truncated = (flags & TRUNCATED) !== 0;
  const answer: Answer = { rcode: flags & RCODE, authoritative: (flags & AUTHORITATIVE) !== 0, truncated, answers: [], authority: [], additional: [] };
  // A cut message is asked for again over TCP; what is left of it is not read.
  if (truncated) return answer;
  answer.answers = readRecords(reader, counts[1]);
  answer.authority = readRecords(reader, counts[2]);
  answer.additional = readRecords(reader, counts[3]);
  return answer;
}

function readRecords(reader: WireReader, count: number): SeenRecord[] {
  const records: SeenRecord[] = [];
  for (let i = 0; i < count; i += 1) {
    const record = readRecord(reader);
    if (record && records.length < MAX_KEPT) records.push(record);
  }
  return records;
}

/** One record; null for a type that is not read, or whose own data make no sense: the others still count. */
function readRecord(reader: WireReader): SeenRecord | null {
  const name = reader.name();
  const type = typeName(reader.word());
  const inside = reader.word() === CLASS_IN;
  const ttl = reader.long();
  const data = reader.part(reader.word());
  if (type === null || !inside) return null;
  const value = sound(() => readData(type, data));
  return value === null || value.length > MAX_VALUE ? null : { name, type, ttl: ttl > MAX_TTL ? 0 : ttl, value };
}

function sound(read: () => string): string | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

function encodeName(name: string): Buffer {
  const labels = name.replace(/\.$/, "").split(".").filter(Boolean);
  const parts = labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, "latin1")]));
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function dotted(name: string): string {
  const bare = name.toLowerCase().replace(/\.$/, "");
  return bare === "" ? "." : `${bare}.`;
}
