/** Reads the bytes of a DNS message (RFC 1035 §4). What strangers send is hostile: every read is bounded, and what comes out is printable ASCII. Pure. */

const MAX_NAME_BYTES = 255; // RFC 1035 §2.3.4
const POINTER = 0xc0;
const POINTER_MASK = 0x3fff;
const FIRST_PRINTABLE = 0x21;
const LAST_PRINTABLE = 0x7e;
/** What means something in a zone file, and must be escaped to be part of a label (RFC 1035 §5.1). */
const SPECIAL = new Set(['"', "$", "(", ")", ".", ";", "@", "\\"].map((letter) => letter.charCodeAt(0)));

/** The bytes end before what they announce, or contradict themselves. */
export class WireError extends Error {}

/** A place in a message; `end` is where the part that is read must stop. */
export class WireReader {
  readonly #bytes: Buffer;
  readonly end: number;
  at: number;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    if (end > bytes.length || at > end) throw new WireError("the message ends too early");
    this.#bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }

  word(): number {
    return this.#bytes.readUInt16BE(this.#take(2));
  }

  long(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  /** Gives the next bytes, all that are left unless a length is given. */
  bytes(length = this.left): Buffer {
    const from = this.#take(length);
    return this.#bytes.subarray(from, from + length);
  }

  /** Gives a reader of the next bytes only. */
  part(length: number): WireReader {
    const from = this.#take(length);
    return new WireReader(this.#bytes, from, from + length);
  }

  /** Reads a domain name, compressed or not, as text in lower case with its last dot; odd bytes become `\DDD`. */
  name(): string {
    const labels: string[] = [];
    let total = 1;
    let at = this.at;
    let lowest = this.at;
    let jumped = false;
    for (;;) {
      const length = this.#bytes[at];
      if (length === undefined || (!jumped && at >= this.end)) throw new WireError("a name ends too early");
      if ((length & POINTER) === POINTER) {
        if (at + 1 >= this.#bytes.length || (!jumped && at + 1 >= this.end)) throw new WireError("a name ends too early");
        const target = this.#bytes.readUInt16BE(at) & POINTER_MASK;
        // RFC 1035 §4.1.4: a prior occurrence. Always further back, so that no loop can be.
        if (target >= lowest) throw new WireError("a name points forward");
        if (!jumped) this.at = at + 2;
        jumped = true;
        lowest = target;
        at = target;
        continue;
      }
      if (length & POINTER) throw new WireError("a label of an unknown kind");
      const next = at + 1 + length;
      if (next > this.#bytes.length || (!jumped && next > this.end)) throw new WireError("a name ends too early");
      if (length === 0) {
        if (!jumped) this.at = next;
        return labels.length === 0 ? "." : `${labels.join(".")}.`;
      }
      total += length + 1;
      if (total > MAX_NAME_BYTES) throw new WireError("a name is too long");
      labels.push(labelText(this.#bytes.subarray(at + 1, next)));
      at = next;
    }
  }

  #take(length: number): number {
    const from = this.at;
    if (from + length > this.end) throw new WireError("the message ends too early");
    this.at += length;
    return from;
  }
}

/** Writes bytes as a quoted character string; whatever is not a plain letter becomes `\DDD`. */
export function quotedBytes(bytes: Buffer): string {
  let text = "";
  for (const byte of bytes) {
    if (byte === 0x22 || byte === 0x5c) text += `\\${String.fromCharCode(byte)}`;
    else if (byte < 0x20 || byte > LAST_PRINTABLE) text += decimal(byte);
    else text += String.fromCharCode(byte);
  }
  return `"${text}"`;
}

function labelText(bytes: Buffer): string {
  let text = "";
  for (const byte of bytes) {
    if (byte < FIRST_PRINTABLE || byte > LAST_PRINTABLE) text += decimal(byte);
    else if (SPECIAL.has(byte)) text += `\\${String.fromCharCode(byte)}`;
    else text += String.fromCharCode(byte).toLowerCase();
  }
  return text;
}

function decimal(byte: number): string {
  return `\\${String(byte).padStart(3, "0")}`;
}
