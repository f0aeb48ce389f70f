/** What may be kept of what a name says today: each record checked by the rules of zones, and sorted by what people call it. Pure. */
import type { SeenRecord } from "../../core/dns/index.js";
import { isInZone, isRecordName, isRecordType, parseLine, type RecordData, type RecordType, textOf } from "../dns/index.js";

export type Group = "mail" | "web" | "other";

export interface Candidate {
  /** Names it in the form. */
  key: string;
  /** Absolute, without the last dot. */
  name: string;
  type: RecordType;
  /** Presentation form, for people. */
  value: string;
  /** Seconds. */
  ttl: number;
  group: Group;
}

const MAX_CANDIDATES = 150;
/** Letters of all of them together: what a page can show, and a row should hold. */
const MAX_LETTERS = 100_000;
const MIN_TTL = 300;
const MAX_TTL = 86_400;
const MAIL_LABEL =
  /^(mail|smtp|imap|pop3?|mx\d*|webmail|autoconfig|autodiscover|_dmarc|_mta-sts|mta-sts|_smtp\._tls|[^.]+\._domainkey|_(imaps?|submissions?|autodiscover)\._tcp)$/;

/** Sorts seen records into what can be kept; those that no zone of ours may serve are counted. */
export function candidatesOf(zone: string, records: readonly SeenRecord[]): { candidates: Candidate[]; odd: number } {
  const exchangers = new Set(records.filter(({ type }) => type === "MX").map(({ value }) => value.split(" ")[1]?.replace(/\.$/, "")));
  const candidates = new Map<string, Candidate>();
  let odd = 0;
  for (const record of records) {
    const data = dataOf(record);
    const name = record.name.replace(/\.$/, "");
    if (!data || !isRecordName(name) || !isInZone(name, zone)) {
      odd += 1;
      continue;
    }
    const { value, ttl } = record;
    const key = `${name} ${data.type} ${value}`;
    const kept = Math.min(Math.max(ttl, MIN_TTL), MAX_TTL);
    candidates.set(key, { key, name, type: data.type, value, ttl: kept, group: groupOf(zone, name, data, exchangers) });
  }
  let letters = 0;
  const fitting = [...candidates.values()].slice(0, MAX_CANDIDATES).filter(({ key }) => {
    letters += key.length;
    return letters <= MAX_LETTERS;
  });
  return { candidates: fitting, odd: odd + candidates.size - fitting.length };
}

/** Reads the data of a seen record as a zone of ours would have it; null: it could not serve it. */
export function dataOf({ type, value }: Pick<SeenRecord, "type" | "value">): RecordData | null {
  if (!isRecordType(type) || type === "NS" || type === "DS") return null;
  const parsed = parseLine(type, value, (text) => {
    const name = text.replace(/\.$/, "").toLowerCase();
    return isRecordName(name) ? name : null;
  });
  return "value" in parsed ? parsed.value : null;
}

/** Kept unless somebody says otherwise: mail, and what belongs to neither mail nor the website. */
export function isKept({ group }: Candidate): boolean {
  return group !== "web";
}

function groupOf(zone: string, name: string, data: RecordData, exchangers: ReadonlySet<string | undefined>): Group {
  if (data.type === "MX" || exchangers.has(name)) return "mail";
  const label = name === zone ? "" : name.slice(0, -zone.length - 1);
  if (MAIL_LABEL.test(label)) return "mail";
  if (data.type === "TXT") return /^v=spf1/i.test(textOf(data.strings)) ? "mail" : "other";
  const address = data.type === "A" || data.type === "AAAA" || data.type === "CNAME";
  return address ? "web" : "other";
}
