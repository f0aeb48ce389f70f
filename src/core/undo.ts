/** One change of the audit trail, taken back: a forward change of the rows, where they still are what that change made them. */
import type { Actor, TransactionContext } from "./context.js";
import { conflict } from "./errors.js";
import { isAdmin } from "./ownership.js";
import type { Services } from "./services.js";

/** What an undo knows of the change. Values are those of JSON: a moment is its ISO text. */
export interface UndoEntry {
  position: number;
  verb: string;
  accountId: string | null;
  objectId: string;
  /** As the entry names it. */
  object: string;
  old: Readonly<Record<string, unknown>>;
  new: Readonly<Record<string, unknown>>;
}

/** Takes a change back, inside the transaction that is given. It checks who acts as the act itself does, because it calls that act. */
export type Undo = (tx: TransactionContext, entry: UndoEntry, services: Services) => Promise<unknown>;

/** Refuses when a value is no longer what the change made it, and says which ones, and what they are now. */
export function refuseChanged(expected: Readonly<Record<string, unknown>>, present: Readonly<Record<string, unknown>>): void {
  const other = Object.keys(expected).filter((name) => written(expected[name]) !== written(present[name]));
  if (other.length === 0) return;
  const said = other.map((name) => `${name}: ${shortened(written(expected[name]))} → ${shortened(written(present[name]))}`);
  throw conflict("core.undo_changed", { changes: said.join("; ") });
}

/** The values that the change really changed, as they were. */
export function changedFrom({ old, new: next }: Pick<UndoEntry, "old" | "new">): Record<string, unknown> {
  return Object.fromEntries(Object.entries(old).filter(([name, value]) => written(value) !== written(next[name])));
}

const LONGEST = 80;
const shortened = (text: string): string => (text === "" ? "–" : text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

/** One text for one value, whatever the order of its keys. */
function written(value: unknown): string {
  if (value === undefined || value === null) return "";
  const plain: unknown = JSON.parse(JSON.stringify(value));
  return typeof plain === "string" ? plain : JSON.stringify(sorted(plain));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]));
}

/** Gives the undo of a verb, contributed by its feature, or null; those of administrators' acts for them alone. */
export function undoOf({ features }: Pick<Services, "features">, verb: string, actor: Actor): Undo | null {
  for (const { undos = {}, adminUndos = {} } of features) {
    if (Object.hasOwn(undos, verb)) return undos[verb] ?? null;
    if (Object.hasOwn(adminUndos, verb)) return isAdmin(actor) ? (adminUndos[verb] ?? null) : null;
  }
  return null;
}
