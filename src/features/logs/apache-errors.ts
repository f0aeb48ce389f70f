/** The web server's error log: what Apache's numbers, mod_mutu's and those of nginx's refusals mean for the owner of a site. Pure. */
import type { LogLine } from "../../core/machine/index.js";
import { errorMoment, newestFirst } from "./moments.js";

export interface ApacheEntry {
  at: Date | null;
  site: string;
  /** AH01630, MUTU01; empty when the line has none. */
  number: string;
  client: string;
  text: string;
  /** Its sentence is `logs.apache.<code>`; null: nothing more to say than its own words. */
  code: string | null;
  /** The words that its sentence needs. */
  data: Record<string, string>;
}

/** By number; what several numbers say alike has one sentence. */
const CODES: Readonly<Record<string, string>> = {
  AH01630: "denied",
  AH01797: "denied",
  AH01276: "no_index",
  AH00035: "permissions",
  AH00132: "permissions",
  AH00529: "htaccess_unreadable",
  AH00037: "link",
  AH00124: "loop",
  AH01617: "password",
  AH01618: "password_unknown",
  AH01620: "password_file",
  AH01067: "php_cut",
  AH01068: "php_cut",
  AH01070: "php_headers",
  AH01071: "php_message",
  AH01075: "php_cut",
  AH01079: "php_away",
  AH02454: "php_away",
  MUTU01: "foreign_file",
  MUTU02: "foreign_handler",
  MUTU03: "php_off",
  MUTU11: "too_large",
  MUTU12: "too_many",
  MUTU13: "server_away",
  MUTU14: "late",
  MUTU15: "files_away",
  MUTU16: "relay_away",
  MUTU17: "relay_late",
  MUTU18: "cookies",
  MUTU19: "answer_broken",
  MUTU20: "relay_broken",
};
const TARGET = /(?<target>https?:\/\/[A-Za-z0-9.:[\]-]{1,300}): "/;
/** Where the words of these are, in nginx's lines (src/daemons/nginx/machine/nginx.conf). */
const DATA: Readonly<Record<string, RegExp>> = {
  MUTU11: /at most (?<mb>\d+) MB/,
  MUTU12: /at most (?<name>\d+) of this name, (?<visitor>\d+) of/,
  MUTU16: TARGET,
  MUTU17: TARGET,
  MUTU20: TARGET,
};
const HTACCESS = /\.htaccess: (?:Invalid command|\S+ not allowed)|\.htaccess: /;

/** Reads lines of the error log, the newest first. */
export function readErrors(lines: readonly LogLine[]): ApacheEntry[] {
  return newestFirst(lines.map(readError));
}

/** Reads one line: `[time] [module:level] [pid 1] [client 192.0.2.9] AH01630: words`. */
export function readError({ site, text }: LogLine): ApacheEntry {
  const [, when = "", rest = text] = /^\[([^\]]*)\] (.*)$/s.exec(text) ?? [];
  const client = /\[client ([0-9a-fA-F.:]+)\]/.exec(rest)?.[1] ?? "";
  const words = rest.replace(/^(?:\[[^\]]*\] )+/, "");
  const number = /^(?:\S+: )?((?:AH|MUTU)\d+): /.exec(words)?.[1] ?? "";
  const found = DATA[number]?.exec(words);
  const known = found === null ? undefined : CODES[number];
  const code = known ?? (HTACCESS.test(words) ? "htaccess_invalid" : null);
  return { at: errorMoment(when), site, number, client, text: words, code, data: { ...found?.groups } };
}
