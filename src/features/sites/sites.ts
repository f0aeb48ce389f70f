/** Sites: list, read, add, edit. */
import type { Context, TransactionContext } from "../../core/context.js";
import { conflict, invalid, invalidFields, notFound } from "../../core/errors.js";
import { ownedBy } from "../../core/ownership.js";
import type { Prisma, Site } from "../../generated/sqlite/client.js";
import { type AccountFacts, changeableAccount } from "../accounts/index.js";
import { touchZones } from "../dns/index.js";
import { displayName, parseAddress, searchText } from "../domains/index.js";
import { findHost, phpVersionsOf } from "../hosts/index.js";
import { inOrder, type NewAddress, resolveAddress } from "./addresses.js";
import { proposeFolder } from "./folders.js";
import { settlePools } from "./pools.js";
import type { AddressInput, SiteChange, SiteInput } from "./schemas.js";
import { type Limits, NEW_SITE, proxyTargets, type Settings, settle } from "./settings.js";
import { errorPagesOf } from "./state.js";
import { tellSites, touchAccount } from "./units.js";

const SHOWN = { addresses: { include: { domain: { select: { state: true } } } }, account: { include: { plan: true } } } as const;
export type ShownSite = Prisma.SiteGetPayload<{ include: typeof SHOWN }>;

export interface SiteQuery {
  q?: string;
  accountId?: string;
  state?: "live" | "bin";
  skip?: number;
  take?: number;
}

/** Sites that the actor may see, by their first address. */
export async function listSites(ctx: Context, query: SiteQuery = {}): Promise<{ rows: ShownSite[]; total: number }> {
  const text = query.q?.trim().toLowerCase().normalize("NFC");
  const where: Prisma.SiteWhereInput = {
    AND: [
      ownedBy(ctx, "sites.read"),
      query.accountId ? { accountId: query.accountId } : {},
      query.state ? { state: query.state } : {},
      text ? { search: { contains: text } } : {},
    ],
  };
  const rows = await ctx.db.site.findMany({ where, include: SHOWN, orderBy: [{ title: "asc" }, { id: "asc" }], skip: query.skip ?? 0, take: query.take ?? 20 });
  return { rows: rows.map(ordered), total: await ctx.db.site.count({ where }) };
}

/** Gives one site, by its id or one of its addresses. */
export async function getSite(ctx: Context, key: string, permission = "sites.read"): Promise<ShownSite> {
  const name = parseAddress(key) ?? key;
  const site = await ctx.db.site.findFirst({
    where: { AND: [{ OR: [{ id: key }, { addresses: { some: { name } } }] }, ownedBy(ctx, permission)] },
    include: SHOWN,
  });
  if (!site) throw notFound("sites.site_unknown");
  return ordered(site);
}

/** Adds a site; its domain too, when the account does not have it yet. */
export async function addSite(ctx: Context, input: SiteInput): Promise<Site> {
  return ctx.transaction(async (tx) => {
    const account = await changeableAccount(tx, input.accountId, "sites.write");
    await refuseFull(tx, account);
    const { addresses, canonical } = await resolveAddress(tx, account.id, input.address, input.withWww);
    const first = addresses[0] as NewAddress;
    const limits = await limitsOf(tx, account, namesOf(addresses));
    const start = { ...NEW_SITE, folder: await freeFolder(tx, account.id, first.name), phpVersion: limits.phpVersions[0] ?? null };
    const settings = settled(start, input, limits);
    const site = await tx.db.site.create({
      data: {
        ...settings,
        accountId: account.id,
        canonical,
        title: displayName(first.name),
        search: searchOf(addresses, settings),
        starter: input.language ?? "fr",
      },
    });
    await saveAddresses(tx, site, addresses, 0);
    const php = await settlePools(tx, account);
    tx.audit({ verb: "sites.site.added", accountId: account.id, object: objectOf(site), new: { ...settings, addresses: namesOf(addresses), canonical } });
    await touchAccount(tx, account, { web: true, files: true, php });
    await touchZones(tx, namesOf(addresses));
    await tellSites(tx, [site.id]);
    return site;
  });
}

/** Changes what a site does. */
export async function editSite(ctx: Context, key: string, change: SiteChange): Promise<Site> {
  return ctx.transaction(async (tx) => {
    const { site: old, account } = await changeableSite(tx, key);
    if (change.version !== undefined && change.version !== old.version) throw conflict("sites.changed_meanwhile", { name: old.title });
    const before = settingsOf(old);
    const limits = await limitsOf(tx, account, namesOf(old.addresses));
    const start = before.folder ? before : { ...before, folder: await freeFolder(tx, account.id, old.addresses[0]?.name ?? "site") };
    const settings = settled(start, change, limits);
    const canonical = change.canonical === undefined ? old.canonical : chosenCanonical(old, change.canonical);
    const data = { ...settings, canonical, search: searchOf(old.addresses, settings), version: { increment: 1 } };
    const site = await tx.db.site.update({ where: { id: old.id }, data });
    const php = await settlePools(tx, account);
    tx.audit({
      verb: "sites.site.edited",
      accountId: account.id,
      object: objectOf(site),
      old: { ...before, canonical: old.canonical },
      new: { ...settings, canonical },
    });
    await touchAccount(tx, account, { web: true, files: settings.folder !== before.folder, php });
    return site;
  });
}

