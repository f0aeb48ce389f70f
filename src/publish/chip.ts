/** What a person is told of a unit, from the same numbers that the engine works with. Pure. */
import type { Level } from "./fallback.js";

/** The columns of PublishUnit that a chip needs. */
export interface ChipRow {
  wanted: number;
  published: number;
  verified: number;
  hold: string | null;
  holdData: unknown;
  quarantineCode: string | null;
  quarantineData: unknown;
  failedVersion: number | null;
  serving: string;
}

export type Chip =
  | { state: "waiting" | "published" | "verified" }
  /** The sentence is `publications.holds.<reason>`. */
  | { state: "held"; reason: string; data: Record<string, string> }
  /** `code` names the message `errors.<code>` of its feature; `serving` tells what is still answered meanwhile. */
  | { state: "failed"; code: string; data: Record<string, string>; serving: Level };

/** Derives the chip of a unit. A unit touched after its failure waits again: what was mended deserves no reproach. */
export function chipOf(row: ChipRow): Chip {
  if (row.hold !== null) return { state: "held", reason: row.hold, data: holdWords(row.holdData) };
  const failed = row.quarantineCode !== null && row.failedVersion !== null && row.failedVersion >= row.wanted;
  if (failed) {
    const data = (row.quarantineData ?? {}) as Record<string, string>;
    return { state: "failed", code: row.quarantineCode as string, data, serving: row.serving as Level };
  }
  if (row.wanted > row.published) return { state: "waiting" };
  return { state: row.verified >= row.published ? "verified" : "published" };
}

const RANK: Chip["state"][] = ["failed", "held", "waiting", "published", "verified"];

/** Picks the chip that matters most of several units (a site stands on its vhost, its pool and its folders). No unit: waiting. */
export function worstChip(chips: readonly Chip[]): Chip {
  const sorted = [...chips].sort((a, b) => RANK.indexOf(a.state) - RANK.indexOf(b.state));
  return sorted[0] ?? { state: "waiting" };
}

/** The words of a hold's sentence. */
export function holdWords(data: unknown): Record<string, string> {
  const entries = typeof data === "object" && data !== null ? Object.entries(data) : [];
  return Object.fromEntries(entries.flatMap(([name, value]) => (typeof value === "string" || typeof value === "number" ? [[name, String(value)]] : [])));
}
