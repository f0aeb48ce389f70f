/** Why a site fails: the last message that ended one of its requests. Pure. */
import type { LogLine } from "../../core/machine/index.js";
import { type Cause, causeOf, graveWarning } from "./causes.js";
import { type PhpEntry, readPhp, readPhpInErrors } from "./php-entries.js";

export interface Trouble {
  at: Date | null;
  cause: Cause;
  /** PHP's own words. */
  message: string;
  /** Below the site's folder, or `~/…` elsewhere in the home; null: PHP named none. */
  file: string | null;
  line: number | null;
  trace: string[];
  /** How many of the lines that were read say the same of the same place. */
  times: number;
}

/** Where the site lies on its machine: places are told from there. */
export interface Place {
  home: string;
  /** Below the home. */
  folder: string | null;
}

const BEFORE_MS = 2000;

/** Finds it among an account's PHP messages and Apache's errors, both in order and of this site alone. */
export function findTrouble(php: readonly LogLine[], errors: readonly LogLine[], place: Place): Trouble | null {
  const entries = [...readPhp(php), ...readPhpInErrors(errors)].sort((a, b) => (a.at?.getTime() ?? 0) - (b.at?.getTime() ?? 0));
  for (let at = entries.length - 1; at >= 0; at -= 1) {
    const entry = entries[at] as PhpEntry;
    const cause = causeAt(entries, at);
    if (!cause) continue;
    const times = entries.filter(({ message, file, line }) => message === entry.message && file === entry.file && line === entry.line).length;
    return { at: entry.at, cause: inPlace(cause, place), message: entry.message, file: placed(entry.file, place), line: entry.line, trace: entry.trace, times };
  }
  return null;
}

function causeAt(entries: readonly PhpEntry[], at: number): Cause | null {
  const entry = entries[at] as PhpEntry;
  // A write that failed is only a notice to PHP.
  if (entry.level === "warning" || entry.level === "notice") return graveWarning(entry.message);
  if (entry.level !== "fatal" && entry.level !== "parse") return null;
  const before: string[] = [];
  for (let one = at - 1; one >= 0 && sameMoment(entries[one] as PhpEntry, entry); one -= 1) before.unshift((entries[one] as PhpEntry).message);
  return causeOf(entry, before);
}

function sameMoment(warning: PhpEntry, fatal: PhpEntry): boolean {
  const apart = (fatal.at?.getTime() ?? 0) - (warning.at?.getTime() ?? 0);
  return warning.level === "warning" && warning.file === fatal.file && warning.line === fatal.line && apart >= 0 && apart <= BEFORE_MS;
}

/** Paths within a sentence, too. */
function inPlace({ code, data }: Cause, place: Place): Cause {
  return {
    code,
    data: Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, typeof value === "string" && value.startsWith("/") ? (placed(value, place) as string) : value]),
    ),
  };
}

/** A path as the owner knows it. */
export function placed(file: string | null, { home, folder }: Place): string | null {
  if (file === null) return null;
  const site = folder === null || folder === "" ? home : `${home}/${folder}`;
  if (file.startsWith(`${site}/`)) return file.slice(site.length + 1);
  return file.startsWith(`${home}/`) ? `~/${file.slice(home.length + 1)}` : file;
}
