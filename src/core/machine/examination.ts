/** What `examine` answers: what is no longer as it was left. Hostile input: whoever could write there chose the names. Pure. */
import type { Answer } from "./answer.js";

/** `strange`: a link, a pipe, a device, a huge file, or a name that no release has; it is never read. */
export type DriftKind = "changed" | "added" | "removed" | "strange";

export interface Drifted {
  /** The shard of the live release, or the root of a kept one. */
  place: string;
  /** Below the shard; of a strange file its name may be cut, and what cannot be shown is a question mark. */
  path: string;
  kind: DriftKind;
  /** sha256 of what lies there; null where nothing is read. */
  hash: string | null;
}

export interface Examination {
  /** The release that was looked at; null: a fresh machine. */
  root: string | null;
  /** At most two hundred. */
  files: Drifted[];
  /** What holds a release together: `index`, `links`, `list <xx>`. */
  parts: string[];
  /** How many there are in all. */
  count: number;
}

const FILE = /^([0-9a-f]{2}|[0-9a-f]{64})\/([A-Za-z0-9._/?-]{1,300}) (changed|added|removed|strange) (-|[0-9a-f]{64})$/;

/** Reads the lines `drift …`; what has not their form is counted and not believed. */
export function readExamination(answer: Answer): Examination {
  const files: Drifted[] = [];
  const parts: string[] = [];
  for (const { key, value } of answer.lines) {
    if (key !== "drift") continue;
    const [, place, path, kind, hash] = FILE.exec(value) ?? [];
    if (place !== undefined && path !== undefined) files.push({ place, path, kind: kind as DriftKind, hash: hash === "-" || !hash ? null : hash });
    else if (/^(index|links|list [0-9a-f]{2,64})$/.test(value)) parts.push(value);
  }
  const root = answer.values.get("root");
  return { root: root === undefined || root === "none" ? null : root, files, parts, count: Number(answer.values.get("drifted")) || 0 };
}
