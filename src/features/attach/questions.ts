/** Asks what exists of a name today: where it is served, its mail, its website, and the records beside them that people forget. No database here. */
import { randomBytes } from "node:crypto";
import { askDelegation, type Resolver, type SeenRecord, type SeenType } from "../../core/dns/index.js";

/** Selectors under which providers publish DKIM keys; nothing lists those of a domain. */
const SELECTORS = [
  "default",
  "dkim",
  "mail",
  "google",
  "selector1",
  "selector2",
  "k1",
  "k2",
  "k3",
  "s1",
  "s2",
  "key1",
  "alternc",
  "mutu",
  "protonmail",
  "fm1",
  "fm2",
  "fm3",
];
const MAIL_HOSTS = ["mail", "smtp", "imap", "pop", "pop3", "mx", "webmail", "autoconfig", "autodiscover"];
const SERVICES = ["_imaps._tcp", "_imap._tcp", "_submission._tcp", "_submissions._tcp", "_autodiscover._tcp"];
const PROBE_BYTES = 6;

/** What the world says of a name. */
export interface Existing {
  /** Nobody answered: nothing is known. */
  silent: boolean;
  /** Name servers at the parent, without their last dot; null: it could not be asked. */
  nameServers: string[] | null;
  /** Keys for which the parent vouches. */
  ds: string[];
  records: SeenRecord[];
}

/** Asks all of it, in bounded time. */
export async function askExisting(resolver: Resolver, name: string): Promise<Existing> {
  const asked = Promise.all((["MX", "A", "AAAA", "TXT", "CAA", "NS"] as const).map((type) => resolver.ask(name, type)));
  const [delegation, apex] = await Promise.all([askDelegation(resolver, name), asked]);
  const nameServers = delegation.state === "seen" ? delegation.nameServers.map((one) => one.replace(/\.$/, "")) : null;
  const ds = delegation.state === "seen" ? delegation.ds : [];
  const silent = nameServers === null && apex.every(({ state }) => state === "unknown");
  if (silent) return { silent, nameServers, ds, records: [] };
  const found = apex.flatMap((seen) => (seen.state === "found" && seen.alias === null ? seen.records : []));
  // Nothing below a name that does not exist (RFC 8020).
  if (apex.every((seen) => seen.state === "none" && !seen.nameExists)) return { silent, nameServers, ds, records: [] };
  const below = await askBelow(resolver, name, found);
  return { silent, nameServers, ds, records: [...found.filter(({ type }) => type !== "NS"), ...below] };
}

async function askBelow(resolver: Resolver, name: string, apex: readonly SeenRecord[]): Promise<SeenRecord[]> {
  const exchangers = apex.filter(({ type }) => type === "MX").map(({ value }) => value.split(" ")[1]?.replace(/\.$/, "") ?? "");
  const inside = exchangers.filter((host) => host.endsWith(`.${name}`));
  const hosts = [...new Set(["www", ...MAIL_HOSTS].map((label) => `${label}.${name}`).concat(inside))];
  const texts = ["_dmarc", "_mta-sts", "_smtp._tls", ...SELECTORS.map((selector) => `${selector}._domainkey`)].map((label) => `${label}.${name}`);
  const wild = await wildcard(resolver, name);
  const answers = await Promise.all([
    ...hosts.map((host) => askName(resolver, host, ["A", "AAAA"])),
    ...texts.map((text) => askName(resolver, text, ["TXT"])),
    ...SERVICES.map((service) => askName(resolver, `${service}.${name}`, ["SRV"])),
  ]);
  // Where a wildcard answers everything, what is as it says is not there by itself.
  const own = answers.flat().filter((record) => !wild.some((one) => one.type === record.type && one.value === record.value));
  return [...own, ...wild.map((one) => ({ ...one, name: `*.${name}.` }))];
}

/** What a name says itself: its alias, or its records. */
async function askName(resolver: Resolver, name: string, types: readonly SeenType[]): Promise<SeenRecord[]> {
  const answers = await Promise.all(types.map((type) => resolver.ask(name, type)));
  if (!answers.some((seen) => seen.state === "found" && seen.alias !== null)) return answers.flatMap((seen) => (seen.state === "found" ? seen.records : []));
  const alias = await resolver.ask(name, "CNAME");
  return alias.state === "found" ? alias.records : [];
}

async function wildcard(resolver: Resolver, name: string): Promise<SeenRecord[]> {
  const nobody = `mutu-${randomBytes(PROBE_BYTES).toString("hex")}.${name}`;
  return askName(resolver, nobody, ["A", "AAAA", "TXT"]);
}
