/** Asks the world what it says of a domain: its parent, the servers that know, and the resolver. No database here. */
import { askDelegation, type DelegationView, type Resolver, type Seen, type Server, seenOf, serversOf } from "../../core/dns/index.js";
import type { RecordName, RecordType } from "../dns/index.js";
import { judgeExternal, judgeHosted, judgeKeys, judgeServers, type View } from "./compare.js";
import type { ExpectedItem } from "./items.js";
import type { Report, ReportItem } from "./report.js";

const MAX_VALUES = 20;
const MAX_VALUE = 600;

/** What should be seen of one domain. */
export interface Expected {
  zone: RecordName;
  mode: "hosted" | "external";
  /** Ours, without the last dot; asked of the parent when the zone is hosted. */
  nameServers: readonly string[];
  /** Where our own primary answers; null: none does. */
  primary: Server | null;
  /** A change of the zone is on its way to our servers: what they lack is not missing yet. */
  publishing: boolean;
  signed: boolean;
  /** DS records of our keys; empty: not known. */
  ds: readonly string[];
  items: readonly ExpectedItem[];
  /** Records beyond those that are asked. */
  more: number;
}

/** Asks everything about a domain. `fresh` takes no answer of a moment ago. */
export async function askAll(resolver: Resolver, expected: Expected, now: Date, fresh: boolean): Promise<Report> {
  const { zone, mode, more } = expected;
  const delegation = await askDelegation(resolver, zone, { fresh });
  const delegated = mode === "hosted" ? isOurs(delegation, expected.nameServers) : null;
  const servers = await sources(resolver, expected, delegation, fresh);
  const records = await Promise.all(
    expected.items.map((item) => askItem(resolver, item, { servers, mode, delegated, publishing: expected.publishing, now, fresh })),
  );
  const items = [...parentItems(expected, delegation, delegated, now), ...records];
  const nameServers = delegation.state === "seen" ? delegation.nameServers.map(bare) : null;
  return { mode, delegated, nameServers, silent: silence(delegation, records), items, more };
}

interface Asking {
  servers: readonly Server[];
  mode: Expected["mode"];
  delegated: boolean | null;
  publishing: boolean;
  now: Date;
  fresh: boolean;
}

async function askItem(resolver: Resolver, item: ExpectedItem, { servers, mode, delegated, publishing, now, fresh }: Asking): Promise<ReportItem> {
  // What the world says of a zone that it asks elsewhere says nothing of ours.
  const away = mode === "hosted" && delegated === false;
  const [source, seen] = await Promise.all([
    askSource(resolver, servers, item.name, item.type, fresh),
    away ? null : resolver.ask(item.name, item.type, { fresh }),
  ]);
  const world = seen && viewOf(seen);
  const judged =
    mode === "hosted"
      ? judgeHosted(item, source, world ?? { state: "none" }, { delegated, publishing })
      : judgeExternal(item, source, world ?? { state: "none" });
  const { key, name, type, values: expected, exact, reasons } = item;
  const views = { source: bounded(source), world: world && bounded(world) };
  return { key, kind: "record", name, type, expected, exact, reasons, ...views, state: judged.state, oldUntil: clockTime(now, judged.oldFor) };
}

/** Asks servers that keep the zone themselves, one after the other; an answer from memory does not count. */
async function askSource(resolver: Resolver, servers: readonly Server[], name: RecordName, type: RecordType, fresh: boolean): Promise<View> {
  let last: View = { state: "unknown", reason: "no_server" };
  for (const server of servers) {
    const told = await resolver.askAt(server, name, type, { fresh });
    if (told.state === "unknown") last = { state: "unknown", reason: told.reason };
    else if (!told.answer.authoritative) last = { state: "unknown", reason: "refused" };
    else return viewOf(seenOf(told.answer, name, type));
  }
  return last;
}

async function sources(resolver: Resolver, { mode, primary }: Expected, delegation: DelegationView, fresh: boolean): Promise<readonly Server[]> {
  if (mode === "hosted") return primary ? [primary] : [];
  return delegation.state === "seen" ? serversOf(resolver, delegation.nameServers, { fresh }) : [];
}

function parentItems({ zone, mode, nameServers, signed, ds }: Expected, delegation: DelegationView, delegated: boolean | null, now: Date): ReportItem[] {
  if (mode !== "hosted" || nameServers.length === 0) return [];
  const seen = delegation.state === "seen";
  const wanted = [...nameServers].sort();
  const found = seen ? delegation.nameServers.map(bare).sort() : [];
  const ttl = seen ? delegation.ttl : 0;
  const state = seen ? judgeServers(wanted, found) : "unknown";
  const source = seen ? told(found, ttl) : ({ state: "unknown", reason: delegation.reason } as const);
  const common = { name: zone, exact: true, reasons: [], world: null };
  const servers: ReportItem = {
    ...common,
    ...{ key: `${zone} NS`, kind: "servers", type: "NS", expected: wanted, source, state },
    // Resolvers that asked before the change keep the old delegation as long as the parent told them to.
    oldUntil: state === "wrong" ? clockTime(now, ttl) : null,
  };
  // Before the world asks us, a DS record of ours there would make the domain unreachable.
  if (!seen || (delegated !== true && delegation.ds.length === 0) || (signed && ds.length === 0)) return [servers];
  const keys = judgeKeys(signed && delegated === true, ds, delegation.ds);
  // Keys of the former servers are no fault before the name servers change; they must go before.
  const keyState = delegated === false && keys === "wrong" ? "advice" : keys;
  if (keys === "ok" && !signed) return [servers];
  return [
    servers,
    {
      ...common,
      key: `${zone} DS`,
      kind: "keys",
      type: "DS",
      expected: signed ? [...ds] : [],
      source: told(delegation.ds, ttl),
      state: keyState,
      oldUntil: null,
    },
  ];
}

/** The world asks ours when at least one of our servers stands at the parent; null: nobody could tell. */
function isOurs(delegation: DelegationView, nameServers: readonly string[]): boolean | null {
  if (delegation.state === "unknown") return null;
  return nameServers.some((name) => delegation.nameServers.includes(`${name}.`));
}

function silence(delegation: DelegationView, records: readonly ReportItem[]): Report["silent"] {
  if (delegation.state === "seen" || records.some(({ world }) => world !== null && world.state !== "unknown")) return null;
  return delegation.reason;
}

function viewOf(seen: Seen): View {
  if (seen.state === "unknown") return seen;
  if (seen.state === "none") return { state: "none" };
  const values = seen.records.map(({ value }) => value).sort();
  return { state: "found", values, ttl: Math.max(0, ...seen.records.map(({ ttl }) => ttl)), alias: seen.alias };
}

/** A stranger's answer may be long: what is kept and shown is bounded, once it was compared. */
function bounded(view: View): View {
  return view.state === "found" ? { ...view, values: view.values.slice(0, MAX_VALUES).map((value) => value.slice(0, MAX_VALUE)) } : view;
}

function told(values: readonly string[], ttl: number): View {
  return values.length === 0 ? { state: "none" } : { state: "found", values: [...values].slice(0, MAX_VALUES), ttl, alias: null };
}

function clockTime(now: Date, seconds: number | null): string | null {
  return seconds === null || seconds <= 0 ? null : new Date(now.getTime() + seconds * 1000).toISOString();
}

function bare(name: string): string {
  return name.replace(/\.$/, "");
}
