/** How the health of a domain looks: items with their chips, what was expected beside what is seen. */
import { createHash } from "node:crypto";
import type { Zone } from "../../generated/sqlite/client.js";
import { parseLine, shownOwner, textOf } from "../dns/index.js";
import type { Health } from "./checks.js";
import type { ItemState, View } from "./compare.js";
import type { HealthState, ReportItem } from "./report.js";

export const STATE_CHIPS: Record<HealthState, string> = { ok: "verified", spreading: "published", waiting: "waiting", unknown: "held", wrong: "failed" };
const ITEM_CHIPS: Record<ItemState, string> = {
  ...{ ok: "verified", spreading: "published", waiting: "waiting", advice: "held", unknown: "held", missing: "failed", wrong: "failed" },
};
/** What needs somebody is said first. */
const ORDER: ItemState[] = ["wrong", "missing", "unknown", "waiting", "spreading", "advice", "ok"];

type Translate = (key: string, data?: Record<string, unknown>) => string;

export interface ShownItem {
  id: string;
  key: string;
  title: string;
  type: string;
  chip: string;
  state: ItemState;
  /** State in words; of an ignored item that it is ignored, of one that is not on our servers yet that it is on its way there. */
  word: ItemState | "ignored" | "publishing";
  /** Whose answer `source` is. */
  place: "ours" | "own" | "parent";
  ignored: { by: string; at: Date } | null;
  /** `copy`: as a form of another DNS manager wants it, texts without their quotes. */
  expected: { value: string; copy: string }[];
  /** Values, or a sentence where there are none. */
  source: Seen;
  world: Seen | null;
  /** Nobody needs to look. */
  calm: boolean;
  mono: boolean;
  hint: string | null;
  oldUntil: string | null;
  reasons: string[];
  mayIgnore: boolean;
}

interface Seen {
  values: string[];
  sentence: string | null;
}

/** Gives the items of a page in the order in which they need somebody. */
export function shownItems({ zone, row, report, ignored }: Health, t: Translate): ShownItem[] {
  if (!row) return [];
  const notes = new Map(ignored.map((one) => [one.item, one]));
  const items = report.items.map((item) => shownItem(item, zone, notes.get(item.key) ?? null, t));
  const place = (item: ShownItem) => (item.ignored ? ORDER.length : ORDER.indexOf(item.state));
  return items.sort((a, b) => place(a) - place(b));
}

/** Gives the state of the whole, for its chip. */
export function shownState({ row }: Health): { state: HealthState; chip: string; wrong: number; checkedAt: Date | null } {
  const state = (row?.state ?? "unknown") as HealthState;
  return { state, chip: row ? STATE_CHIPS[state] : "waiting", wrong: row?.wrong ?? 0, checkedAt: row?.checkedAt ?? null };
}

/** The way of a domain that is being set up, step by step; null: there is nothing left to do. */
export function shownSteps({ zone, row, report }: Health, t: Translate): { label: string; text?: string; state: "done" | "now" | "next" | "failed" }[] | null {
  const servers = report.items.find(({ kind }) => kind === "servers");
  const onItsWay = row?.state === "waiting" || row?.state === "spreading" || report.delegated === false || zone.mode === "external";
  // Of a domain that was all right for years, the items say what is wrong.
  if (!row || row.state === "ok" || !onItsWay) return null;
  const steps = (kind: string, labels: string[], done: number) =>
    labels.map((name, at) => ({
      label: t(`health.steps.${kind}.${name}`),
      state: at < done ? ("done" as const) : at === done ? ("now" as const) : ("next" as const),
    }));
  const records = report.items.filter(({ kind }) => kind === "record");
  if (zone.mode === "hosted") return steps("hosted", ["added", "servers", "answers"], servers?.state === "ok" ? 2 : 1);
  const there = records.some(({ state }) => state === "ok" || state === "spreading");
  return steps("external", ["added", "records", "answers"], there ? 2 : 1);
}

function shownItem(
  item: ReportItem,
  { name: zone, mode }: Pick<Zone, "name" | "mode">,
  note: { byName: string; createdAt: Date } | null,
  t: Translate,
): ShownItem {
  const { key, kind, name, type, state, expected, source, world, oldUntil, reasons } = item;
  const title = kind === "record" ? shownOwner(name, zone) : t(`health.kinds.${kind}`);
  const bad = state === "missing" || state === "wrong" || state === "advice";
  return {
    id: itemId(key),
    ...{ key, title, type, state, oldUntil },
    expected: expected.map((value) => ({ value, copy: type === "TXT" ? plainText(value) : value })),
    word: note ? "ignored" : isPublishing(item) ? "publishing" : state,
    place: kind !== "record" ? "parent" : mode === "hosted" ? "ours" : "own",
    chip: note ? "held" : ITEM_CHIPS[state],
    ignored: note && { by: note.byName, at: note.createdAt },
    source: seenOf(source, t),
    world: world && seenOf(world, t),
    calm: state === "ok" || note !== null,
    mono: kind === "record",
    hint: hintOf(item, t),
    reasons: reasons.map(({ key: why, data }) => t(why, data)),
    mayIgnore: bad && note === null,
  };
}

/** Names the element of an item, so that its news finds it. */
export function itemId(key: string): string {
  return `item-${createHash("sha256").update(key).digest("hex").slice(0, 16)}`;
}

function seenOf(view: View, t: Translate): Seen {
  if (view.state === "unknown") return { values: [], sentence: t(`health.reasons_unknown.${view.reason}`) };
  if (view.state === "none" || view.values.length === 0) return { values: [], sentence: t("health.nothing") };
  return { values: view.values, sentence: view.alias ? t("health.alias", { name: view.alias.replace(/\.$/, "") }) : null };
}

/** Expected, and not on our own servers yet. */
function isPublishing({ state, source, expected }: ReportItem): boolean {
  return state === "waiting" && !(source.state === "found" && expected.every((value) => source.values.includes(value)));
}

function hintOf(item: ReportItem, t: Translate): string | null {
  const { kind, state, source } = item;
  // Keys of the former servers: adding ours beside them is no help, they must go before the name servers change.
  if (kind === "keys" && state === "advice" && source.state === "found") return t("health.hints_keys.former");
  if (isPublishing(item)) return t("health.hints.publishing");
  const key = kind === "record" ? `health.hints.${state}` : `health.hints_${kind}.${state}`;
  const said = [
    "health.hints.spreading",
    "health.hints.waiting",
    "health.hints_servers.missing",
    "health.hints_servers.wrong",
    "health.hints_keys.advice",
    "health.hints_keys.wrong",
  ];
  return said.includes(key) ? t(key) : null;
}

/** Gives a text without the quotes of its strings, when it has nothing that needs them. */
function plainText(value: string): string {
  const parsed = parseLine("TXT", value, () => null);
  const text = "value" in parsed && parsed.value.type === "TXT" ? textOf(parsed.value.strings) : value;
  return /^[ -~]*$/.test(text) ? text : value;
}
