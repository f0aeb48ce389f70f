/** How a zone is kept: here or elsewhere, signed or not, locked or not, and its TTL. */
import type { Context, TransactionContext } from "../../core/context.js";
import { conflict, forbidden, invalid, invalidFields } from "../../core/errors.js";
import { isAdmin, requireAdmin } from "../../core/ownership.js";
import type { Zone } from "../../generated/sqlite/client.js";
import { touch } from "../../publish/index.js";
import { hostsWithRole } from "../hosts/index.js";
import { parseTtl } from "./record-input.js";
import type { SettingsInput, ZoneChange } from "./schemas.js";
import { type DnsSettings, isReady, writeSettings } from "./settings.js";
import { refuseLocked } from "./zone-changes.js";
import { changeableZone, primaryHost, touchBase, touchEverything, touchWithParent, zoneObject } from "./zones.js";

/** Changes how a zone is kept. */
export async function editZone(ctx: Context, key: string, change: ZoneChange): Promise<Zone> {
  return ctx.transaction(async (tx) => {
    const old = await changeableZone(tx, key);
    refuseLocked(tx, old);
    const data = await settled(tx, old, change);
    const zone = await tx.db.zone.update({ where: { id: old.id }, data: { ...data, version: { increment: 1 } } });
    const told = ({ mode, signed, defaultTtl, dnsHostId }: Zone) => ({ mode, signed, defaultTtl, dnsHostId });
    tx.audit({ verb: "dns.zone.edited", accountId: zone.accountId, object: zoneObject(zone), old: told(old), new: told(zone) });
    await touchMoved(tx, old, zone);
    await tx.emit("dns.zone_changed", { domainId: zone.domainId, accountId: zone.accountId, name: zone.name });
    return zone;
  });
}

/** Locks a zone: nobody changes its records by mistake. What follows from sites and mail goes on. */
export async function lockZone(ctx: Context, key: string, reason: string): Promise<Zone> {
  return ctx.transaction(async (tx) => {
    const old = await changeableZone(tx, key);
    refuseNotMine(tx, old);
    const zone = await tx.db.zone.update({
      where: { id: old.id },
      data: { locked: true, lockReason: reason.trim() || null, lockedByAdmin: isAdmin(tx.actor), version: { increment: 1 } },
    });
    tx.audit({ verb: "dns.zone.locked", accountId: zone.accountId, object: zoneObject(zone), new: { reason: zone.lockReason } });
    return zone;
  });
}

/** Opens a locked zone; what an administrator locked, an administrator opens. */
export async function unlockZone(ctx: Context, key: string): Promise<Zone> {
  return ctx.transaction(async (tx) => {
    const old = await changeableZone(tx, key);
    if (!old.locked) throw conflict("dns.not_locked", { name: old.name });
    refuseNotMine(tx, old);
    const zone = await tx.db.zone.update({ where: { id: old.id }, data: { locked: false, lockReason: null, lockedByAdmin: false, version: { increment: 1 } } });
    tx.audit({ verb: "dns.zone.unlocked", accountId: zone.accountId, object: zoneObject(zone), old: { reason: old.lockReason } });
    return zone;
  });
}

/** Changes what holds for all zones, and marks those that it concerns. */
export async function changeSettings(ctx: Context, input: SettingsInput): Promise<DnsSettings> {
  requireAdmin(ctx);
  return ctx.transaction(async (tx) => {
    const { old, now } = await writeSettings(tx, input);
    if (!isReady(old) && isReady(now)) await placeZones(tx, now);
    if (inZones(old) !== inZones(now)) await touchEverything(tx);
    else if (old.catalog !== now.catalog) await touchBase(tx);
    return now;
  });
}

/** Gives the zones that no host answers yet to the primary. */
export async function placeZones(tx: TransactionContext, settings: Pick<DnsSettings, "hostId">): Promise<void> {
  const hostId = await primaryHost(tx, settings.hostId);
  if (hostId) await tx.db.zone.updateMany({ where: { dnsHostId: null }, data: { dnsHostId: hostId } });
}

/** What of the settings stands in zones. */
function inZones({ nameServers, mailbox, defaultTtl, negativeTtl }: DnsSettings): string {
  return JSON.stringify([nameServers, mailbox, defaultTtl, negativeTtl]);
}

async function settled(tx: TransactionContext, old: Zone, change: ZoneChange) {
  const ttl = change.defaultTtl === undefined ? { value: old.defaultTtl } : parseTtl(change.defaultTtl, "defaultTtl");
  if ("faults" in ttl) throw invalidFields(ttl.faults);
  const signed = change.signed ?? old.signed;
  // A parent that vouches for signatures which are gone makes the whole domain unreachable (RFC 4035 §5.5): the DS goes first.
  if (old.signed && !signed && old.mode === "hosted" && old.parentState !== "absent" && !change.knowingly)
    throw conflict(old.parentState === "unknown" ? "dns.ds_unknown" : "dns.ds_at_parent", { name: old.name }, "knowingly");
  const mode = change.mode ?? old.mode;
  if (old.signed && old.mode === "hosted" && mode === "external" && (old.parentState === "present" || old.parentState === "partial") && !change.knowingly)
    throw conflict("dns.ds_at_parent", { name: old.name }, "knowingly");
  const dnsHostId = await settledHost(tx, old, change.dnsHostId);
  // Elsewhere, or later, its keys are others.
  const ended = mode !== "hosted" || !signed || dnsHostId !== old.dnsHostId ? ({ leavingKeys: [], rollOver: "none" } as const) : {};
  return { mode, signed, defaultTtl: ttl.value, dnsHostId, ...ended };
}

async function settledHost(tx: TransactionContext, old: Zone, wanted: string | undefined): Promise<string | null> {
  if (wanted === undefined || wanted === (old.dnsHostId ?? "")) return old.dnsHostId;
  if (!isAdmin(tx.actor)) throw forbidden("core.forbidden");
  const hosts = await hostsWithRole(tx.db, "dns");
  if (!hosts.some(({ id }) => id === wanted)) throw invalid("dns.host_without_dns", {}, "dnsHostId");
  return wanted;
}

/** Marks the zone where it was and where it is. */
async function touchMoved(tx: TransactionContext, old: Zone, zone: Zone): Promise<void> {
  await touchWithParent(tx, zone);
  if (old.dnsHostId && old.dnsHostId !== zone.dnsHostId) await touch(tx, [{ hostId: old.dnsHostId, role: "dns", key: zone.name, accountId: zone.accountId }]);
}

function refuseNotMine(tx: TransactionContext, zone: Zone): void {
  if (zone.locked && zone.lockedByAdmin && !isAdmin(tx.actor)) throw conflict("dns.locked_by_admin", { reason: zone.lockReason ?? "" });
}
