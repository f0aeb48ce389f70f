/** Signatures of a zone: which DS records its primary wants at the parent, and whether the parent has them. Asking happens outside of transactions. */
import { createHash } from "node:crypto";
import type { Context } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import { exchange, type Resolver, type Server } from "../../core/dns/index.js";
import type { Zone } from "../../generated/sqlite/client.js";
import type { HostDirectory } from "../../publish/contract.js";
import { dnsServerOf } from "./probers.js";
import type { RecordName } from "./role.js";
import { stepOf } from "./roll-over-step.js";
import { signatureEnd } from "./signatures.js";
import { getZone, zoneObject } from "./zones.js";

const TIMEOUT_MS = 2000;
const BATCH = 500;
const SHA256 = 2;
const KEY_SIGNING = 0x0101; // zone key and secure entry point (RFC 4034 §2.1.1)
const REVOKED = 0x0080; // RFC 5011 §7
const HOUR_MS = 3_600_000;

export type ParentState = "unknown" | "absent" | "partial" | "present";

/** Who is asked: our own primaries, and the world through a resolver. */
export interface DnssecSources {
  hosts: HostDirectory;
  resolver: Resolver;
}

/** Those of these domains whose zone we serve with signatures. */
export async function signedDomains(db: Db, domainIds: readonly string[]): Promise<Set<string>> {
  const zones = await db.zone.findMany({ where: { domainId: { in: [...domainIds] }, mode: "hosted", signed: true }, select: { domainId: true } });
  return new Set(zones.map(({ domainId }) => domainId));
}

/** Asks both sides about one zone and keeps the answers. */
export async function checkDnssec(ctx: Context, sources: DnssecSources, key: string): Promise<Zone> {
  const zone = await getZone(ctx, key);
  return saveAnswers(ctx, zone, await askBoth(ctx, sources, zone));
}

/** Asks again about the signed zones that were asked longest ago. Gives how many. */
export async function checkAllDnssec(ctx: Context, sources: DnssecSources): Promise<number> {
  const before = new Date(ctx.clock.now().getTime() - HOUR_MS);
  const zones = await ctx.db.zone.findMany({
    where: {
      ...{ mode: "hosted", dnsHostId: { not: null }, domain: { state: "live" } },
      // Somebody waits while keys change: those zones are asked about each time.
      OR: [{ dsAskedAt: null }, { dsAskedAt: { lt: before } }, { rollOver: { not: "none" } }],
    },
    orderBy: [{ dsAskedAt: { sort: "asc", nulls: "first" } }],
    take: BATCH,
  });
  for (const zone of zones) await saveAnswers(ctx, zone, await askBoth(ctx, sources, zone));
  return zones.length;
}

interface Answers {
  /** null: nobody answered, what was known stays. */
  primary: PrimaryKeys | null;
  parent: string[] | null;
  signedUntil: Date | null;
}

async function askBoth(ctx: Context, { hosts, resolver }: DnssecSources, zone: Zone): Promise<Answers> {
  const host = zone.dnsHostId && zone.signed ? await hosts.find(ctx.db, zone.dnsHostId) : null;
  const server = host && (await dnsServerOf(host).catch(() => null));
  const asked = host === null ? { wanted: [], keys: [] } : server && primaryKeys(server, zone.name);
  const [primary, parent, signedUntil] = await Promise.all([asked, parentDs(resolver, zone.name), server && signatureEnd(server, zone.name)]);
  return { primary, parent, signedUntil };
}

/** What the parent says; null: it could not be found out. */
async function parentDs(resolver: Resolver, zone: RecordName): Promise<string[] | null> {
  const seen = await resolver.ask(zone, "DS", { fresh: true });
  if (seen.state === "unknown") return null;
  return seen.state === "found" ? seen.records.map(({ value }) => value).sort() : [];
}

