/** The SOA of a zone that comes from elsewhere: only its serial matters to us, the rest is read to know that it is one. */
import type { Word } from "./entries.js";
import { Fault } from "./fault.js";
import { readTtl } from "./ttl.js";

const MAX_SERIAL = 0xffffffff;

export interface SoaValues {
  serial: number;
  /** Seconds (RFC 2308 §4); where the file tells no TTL, that of its records. */
  minimum: number;
}

/** Reads the data of a SOA record (RFC 1035 §3.3.13). */
export function readSoa(words: readonly Word[]): SoaValues {
  if (words.length < 7) throw new Fault("words_missing");
  if (words[7]) throw new Fault("words_left", { word: words[7].text });
  const serial = words[2]?.text ?? "";
  if (!/^\d{1,10}$/.test(serial) || Number(serial) > MAX_SERIAL) throw new Fault("number", { word: serial, max: MAX_SERIAL });
  const times = words.slice(3).map(({ text }) => readTtl(text));
  const wrong = times.indexOf(null);
  if (wrong >= 0) throw new Fault("ttl", { word: words[3 + wrong]?.text ?? "" });
  return { serial: Number(serial), minimum: times[3] ?? 0 };
}