/** Adds an address to a site. */
export async function addAddress(ctx: Context, key: string, input: AddressInput): Promise<Site> {
  return ctx.transaction(async (tx) => {
    const { site, account } = await changeableSite(tx, key);
    const { addresses } = await resolveAddress(tx, account.id, input.address, input.withWww ?? false);
    refuseLoop(site, addresses);
    await saveAddresses(tx, site, addresses, site.addresses.length);
    tx.audit({ verb: "sites.address.added", accountId: account.id, object: objectOf(site), new: { addresses: namesOf(addresses) } });
    await touchZones(tx, namesOf(addresses));
    return finishAddresses(tx, site, account, site.canonical);
  });
}

/** Takes an address from a site; the last one stays, because a site without address is nothing. */
export async function removeAddress(ctx: Context, key: string, address: string): Promise<Site> {
  return ctx.transaction(async (tx) => {
    const { site, account } = await changeableSite(tx, key);
    const gone = site.addresses.find(({ name, id }) => name === (parseAddress(address) ?? address) || id === address);
    if (!gone) throw notFound("sites.address_unknown");
    if (site.addresses.length === 1) throw conflict("sites.last_address", { name: displayName(gone.name) });
    await tx.db.siteAddress.delete({ where: { id: gone.id } });
    tx.audit({ verb: "sites.address.removed", accountId: account.id, object: objectOf(site), old: { address: gone.name } });
    await touchZones(tx, [gone.name]);
    return finishAddresses(tx, site, account, site.canonical === gone.name ? null : site.canonical);
  });
}

/** Gives the site for a change, in the state in which it may be changed. */
export async function changeableSite(tx: TransactionContext, key: string): Promise<{ site: ShownSite; account: AccountFacts }> {
  const site = await getSite(tx, key, "sites.write");
  const account = await changeableAccount(tx, site.accountId, "sites.write");
  if (site.state === "bin") throw conflict("sites.in_bin", { name: site.title });
  return { site, account };
}

/** Refuses one site more than the plan allows; counted inside the transaction, so that racing acts cannot pass together. */
export async function refuseFull(tx: TransactionContext, account: AccountFacts): Promise<void> {
  const count = await tx.db.site.count({ where: { accountId: account.id, state: "live" } });
  if (count >= account.plan.maxSites) throw conflict("sites.ceiling_reached", { max: account.plan.maxSites });
}

/** What may be chosen for a site of this account. */
async function limitsOf(ctx: Context, account: AccountFacts, names: string[]): Promise<Limits> {
  const host = await findHost(ctx.db, account.webHostId);
  return { plan: account.plan, phpVersions: phpVersionsOf(host?.state), names, proxyTargets: await proxyTargets(ctx) };
}

/** Names a site in the audit trail. */
export function objectOf(site: Pick<Site, "id" | "title">) {
  return { type: "site", id: site.id, name: site.title };
}

function settled(start: Settings, change: SiteChange, limits: Limits): Settings {
  const { settings, faults } = settle(start, change, limits);
  if (faults.length > 0) throw invalidFields(faults);
  return settings;
}

/** The settings of a row. */
export function settingsOf(site: Site): Settings {
  const columns = Object.keys(NEW_SITE) as (keyof Settings)[];
  const settings = Object.fromEntries(columns.map((column) => [column, site[column]])) as unknown as Settings;
  return { ...settings, errorPages: { ...errorPagesOf(site.errorPages) } };
}

async function freeFolder(tx: TransactionContext, accountId: string, name: string): Promise<string> {
  const sites = await tx.db.site.findMany({ where: { accountId, folder: { not: null } }, select: { folder: true } });
  return proposeFolder(name, new Set(sites.map(({ folder }) => folder ?? "")));
}

function chosenCanonical(site: ShownSite, typed: string): string | null {
  if (typed === "") return null;
  const name = parseAddress(typed);
  if (!name || name.startsWith("*.") || !site.addresses.some((address) => address.name === name)) throw invalid("sites.canonical_unknown", {}, "canonical");
  return name;
}

/** A redirect must not lead to a name that the site is about to answer. */
function refuseLoop(site: ShownSite, addresses: NewAddress[]): void {
  if (site.kind !== "redirect" || !site.target) return;
  const { hostname } = new URL(site.target);
  const own = addresses.find(({ name }) => name === hostname || (name.startsWith("*.") && hostname.endsWith(name.slice(1))));
  if (own) throw invalid("sites.target_own", { name: hostname }, "address");
}

async function saveAddresses(tx: TransactionContext, site: Pick<Site, "id" | "accountId">, addresses: NewAddress[], from: number): Promise<void> {
  for (const [index, { name, domainId }] of addresses.entries()) {
    await tx.db.siteAddress.create({ data: { siteId: site.id, accountId: site.accountId, domainId, name, position: from + index } });
  }
}

async function finishAddresses(tx: TransactionContext, site: ShownSite, account: AccountFacts, canonical: string | null): Promise<Site> {
  const addresses = inOrder(await tx.db.siteAddress.findMany({ where: { siteId: site.id } }));
  const data = { canonical, title: displayName(addresses[0]?.name ?? site.title), search: searchOf(addresses, site), version: { increment: 1 } };
  const changed = await tx.db.site.update({ where: { id: site.id }, data });
  await touchAccount(tx, account, { web: true });
  await tellSites(tx, [site.id]);
  return changed;
}

function searchOf(addresses: { name: string }[], site: { folder: string | null; target: string | null }): string {
  return [searchText(...namesOf(addresses)), site.folder ?? "", site.target ?? ""].join(" ").toLowerCase();
}

function namesOf(addresses: { name: string }[]): string[] {
  return addresses.map(({ name }) => name);
}

function ordered(site: ShownSite): ShownSite {
  return { ...site, addresses: inOrder(site.addresses) };
}
