/** Until when a primary's signatures are good: the SOA record's is made anew with each change, and with all others when their time comes. */
import { exchange, type Server } from "../../core/dns/index.js";
import type { RecordName } from "./role.js";

const TIMEOUT_MS = 2000;
/** `SOA <algorithm> <labels> <ttl> <YYYYMMDDHHmmSS> …` (RFC 4034 §3.2). */
const SOA_SIGNATURE = /^SOA \d+ \d+ \d+ (\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d) /;

/** Asks the primary itself; null: it does not answer, or shows none. Of several signatures the one that ends first counts. */
export async function signatureEnd(server: Server, zone: RecordName): Promise<Date | null> {
  const answer = await exchange(server, { name: zone, type: "SOA" }, { timeoutMs: TIMEOUT_MS, recursive: false, signatures: true });
  if (typeof answer === "string" || answer.rcode !== 0) return null;
  const ends = answer.answers.filter(({ type }) => type === "RRSIG").flatMap(({ value }) => endOf(value) ?? []);
  return ends.length === 0 ? null : new Date(Math.min(...ends));
}

/** Reads the end of a SOA record's signature out of its presentation form; null for any other. */
export function endOf(rrsig: string): number | null {
  const [, ...parts] = SOA_SIGNATURE.exec(rrsig) ?? [];
  if (parts.length === 0) return null;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
