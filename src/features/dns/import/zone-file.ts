/**
 * Reads a zone file (RFC 1035 §5, RFC 2308 §4, RFC 3597 §5) that a stranger wrote: text to records and to what is said of the lines that are not taken as they
 * stand. Pure, never throws, follows nothing, bounded.
 */
import type { RecordData, RecordName, ZoneRecord } from "../role.js";
import { type Entry, linesOf, readEntries, type Word } from "./entries.js";
import { Fault, type FaultData, shownData } from "./fault.js";
import { readName } from "./names.js";
import { type Note, readData } from "./rdata.js";
import { readSoa, type SoaValues } from "./soa.js";
import { readTtl } from "./ttl.js";
import { type Kind, kindOf } from "./types.js";

export const MAX_BYTES = 1024 * 1024;
export const MAX_LINES = 50_000;
export const MAX_RECORDS = 10_000;

/**
 * `changed`: taken, not letter by letter; `doubt`: taken as it stands, though probably not what was meant; `left`: understood and of no use here;
 * `aside`: a type that we do not hold; `refused`: not understood, or not followed.
 */
export type Outcome = "changed" | "doubt" | "left" | "aside" | "refused";

/** What is said of a line. The sentence is `dns.import.why.<code>`. */
export interface Finding {
  line: number;
  outcome: Outcome;
  code: string;
  data: FaultData;
}

export interface ReadRecord {
  line: number;
  record: ZoneRecord;
}

export interface ZoneFile {
  records: ReadRecord[];
  /** In the order of their lines. A record without one was taken as it stands. */
  findings: Finding[];
  /** The SOA at the apex; it is not among the records. */
  soa: SoaValues | null;
}

/** Reads a zone file; names that are not absolute are below `zone`, until a `$ORIGIN`. */
export function parseZoneFile(text: string, zone: RecordName): ZoneFile {
  if (text.length > MAX_BYTES || Buffer.byteLength(text) > MAX_BYTES) return refusedWhole("file_large", { max: MAX_BYTES });
  const lines = linesOf(text);
  if (lines.length > MAX_LINES) return refusedWhole("file_long", { max: MAX_LINES });
  const reading = new Reading(zone);
  for (const entry of readEntries(lines)) reading.take(entry);
  return reading.result;
}

function refusedWhole(code: string, data: FaultData): ZoneFile {
  return { records: [], findings: [{ line: 0, outcome: "refused", code, data }], soa: null };
}

type Say = (outcome: Outcome, code: string, data?: FaultData) => void;

class Reading {
  readonly result: ZoneFile = { records: [], findings: [], soa: null };
  readonly #zone: RecordName;
  #origin: RecordName | null;
  /** Of the entry before, for those that begin with a blank; null: there is none that could be read. */
  #owner: RecordName | null = null;
  /** Of `$TTL`; else the last one that was written with a record (RFC 1035 §5.1). */
  #defaultTtl: number | null = null;
  #lastTtl: number | null = null;
  /** TTL of each set of records, by name and type: one set has one (RFC 2181 §5.2). */
  readonly #ttls = new Map<string, number | null>();
  readonly #seen = new Set<string>();

  constructor(zone: RecordName) {
    this.#zone = zone;
    this.#origin = zone;
  }

  take(entry: Entry): void {
    const say: Say = (outcome, code, data = {}) => {
      this.result.findings.push({ line: entry.line, outcome, code, data: shownData(data) });
    };
    try {
      if (entry.fault) {
        if (!entry.blank) this.#owner = null;
        throw entry.fault;
      }
      const first = entry.words[0];
      if (first && !first.quoted && first.text.startsWith("$")) this.#directive(first.text.toUpperCase(), entry.words.slice(1));
      else this.#record(entry, say);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      say("refused", error.code, error.data);
    }
  }

