/** Zones: one a domain, kept by us or elsewhere; which of them a change concerns. */
import type { Context, TransactionContext } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import { notFound } from "../../core/errors.js";
import { ownedBy } from "../../core/ownership.js";
import type { Prisma, Zone } from "../../generated/sqlite/client.js";
import { touch } from "../../publish/index.js";
import { changeableAccount } from "../accounts/index.js";
import { parentsOf, parseName } from "../domains/index.js";
import { hostsWithRole } from "../hosts/index.js";
import { isReady, readSettings } from "./settings.js";

export const BASE = "base";
const SERIALS = 4_294_967_296; // RFC 1982: 32 bits
const HALF = SERIALS / 2;
/** Zones marked at once. */
const PAGE = 500;

const SHOWN = { domain: { select: { state: true } } } as const;
export type ShownZone = Prisma.ZoneGetPayload<{ include: typeof SHOWN }>;

export interface ZoneQuery {
  q?: string;
  accountId?: string;
  skip?: number;
  take?: number;
}

/** Zones of live domains that the actor may see, by name. */
export async function listZones(ctx: Context, query: ZoneQuery = {}): Promise<{ rows: ShownZone[]; total: number }> {
  const text = query.q?.trim().toLowerCase().normalize("NFC");
  const where: Prisma.ZoneWhereInput = {
    AND: [
      ownedBy(ctx, "dns.read"),
      { domain: { state: "live" } },
      query.accountId ? { accountId: query.accountId } : {},
      text ? { OR: [{ name: { contains: text } }, { domain: { search: { contains: text } } }] } : {},
    ],
  };
  const rows = await ctx.db.zone.findMany({ where, include: SHOWN, orderBy: { name: "asc" }, skip: query.skip ?? 0, take: query.take ?? 20 });
  return { rows, total: await ctx.db.zone.count({ where }) };
}

/** Gives one zone, by the id or the name of its domain. */
export async function getZone(ctx: Context, key: string, permission = "dns.read"): Promise<ShownZone> {
  const where = { AND: [{ OR: [{ domainId: key }, { name: parseName(key) ?? key }] }, ownedBy(ctx, permission)] };
  const zone = await ctx.db.zone.findFirst({ where, include: SHOWN });
  if (!zone) throw notFound("domains.domain_unknown");
  return zone;
}

/** The nearest zone of ours that holds a name, hosted here and served; null: somebody else answers for it. Whoever asks must not show it to strangers. */
export async function zoneHolding(db: Db, name: string): Promise<Zone | null> {
  const exact = name.replace(/^\*\./, "");
  const zones = await db.zone.findMany({ where: { name: { in: [exact, ...parentsOf(exact)] }, domain: { state: "live" } } });
  const nearest = zones.sort((a, b) => b.name.length - a.name.length)[0];
  return nearest && nearest.mode === "hosted" && nearest.dnsHostId !== null ? nearest : null;
}

/** Gives a zone whose owner may be changed now; whether it is locked is asked by what changes records. */
export async function changeableZone(tx: TransactionContext, key: string): Promise<ShownZone> {
  const zone = await getZone(tx, key, "dns.write");
  await changeableAccount(tx, zone.accountId, "dns.write");
  if (zone.domain.state === "bin") throw notFound("domains.domain_unknown");
  return zone;
}

/** Makes the zone of a domain that has none yet. */
export async function ensureZone(tx: TransactionContext, domain: { domainId: string; accountId: string; name: string }): Promise<Zone> {
  const known = await tx.db.zone.findUnique({ where: { domainId: domain.domainId } });
  if (known) return known;
  const settings = await readSettings(tx.db);
  const above = await nearestAbove(tx, domain.name);
  const zone = await tx.db.zone.create({
    data: { ...domain, above, dnsHostId: await primaryHost(tx, settings.hostId), signed: settings.signed, serialFloor: firstSerial(tx.clock.now()) },
  });
  await tx.db.zone.updateMany({ where: { name: { endsWith: `.${domain.name}` }, above }, data: { above: domain.name } });
  return zone;
}

/** Lets the zones below a leaving one hang on what is above it. */
export async function unhangZone(tx: TransactionContext, zone: Pick<Zone, "name" | "above">): Promise<void> {
  await tx.db.zone.updateMany({ where: { above: zone.name }, data: { above: zone.above } });
}

/** The host that answers for new zones; null: none does. */
export async function primaryHost(tx: TransactionContext, wanted: string | null): Promise<string | null> {
  const hosts = await hostsWithRole(tx.db, "dns");
  return (hosts.find(({ id }) => id === wanted) ?? hosts[0])?.id ?? null;
}

