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

/** What the world says of names. */
export interface World {
  /** Names that still lead to one of the addresses, or of which nobody could tell. */
  still: Leading[];
  /** The longest TTL of the answers: a hint at what caches keep. */
  seconds: number;
}

/** Asks the world for names: which of them still lead to one of these addresses. */
export async function askWorld(resolver: Resolver, names: readonly string[], addresses: readonly string[]): Promise<World> {
  const world: World = { still: [], seconds: 0 };
  // What has no address to lead to is not asked for: many a server of strangers cannot answer AAAA.
  const types = TYPES.filter((type) => addresses.some((address) => isIPv6(address) === (type === "AAAA")));
  for (let at = 0; at < names.length && types.length > 0; at += AT_ONCE) {
    const answers = await Promise.all(names.slice(at, at + AT_ONCE).map((name) => leadOf(resolver, name, types, addresses)));
    world.still.push(...answers.flatMap(({ still }) => still));
    world.seconds = Math.max(world.seconds, ...answers.map(({ seconds }) => seconds));
  }
  return world;
}

async function leadOf(resolver: Resolver, name: string, types: readonly (typeof TYPES)[number][], addresses: readonly string[]): Promise<World> {
  const asked = name.replace(/^\*/, PROBE_LABEL);
  const seen = await Promise.all(types.map((type) => resolver.ask(asked, type, { fresh: true })));
  const told = seen.flatMap((one) => (one.state === "found" ? one.records : []));
  const seconds = Math.max(0, ...told.map(({ ttl }) => ttl));
  if (told.some(({ value }) => addresses.includes(value))) return { still: [{ name, leads: "there" }], seconds };
  // Only an answer counts, or that there is no such name. A failure passes, and caches of others still have what was told before.
  return { still: seen.some((one) => one.state === "unknown") ? [{ name, leads: "unknown" }] : [], seconds };
}
