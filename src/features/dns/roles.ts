/** The role `dns`: one unit a zone, and `base` for what all zones of a host share. */
import type { Db } from "../../core/db.js";
import type { Services } from "../../core/services.js";
import type { Desired, Role } from "../../publish/contract.js";
import { addressedNames } from "./format.js";
import type { DnsState, ZoneState } from "./role.js";
import { baseSecondaries } from "./secondaries.js";
import { isReady, readSettings } from "./settings.js";
import { readTables, type ZoneTable } from "./zone-table.js";
import { BASE } from "./zones.js";

/** Zones that a host serves: hosted here, their domain live, their account not in the bin. A suspended account's names go on. */
const served = (hostId: string) => ({ dnsHostId: hostId, mode: "hosted", domain: { state: "live", account: { state: { not: "removed" } } } }) as const;

/** Makes the role; records are gathered from what all features contribute. */
export function dnsRole({ features, env }: Pick<Services, "features" | "env">): Role<DnsState> {
  return {
    name: "dns",
    after: [],
    guarded: { names: addressedNames },
    async keys(db, host, after, limit) {
      if (!isReady(await readSettings(db))) return after === "" ? [BASE] : [];
      const rows = await db.zone.findMany({
        where: { ...served(host.id), name: { gt: after === BASE ? "" : after } },
        orderBy: { name: "asc" },
        take: limit,
        select: { name: true },
      });
      const names = rows.map(({ name }) => name);
      return after === "" ? [BASE, ...names].slice(0, limit) : names;
    },
    async weigh(db, _host, keys) {
      const zones = await db.zone.findMany({ where: { name: { in: keys } }, select: { id: true, name: true } });
      const counts = await db.dnsRecord.groupBy({ by: ["zoneId"], where: { zoneId: { in: zones.map(({ id }) => id) }, state: "live" }, _count: true });
      const counted = new Map(counts.map(({ zoneId, _count }) => [zoneId, _count]));
      return new Map(zones.map(({ id, name }) => [name, 1 + (counted.get(id) ?? 0)]));
    },
    async collect(db, host, keys) {
      const base = keys.includes(BASE) ? [await baseUnit(db, env)] : [];
      const names = keys.filter((key) => key !== BASE);
      const zones = await db.zone.findMany({ where: { name: { in: names } } });
      const live = await db.zone.findMany({ where: { ...served(host.id), name: { in: names } } });
      const tables = new Map([...(await readTables(db, features, live)).values()].map((table) => [table.zone.name, table]));
      const owners = new Map(zones.map(({ name, accountId }) => [name, accountId]));
      return [...base, ...names.map((name) => zoneUnit(name, owners.get(name) ?? null, tables.get(name)))];
    },
  };
}

function zoneUnit(name: string, accountId: string | null, table: ZoneTable | undefined): Desired<DnsState> {
  if (!table || !isReady(table.settings)) return { key: name, accountId, says: [], claims: [], withdrawn: true, probes: [], state: null };
  return {
    key: name,
    accountId,
    says: [{ key: table.zone.signed ? "dns.plan.zone_signed" : "dns.plan.zone", data: { name, count: table.served.length } }],
    claims: [name],
    withdrawn: false,
    probes: [{ kind: "dns", name }],
    state: zoneState(table),
  };
}

/** Gives the typed state of a zone. Pure. */
export function zoneState({ zone, settings, served: records }: ZoneTable): ZoneState {
  const leavingKeys = zone.leavingKeys as number[];
  return {
    kind: "zone",
    zone: zone.name,
    primary: settings.nameServers[0]?.name ?? zone.name,
    mailbox: settings.mailbox,
    serialFloor: Number(zone.serialFloor),
    defaultTtl: zone.defaultTtl ?? settings.defaultTtl,
    negativeTtl: settings.negativeTtl,
    signed: zone.signed,
    ...(leavingKeys.length > 0 ? { leavingKeys } : {}),
    records,
  };
}

async function baseUnit(db: Db, env: Services["env"]): Promise<Desired<DnsState>> {
  const { catalog } = await readSettings(db);
  const secondaries = await baseSecondaries(db, env);
  return {
    key: BASE,
    accountId: null,
    says: [{ key: "dns.plan.base", data: { count: secondaries.length } }],
    claims: [],
    withdrawn: false,
    probes: [],
    state: { kind: "base", catalog, secondaries },
  };
}
