/** What zones do when domains, accounts or hosts change, in the same transaction. */
import type { TransactionContext } from "../../core/context.js";
import { conflict } from "../../core/errors.js";
import type { Feature } from "../../core/feature.js";
import { domainsWithoutZone } from "../domains/index.js";
import { readSettings } from "./settings.js";
import { fillZone } from "./templates.js";
import { refuseLocked } from "./zone-changes.js";
import { placeZones } from "./zone-settings.js";
import { ensureZone, touchBase, touchRows, touchWithParent, touchZonesOf, unhangZone } from "./zones.js";

const BATCH = 100_000;

export const reactions: NonNullable<Feature["on"]> = {
  async "domains.reserving"(tx, { add }) {
    for (const { name } of (await readSettings(tx.db)).nameServers) add(name);
  },
  async "domains.added"(tx, fact) {
    const zone = await ensureZone(tx, fact);
    await touchWithParent(tx, zone);
    await fillZone(tx, zone);
  },
  async "domains.removed"(tx, { domainId }) {
    refuseLocked(tx, await touchDomain(tx, domainId));
  },
  async "domains.moving"(tx, { domainId }) {
    const zone = await tx.db.zone.findUnique({ where: { domainId } });
    // A holder's own lock is against slips; it cannot hold a name that somebody else has proven.
    if (zone?.lockedByAdmin || tx.actor.kind !== "system") refuseLocked(tx, zone);
  },
  async "domains.restored"(tx, { domainId }) {
    await touchDomain(tx, domainId);
  },
  async "domains.releasing"(tx, { domainId }) {
    const zone = await touchDomain(tx, domainId);
    if (zone) await unhangZone(tx, zone);
  },
  async "domains.counting"(tx, { domainId, add }) {
    add("records", await tx.db.dnsRecord.count({ where: { zone: { domainId, mode: "hosted" }, state: "live" } }));
  },
  async "domains.counting_move"(tx, { domainId, add }) {
    add("moves", "records", await tx.db.dnsRecord.count({ where: { zone: { domainId, mode: "hosted" }, state: "live" } }));
  },
  async "domains.moved"(tx, { domainId }) {
    // Nobody takes back what somebody else did before.
    await tx.db.zone.updateMany({ where: { domainId }, data: { undo: {}, undoAt: null } });
    // The zone is the other account's by the cascade of its keys; what its former account implied in it does not follow.
    await touchDomain(tx, domainId);
  },
  async "accounts.changed"(tx, { accountId, what }) {
    // A suspended account's names go on: its sites show the notice, its mail must find its way.
    if (what === "removed" || what === "restored" || what === "purged") await touchZonesOf(tx, accountId);
  },
  async "hosts.saved"(tx, { hostId, roles }) {
    if (!roles.includes("dns")) return;
    await touchBase(tx, hostId);
    for (const fact of await domainsWithoutZone(tx.db, BATCH)) await ensureZone(tx, fact);
    const waiting = await tx.db.zone.findMany({ where: { dnsHostId: null } });
    await placeZones(tx, await readSettings(tx.db));
    await touchRows(tx, await tx.db.zone.findMany({ where: { id: { in: waiting.map(({ id }) => id) }, mode: "hosted" } }));
  },
  async "hosts.removing"(tx, { hostId, name }) {
    const count = await tx.db.zone.count({ where: { dnsHostId: hostId } });
    if (count > 0) throw conflict("dns.host_serves", { name, count });
  },
};

async function touchDomain(tx: TransactionContext, domainId: string) {
  const zone = await tx.db.zone.findUnique({ where: { domainId } });
  if (zone) await touchWithParent(tx, zone);
  return zone;
}
