/** Times of zone files: seconds, or `1h30m` as BIND writes them. */
const SECONDS: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3600, m: 60, s: 1 };
const MAX_TTL = 0x7fffffff; // RFC 2181 §8

/** Reads a time in seconds; null when the word is none. */
export function readTtl(word: string): number | null {
  if (/^\d{1,10}$/.test(word)) return within(Number(word));
  if (word.length > 40 || !/^(?:\d{1,10}[wdhms])+$/i.test(word)) return null;
  const parts = [...word.toLowerCase().matchAll(/(\d+)([wdhms])/g)];
  return within(parts.reduce((sum, [, count, unit]) => sum + Number(count) * (SECONDS[unit ?? ""] ?? 0), 0));
}

function within(seconds: number): number | null {
  return seconds <= MAX_TTL ? seconds : null;
}
