/** What should be seen of a domain, from what the zone serves, or from what its sites imply where its DNS is kept elsewhere. */
import type { Server } from "../../core/dns/index.js";
import type { Services } from "../../core/services.js";
import type { Zone } from "../../generated/sqlite/client.js";
import { publisherOf } from "../../publish/index.js";
import { placeOf } from "../accounts/index.js";
import { dnsServerOf, readTable, wantedDs, type ZoneTable, zoneChipsOf } from "../dns/index.js";
import { publicAddressesOf } from "../hosts/index.js";
import type { Expected } from "./ask.js";
import { type ExpectedRecord, itemsOf, MAX_ITEMS } from "./items.js";

/** Gathers what should be seen. */
export async function expectedOf(services: Services, zone: Zone): Promise<Expected> {
  const table = await readTable(services.db, services.features, zone);
  const hosted = zone.mode === "hosted";
  const records = hosted ? servedRecords(table) : await externalRecords(services, zone, table);
  const items = itemsOf(zone.name, records, hosted);
  const primary = hosted ? await primaryOf(services, zone) : null;
  return {
    zone: zone.name,
    mode: zone.mode,
    nameServers: table.settings.nameServers.map(({ name }) => name),
    primary,
    publishing: hosted && (await zoneChipsOf(services.db, [zone])).get(zone.id)?.state === "waiting",
    signed: zone.signed,
    ds: primary && zone.signed ? ((await wantedDs(primary, zone.name)) ?? (zone.ds as string[])) : [],
    items: items.slice(0, MAX_ITEMS),
    more: Math.max(0, items.length - MAX_ITEMS),
  };
}

/** The records that somebody who keeps the DNS elsewhere must add. */
export async function externalRecords(services: Services, zone: Zone, table: ZoneTable): Promise<ExpectedRecord[]> {
  const implied = table.rows.flatMap(({ name, data, derived }) => (derived && derived.feature !== "dns" ? [{ name, data, reason: derived.reason }] : []));
  return implied.length > 0 ? implied : startRecords(services, zone);
}

/** Before there is any site: where the first one will answer. */
async function startRecords({ db }: Services, { accountId, name }: Zone): Promise<ExpectedRecord[]> {
  const { webHostId } = await placeOf(db, accountId);
  const { ipv4 = null, ipv6 = null } = (await publicAddressesOf(db, [webHostId])).get(webHostId) ?? {};
  const reason = { key: "health.reasons.start", data: {} };
  return [name, `www.${name}`].flatMap((owner): ExpectedRecord[] => [
    ...(ipv4 ? [{ name: owner, data: { type: "A", address: ipv4 } as const, reason }] : []),
    ...(ipv6 ? [{ name: owner, data: { type: "AAAA", address: ipv6 } as const, reason }] : []),
  ]);
}

function servedRecords({ rows, served }: ZoneTable): ExpectedRecord[] {
  const reasons = new Map(rows.map((row) => [row.data, row.derived?.reason ?? null]));
  return served.map(({ name, data }) => ({ name, data, reason: reasons.get(data) ?? null }));
}

/** Where our own primary answers; one whose name leads nowhere is not asked. */
async function primaryOf(services: Services, { dnsHostId }: Zone): Promise<Server | null> {
  const host = dnsHostId ? await publisherOf(services).hosts.find(services.db, dnsHostId) : null;
  if (!host) return null;
  try {
    return await dnsServerOf(host);
  } catch (error) {
    services.log.warn({ err: error, host: host.name }, "the name server of a host cannot be found");
    return null;
  }
}
