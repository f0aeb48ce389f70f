/** Domains of an account: add, list, remove into the bin, restore, release. */
import type { Context, TransactionContext } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import { conflict, invalid, notFound } from "../../core/errors.js";
import { ownedBy } from "../../core/ownership.js";
import type { Domain, Prisma } from "../../generated/sqlite/client.js";
import { changeableAccount } from "../accounts/index.js";
import { refuseClaimed, takeClaim } from "./claims.js";
import type { DomainFact } from "./events.js";
import { type DomainName, parseName, searchText } from "./names.js";
import { refuseForbidden } from "./policy.js";
import type { DomainInput } from "./schemas.js";

export const BIN_DAYS = 30;
const DAY_MS = 86_400_000;
const PURGE_BATCH = 200;

export interface DomainQuery {
  q?: string;
  accountId?: string;
  state?: "live" | "bin";
  skip?: number;
  take?: number;
}

// Addresses are counted by their rows: a count beside a list is asked of all domains there are, whichever are shown (80 ms at 10 000).
const SHOWN = { account: { select: { id: true, login: true, name: true } }, addresses: { where: { site: { state: "live" } }, select: { id: true } } } as const;
type CountedDomain = Prisma.DomainGetPayload<{ include: typeof SHOWN }>;
export type ShownDomain = Omit<CountedDomain, "addresses"> & { addresses: number };
const counted = ({ addresses, ...domain }: CountedDomain): ShownDomain => ({ ...domain, addresses: addresses.length });

/** Domains that the actor may see, by name. */
export async function listDomains(ctx: Context, query: DomainQuery = {}): Promise<{ rows: ShownDomain[]; total: number }> {
  const text = query.q?.trim().toLowerCase().normalize("NFC");
  const where: Prisma.DomainWhereInput = {
    AND: [
      ownedBy(ctx, "domains.read"),
      query.accountId ? { accountId: query.accountId } : {},
      query.state ? { state: query.state } : {},
      text ? { search: { contains: text } } : {},
    ],
  };
  const rows = await ctx.db.domain.findMany({ where, include: SHOWN, orderBy: { name: "asc" }, skip: query.skip ?? 0, take: query.take ?? 20 });
  return { rows: rows.map(counted), total: await ctx.db.domain.count({ where }) };
}

/** Gives one domain, by its id or its name. */
export async function getDomain(ctx: Context, key: string): Promise<ShownDomain> {
  const where = { AND: [{ OR: [{ id: key }, { name: parseName(key) ?? key }] }, ownedBy(ctx, "domains.read")] };
  const domain = await ctx.db.domain.findFirst({ where, include: SHOWN });
  if (!domain) throw notFound("domains.domain_unknown");
  return counted(domain);
}

/** Adds a domain to an account. A refusal points at `field`, so that the act that adds a site can show it at the site's address. */
export async function addDomain(ctx: Context, input: DomainInput, field = "name"): Promise<Domain> {
  const name = parseName(input.name);
  if (!name) throw invalid("domains.name_invalid", {}, field);
  return ctx.transaction(async (tx) => {
    const account = await changeableAccount(tx, input.accountId, "domains.write");
    await refuseAdding(tx, account, name, field);
    const domain = await tx.db.domain.create({ data: { accountId: account.id, name, search: searchText(name) } });
    await takeClaim(tx, account.id, name);
    tx.audit({ verb: "domains.domain.added", accountId: account.id, object: objectOf(domain), new: { name } });
    await tx.emit("domains.added", factOf(domain));
    return domain;
  });
}

/** Refuses a name that this account could not add now. */
export async function refuseAdding(
  tx: TransactionContext,
  account: { id: string; plan: { maxDomains: number } },
  name: DomainName,
  field = "name",
): Promise<void> {
  await refuseForbidden(tx, name, field);
  await refuseClaimed(tx, account.id, name, field);
  await tx.emit("domains.adding", { accountId: account.id, name });
  await refuseFull(tx, account.id, account.plan.maxDomains, field);
}

/** Puts a domain into the bin: its sites' addresses below it stop answering, the name stays claimed until the countdown ends. */
export async function removeDomain(ctx: Context, key: string): Promise<Domain> {
  return ctx.transaction(async (tx) => {
    const domain = await changeableDomain(tx, key);
    if (domain.state === "bin") throw conflict("domains.already_in_bin", { name: domain.name });
    const removedAt = tx.clock.now();
    const gone = await tx.db.domain.update({ where: { id: domain.id }, data: { state: "bin", removedAt } });
    const releaseAt = new Date(removedAt.getTime() + BIN_DAYS * DAY_MS);
    await tx.db.claim.update({ where: { name: domain.name }, data: { state: "bin", releaseAt } });
    tx.audit({ verb: "domains.domain.removed", accountId: domain.accountId, object: objectOf(domain), old: { state: "live" }, new: { state: "bin" } });
    await tx.emit("domains.removed", factOf(domain));
    return gone;
  });
}

