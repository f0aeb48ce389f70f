/** What a machine says of itself: the only thing that recovery believes. Pure. */
import type { Answer } from "./answer.js";

export interface MachineStatus {
  protocol: number;
  host: string;
  /** Root of the release that serves; null on a fresh machine. */
  root: string | null;
  /** Number of the live activation; 0 on a fresh machine. */
  activation: number;
  /** Root to which `rollback` returns; null when the live one is settled. */
  previous: string | null;
  /** Releases that were built and never served. */
  staged: string[];
  /** Releases that have served and can be activated again without being sent. */
  kept: string[];
  /** Step in the journal; "idle" unless an apply is at work, or was killed. */
  step: string;
  fence: number;
  diskFreeKb: number;
  bootId: string;
  /** What may be asked of it; empty: its apply is older than this line, and knows none of the verbs that came with or after it. */
  verbs: string[];
  /** Each driver's own lines: `apache` → [["version", "2.4.71"], …]. */
  daemons: Map<string, [key: string, value: string][]>;
}

const KNOWN = new Set(["protocol", "host", "root", "activation", "previous", "staged", "kept", "step", "fence", "disk_free_kb", "boot_id", "verbs"]);

/** Reads a status; lines that are not apply's own belong to the daemon that they start with. */
export function parseStatus(answer: Answer): MachineStatus {
  const value = (key: string): string => answer.values.get(key) ?? "";
  const all = (key: string): string[] => answer.lines.filter((line) => line.key === key).map((line) => line.value);
  const hash = (key: string): string | null => (/^[0-9a-f]{64}$/.test(value(key)) ? value(key) : null);
  const daemons = new Map<string, [string, string][]>();
  for (const line of answer.lines) {
    if (KNOWN.has(line.key)) continue;
    const space = line.value.indexOf(" ");
    const own: [string, string] = space < 0 ? [line.value, ""] : [line.value.slice(0, space), line.value.slice(space + 1)];
    const known = daemons.get(line.key);
    if (known === undefined) daemons.set(line.key, [own]);
    // A machine that was taken over may tell millions: they are not copied for each.
    else known.push(own);
  }
  return {
    protocol: Number(value("protocol")),
    host: value("host"),
    root: hash("root"),
    activation: Number(value("activation")) || 0,
    previous: hash("previous"),
    staged: all("staged"),
    kept: all("kept"),
    step: value("step"),
    fence: Number(value("fence")),
    diskFreeKb: Number(value("disk_free_kb")),
    bootId: value("boot_id"),
    verbs: value("verbs").split(" ").filter(Boolean),
    daemons,
  };
}
