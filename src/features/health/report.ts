/** What a check found, as it is kept in the row. Pure. */
import type { Failure } from "../../core/dns/index.js";
import type { RecordName, RecordType } from "../dns/index.js";
import type { ItemState, View } from "./compare.js";
import type { Saying } from "./items.js";

export type HealthState = "ok" | "spreading" | "waiting" | "unknown" | "wrong";

export interface ReportItem {
  key: string;
  kind: "servers" | "keys" | "record";
  name: RecordName;
  type: RecordType | "DS";
  expected: string[];
  exact: boolean;
  reasons: Saying[];
  /** What the servers that know say: ours, the domain's own, or the parent's. */
  source: View;
  /** What a resolver says; null: not asked. */
  world: View | null;
  state: ItemState;
  /** ISO 8601: until then an older answer may be seen. */
  oldUntil: string | null;
}

export interface Report {
  mode: "hosted" | "external";
  /** The world asks our servers; null: nobody could tell, or it need not. */
  delegated: boolean | null;
  /** Name servers as the parent gives them; null: it could not be asked. */
  nameServers: string[] | null;
  /** Why the resolver did not answer, when it answered nothing at all. */
  silent: Failure | null;
  items: ReportItem[];
  /** Records that were not asked one by one. */
  more: number;
}

const EMPTY: Report = { mode: "hosted", delegated: null, nameServers: null, silent: null, items: [], more: 0 };

/** Reads a stored report; one that cannot be read is empty. */
export function readReport(stored: unknown): Report {
  const report = stored as Partial<Report> | null;
  return Array.isArray(report?.items) ? { ...EMPTY, ...report } : EMPTY;
}

/** Sums a report up. What people ignore does not count. */
export function summarise({ items, silent, mode, delegated }: Report, ignored: ReadonlySet<string>): { state: HealthState; wrong: number } {
  const counted = items.filter(({ key }) => !ignored.has(key));
  const has = (state: ItemState) => counted.some((one) => one.state === state);
  const faulty = counted.filter(({ state }) => state === "missing" || state === "wrong");
  // While the world does not ask us, the name servers are what is waited for, and not a fault of the records.
  const waits = mode === "hosted" && delegated === false;
  const wrong = faulty.filter(({ kind }) => !(waits && kind === "servers")).length;
  if (wrong > 0) return { state: "wrong", wrong };
  if (has("waiting") || (waits && faulty.length > 0)) return { state: "waiting", wrong: 0 };
  if (silent !== null || has("unknown")) return { state: "unknown", wrong: 0 };
  return { state: has("spreading") ? "spreading" : "ok", wrong: 0 };
}
