/** What is looked at before an authority is asked: where a name leads, who answers for it, whether its owner allows it. A failure costs nothing here. */
import { isIP } from "node:net";
import type { Failure, Resolver, Seen } from "../../core/dns/index.js";
import type { ErrorData } from "../../core/errors.js";
import type { Services } from "../../core/services.js";
import type { CertificateSubject, Zone } from "../../generated/sqlite/client.js";
import { plainAddress, readSettings, readTable, zoneHolding } from "../dns/index.js";
import { findHost } from "../hosts/index.js";
import { caaProblem } from "./caa.js";
import { isWildcard } from "./names.js";
import { PANEL, targetsOf } from "./places.js";

export type Method = "http" | "dns";

/** A name that may be asked for, and how it will be proven. */
export interface Ready {
  name: string;
  method: Method;
  /** The zone in which a proof by DNS is shown. */
  zone: Zone | null;
}

/** A name that is left out this time. */
export interface LeftOut {
  name: string;
  code: string;
  data: ErrorData;
}

export interface Sight {
  ready: Ready[];
  leftOut: LeftOut[];
}

export interface Issuer {
  /** CAA identities of the authority. */
  issuers: readonly string[];
  accountUrl: string | null;
  /** Web machines that cannot answer its challenges yet. */
  unready: ReadonlySet<string>;
}

const AT_ONCE = 8;

/** Looks at names of a subject. */
export async function lookAt(services: Services, subject: CertificateSubject, names: readonly string[], issuer: Issuer): Promise<Sight> {
  const expected = await expectedAddresses(services, subject);
  const sight: Sight = { ready: [], leftOut: [] };
  const waiting = [...names];
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const found = await lookAtName(services, subject, name, expected, issuer);
      if ("code" in found) sight.leftOut.push(found);
      else sight.ready.push(found);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const order = (a: { name: string }, b: { name: string }) => names.indexOf(a.name) - names.indexOf(b.name);
  return { ready: sight.ready.sort(order), leftOut: sight.leftOut.sort(order) };
}

async function lookAtName(services: Services, subject: CertificateSubject, name: string, expected: Addresses, issuer: Issuer): Promise<Ready | LeftOut> {
  const way = await wayOf(services, subject, name, expected);
  if ("code" in way) return way;
  if (way.method === "http" && (await targetsOf(services.db, subject)).some(({ hostId }) => issuer.unready.has(hostId)))
    return { name, code: "certificates.machine_not_ready", data: { name } };
  const method = way.method === "http" ? "http-01" : "dns-01";
  const caa = await caaProblem(services.resolver, { name, method, issuers: issuer.issuers, accountUrl: issuer.accountUrl });
  return caa ? { name, ...caa } : way;
}

/** HTTP where the name leads here; DNS where it does not (yet), or is a wildcard, and its zone is ours. */
async function wayOf(services: Services, subject: CertificateSubject, name: string, expected: Addresses): Promise<Ready | LeftOut> {
  const { challenge } = subject;
  const dnsOnly = challenge === "dns" || isWildcard(name);
  const pointing = dnsOnly ? null : await pointingProblem(services.resolver, name, expected);
  if (!dnsOnly && pointing === null) return { name, method: "http", zone: null };
  if (challenge === "http") {
    if (isWildcard(name)) return { name, code: "certificates.wildcard_needs_dns", data: { name } };
    return pointing ?? { name, code: "certificates.wildcard_needs_dns", data: { name } };
  }
  const zone = await zoneProblem(services, subject, name);
  if (!("code" in zone)) return { name, method: "dns", zone: zone.zone };
  return pointing ?? zone;
}

/** `null`: nobody knows the addresses, so they are not compared. */
type Addresses = ReadonlySet<string> | null;

