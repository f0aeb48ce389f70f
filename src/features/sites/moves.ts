/** What becomes of sites when their domain passes to another account: those without files go with it, the others stay where their files are. */
import type { TransactionContext } from "../../core/context.js";
import { conflict } from "../../core/errors.js";
import type { Feature } from "../../core/feature.js";
import type { Prisma, Site } from "../../generated/sqlite/client.js";
import { placeOf } from "../accounts/index.js";
import type { DomainMove } from "../domains/index.js";
import { settlePools } from "./pools.js";
import { BIN_DAYS } from "./removal.js";
import { objectOf } from "./sites.js";
import { tellSites, touchAccount } from "./units.js";

const DAY_MS = 86_400_000;
const FEATURE = "sites";

/** What the way back needs of one site. */
interface KeptSite {
  siteId: string;
  /** It went with the domain. */
  went: boolean;
  /** It lost its last address, and lies in the bin. */
  binned: boolean;
  canonical: string | null;
  folder: string | null;
  addresses: { name: string; position: number }[];
}

const WITH_ADDRESSES = { addresses: true } as const;
type SiteRow = Prisma.SiteGetPayload<{ include: typeof WITH_ADDRESSES }>;

export const moveReactions: NonNullable<Feature["on"]> = {
  async "domains.counting_move"(tx, { domainId, add }) {
    const sites = (await sitesOn(tx, domainId)).filter(({ state }) => state === "live");
    const staying = sites.filter((site) => !goesWith(site, domainId));
    add("moves", "sites_without_files", sites.length - staying.length);
    add("stops", "sites", staying.filter((site) => site.addresses.every((one) => one.domainId === domainId)).length);
    add("stops", "addresses", staying.flatMap(({ addresses }) => addresses).filter((one) => one.domainId === domainId).length);
  },
  async "domains.moving"(tx, move) {
    const sites = await sitesOn(tx, move.domainId);
    const going = sites.filter((site) => goesWith(site, move.domainId));
    await refuseTooMany(tx, move.to, going);
    const kept: KeptSite[] = [];
    for (const site of sites) kept.push(await detach(tx, site, move));
    move.keep(FEATURE, kept);
    move.after(async () => {
      for (const site of kept.filter(({ went }) => went)) await attach(tx, site, move);
      for (const site of keptBefore(move.kept[FEATURE])) await giveBack(tx, site, move);
      for (const accountId of [move.from, move.to]) await settle(tx, accountId);
      await tellSites(tx, [...new Set([...kept, ...keptBefore(move.kept[FEATURE])].map(({ siteId }) => siteId))]);
    });
  },
};

async function sitesOn(tx: TransactionContext, domainId: string): Promise<SiteRow[]> {
  return tx.db.site.findMany({ where: { addresses: { some: { domainId } } }, include: WITH_ADDRESSES, orderBy: { id: "asc" } });
}

/** A redirect, a relay or a maintenance page is nothing but its addresses; files belong to the account, and are never given to another. */
function goesWith(site: SiteRow, domainId: string): boolean {
  return site.kind !== "folder" && site.addresses.every((one) => one.domainId === domainId);
}

async function refuseTooMany(tx: TransactionContext, accountId: string, going: readonly Site[]): Promise<void> {
  const live = going.filter(({ state }) => state === "live").length;
  const { maxSites: max } = (await placeOf(tx.db, accountId)).plan;
  const there = await tx.db.site.count({ where: { accountId, state: "live" } });
  if (live > 0 && there + live > max) throw conflict("sites.move_ceiling", { max, there, count: live });
}

async function detach(tx: TransactionContext, site: SiteRow, { domainId, from }: DomainMove): Promise<KeptSite> {
  const leaving = site.addresses.filter((one) => one.domainId === domainId);
  const went = goesWith(site, domainId);
  const binned = !went && site.state === "live" && leaving.length === site.addresses.length;
  await tx.db.siteAddress.deleteMany({ where: { siteId: site.id, domainId } });
  if (!went)
    await stayBehind(
      tx,
      site,
      leaving.map(({ name }) => name),
      binned,
    );
  const addresses = leaving.map(({ name, position }) => ({ name, position }));
  const verb = went ? "sites.site.moved" : "sites.address.removed";
  tx.audit({ verb, accountId: from, object: objectOf(site), old: { addresses: addresses.map(({ name }) => name), state: site.state }, new: { binned } });
  return { siteId: site.id, went, binned, canonical: site.canonical, folder: site.folder, addresses };
}

async function stayBehind(tx: TransactionContext, site: SiteRow, gone: readonly string[], binned: boolean): Promise<void> {
  const removedAt = tx.clock.now();
  const bin = { state: "bin", removedAt, binUntil: new Date(removedAt.getTime() + BIN_DAYS * DAY_MS) } as const;
  const canonical = site.canonical !== null && gone.includes(site.canonical) ? null : site.canonical;
  await tx.db.site.update({ where: { id: site.id }, data: { canonical, version: { increment: 1 }, ...(binned && bin) } });
}

/** The site is the other account's, with the same addresses. */
async function attach(tx: TransactionContext, { siteId, addresses }: KeptSite, { domainId, from, to }: DomainMove): Promise<void> {
  // A folder that it had before it became a redirect is a folder of the account that it leaves.
  await tx.db.site.update({ where: { id: siteId }, data: { accountId: to, folder: null, version: { increment: 1 } } });
  await tx.db.siteAddress.createMany({ data: addresses.map((one) => ({ ...one, siteId, accountId: to, domainId })) });
  await tx.emit("sites.moved", { siteId, from, to });
}

/** The domain came back: so do the addresses of sites that stayed, as far as they are still there. */
async function giveBack(tx: TransactionContext, kept: KeptSite, { domainId, to }: DomainMove): Promise<void> {
  const site = await tx.db.site.findFirst({ where: { id: kept.siteId, accountId: to } });
  if (!site) return;
  if (kept.went) {
    if (site.folder === null) await tx.db.site.update({ where: { id: site.id }, data: { folder: kept.folder } });
    return;
  }
  const taken = await tx.db.siteAddress.findMany({ where: { name: { in: kept.addresses.map(({ name }) => name) } }, select: { name: true } });
  const free = kept.addresses.filter(({ name }) => !taken.some((one) => one.name === name));
  await tx.db.siteAddress.createMany({ data: free.map((one) => ({ ...one, siteId: site.id, accountId: to, domainId })) });
  const canonical = kept.canonical !== null && free.some(({ name }) => name === kept.canonical) ? kept.canonical : site.canonical;
  const back = kept.binned && site.state === "bin" ? ({ state: "live", removedAt: null, binUntil: null } as const) : {};
  await tx.db.site.update({ where: { id: site.id }, data: { canonical, version: { increment: 1 }, ...back } });
  tx.audit({ verb: "sites.address.added", accountId: to, object: objectOf(site), new: { addresses: free.map(({ name }) => name) } });
}

async function settle(tx: TransactionContext, accountId: string): Promise<void> {
  const account = await placeOf(tx.db, accountId);
  const php = await settlePools(tx, account);
  await touchAccount(tx, account, { web: true, files: true, php });
}

/** What was put aside stands in a row, and is looked at again before it is believed (SECURITY.md 3). */
function keptBefore(stored: unknown): KeptSite[] {
  if (!Array.isArray(stored)) return [];
  return stored.filter((one): one is KeptSite => typeof one?.siteId === "string" && Array.isArray(one.addresses));
}
