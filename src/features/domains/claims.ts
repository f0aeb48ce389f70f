/** Who holds a name. One table of claims; a name below or above another account's domain needs that account's consent (DESIGN "Names"). */
import type { Context, TransactionContext } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import { conflict, invalid, notFound } from "../../core/errors.js";
import { requireAdmin } from "../../core/ownership.js";
import type { Claim } from "../../generated/sqlite/client.js";
import { accountFor } from "../accounts/index.js";
import { type DomainName, isWithin, parentsOf, parseName } from "./names.js";

/** Refuses a name that somebody holds, or that touches another account's domain without consent. */
export async function refuseClaimed(tx: TransactionContext, accountId: string, name: DomainName, field: string): Promise<void> {
  const claim = await tx.db.claim.findUnique({ where: { name } });
  if (claim && claim.accountId !== accountId) throw conflict("domains.name_taken", { name }, field);
  if (claim?.state === "bin") throw conflict("domains.name_in_bin", { name }, field);
  if (claim) throw conflict("domains.already_yours", { name }, field);
  const other = await relatedClaim(tx.db, accountId, name);
  if (other && !(await hasConsent(tx.db, accountId, name, other.name))) throw conflict("domains.needs_consent", { name, other: other.name }, field);
}

/** Who stands in the way of a name for this account: its holder, or the account of a domain above or below it. null: nobody, or the account itself. */
export async function holderOf(db: Db, accountId: string, name: DomainName): Promise<{ kind: "claim" | "consent"; claim: Claim } | null> {
  const own = await db.claim.findUnique({ where: { name } });
  if (own) return own.accountId === accountId ? null : { kind: "claim", claim: own };
  const other = await relatedClaim(db, accountId, name);
  return other && !(await hasConsent(db, accountId, name, other.name)) ? { kind: "consent", claim: other } : null;
}

/** Notes that an account may hold a name below or above another account's domain; who may say so is decided by those who call. */
export async function noteConsent(tx: TransactionContext, accountId: string, name: string): Promise<void> {
  const key = { name, accountId };
  await tx.db.consent.upsert({ where: { name_accountId: key }, create: key, update: {} });
  tx.audit({ verb: "domains.consent.granted", accountId, object: { type: "name", id: name, name } });
}

/** Another account's claim above or below this name, the nearest above first. */
async function relatedClaim(db: Db, accountId: string, name: DomainName): Promise<Claim | null> {
  const above = await db.claim.findMany({ where: { name: { in: parentsOf(name) }, accountId: { not: accountId } } });
  if (above.length > 0) return above.sort((a, b) => b.name.length - a.name.length)[0] ?? null;
  return db.claim.findFirst({ where: { name: { endsWith: `.${name}` }, accountId: { not: accountId } }, orderBy: { name: "asc" } });
}

/** Tells whether the account may hold this name although `other` above or below it is another account's. A consent given above `other` does not reach past it. */
async function hasConsent(db: Db, accountId: string, name: string, other: string): Promise<boolean> {
  const consented = await consentedName(db, accountId, name);
  return consented !== null && (isWithin(consented, other) || isWithin(other, name));
}

/** The consented name at or above this one, the nearest first. */
export async function consentedName(db: Db, accountId: string, name: string): Promise<DomainName | null> {
  const rows = await db.consent.findMany({ where: { accountId, name: { in: [name, ...parentsOf(name)] } } });
  return (rows.sort((a, b) => b.name.length - a.name.length)[0]?.name ?? null) as DomainName | null;
}

/** Takes or renews the claim of a name for its live domain. */
export async function takeClaim(tx: TransactionContext, accountId: string, name: string): Promise<void> {
  const data = { accountId, state: "live" as const, releaseAt: null };
  await tx.db.claim.upsert({ where: { name }, create: { name, ...data }, update: data });
}

/** An administrator grants an account a name below or above another account's domain. */
export async function grantName(ctx: Context, input: { accountId: string; name: string }): Promise<void> {
  requireAdmin(ctx);
  const name = parseName(input.name);
  if (!name) throw invalid("domains.name_invalid", {}, "name");
  await ctx.transaction(async (tx) => {
    const account = await accountFor(tx, input.accountId, "domains.write");
    await noteConsent(tx, account.id, name);
  });
}

/** Takes a consent back; domains that were added with it stay. */
export async function revokeName(ctx: Context, input: { accountId: string; name: string }): Promise<void> {
  requireAdmin(ctx);
  await ctx.transaction(async (tx) => {
    const { count } = await tx.db.consent.deleteMany({ where: { accountId: input.accountId, name: input.name } });
    if (count === 0) throw notFound("domains.consent_unknown");
    tx.audit({ verb: "domains.consent.revoked", accountId: input.accountId, object: { type: "name", id: input.name, name: input.name } });
  });
}

/** The consents that were granted, in order. */
export async function listConsents(ctx: Context) {
  requireAdmin(ctx);
  return ctx.db.consent.findMany({ orderBy: { name: "asc" }, include: { account: { select: { login: true } } } });
}

/** Refuses a name that is another account's, or lies nearer to another account's domain than to one of this account. */
export async function refuseForeign(db: Db, accountId: string, name: string, field: string): Promise<void> {
  const claims = await db.claim.findMany({ where: { name: { in: [name, ...parentsOf(name)] } } });
  const nearest = claims.sort((a, b) => b.name.length - a.name.length)[0];
  if (nearest && nearest.accountId !== accountId && !(await hasConsent(db, accountId, name, nearest.name))) {
    throw conflict(nearest.name === name ? "domains.name_taken" : "domains.needs_consent", { name, other: nearest.name }, field);
  }
}

/** Another account's claim below a name, which a wildcard would swallow; null: none. */
export async function foreignBelow(db: Db, accountId: string, name: string): Promise<string | null> {
  const claim = await db.claim.findFirst({ where: { name: { endsWith: `.${name}` }, accountId: { not: accountId } }, orderBy: { name: "asc" } });
  return claim?.name ?? null;
}