  #directive(name: string, words: readonly Word[]): void {
    const [word, more] = words;
    if (name === "$INCLUDE") throw new Fault("include");
    if (name === "$GENERATE") throw new Fault("generate");
    if (name !== "$ORIGIN" && name !== "$TTL") throw new Fault("directive", { directive: name });
    if (name === "$ORIGIN") {
      const before = this.#origin;
      // What follows an unreadable origin must not be taken for names below another one.
      this.#origin = null;
      if (!word) throw new Fault("words_missing");
      const { name: origin } = readName(word, before);
      if (more) throw new Fault("words_left", { word: more.text });
      this.#origin = origin;
      return;
    }
    if (!word) throw new Fault("words_missing");
    if (more) throw new Fault("words_left", { word: more.text });
    const ttl = readTtl(word.text);
    if (ttl === null) throw new Fault("ttl", { word: word.text });
    this.#defaultTtl = ttl;
  }

  #record(entry: Entry, say: Say): void {
    const owner = this.#ownerOf(entry, say);
    const { ttl: written, kind, rest } = readHead(entry.words.slice(entry.blank ? 0 : 1));
    if (written !== null) this.#lastTtl = written;
    const ttl = written ?? this.#defaultTtl ?? this.#lastTtl;
    if (owner !== this.#zone && !owner.endsWith(`.${this.#zone}`)) throw new Fault("outside", { name: owner, zone: this.#zone });
    if (kind.kind === "soa") this.#soa(owner, rest, ttl, say);
    else if (kind.kind === "signing") say("left", "signing", { type: kind.type });
    else if (kind.kind === "aside") say("aside", "type_aside", { type: kind.type });
    else {
      if (kind.kind === "spf") say("changed", "spf_type");
      const note: Note = (code, data) => say("changed", code, data);
      const data = readData(kind.kind === "held" ? kind.type : "TXT", rest, this.#origin, note);
      this.#doubts(data, say);
      this.#add(entry.line, { name: owner, ttl, data }, say);
    }
  }

  #ownerOf(entry: Entry, say: Say): RecordName {
    if (entry.blank) {
      if (this.#owner === null) throw new Fault("owner_missing");
      return this.#owner;
    }
    this.#owner = null;
    const word = entry.words[0] as Word;
    const { name, idn } = readName(word, this.#origin);
    if (idn) say("changed", "idn", { written: word.text, name });
    this.#owner = name;
    return name;
  }

  #soa(owner: RecordName, words: readonly Word[], ttl: number | null, say: Say): void {
    if (owner !== this.#zone) throw new Fault("soa_elsewhere", { name: owner });
    const soa = readSoa(words);
    // RFC 1035 §3.3.13 named the last field "minimum TTL"; BIND still takes it where no other is told.
    if (ttl === null) this.#lastTtl = soa.minimum;
    this.result.soa ??= soa;
    say("left", "soa", { serial: soa.serial });
  }

  /** The commonest slip of zone files: the dot forgotten at the end of an absolute name. */
  #doubts(data: RecordData, say: Say): void {
    if ("target" in data && data.target.endsWith(`.${this.#zone}.${this.#zone}`)) say("doubt", "dot_forgotten", { target: data.target, zone: this.#zone });
  }

  #add(line: number, record: ZoneRecord, say: Say): void {
    const set = `${record.name} ${record.data.type}`;
    const key = `${set} ${JSON.stringify(record.data)}`;
    if (this.#seen.has(key)) {
      say("left", "double");
      return;
    }
    if (this.#seen.size >= MAX_RECORDS) throw new Fault("records_many", { max: MAX_RECORDS });
    const first = this.#ttls.get(set);
    if (first !== undefined && first !== record.ttl) say("changed", "ttl_of_set");
    if (first === undefined) this.#ttls.set(set, record.ttl);
    this.#seen.add(key);
    this.result.records.push({ line, record: first === undefined ? record : { ...record, ttl: first } });
  }
}

/** Reads TTL and class, in either order and each perhaps left out, and the type (RFC 1035 §5.1). */
function readHead(words: readonly Word[]): { ttl: number | null; kind: Kind; rest: readonly Word[] } {
  let ttl: number | null = null;
  let classSeen = false;
  for (const [index, { text, quoted }] of words.entries()) {
    if (quoted) throw new Fault("type", { word: text });
    const found: number | null = ttl === null ? readTtl(text) : null;
    if (found !== null) ttl = found;
    else if (!classSeen && /^(IN|CH|CS|HS|CHAOS|HESIOD|ANY|NONE|CLASS\d+)$/i.test(text)) {
      if (!/^(IN|CLASS1)$/i.test(text)) throw new Fault("class", { word: text });
      classSeen = true;
    } else {
      const kind = kindOf(text);
      if (!kind) throw new Fault("type", { word: text });
      return { ttl, kind, rest: words.slice(index + 1) };
    }
  }
  throw new Fault("type_missing");
}
