/** Compares what should be seen with what is: at the servers that know, and at a resolver, which may remember an older answer. Pure. */
import type { Failure } from "../../core/dns/index.js";
import { parseLine, type RecordType, textOf } from "../dns/index.js";
import type { ExpectedItem } from "./items.js";

/** What somebody answers for a name and type. */
export type View =
  | { state: "found" /** Presentation form, sorted. */; values: string[] /** Seconds. */; ttl: number; alias: string | null }
  | { state: "none" }
  | { state: "unknown"; reason: Failure };

/**
 * ok: as it should be · spreading: right at the source, an older answer is still remembered elsewhere · waiting: right at ours, the world does not ask us
 * yet, or not published there yet · advice: would be better otherwise, nothing is broken · unknown: nobody could tell.
 */
export type ItemState = "ok" | "spreading" | "waiting" | "advice" | "unknown" | "missing" | "wrong";

export interface Judgement {
  state: ItemState;
  /** Seconds for which an older answer may still be seen. */
  oldFor: number | null;
}

/** Judges a record of a zone that we keep. `delegated`: the world asks our servers for it; null: nobody could tell. `publishing`: a change is on its way to them. */
export function judgeHosted(
  item: ExpectedItem,
  ours: View,
  world: View,
  { delegated, publishing = false }: { delegated: boolean | null; publishing?: boolean },
): Judgement {
  if (ours.state !== "unknown" && !fits(item, ours)) return { state: publishing ? "waiting" : shortOf(ours), oldFor: null };
  if (delegated === false) return { state: ours.state === "unknown" ? "unknown" : "waiting", oldFor: null };
  if (world.state === "unknown") return { state: "unknown", oldFor: null };
  if (fits(item, world)) return { state: "ok", oldFor: null };
  // What our servers do not answer for themselves cannot be told from what is remembered.
  if (ours.state === "unknown") return { state: shortOf(world), oldFor: ttlOf(world) };
  return { state: "spreading", oldFor: ttlOf(world) };
}

/** Judges a record of a zone that its owner keeps elsewhere; `source`: what its own servers say. */
export function judgeExternal(item: ExpectedItem, source: View, world: View): Judgement {
  // Where its own servers lead on to another name, only a resolver can follow.
  const leadsOn = source.state === "found" && source.values.length === 0;
  const telling = source.state === "unknown" || leadsOn ? world : source;
  if (telling.state === "unknown") return { state: "unknown", oldFor: null };
  if (!fits(item, telling)) return { state: shortOf(telling), oldFor: ttlOf(world) };
  if (world.state !== "unknown" && !fits(item, world)) return { state: "spreading", oldFor: ttlOf(world) };
  return { state: "ok", oldFor: null };
}

/** Tells whether an answer is what it should be. A name that leads on to the right addresses is right too. */
export function fits(item: ExpectedItem, view: View): boolean {
  if (view.state !== "found") return false;
  const wanted = normalised(item.type, item.values);
  const seen = normalised(item.type, view.values);
  if (!wanted.every((value) => seen.includes(value))) return false;
  return !item.exact || seen.every((value) => wanted.includes(value));
}

/** Compares name servers at the parent with ours. */
export function judgeServers(wanted: readonly string[], seen: readonly string[]): ItemState {
  if (seen.length === 0) return "missing";
  const same = wanted.filter((one) => seen.includes(one)).length;
  return same === wanted.length && seen.length === wanted.length ? "ok" : "wrong";
}

/** Compares the keys for which the parent vouches with ours: one that nobody has any more makes the whole domain unreachable (RFC 4035 §5.5). */
export function judgeKeys(signed: boolean, wanted: readonly string[], seen: readonly string[]): ItemState {
  if (seen.length === 0) return signed ? "advice" : "ok";
  return signed && wanted.some((one) => seen.includes(one)) ? "ok" : "wrong";
}

/** Long texts may be cut into strings at other places, and nobody who reads them sees it (RFC 7208 §3.3). */
function normalised(type: RecordType, values: readonly string[]): string[] {
  if (type !== "TXT") return [...values];
  return values.map((value) => {
    const parsed = parseLine("TXT", value, () => null);
    return "value" in parsed && parsed.value.type === "TXT" ? textOf(parsed.value.strings) : value;
  });
}

function shortOf(view: View): "missing" | "wrong" {
  return view.state === "none" || (view.state === "found" && view.values.length === 0) ? "missing" : "wrong";
}

function ttlOf(view: View): number | null {
  return view.state === "found" ? view.ttl : null;
}
