/** Which resolver is asked: what MUTU_RESOLVER names, else the system's own. */
import { getServers } from "node:dns";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import type { Env } from "../env.js";
import type { Server } from "./exchange.js";

export const DNS_PORT = 53;
const MAX_PORT = 65_535;
const MAX_SERVERS = 8;
const WANTED = "an address with or without its port, several by a comma: 192.0.2.1, [2001:db8::1]:5353";

/** What the panel's settings say of asking. */
export interface ResolverSettings {
  servers: Server[];
  /** Where name servers of the world are asked; 53 everywhere but in tests. */
  authorityPort: number;
  /** Name servers with addresses of inner networks are asked too: where the panel's own world is one. */
  innerAddresses: boolean;
}

/** Reads the settings; throws with the name to mend. */
export function resolverSettings(env: Pick<Env, "extra" | "mode">): ResolverSettings {
  const given = env.extra("MUTU_RESOLVER");
  const servers = parseServers(given ?? getServers().join(" "));
  if (!servers) throw new Error(`MUTU_RESOLVER must be ${WANTED}`);
  const port = parsePort(env.extra("MUTU_RESOLVER_AUTHORITY_PORT") ?? String(DNS_PORT));
  if (port === null) throw new Error("MUTU_RESOLVER_AUTHORITY_PORT must be a port");
  return { servers, authorityPort: port, innerAddresses: env.mode !== "production" || env.extra("MUTU_RESOLVER_INNER") === "yes" };
}

/** Parses a list of servers; null when one of them is none. */
export function parseServers(text: string): Server[] | null {
  const words = text.split(/[\s,]+/).filter(Boolean);
  const servers = words.map(parseServer);
  return servers.includes(null) || servers.length > MAX_SERVERS ? null : (servers as Server[]);
}

/** Tells whether an address can be one of the world's name servers: not a machine beside the panel, which strangers would then have it ask. */
export function isOuterAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === "unicast";
}

function parseServer(word: string): Server | null {
  // An IPv6 address as the system writes it has no brackets, and then no port.
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^[\]:]+))(?::(\d{1,5}))?$/.exec(word) ?? [];
  const address = bracketed ?? plain ?? word;
  const port = digits === undefined ? DNS_PORT : parsePort(digits);
  return isIP(address) !== 0 && port !== null ? { address, port } : null;
}

function parsePort(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= MAX_PORT ? port : null;
}
