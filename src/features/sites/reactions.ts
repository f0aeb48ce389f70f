/** What sites do when accounts, domains, plans or hosts change, in the same transaction. */
import type { TransactionContext } from "../../core/context.js";
import type { Feature } from "../../core/feature.js";
import { placeOf } from "../accounts/index.js";
import { touchZones } from "../dns/index.js";
import { refuseAnswered } from "./addresses.js";
import { moveReactions } from "./moves.js";
import { dropSitesOf, dropSitesOn } from "./removal.js";
import { tellSites, touchAccount, touchBase, touchPlaces, touchWhole } from "./units.js";

/** A question names each of them and what is above it; SQLite takes 999 values. */
const NAMES_AT_ONCE = 100;

export const reactions: NonNullable<Feature["on"]> = {
  ...moveReactions,
  async "accounts.changed"(tx, { accountId, what }) {
    if (what === "created") return touchAccount(tx, await placeOf(tx.db, accountId), { files: true });
    await touchWhole(tx, accountId);
    if (what !== "purged") return;
    await dropSitesOf(tx, accountId);
    await tx.db.phpPool.deleteMany({ where: { accountId } });
  },
  async "accounts.placed"(tx, { accountId, hostIds, led }) {
    await touchPlaces(tx, accountId, hostIds);
    if (led) await touchZonesOfSites(tx, { accountId });
  },
  async "accounts.plans_changed"(tx) {
    await touchBase(tx);
  },
  async "accounts.counting"(tx, { accountId, add }) {
    add("sites", await tx.db.site.count({ where: { accountId, state: "live" } }));
  },
  async "hosts.saved"(tx, { hostId, roles }) {
    if (roles.includes("web")) await touchBase(tx, hostId);
  },
  async "hosts.moved"(tx, { hostId }) {
    await touchZonesOfSites(tx, { account: { webHostId: hostId } });
  },
  async "domains.adding"(tx, { accountId, name }) {
    await refuseAnswered(tx, accountId, name);
  },
  async "domains.removed"(tx, { domainId, accountId }) {
    await touchAccount(tx, await placeOf(tx.db, accountId), { web: true });
    await tellSites(tx, await sitesOn(tx, domainId));
  },
  async "domains.restored"(tx, { domainId, accountId }) {
    await touchAccount(tx, await placeOf(tx.db, accountId), { web: true });
    await tellSites(tx, await sitesOn(tx, domainId));
  },
  async "domains.releasing"(tx, { domainId, accountId }) {
    await dropSitesOn(tx, domainId);
    await touchAccount(tx, await placeOf(tx.db, accountId), { web: true, files: true });
  },
  async "domains.counting"(tx, { domainId, add }) {
    add("sites", await tx.db.site.count({ where: { state: "live", addresses: { some: { domainId }, every: { domainId } } } }));
    add("addresses", await tx.db.siteAddress.count({ where: { domainId, site: { state: "live" } } }));
  },
};

/** Marks the zones in which the addresses of these live sites stand. */
async function touchZonesOfSites(tx: TransactionContext, sites: { accountId: string } | { account: { webHostId: string } }): Promise<void> {
  const addresses = await tx.db.siteAddress.findMany({ where: { site: { state: "live", ...sites } }, select: { name: true }, orderBy: { name: "asc" } });
  for (let at = 0; at < addresses.length; at += NAMES_AT_ONCE) {
    await touchZones(
      tx,
      addresses.slice(at, at + NAMES_AT_ONCE).map(({ name }) => name),
    );
  }
}

async function sitesOn(tx: TransactionContext, domainId: string): Promise<string[]> {
  const sites = await tx.db.site.findMany({ where: { addresses: { some: { domainId } } }, select: { id: true }, orderBy: { id: "asc" } });
  return sites.map(({ id }) => id);
}
