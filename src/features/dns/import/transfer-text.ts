/** What a server sent, as the text of a zone file: from there on a transfer is an import like any other, shown and judged by the same reader. */
import { presentationOf } from "../record-text.js";
import type { RecordName, RecordType } from "../role.js";
import { Fault } from "./fault.js";
import { CLASS_IN, TYPE_SOA, type WireRecord } from "./message.js";
import { kindOfNumber } from "./types.js";
import { dataOfMessage, readLabels } from "./wire.js";
import { MAX_BYTES } from "./zone-file.js";

/** Collects records, in their order, until the SOA comes a second time (RFC 5936 §2.2). */
export class TransferText {
  readonly #zone: RecordName;
  readonly #lines: string[] = [];
  readonly #signing = new Map<string, number>();
  #bytes = 0;
  #started = false;
  ended = false;

  constructor(zone: RecordName) {
    this.#zone = zone;
  }

  take(message: Buffer, records: readonly WireRecord[]): void {
    for (const record of records) {
      if (this.ended) throw new Fault("bytes");
      const isSoa = record.type === TYPE_SOA && nameText(record.labels).toLowerCase() === `${this.#zone}.`;
      if (!this.#started && !isSoa) throw new Fault("bytes");
      if (isSoa && this.#started) this.ended = true;
      else this.#add(message, record);
      this.#started = true;
    }
  }

  /** One line a record; of the signatures of the old server one line a type: they are left out, and that is told. */
  text(): string {
    const signing = [...this.#signing].map(([type, count]) => `${this.#zone}. IN ${type} ; ${count}`);
    return [...this.#lines, ...signing, ""].join("\n");
  }

  #add(message: Buffer, record: WireRecord): void {
    const kind = kindOfNumber(record.type);
    if (kind.kind === "signing") {
      this.#signing.set(kind.type, (this.#signing.get(kind.type) ?? 0) + 1);
      return;
    }
    const klass = record.class === CLASS_IN ? "IN" : `CLASS${record.class}`;
    const line = `${nameText(record.labels)} ${record.ttl} ${klass} ${kind.type} ${dataText(message, record, kind.kind === "held" ? kind.type : null)}`;
    this.#bytes += line.length + 1;
    if (this.#bytes > MAX_BYTES) throw new Fault("transfer_large", { max: MAX_BYTES });
    this.#lines.push(line);
  }
}

function dataText(message: Buffer, { type, start, end }: WireRecord, held: RecordType | null): string {
  const short = (at: number) => (at + 2 <= end ? message.readUInt16BE(at) : 0);
  const name = (at: number) => nameText(readLabels(message, at, true).labels);
  // Names as they came, whatever they hold: the reader says what is wrong with them.
  if (held === "CNAME" || held === "NS" || held === "PTR") return name(start);
  if (held === "MX") return `${short(start)} ${name(start + 2)}`;
  if (held === "SRV") return `${short(start)} ${short(start + 2)} ${short(start + 4)} ${name(start + 6)}`;
  if (type === TYPE_SOA) return soaText(message, start, end);
  const data = held && soundData(held, message, start, end);
  return data ?? `\\# ${end - start} ${message.subarray(start, end).toString("hex")}`.trimEnd();
}

function soundData(type: RecordType, message: Buffer, start: number, end: number): string | null {
  try {
    return presentationOf(dataOfMessage(type, message, start, end));
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}

function soaText(message: Buffer, start: number, end: number): string {
  const primary = readLabels(message, start, true);
  const mailbox = readLabels(message, primary.next, true);
  if (mailbox.next + 20 !== end) throw new Fault("bytes");
  const numbers = [0, 4, 8, 12, 16].map((offset) => message.readUInt32BE(mailbox.next + offset));
  return [nameText(primary.labels), nameText(mailbox.labels), ...numbers].join(" ");
}

/** Writes an absolute name, each byte that is no plain letter as `\DDD` (RFC 1035 §5.1). */
function nameText(labels: readonly Buffer[]): string {
  return labels.length === 0 ? "." : labels.map((label) => `${[...label].map(letterText).join("")}.`).join("");
}

function letterText(byte: number): string {
  const letter = String.fromCharCode(byte);
  return /[A-Za-z0-9_*/-]/.test(letter) ? letter : `\\${String(byte).padStart(3, "0")}`;
}