/** Where the names of a subject should lead: to any of its machines, while it moves from one to another. */
async function expectedAddresses(services: Services, subject: CertificateSubject): Promise<Addresses> {
  const targets = await targetsOf(services.db, subject);
  // Where the panel answers is known to nobody but the DNS.
  if (targets.length === 0 || targets.some(({ hostId }) => hostId === PANEL)) return null;
  const all = await Promise.all(targets.map(({ hostId }) => addressesOf(services, hostId)));
  const known = all.filter((one) => one !== null);
  return known.length < all.length ? null : new Set(known.flatMap((one) => [...one]));
}

async function addressesOf(services: Services, hostId: string): Promise<Addresses> {
  const host = await findHost(services.db, hostId);
  const set = [host?.publicIpv4, host?.publicIpv6].flatMap((one) => (one ? [plainAddress(one) ?? one] : []));
  if (set.length > 0) return new Set(set);
  const address = host?.address ?? "";
  // The control machine is reached by itself as nobody else reaches it.
  if (isIP(address) !== 0) return isLoopback(address) ? null : new Set([plainAddress(address) ?? address]);
  if (!address.includes(".")) return null;
  const seen = await Promise.all([services.resolver.ask(address, "A"), services.resolver.ask(address, "AAAA")]);
  const addresses = seen.flatMap(valuesOf);
  return addresses.length > 0 ? new Set(addresses) : null;
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

/** Every address counts: an authority tries IPv6 first, and any of several. */
async function pointingProblem(resolver: Resolver, name: string, expected: Addresses): Promise<LeftOut | null> {
  const seen = await Promise.all([resolver.ask(name, "A", { fresh: true }), resolver.ask(name, "AAAA", { fresh: true })]);
  const addresses = seen.flatMap(valuesOf);
  const unknown = seen.find((one): one is Seen & { state: "unknown"; reason: Failure } => one.state === "unknown");
  if (unknown && addresses.length === 0) return { name, code: "certificates.dns_silent", data: { name, reason: unknown.reason } };
  if (addresses.length === 0) return { name, code: "certificates.points_nowhere", data: { name } };
  const elsewhere = expected === null ? [] : addresses.filter((address) => !expected.has(address));
  if (elsewhere.length === 0) return null;
  return { name, code: "certificates.points_elsewhere", data: { name, seen: elsewhere.join(", "), expected: [...(expected ?? [])].join(", ") } };
}

/** Gives the zone in which a name can be proven, or why there is none. */
async function zoneProblem(services: Services, { accountId }: CertificateSubject, name: string): Promise<{ zone: Zone } | LeftOut> {
  const zone = await zoneHolding(services.db, name);
  const wild = isWildcard(name);
  // A zone above may be another account's: nothing is written into it for a name that is not its holder's.
  if (!zone || (accountId !== null && zone.accountId !== accountId))
    return { name, code: wild ? "certificates.wildcard_elsewhere" : "certificates.zone_elsewhere", data: { name } };
  const { nameServers } = await readSettings(services.db);
  const ours = new Set(nameServers.map((server) => server.name));
  const seen = await services.resolver.ask(zone.name, "NS", { fresh: true });
  if (seen.state === "unknown") return { name, code: "certificates.dns_silent", data: { name, reason: seen.reason } };
  const servers = valuesOf(seen).map((server) => server.replace(/\.$/, ""));
  if (servers.length === 0 || servers.some((server) => !ours.has(server)))
    return {
      name,
      code: "certificates.zone_not_delegated",
      data: { name, zone: zone.name, servers: servers.join(", ") || "–", expected: [...ours].join(", ") },
    };
  const owner = challengeName(name);
  const table = await readTable(services.db, services.features, zone);
  const own = table.rows.find((row) => row.name === owner && row.derived === null);
  return own ? { name, code: "certificates.own_challenge_record", data: { name, record: owner } } : { zone };
}

/** Where a proof by DNS is shown (RFC 8555 §8.4). */
export function challengeName(name: string): string {
  return `_acme-challenge.${name.replace(/^\*\./, "")}`;
}

function valuesOf(seen: Seen): string[] {
  return seen.state === "found" ? seen.records.map(({ value }) => plainAddress(value) ?? value.toLowerCase()) : [];
}
