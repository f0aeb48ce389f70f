/** PHP's own messages: from the account's log, or from Apache's when PHP could not write there. Pure. */
import type { LogLine } from "../../core/machine/index.js";
import { readError } from "./apache-errors.js";
import { phpMoment } from "./moments.js";

export interface PhpEntry {
  at: Date | null;
  site: string;
  /** `own`: what the site's own program logged (error_log). */
  level: "fatal" | "parse" | "warning" | "notice" | "own";
  /** The message alone, without its place. */
  message: string;
  file: string | null;
  line: number | null;
  /** What followed: the stack trace. */
  trace: string[];
}

const LEVELS: [RegExp, PhpEntry["level"]][] = [
  [/^PHP (?:Fatal error|Recoverable fatal error|Core error|Compile error|Catchable fatal error): {1,2}/, "fatal"],
  [/^PHP Parse error: {1,2}/, "parse"],
  [/^PHP (?:Warning|Core Warning|Compile Warning): {1,2}/, "warning"],
  [/^PHP (?:Notice|Deprecated|Strict Standards): {1,2}/, "notice"],
];
const START = /^\[(\d\d-\w{3}-\d{4} \d\d:\d\d:\d\d [^\]]{1,60})\] (.*)$/s;
const PLACE = /^(.*) in (\/.*?)(?:\(\d+\) : [^:]*)?(?: on line |:)(\d{1,9})$/s;
const PLACE_END = /(?: on line |:)\d{1,9}$/;
const MAX_TRACE = 40;
const MAX_LINES = 100;
const MAX_MESSAGE = 8000;

/** What was written at one moment: a line, and those that follow without a moment of their own. */
export interface PhpRecord {
  at: Date | null;
  site: string;
  words: string[];
}

/** Reads lines of an account's own log, in order. */
export function readPhp(lines: readonly LogLine[]): PhpEntry[] {
  return readPhpRecords(lines).map(entryOf);
}

/** Parts them only, the oldest first. What has lost its beginning is left out. */
export function readPhpRecords(lines: readonly LogLine[]): PhpRecord[] {
  const found: PhpRecord[] = [];
  let open: PhpRecord | null = null;
  for (const { site, text } of lines) {
    const [, when, first] = START.exec(text) ?? [];
    if (when !== undefined && first !== undefined) {
      open = { at: phpMoment(when), site, words: [first] };
      found.push(open);
    } else if (open?.site === site) open.words.push(text);
    else open = null;
  }
  return found;
}

/** Finds PHP's messages in lines of Apache's error log (AH01071), in order. */
export function readPhpInErrors(lines: readonly LogLine[]): PhpEntry[] {
  return lines.flatMap((line) => {
    const { at, site, number, text } = readError(line);
    const words = number === "AH01071" ? /Got error '(.*?)'?$/s.exec(text)?.[1] : undefined;
    const parts = words?.split("PHP message: ").filter(Boolean) ?? [];
    return parts.map((part) => entryOf({ at, site, words: part.replace(/'(?:, referer: .*)?$/s, "").split("\\n") }));
  });
}

function entryOf({ at, site, words }: PhpRecord): PhpEntry {
  const first = words[0] ?? "";
  const [mark, level] = LEVELS.find(([pattern]) => pattern.test(first)) ?? [null, "own" as const];
  // A message may have lines of its own; the trace begins after them, and "thrown in" says the place again.
  const traceAt = words.indexOf("Stack trace:");
  const thrown = words.map((line) => /^ {2}thrown in (\/.*) on line (\d{1,9})$/.exec(line)).find(Boolean);
  const whole = wordsWithPlace(traceAt < 0 ? words : words.slice(0, traceAt)).replace(mark ?? /^$/, "");
  const [, message = whole, file = null, line] = (mark && PLACE_END.test(whole) && PLACE.exec(whole)) || [];
  const trace = traceAt < 0 ? [] : words.slice(traceAt + 1).filter((one) => one !== "" && !one.startsWith("  thrown in "));
  const where = cleanFile(thrown?.[1] ?? file);
  return {
    at,
    site,
    // PHP always names a place; a program that only writes such words has not ended.
    level: where === null ? "own" : level,
    message,
    file: where,
    line: Number(thrown?.[2] ?? line) || null,
    trace: trace.slice(0, MAX_TRACE),
  };
}

/** A message may hold line breaks, and ends where it names its place; what comes after is something else that was written there. */
function wordsWithPlace(words: string[]): string {
  const last = words.slice(0, MAX_LINES).findLastIndex((line) => PLACE_END.test(line));
  const whole = words.slice(0, last < 0 ? 1 : last + 1).join("\n");
  return whole.length > MAX_MESSAGE ? `${whole.slice(0, MAX_MESSAGE / 2)}…${whole.slice(-MAX_MESSAGE / 2)}` : whole;
}

/** `/x.php(3) : eval()'d code` is said of what stands in /x.php. */
function cleanFile(file: string | null): string | null {
  return file === null ? null : file.replace(/\(\d+\) : .*$/s, "");
}
