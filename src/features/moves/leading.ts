/** Where the world is led by names: what a resolver says, compared with the addresses of two machines. */
import { isIPv6 } from "node:net";
import type { Resolver } from "../../core/dns/index.js";
import type { PublicAddresses } from "../hosts/index.js";
import { PROBE_LABEL } from "./visits.js";

const AT_ONCE = 8;
const TYPES = ["A", "AAAA"] as const;

/** A name that may still lead to the machine of before. */
export interface Leading {
  name: string;
  leads: "there" | "unknown";
}

/** Addresses that only the machine of before has: two machines behind one address cannot be told apart, and need not be. Pure. */
export function leadingOf(from: PublicAddresses | undefined, to: PublicAddresses | undefined): string[] {
  const kept = new Set([to?.ipv4, to?.ipv6]);
  return [from?.ipv4, from?.ipv6].filter((address): address is string => typeof address === "string" && !kept.has(address));
}

/** Names that still lead to one of these addresses, or of which nobody could tell. */
export async function stillLead(resolver: Resolver, names: readonly string[], addresses: readonly string[]): Promise<Leading[]> {
  const still: Leading[] = [];
  // What has no address to lead to is not asked for: many a server of strangers cannot answer AAAA.
  const types = TYPES.filter((type) => addresses.some((address) => isIPv6(address) === (type === "AAAA")));
  for (let at = 0; at < names.length && types.length > 0; at += AT_ONCE) {
    const leads = await Promise.all(names.slice(at, at + AT_ONCE).map((name) => leadOf(resolver, name, types, addresses)));
    still.push(...leads.filter((one) => one !== null));
  }
  return still;
}

async function leadOf(resolver: Resolver, name: string, types: readonly (typeof TYPES)[number][], addresses: readonly string[]): Promise<Leading | null> {
  const asked = name.replace(/^\*/, PROBE_LABEL);
  const seen = await Promise.all(types.map((type) => resolver.ask(asked, type, { fresh: true })));
  const told = seen.flatMap((one) => (one.state === "found" ? one.records.map(({ value }) => value) : []));
  if (told.some((address) => addresses.includes(address))) return { name, leads: "there" };
  // Only an answer counts, or that there is no such name. A failure passes, and caches of others still have what was told before.
  return seen.some((one) => one.state === "unknown") ? { name, leads: "unknown" } : null;
}
