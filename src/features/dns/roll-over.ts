/** Changing the key-signing key of a zone: begun here, carried out by the primary, which keeps the old key until it has seen the new DS at the parent. */
import type { Context } from "../../core/context.js";
import { conflict } from "../../core/errors.js";
import type { Zone } from "../../generated/sqlite/client.js";
import type { HostRecord } from "../../publish/contract.js";
import { checkDnssec, type DnssecSources, primaryKeys } from "./dnssec.js";
import { dnsDaemon, dnsServerOf } from "./probers.js";
import { tagOf } from "./roll-over-step.js";
import { refuseLocked } from "./zone-changes.js";
import { changeableZone, getZone, touchRows, zoneObject } from "./zones.js";

/** Has the zone's key-signing keys replaced. */
export async function startRollOver(ctx: Context, sources: DnssecSources, key: string): Promise<Zone> {
  const { dnsHostId, name } = await getZone(ctx, key, "dns.write");
  // As the zone is now: a change that has just ended is none any more.
  const asked = await checkDnssec(ctx, sources, key);
  const host = dnsHostId ? await sources.hosts.find(ctx.db, dnsHostId) : null;
  if (!host || !asked.signed || asked.mode !== "hosted") throw conflict("dns.not_signed", { name });
  if (!asksParent(host)) throw conflict("dns.roll_over_blind", { host: host.name });
  const keys = await primaryKeys(await dnsServerOf(host), name).catch(() => null);
  if (keys === null || keys.keys.length === 0) throw conflict("dns.roll_over_silent", { name });
  const leavingKeys = [...new Set(keys.keys.map(tagOf))].sort((a, b) => a - b);
  return ctx.transaction(async (tx) => {
    const zone = await changeableZone(tx, key);
    refuseLocked(tx, zone);
    if (zone.rollOver !== "none" || (zone.leavingKeys as number[]).length > 0) throw conflict("dns.roll_over_runs", { name });
    if (!zone.signed || zone.mode !== "hosted" || zone.dnsHostId !== dnsHostId) throw conflict("dns.not_signed", { name });
    const begun = await tx.db.zone.update({ where: { id: zone.id }, data: { leavingKeys, rollOver: "announcing" } });
    await touchRows(tx, [begun]);
    tx.audit({ verb: "dns.zone.roll_over_begun", accountId: zone.accountId, object: zoneObject(zone), old: { keys: leavingKeys } });
    return begun;
  });
}

/** Whether the host's name server has somebody to ask about the parent: without, it would never let the old key go. */
function asksParent(host: Pick<HostRecord, "daemons" | "options">): boolean {
  return String(host.options[dnsDaemon(host)?.name ?? ""]?.["parentResolvers"] ?? "") !== "";
}
