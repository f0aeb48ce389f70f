/** The access log: who asked for what. Pure. */
import type { LogLine } from "../../core/machine/index.js";
import { accessMoment, newestFirst } from "./moments.js";

export interface AccessEntry {
  at: Date | null;
  site: string;
  address: string;
  /** `GET /a?b HTTP/1.1`, as it came. */
  request: string;
  status: number | null;
  bytes: number | null;
  referer: string;
  agent: string;
  milliseconds: number | null;
}

// Apache escapes quotes within the quoted parts, so they end at the first bare one. The visitor chooses the user's name: it is not searched for ever.
const LINE = /^(\S+) (.{0,300}?) \[([^\]]{0,40})\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)(?:" (\d+))?/s;
const MICROSECONDS = 1000;

/** Reads lines of the access log, the newest first. A line that was cut keeps what can be read. */
export function readAccess(lines: readonly LogLine[]): AccessEntry[] {
  return newestFirst(lines.map(readLine));
}

function readLine({ site, text }: LogLine): AccessEntry {
  const [found, address = "", , when = "", request = text, status, bytes, referer = "", agent = "", taken] = LINE.exec(text) ?? [];
  return {
    at: accessMoment(when),
    site,
    address,
    request,
    status: found === undefined ? null : Number(status),
    bytes: found === undefined ? null : Number(bytes),
    referer,
    agent,
    milliseconds: taken === undefined ? null : Math.round(Number(taken) / MICROSECONDS),
  };
}
