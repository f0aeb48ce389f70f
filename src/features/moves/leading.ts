/** Where the world is led by names: what a resolver says, compared with the addresses of two machines. */
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
  for (let at = 0; at < names.length && addresses.length > 0; at += AT_ONCE) {
    const leads = await Promise.all(names.slice(at, at + AT_ONCE).map((name) => leadOf(resolver, name, addresses)));
    still.push(...leads.filter((one) => one !== null));
  }
  return still;
}

async function leadOf(resolver: Resolver, name: string, addresses: readonly string[]): Promise<Leading | null> {
  const asked = name.replace(/^\*/, PROBE_LABEL);
  const seen = await Promise.all(TYPES.map((type) => resolver.ask(asked, type, { fresh: true })));
  const told = seen.flatMap((one) => (one.state === "found" ? one.records.map(({ value }) => value) : []));
  if (told.some((address) => addresses.includes(address))) return { name, leads: "there" };
  // A server that says that it cannot tell leads nobody anywhere; silence may be our own.
  const silent = seen.some((one) => one.state === "unknown" && one.reason !== "failed" && one.reason !== "refused");
  return silent ? { name, leads: "unknown" } : null;
}
