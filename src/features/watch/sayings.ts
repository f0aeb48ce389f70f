/** Sentences of checks: as a text for letters and terminals, or in parts for pages, which write times in the reader's zone. Pure. */
import type { Saying } from "../../core/feature.js";

type Say = (key: string, data?: Record<string, unknown>) => string;

/** A piece of a sentence: words, or a moment. */
export type Part = { text: string } | { at: string };

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
/** Stands in the sentence for the n-th moment while it is translated; a letter of nobody's alphabet (private use). */
const MARK = /\ue000(\d+)\ue000/;

/** Writes a sentence; moments as `2026-11-28 14:03 UTC`. */
export function sayingText(say: Say, { key, data }: Saying): string {
  return say(
    key,
    Object.fromEntries(Object.entries(data).map(([name, value]) => [name, momentOf(value)?.slice(0, 16).replace("T", " ").concat(" UTC") ?? value])),
  );
}

/** Cuts a sentence at its moments. */
export function sayingParts(say: Say, { key, data }: Saying): Part[] {
  const moments: string[] = [];
  const marked = Object.entries(data).map(([name, value]) => {
    const moment = momentOf(value);
    return [name, moment === null ? value : `\ue000${moments.push(moment) - 1}\ue000`];
  });
  const pieces = say(key, Object.fromEntries(marked)).split(MARK);
  return pieces.flatMap((piece, index): Part[] => (index % 2 === 1 ? [{ at: moments[Number(piece)] ?? "" }] : piece === "" ? [] : [{ text: piece }]));
}

const momentOf = (value: string | number): string | null => (typeof value === "string" && MOMENT.test(value) ? value : null);
