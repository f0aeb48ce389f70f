/** Words of a zone file (RFC 1035 §5.1), entry by entry: parentheses, comments, quotes and escapes are dealt with here, meaning is not. */
import { Fault } from "./fault.js";

/** A word as it was written, escapes included; the quotes themselves are taken off. */
export interface Word {
  text: string;
  quoted: boolean;
  /** Stands directly behind the word before it: `alpn="h2"` is two words, the second one glued. */
  glued?: boolean;
}

export interface Entry {
  /** Of its first line, counted from 1. */
  line: number;
  /** The line begins with a blank: the owner is the one of the entry before (RFC 1035 §5.1). */
  blank: boolean;
  words: Word[];
  fault: Fault | null;
}

/** An unclosed parenthesis is given up after so many lines, so that one slip does not swallow the file (nor its reading take quadratic time). */
const MAX_ENTRY_LINES = 60;

/** Splits text into lines, as every system ends them. */
export function linesOf(text: string): string[] {
  return text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/);
}

/** Reads entries one by one; lines without a word are none. After a fault it goes on with the next line. */
export function* readEntries(lines: readonly string[]): Generator<Entry> {
  let at = 0;
  while (at < lines.length) {
    const { entry, next } = readEntry(lines, at);
    if (entry.words.length > 0 || entry.fault) yield entry;
    at = next;
  }
}

function readEntry(lines: readonly string[], start: number): { entry: Entry; next: number } {
  const words: Word[] = [];
  const entry: Entry = { line: start + 1, blank: isBlank((lines[start] ?? "").charCodeAt(0)), words, fault: null };
  let depth = 0;
  for (let at = start; at < lines.length && at < start + MAX_ENTRY_LINES; at += 1) {
    const read = readLine(lines[at] ?? "", depth, words);
    if (read instanceof Fault) return { entry: { ...entry, fault: read }, next: start + 1 };
    depth = read;
    if (depth === 0) return { entry, next: at + 1 };
  }
  return { entry: { ...entry, fault: new Fault("parenthesis_open") }, next: start + 1 };
}

/** Reads one line into words; gives how many parentheses are open after it. */
function readLine(line: string, opened: number, words: Word[]): number | Fault {
  let depth = opened;
  let at = 0;
  let wordBefore = -1;
  while (at < line.length) {
    const char = line[at];
    if (char === ";") return depth;
    if (isBlank(line.charCodeAt(at))) at += 1;
    else if (char === "(" || char === ")") {
      depth += char === "(" ? 1 : -1;
      if (depth < 0) return new Fault("parenthesis_closed");
      at += 1;
    } else {
      const quoted = char === '"';
      const end = wordEnd(line, quoted ? at + 1 : at, quoted);
      if (typeof end !== "number") return end;
      words.push({ text: line.slice(quoted ? at + 1 : at, end), quoted, glued: at === wordBefore });
      at = quoted ? end + 1 : end;
      wordBefore = at;
    }
  }
  return depth;
}

/** Gives where a word ends: before its closing quote, or before what ends a bare word. */
function wordEnd(line: string, start: number, quoted: boolean): number | Fault {
  for (let at = start; at < line.length; at += 1) {
    const char = line[at] ?? "";
    const code = line.charCodeAt(at);
    if (char === "\\") {
      if (at + 1 >= line.length) return new Fault("escape");
      at += 1;
    } else if (quoted ? char === '"' : isBlank(code) || char === ";" || char === '"' || char === "(" || char === ")") return at;
    if (isControl(line.charCodeAt(at))) return new Fault("control_character");
  }
  return quoted ? new Fault("quote_open") : line.length;
}

// What is pasted from a page often carries no-break spaces.
const isBlank = (code: number) => code === 0x20 || code === 0x09 || code === 0x0b || code === 0x0c || code === 0xa0;
const isControl = (code: number) => (code < 0x20 && code !== 0x09) || code === 0x7f;

const PIECE = /\\(\d{3})|\\(\D)|[^\\]+|\\/gsu;

/** Decodes a word to the bytes that it means: `\DDD` is a byte, `\X` is X (RFC 1035 §5.1), all else its UTF-8. */
export function bytesOf(word: Word): Buffer {
  if (!word.text.includes("\\")) return Buffer.from(word.text);
  const parts = [...word.text.matchAll(PIECE)].map(([piece, digits, char]) => {
    if (digits !== undefined) return escapedByte(digits);
    if (piece === "\\") throw new Fault("escape");
    return Buffer.from(char ?? piece);
  });
  return Buffer.concat(parts);
}

function escapedByte(digits: string): Buffer {
  const byte = Number(digits);
  if (byte > 0xff) throw new Fault("escape");
  return Buffer.of(byte);
}
