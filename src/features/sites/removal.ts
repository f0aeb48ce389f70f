/** A site leaves into the bin, comes back, or is let go. Its files are never touched. */
import type { Context, TransactionContext } from "../../core/context.js";
import { conflict } from "../../core/errors.js";
import type { Site } from "../../generated/sqlite/client.js";
import { type AccountFacts, changeableAccount } from "../accounts/index.js";
import { touchZones } from "../dns/index.js";
import { settlePools } from "./pools.js";
import { changeableSite, getSite, objectOf, refuseFull } from "./sites.js";
import { tellSites, touchAccount } from "./units.js";

export const BIN_DAYS = 30;
const DAY_MS = 86_400_000;
const PURGE_BATCH = 200;

/** Puts a site into the bin: its addresses stop answering and stay reserved until the countdown ends. */
export async function removeSite(ctx: Context, key: string): Promise<Site> {
  return ctx.transaction(async (tx) => {
    const { site, account } = await changeableSite(tx, key);
    const removedAt = tx.clock.now();
    const binUntil = new Date(removedAt.getTime() + BIN_DAYS * DAY_MS);
    const gone = await tx.db.site.update({ where: { id: site.id }, data: { state: "bin", removedAt, binUntil, version: { increment: 1 } } });
    tx.audit({ verb: "sites.site.removed", accountId: account.id, object: objectOf(site), old: { state: "live" }, new: { state: "bin", binUntil } });
    await touchChanged(tx, account);
    await touchZones(tx, namesOf(site));
    return gone;
  });
}

/** Takes a site out of the bin, with all its settings. */
export async function restoreSite(ctx: Context, key: string): Promise<Site> {
  return ctx.transaction(async (tx) => {
    const { site, account } = await binned(tx, key);
    await refuseFull(tx, account);
    const back = await tx.db.site.update({
      where: { id: site.id },
      data: { state: "live", removedAt: null, binUntil: null, version: { increment: 1 } },
    });
    tx.audit({ verb: "sites.site.restored", accountId: account.id, object: objectOf(site), old: { state: "bin" }, new: { state: "live" } });
    await touchChanged(tx, account);
    await touchZones(tx, namesOf(site));
    await tellSites(tx, [site.id]);
    return back;
  });
}

/** Ends the countdown of a site now: its addresses are free, its settings are gone. */
export async function releaseSite(ctx: Context, key: string): Promise<void> {
  await ctx.transaction(async (tx) => {
    const { site, account } = await binned(tx, key);
    await drop(tx, site);
    await touchChanged(tx, account);
  });
}

/** Ends the countdown of every site whose time has come. Gives their number. */
export async function purgeSites(ctx: Context): Promise<number> {
  const due = await ctx.db.site.findMany({ where: { state: "bin", binUntil: { lte: ctx.clock.now() } }, select: { id: true }, take: PURGE_BATCH });
  for (const { id } of due) {
    await ctx.transaction(async (tx) => {
      const site = await tx.db.site.findFirst({ where: { id, state: "bin" } });
      if (site) await drop(tx, site);
    });
  }
  return due.length;
}

/** Lets go of the sites that stand on one domain only, before its name is released. */
export async function dropSitesOn(tx: TransactionContext, domainId: string): Promise<void> {
  const sites = await tx.db.site.findMany({ where: { addresses: { some: { domainId }, every: { domainId } } } });
  for (const site of sites) await drop(tx, site);
  const others = await tx.db.site.findMany({ where: { addresses: { some: { domainId } } }, include: { addresses: true } });
  for (const site of others) {
    const lost = site.addresses.some((address) => address.domainId === domainId && address.name === site.canonical);
    if (lost) await tx.db.site.update({ where: { id: site.id }, data: { canonical: null } });
    const names = site.addresses.filter((address) => address.domainId !== domainId).map(({ name }) => name);
    await tx.emit("sites.changed", { siteId: site.id, accountId: site.accountId, names });
  }
}

/** Lets go of all sites and pools of an account whose own countdown ended. */
export async function dropSitesOf(tx: TransactionContext, accountId: string): Promise<void> {
  for (const site of await tx.db.site.findMany({ where: { accountId }, orderBy: { id: "asc" } })) await drop(tx, site);
}

async function drop(tx: TransactionContext, site: Site): Promise<void> {
  await tx.emit("sites.releasing", { siteId: site.id, accountId: site.accountId });
  await tx.db.site.delete({ where: { id: site.id } });
  tx.audit({ verb: "sites.site.released", accountId: site.accountId, object: objectOf(site), old: { kind: site.kind, folder: site.folder } });
}

async function binned(tx: TransactionContext, key: string) {
  const site = await getSite(tx, key, "sites.write");
  const account = await changeableAccount(tx, site.accountId, "sites.write");
  if (site.state !== "bin") throw conflict("sites.not_in_bin", { name: site.title });
  return { site, account };
}

async function touchChanged(tx: TransactionContext, account: AccountFacts): Promise<void> {
  const php = await settlePools(tx, account);
  await touchAccount(tx, account, { web: true, files: true, php });
}

function namesOf({ addresses }: { addresses: { name: string }[] }): string[] {
  return addresses.map(({ name }) => name);
}