/** Marks the zones that serve these names, and what delegates to them: records that follow from somebody's facts changed. */
export async function touchZones(tx: TransactionContext, names: readonly string[]): Promise<void> {
  const exact = [...new Set(names.map((name) => name.replace(/^\*\./, "")))];
  const wanted = [...new Set(exact.flatMap((name) => [name, ...parentsOf(name)]))];
  const known = await tx.db.zone.findMany({ where: { name: { in: wanted } } });
  const byName = new Map(known.filter(({ mode }) => mode === "hosted").map((zone) => [zone.name, zone]));
  const nearest = exact.flatMap((name) => [name, ...parentsOf(name)].find((one) => byName.has(one)) ?? []);
  await touchRows(
    tx,
    [...new Set(nearest)].flatMap((name) => byName.get(name) ?? []),
  );
}

type Marked = Pick<Zone, "id" | "name" | "accountId" | "dnsHostId">;

/** Marks zones, with a serial greater than before. */
export async function touchRows(tx: TransactionContext, zones: readonly Marked[]): Promise<void> {
  if (zones.length === 0 || !isReady(await readSettings(tx.db))) return;
  for (let start = 0; start < zones.length; start += PAGE) {
    const id = { in: zones.slice(start, start + PAGE).map((zone) => zone.id) };
    await tx.db.zone.updateMany({ where: { id }, data: { serialFloor: { increment: 1 }, version: { increment: 1 } } });
    // RFC 1982: after the greatest comes zero, which is left out, for some servers take it as "none".
    await tx.db.zone.updateMany({ where: { id, serialFloor: { gte: SERIALS } }, data: { serialFloor: 1 } });
  }
  await touch(
    tx,
    zones.flatMap(({ dnsHostId, name, accountId }) => (dnsHostId ? [{ hostId: dnsHostId, role: "dns", key: name, accountId }] : [])),
  );
}

/** Marks the zone and the one above it, which delegates to it. */
export async function touchWithParent(tx: TransactionContext, zone: Zone): Promise<void> {
  const parent = zone.above ? await tx.db.zone.findUnique({ where: { name: zone.above } }) : null;
  await touchRows(tx, parent ? [zone, parent] : [zone]);
}

/** Marks all zones of an account with those that delegate to them. */
export async function touchZonesOf(tx: TransactionContext, accountId: string): Promise<void> {
  const zones = await tx.db.zone.findMany({ where: { accountId } });
  const above = await tx.db.zone.findMany({ where: { name: { in: zones.flatMap((zone) => zone.above ?? []) }, accountId: { not: accountId } } });
  await touchRows(tx, [...zones, ...above]);
}

/** Marks every zone, and what all zones of a host share. */
export async function touchEverything(tx: TransactionContext, hostId?: string): Promise<void> {
  await touchBase(tx, hostId);
  for (let after = ""; ; ) {
    const page = await tx.db.zone.findMany({
      where: { mode: "hosted", dnsHostId: hostId ?? { not: null }, id: { gt: after } },
      orderBy: { id: "asc" },
      take: PAGE,
      select: { id: true, name: true, accountId: true, dnsHostId: true },
    });
    await touchRows(tx, page);
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) return;
    after = last.id;
  }
}

/** Marks what all zones of a host share. */
export async function touchBase(tx: TransactionContext, hostId?: string): Promise<void> {
  const hosts = hostId ? [{ id: hostId }] : await hostsWithRole(tx.db, "dns");
  await touch(
    tx,
    hosts.map(({ id }) => ({ hostId: id, role: "dns", key: BASE, accountId: null })),
  );
}

/** Raises the least serial, so that a server which knows a greater one follows again (RFC 1982 §3.2). Gives whether it rose. */
export async function raiseSerial(tx: TransactionContext, zone: Zone, seen: number): Promise<boolean> {
  const floor = Number(zone.serialFloor);
  const ahead = (seen - floor + SERIALS) % SERIALS;
  if (ahead === 0 || ahead >= HALF) return false;
  await tx.db.zone.update({ where: { id: zone.id }, data: { serialFloor: BigInt(seen) } });
  return true;
}

/** Starts as operators write it, YYYYMMDD00 (RFC 1912 §2.2), so that who read it yesterday reads a greater one today. */
function firstSerial(now: Date): bigint {
  return BigInt(`${now.toISOString().slice(0, 10).replaceAll("-", "")}00`);
}

async function nearestAbove(tx: TransactionContext, name: string): Promise<string | null> {
  const rows = await tx.db.zone.findMany({ where: { name: { in: parentsOf(name) } }, select: { name: true } });
  return rows.sort((a, b) => b.name.length - a.name.length)[0]?.name ?? null;
}

/** Names a zone in the audit trail. */
export function zoneObject(zone: Pick<Zone, "id" | "name">) {
  return { type: "zone", id: zone.id, name: zone.name };
}