/** Takes a domain out of the bin, with the addresses below it. */
export async function restoreDomain(ctx: Context, key: string): Promise<Domain> {
  return ctx.transaction(async (tx) => {
    const domain = await changeableDomain(tx, key);
    if (domain.state === "live") throw conflict("domains.not_in_bin", { name: domain.name });
    const { plan } = await changeableAccount(tx, domain.accountId, "domains.write");
    await refuseFull(tx, domain.accountId, plan.maxDomains);
    const back = await tx.db.domain.update({ where: { id: domain.id }, data: { state: "live", removedAt: null } });
    await takeClaim(tx, domain.accountId, domain.name);
    tx.audit({ verb: "domains.domain.restored", accountId: domain.accountId, object: objectOf(domain), old: { state: "bin" }, new: { state: "live" } });
    await tx.emit("domains.restored", factOf(domain));
    return back;
  });
}

/** Lets a name in the bin go now, so that somebody else may take it; this cannot be undone. */
export async function releaseDomain(ctx: Context, key: string): Promise<void> {
  await ctx.transaction(async (tx) => {
    const domain = await changeableDomain(tx, key);
    if (domain.state === "live") throw conflict("domains.not_in_bin", { name: domain.name });
    await releaseRow(tx, domain);
  });
}

/** Releases every name whose countdown ended. Gives their number. */
export async function purgeDomains(ctx: Context): Promise<number> {
  const due = await ctx.db.claim.findMany({
    where: { state: "bin", releaseAt: { lte: ctx.clock.now() } },
    orderBy: { name: "asc" },
    select: { name: true },
    take: PURGE_BATCH,
  });
  for (const { name } of due) {
    await ctx.transaction(async (tx) => {
      const domain = await tx.db.domain.findFirst({ where: { name, state: "bin" } });
      if (domain) await releaseRow(tx, domain);
    });
  }
  return due.length;
}

/** Releases all names of an account whose own countdown ended. */
export async function releaseDomainsOf(tx: TransactionContext, accountId: string): Promise<void> {
  for (const domain of await tx.db.domain.findMany({ where: { accountId }, orderBy: { name: "asc" } })) await releaseRow(tx, domain);
  await tx.db.consent.deleteMany({ where: { accountId } });
}

/** Counts what stops with a domain, for the page that shows it before the removal. */
export async function countOnDomain(ctx: Context, key: string): Promise<{ key: string; count: number }[]> {
  return ctx.transaction(async (tx) => {
    const counts: { key: string; count: number }[] = [];
    const add = (what: string, count: number) => counts.push({ key: what, count });
    await tx.emit("domains.counting", { ...factOf(await getDomain(tx, key)), add });
    return counts.filter(({ count }) => count > 0).sort((a, b) => a.key.localeCompare(b.key));
  });
}

/** The account's live domains at or above a name, nearest first. */
export async function domainsAbove(tx: TransactionContext, accountId: string, name: string): Promise<Domain[]> {
  const labels = name.split(".");
  const names = labels.map((_, i) => labels.slice(i).join("."));
  const rows = await tx.db.domain.findMany({ where: { accountId, name: { in: names } } });
  return rows.sort((a, b) => b.name.length - a.name.length);
}

/** Live domains that have no zone: they were added before there were zones. */
export async function domainsWithoutZone(db: Db, take: number): Promise<DomainFact[]> {
  return (await db.domain.findMany({ where: { zone: null }, orderBy: { name: "asc" }, take })).map(factOf);
}

/** Lets a domain go, with everything that hangs on it. */
export async function releaseRow(tx: TransactionContext, domain: Domain): Promise<void> {
  await tx.emit("domains.releasing", factOf(domain));
  await tx.db.domain.delete({ where: { id: domain.id } });
  await tx.db.claim.deleteMany({ where: { name: domain.name } });
  tx.audit({ verb: "domains.domain.released", accountId: domain.accountId, object: objectOf(domain), old: { name: domain.name } });
}

/** Gives a domain for a change, in an account that may be changed now. */
export async function changeableDomain(tx: TransactionContext, key: string, permission = "domains.write"): Promise<Domain> {
  const where = { AND: [{ OR: [{ id: key }, { name: parseName(key) ?? key }] }, ownedBy(tx, permission)] };
  const domain = await tx.db.domain.findFirst({ where });
  if (!domain) throw notFound("domains.domain_unknown");
  await changeableAccount(tx, domain.accountId, permission);
  return domain;
}

/** Refuses one domain more than the plan allows. */
export async function refuseFull(tx: TransactionContext, accountId: string, max: number, field?: string): Promise<void> {
  const count = await tx.db.domain.count({ where: { accountId, state: "live" } });
  if (count >= max) throw invalid("domains.ceiling_reached", { max }, field);
}

function factOf(domain: Domain): DomainFact {
  return { domainId: domain.id, accountId: domain.accountId, name: domain.name };
}

function objectOf(domain: Domain) {
  return { type: "domain", id: domain.id, name: domain.name };
}
