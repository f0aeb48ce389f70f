/** When a check is worth a letter. Pure: a blip is not, nor each beat of one that flaps; what lasts is told once, and again each day while it fails. */
import type { Check } from "../../core/feature.js";

export type State = Check["state"];
/** `worse`, `better`: what people were told holds no longer. `reminder`: it does, a day later. */
export type News = "worse" | "better" | "reminder";

/** What is known of a check. */
export interface Known {
  state: State;
  since: Date;
  /** The last ten looks, the newest in the last bit; set: it was not well. */
  looks: number;
  told: State;
  toldAt: Date | null;
  worsenings: number;
}

const RANK: Record<State, number> = { ok: 0, warning: 1, failing: 2 };
const LOOKS = 0b11_1111_1111;
/** Of ten looks so many must have found it bad: one may have met a machine that was just starting again. */
const BAD_LOOKS = 2;
const CALM_MINUTES = 5;
const LONGEST_CALM_MINUTES = 60;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** A check that is seen for the first time: nobody was told anything. */
export function firstSeen(now: Date): Known {
  return { state: "ok", since: now, looks: 0, told: "ok", toldAt: null, worsenings: 0 };
}

/** Adds a look. */
export function looked(known: Known, state: State, now: Date): Known {
  const looks = ((known.looks << 1) | (state === "ok" ? 0 : 1)) & LOOKS;
  return { ...known, state, looks, since: state === known.state ? known.since : now };
}

/** Decides whether people are told now. */
export function newsOf({ state, since, looks, told, toldAt, worsenings }: Known, now: Date): News | null {
  if (RANK[state] > RANK[told]) return bits(looks) >= BAD_LOOKS ? "worse" : null;
  if (RANK[state] < RANK[told]) return now.getTime() - since.getTime() >= calmMinutes(worsenings) * MINUTE_MS ? "better" : null;
  return state === "failing" && toldAt !== null && now.getTime() - toldAt.getTime() >= DAY_MS ? "reminder" : null;
}

/** Notes that people were told. Worsenings are counted as long as less than a day lies between them. */
export function afterTelling(known: Known, news: News, now: Date): Known {
  const rested = known.toldAt === null || now.getTime() - known.toldAt.getTime() >= DAY_MS;
  const worsenings = news === "worse" ? (rested ? 1 : known.worsenings + 1) : known.worsenings;
  return { ...known, told: known.state, toldAt: now, worsenings };
}

/** How long it must be well before that is told: twice as long with each time that it got worse again. */
export function calmMinutes(worsenings: number): number {
  return Math.min(CALM_MINUTES * 2 ** Math.max(0, worsenings - 1), LONGEST_CALM_MINUTES);
}

function bits(looks: number): number {
  return looks.toString(2).replaceAll("0", "").length;
}