async function saveAnswers(ctx: Context, zone: Zone, { primary, parent, signedUntil }: Answers): Promise<Zone> {
  const ds = primary?.wanted ?? (zone.ds as string[]);
  // While keys change, the parent may have the DS of any that is still in use.
  const parentState: ParentState = parent === null ? "unknown" : compareDs([...ds, ...(primary?.keys ?? [])], parent);
  const asked = { ds, parentDs: parent ?? [], parentState, dsAskedAt: ctx.clock.now(), ...(signedUntil ? { signedUntil } : {}) };
  const step = primary && parent ? stepOf({ leaving: zone.leavingKeys as number[], ...primary, parent }) : null;
  if (step === "done") return endRollOver(ctx, zone, asked);
  return ctx.db.zone.update({ where: { id: zone.id }, data: { ...asked, ...(step ? { rollOver: step } : {}) } });
}

/** The keys that should leave have left. */
async function endRollOver(ctx: Context, zone: Zone, asked: Partial<Zone>): Promise<Zone> {
  return ctx.transaction(async (tx) => {
    const known = await tx.db.zone.findUniqueOrThrow({ where: { id: zone.id } });
    if (JSON.stringify(known.leavingKeys) !== JSON.stringify(zone.leavingKeys)) return known;
    tx.audit({ verb: "dns.zone.rolled_over", accountId: zone.accountId, object: zoneObject(zone), old: { keys: zone.leavingKeys }, new: { ds: asked.ds } });
    return tx.db.zone.update({
      where: { id: zone.id },
      data: { ...(asked as object), leavingKeys: [], rollOver: "none" },
    });
  });
}

/** Compares what should be at the parent with what is there: `partial` when only other keys are vouched for. Pure. */
export function compareDs(wanted: readonly string[], found: readonly string[]): ParentState {
  if (found.length === 0) return "absent";
  return wanted.some((one) => found.includes(one)) ? "present" : "partial";
}

/** DS records of a zone's keys, as its primary tells them. */
export interface PrimaryKeys {
  /** Those that the parent should have. */
  wanted: string[];
  /** Those of all key-signing keys that are published. */
  keys: string[];
}

/** Asks the primary which DS records it wants (CDS, RFC 7344), or makes them of its key-signing keys; null: nobody answered. */
export async function wantedDs(server: Server, zone: RecordName): Promise<string[] | null> {
  return (await primaryKeys(server, zone))?.wanted ?? null;
}

/** Asks the primary which keys it publishes; null: nobody answered. */
export async function primaryKeys(server: Server, zone: RecordName): Promise<PrimaryKeys | null> {
  const [cds, dnskeys] = await Promise.all([valuesOf(server, zone, "CDS"), valuesOf(server, zone, "DNSKEY")]);
  if (cds === null || dnskeys === null) return null;
  const keys = dnskeys.flatMap((value) => dsOfKey(zone, value) ?? []).sort();
  // RFC 8078 §4: "0 0 0 00" asks the parent to forget.
  const published = cds.filter((value) => !value.startsWith("0 0 ")).sort();
  return { wanted: published.length > 0 ? published : keys, keys };
}

async function valuesOf(server: Server, zone: RecordName, type: "CDS" | "DNSKEY"): Promise<string[] | null> {
  const answer = await exchange(server, { name: zone, type }, { timeoutMs: TIMEOUT_MS, recursive: false });
  if (typeof answer === "string" || answer.rcode !== 0) return null;
  return answer.answers.filter((one) => one.type === type).map(({ value }) => value);
}

/** Makes the DS record of a key-signing key (RFC 4034 §5.1.4); null for any other key. */
export function dsOfKey(zone: RecordName, dnskey: string): string | null {
  const [flags = 0, protocol = 0, algorithm = 0] = dnskey.split(" ").map(Number);
  const key = Buffer.from(dnskey.split(" ").slice(3).join(""), "base64");
  if ((flags & KEY_SIGNING) !== KEY_SIGNING || (flags & REVOKED) !== 0) return null;
  const data = Buffer.concat([Buffer.from([flags >> 8, flags & 0xff, protocol, algorithm]), key]);
  const digest = createHash("sha256").update(wireName(zone)).update(data).digest();
  return `${keyTag(data)} ${algorithm} ${SHA256} ${digest.toString("hex")}`;
}

/** RFC 4034 appendix B. */
function keyTag(data: Buffer): number {
  let sum = 0;
  for (const [at, byte] of data.entries()) sum += at % 2 === 0 ? byte << 8 : byte;
  return (sum + (sum >> 16)) & 0xffff;
}

function wireName(name: RecordName): Buffer {
  const labels = name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}
