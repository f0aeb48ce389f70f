/** What lies above a name: the servers of the zone that delegates it, and what they say (RFC 1034 §4.2.2, RFC 4035 §2.4). */
import type { Server } from "./exchange.js";
import type { SeenRecord } from "./message.js";
import type { AskOptions, Failure, Resolver } from "./resolver.js";
import { isOuterAddress } from "./servers.js";

/** Servers of a zone that are asked, one after the other, until one answers. */
const MAX_SERVERS = 3;
const MAX_DEPTH = 6;

export interface Delegation {
  /** Name of the zone above, without its last dot. */
  parent: string;
  /** Names that the parent's servers give, as they stand there; empty: no delegation. */
  nameServers: string[];
  /** DS records at the parent. */
  ds: string[];
  /** Longest TTL of the delegation in seconds: how long an old one may be remembered. */
  ttl: number;
}

export type DelegationView = ({ state: "seen" } & Delegation) | { state: "unknown"; reason: Failure };

/** Asks the zone above for the delegation of a name. */
export async function askDelegation(resolver: Resolver, name: string, options: AskOptions = {}): Promise<DelegationView> {
  const above = await zoneAbove(resolver, name, options);
  if ("reason" in above) return { state: "unknown", reason: above.reason };
  let reason: Failure = "no_server";
  for (const server of await serversOf(resolver, above.nameServers, options)) {
    const told = await resolver.askAt(server, name, "NS", options);
    if (told.state === "unknown") {
      reason = told.reason;
      continue;
    }
    const { answers, authority, rcode } = told.answer;
    const here = [...answers, ...authority].filter((one) => one.type === "NS" && one.name === `${name}.`);
    // A server that knows neither the name nor that it does not exist is no server of the zone above.
    if (here.length === 0 && rcode === 0 && !told.answer.authoritative) {
      reason = "broken";
      continue;
    }
    const ds = here.length === 0 ? [] : await dsAt(resolver, server, name, options);
    return { state: "seen", parent: above.name, nameServers: valuesOf(here), ds, ttl: Math.max(0, ...here.map(({ ttl }) => ttl)) };
  }
  return { state: "unknown", reason };
}

/** Gives the addresses at which name servers are asked, in order, a few of them. */
export async function serversOf(resolver: Resolver, names: readonly string[], options: AskOptions = {}): Promise<Server[]> {
  const servers: Server[] = [];
  for (const name of names.slice(0, MAX_SERVERS)) {
    const address = await addressOf(resolver, name.replace(/\.$/, ""), options);
    if (address) servers.push({ address, port: resolver.settings.authorityPort });
  }
  return servers;
}

/** The first address of a machine that may be asked. A stranger's name server must not make the panel speak to a machine beside it. */
async function addressOf(resolver: Resolver, name: string, options: AskOptions): Promise<string | null> {
  for (const type of ["A", "AAAA"] as const) {
    const seen = await resolver.ask(name, type, options);
    const records = seen.state === "found" ? seen.records : [];
    const usable = records.find(({ value }) => resolver.settings.innerAddresses || isOuterAddress(value));
    if (usable) return usable.value;
  }
  return null;
}

async function zoneAbove(resolver: Resolver, name: string, options: AskOptions): Promise<{ name: string; nameServers: string[] } | { reason: Failure }> {
  const labels = name.split(".");
  for (let depth = 1; depth <= Math.min(MAX_DEPTH, labels.length); depth += 1) {
    const parent = labels.slice(depth).join(".");
    const seen = await resolver.ask(parent, "NS", options);
    if (seen.state === "unknown") return { reason: seen.reason };
    if (seen.state === "found" && seen.alias === null) return { name: parent, nameServers: valuesOf(seen.records) };
  }
  return { reason: "no_server" };
}

async function dsAt(resolver: Resolver, server: Server, name: string, options: AskOptions): Promise<string[]> {
  const told = await resolver.askAt(server, name, "DS", options);
  return told.state === "told" ? valuesOf(told.answer.answers.filter((one) => one.type === "DS" && one.name === `${name}.`)) : [];
}

function valuesOf(records: readonly SeenRecord[]): string[] {
  return [...new Set(records.map(({ value }) => value))].sort();
}
