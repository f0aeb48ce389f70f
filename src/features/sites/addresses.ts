/** Addresses of sites: which names a typed address stands for, and whether this account may have them. */
import type { TransactionContext } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import { conflict, invalid } from "../../core/errors.js";
import type { Domain, SiteAddress } from "../../generated/sqlite/client.js";
import {
  type AddressName,
  addDomain,
  consentedName,
  type DomainName,
  displayName,
  domainsAbove,
  foreignBelow,
  parentsOf,
  parseAddress,
  refuseAbovePanel,
  refuseForeign,
  refusePanelName,
  registeredName,
} from "../domains/index.js";

/** One name that a site will answer, below one of the account's domains. */
export interface NewAddress {
  name: AddressName;
  domainId: string;
}

/** What a typed address becomes: its name first, then its www or apex twin. */
export interface ResolvedAddress {
  addresses: NewAddress[];
  /** The typed name when there is a twin, which then leads to it. */
  canonical: string | null;
}

/** Resolves a typed address; a domain that the account does not have yet is added in the same act. */
export async function resolveAddress(
  tx: TransactionContext,
  accountId: string,
  typed: string,
  withWww: boolean | undefined,
  field = "address",
): Promise<ResolvedAddress> {
  const name = parseAddress(typed);
  if (!name) throw invalid("sites.address_invalid", {}, field);
  const exact = name.replace(/^\*\./, "") as DomainName;
  await refusePanelName(tx, exact, field);
  await refuseForeign(tx.db, accountId, exact, field);
  await refuseTaken(tx, name, field);
  const wildcard = name.startsWith("*.");
  if (wildcard) {
    await refuseAbovePanel(tx, exact, field);
    const other = await foreignBelow(tx.db, accountId, exact);
    if (other) throw conflict("sites.wildcard_covers_other", { name, other }, field);
  }
  const domain = await domainFor(tx, accountId, exact, field);
  const first = { name, domainId: domain.id };
  const twin = withWww === false || wildcard ? null : twinOf(exact, domain.name);
  if (!twin || (await tx.db.siteAddress.findUnique({ where: { name: twin } }))) return { addresses: [first], canonical: null };
  await refusePanelName(tx, twin, field);
  await refuseForeign(tx.db, accountId, twin, field);
  return { addresses: [first, { name: twin as AddressName, domainId: domain.id }], canonical: name };
}

/** www.example.org for example.org, and the other way round; null for any other name. */
function twinOf(name: string, domain: string): string | null {
  if (name === domain && !name.startsWith("www.")) return `www.${name}`;
  return name === `www.${domain}` ? domain : null;
}

async function refuseTaken(tx: TransactionContext, name: string, field: string): Promise<void> {
  const taken = await tx.db.siteAddress.findUnique({ where: { name }, include: { site: { select: { state: true } } } });
  if (taken) throw conflict(taken.site.state === "bin" ? "sites.address_in_bin" : "sites.address_taken", { name: displayName(name) }, field);
}

async function domainFor(tx: TransactionContext, accountId: string, exact: DomainName, field: string): Promise<Domain> {
  const [nearest] = await domainsAbove(tx, accountId, exact);
  if (nearest?.state === "bin") throw conflict("sites.domain_in_bin", { name: displayName(nearest.name) }, field);
  if (nearest) return nearest;
  const name = (await consentedName(tx.db, accountId, exact)) ?? registeredName(exact);
  return addDomain(tx, { accountId, name }, field);
}

/** Refuses a domain whose names another account's sites already answer (possible only where a consent was given). */
export async function refuseAnswered(tx: TransactionContext, accountId: string, name: string): Promise<void> {
  const covering = parentsOf(name).map((parent) => `*.${parent}`);
  const other = await tx.db.siteAddress.findFirst({
    where: { accountId: { not: accountId }, OR: [{ name: { in: [name, ...covering] } }, { name: { endsWith: `.${name}` } }] },
  });
  if (other) throw conflict("sites.name_answered", { name: displayName(name), other: displayName(other.name) }, "name");
}

/** Names in order: the exact ones as they were added, wildcards last. */
export function inOrder<A extends Pick<SiteAddress, "name" | "position">>(addresses: readonly A[]): A[] {
  const wild = (one: A) => (one.name.startsWith("*.") ? 1 : 0);
  return [...addresses].sort((a, b) => wild(a) - wild(b) || a.position - b.position || a.name.localeCompare(b.name));
}

/** Every name that an account's sites answer, in order. */
export async function liveNames(db: Db, accountId: string): Promise<string[]> {
  const where = { accountId, site: { state: "live" as const }, domain: { state: "live" as const } };
  const rows = await db.siteAddress.findMany({ where, select: { name: true }, orderBy: { name: "asc" } });
  return rows.map(({ name }) => name);
}
