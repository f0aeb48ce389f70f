/** "Why is there a warning?": a name is looked at from outside, as a visitor's browser does, and what it sees is said in words. */
import type { Context } from "../../core/context.js";
import { isOuterAddress } from "../../core/dns/index.js";
import { invalid, tooMany } from "../../core/errors.js";
import type { Services } from "../../core/services.js";
import { placeOf, webHostsOf } from "../accounts/index.js";
import { findHost, publicAddressesOf } from "../hosts/index.js";
import { type Handshake, shakeHands, type Verdict } from "./handshake.js";
import { askedName, covers } from "./names.js";
import { getSubject, type ShownSubject } from "./subjects.js";

export type LookVerdict = Verdict | "no_address" | "dns_unknown" | "not_asked" | "fallback";

/** What one address of a name showed. */
export interface Look extends Omit<Handshake, "verdict"> {
  verdict: LookVerdict;
  /** null: the name leads nowhere. */
  address: string | null;
  /** Of a machine of ours; null: it cannot be told. */
  ours: boolean | null;
}

export interface Sight {
  name: string;
  looks: Look[];
  /** Where the name leads by an alias (CNAME), as a proxy or a CDN has it. */
  alias: string | null;
}

const HTTPS_PORT = 443;
const MAX_ADDRESSES = 4;
const MAX_AT_ONCE = 8;

let running = 0;

/** Looks at one name of a subject. Only its own names are asked: nobody sends the panel to a stranger's server. */
export async function lookAt(ctx: Context, services: Services, key: string, name?: string, options: { authorities?: string[] } = {}): Promise<Sight> {
  const subject = await getSubject(ctx, key);
  if (subject.service === "ftp") throw invalid("certificates.look_ftp", {}, "name");
  const wanted = name === undefined ? subject.names[0] : subject.names.find((one) => one.name === name);
  if (!wanted) throw invalid("certificates.look_unknown", {}, "name");
  if (running >= MAX_AT_ONCE) throw tooMany("certificates.busy");
  running += 1;
  try {
    return await look(services, subject, wanted.name, options);
  } finally {
    running -= 1;
  }
}

async function look(services: Services, subject: ShownSubject, name: string, { authorities }: { authorities?: string[] }): Promise<Sight> {
  const { resolver } = services;
  const asked = askedName(name);
  const [four, six] = await Promise.all([resolver.ask(asked, "A", { fresh: true }), resolver.ask(asked, "AAAA", { fresh: true })]);
  const addresses = [four, six].flatMap((seen) => (seen.state === "found" ? seen.records.map(({ value }) => value) : []));
  const alias = [four, six].map((seen) => (seen.state === "found" ? seen.alias : null)).find((one) => one !== null) ?? null;
  if (addresses.length === 0) {
    const unknown = four.state === "unknown" || six.state === "unknown";
    return { name, alias, looks: [{ verdict: unknown ? "dns_unknown" : "no_address", address: null, ours: null, facts: null }] };
  }
  const own = await machineOf(services, subject);
  const looks = addresses.slice(0, MAX_ADDRESSES).map(async (address): Promise<Look> => {
    const ours = own.addresses?.includes(address) ?? null;
    if (!ours && !resolver.settings.innerAddresses && !isOuterAddress(address)) return { verdict: "not_asked", address, ours, facts: null };
    const target = { address, port: ours || own.addresses === null ? own.port : HTTPS_PORT, name: asked };
    const seen = await shakeHands(target, { now: services.clock.now(), ...(authorities ? { authorities } : {}) });
    // What our machines show for a name without a certificate.
    const fallback = seen.verdict === "self_signed" && ours !== false && seen.facts?.fingerprint !== subject.current?.fingerprint;
    return { ...seen, verdict: fallback ? "fallback" : seen.verdict, address, ours };
  });
  return { name, alias: alias?.replace(/\.$/, "") ?? null, looks: await Promise.all(looks) };
}

/** Where a subject's names should be answered; null addresses: by whatever the panel's own name leads to. */
async function machineOf({ db, env }: Services, subject: ShownSubject): Promise<{ addresses: string[] | null; port: number }> {
  if (!subject.accountId) return { addresses: null, port: Number(new URL(env.origin).port) || HTTPS_PORT };
  const place = await placeOf(db, subject.accountId);
  const host = await findHost(db, place.webHostId);
  const addresses = [...(await publicAddressesOf(db, webHostsOf(place))).values()].flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]);
  return { addresses: addresses.filter((one) => one !== null), port: host?.httpsPort ?? HTTPS_PORT };
}

/** Tells whether a look is one that no browser would warn of. */
export function isFine({ verdict }: Pick<Look, "verdict">): boolean {
  return verdict === "good";
}

/** The name among a subject's that is meant by what somebody typed: itself, or the wildcard that answers for it. */
export function meantName(subject: ShownSubject, typed: string): string | undefined {
  return subject.names.find(({ name }) => name === typed)?.name ?? subject.names.find(({ name }) => covers([name], typed))?.name;
}
