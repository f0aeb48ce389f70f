/** The authority that certificates are asked from: an administrator names it, accepts its terms, and has an account there made at once. */
import { randomUUID } from "node:crypto";
import type { Context, TransactionContext } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import { conflict, invalid, notFound, type Refusal } from "../../core/errors.js";
import { requireAdmin } from "../../core/ownership.js";
import { Secret, seal, unseal } from "../../core/secret.js";
import type { Services } from "../../core/services.js";
import { readSetting, writeSetting } from "../../core/settings.js";
import type { AcmeAccount } from "../../generated/sqlite/client.js";
import { type Authority, newKey, openAuthority, thumbprintOf } from "./acme/authority.js";
import { type Directory, readDirectory } from "./acme/directory.js";
import { AcmeFault } from "./acme/fault.js";
import { createTransport } from "./acme/transport.js";
import type { AuthorityInput } from "./schemas.js";

const KEY = "certificates.directory";

/** What is suggested; any other directory may be named. */
export const SUGGESTED = [
  { name: "Let’s Encrypt", url: "https://acme-v02.api.letsencrypt.org/directory" },
  { name: "Let’s Encrypt (staging)", url: "https://acme-staging-v02.api.letsencrypt.org/directory" },
] as const;

/** The account in use; null: no authority was chosen, or it knows no account of ours yet. */
export async function currentAccount(db: Db): Promise<AcmeAccount | null> {
  const directory = await readSetting(db, KEY);
  return directory === null ? null : db.acmeAccount.findUnique({ where: { directory } });
}

/** The same for administrators. */
export async function getAuthority(ctx: Context): Promise<AcmeAccount | null> {
  requireAdmin(ctx);
  return currentAccount(ctx.db);
}

/** Asks an authority what it offers, so that its terms can be read before they are accepted. */
export async function lookUpAuthority(ctx: Context, services: Pick<Services, "env">, url: string): Promise<Directory> {
  requireAdmin(ctx);
  return asked(() => readDirectory(createTransport(services.env), parseDirectory(url)));
}

/** Chooses an authority: makes an account there, or finds ours again, and uses it from now on. */
export async function chooseAuthority(ctx: Context, services: Services, input: AuthorityInput): Promise<AcmeAccount> {
  requireAdmin(ctx);
  const directory = await lookUpAuthority(ctx, services, input.directory);
  const before = await ctx.db.acmeAccount.findUnique({ where: { directory: directory.url } });
  if (directory.termsUrl !== null && !input.termsAgreed) throw invalid("certificates.terms_needed", { url: directory.termsUrl }, "termsAgreed");
  const eabKeyId = input.eabKeyId?.trim() || before?.eabKeyId || null;
  if (directory.externalAccountRequired && eabKeyId === null) throw invalid("certificates.eab_needed", {}, "eabKeyId");
  if (eabKeyId !== null && !input.eabSecret?.trim() && eabKeyId !== before?.eabKeyId) throw invalid("certificates.eab_secret_needed", {}, "eabSecret");
  const kept = await ctx.transaction((tx) => keepAccount(tx, services, { ...input, directory: directory.url, eabKeyId }, directory.termsUrl));
  const url = await asked(() => register(services, kept));
  return ctx.transaction(async (tx) => {
    const now = tx.clock.now();
    const account = await tx.db.acmeAccount.update({
      where: { id: kept.id },
      data: { url, termsAgreedAt: directory.termsUrl === null ? null : now, pausedUntil: null, pauses: 0, problem: null },
    });
    await writeSetting(tx, KEY, account.directory);
    tx.audit({
      verb: "certificates.authority.chosen",
      accountId: null,
      object: { type: "authority", id: account.id, name: new URL(account.directory).host },
      new: { directory: account.directory, contact: account.contact, terms: account.termsUrl },
    });
    // Those that waited for an authority are asked for now.
    await tx.db.certificateSubject.updateMany({ where: { source: "acme", currentId: null }, data: { nextAt: now, failures: 0, problem: null } });
    return account;
  });
}

/** Asks for no certificate any more; those that are there go on until they end. */
export async function leaveAuthority(ctx: Context): Promise<void> {
  requireAdmin(ctx);
  await ctx.transaction(async (tx) => {
    const account = await currentAccount(tx.db);
    if (!account) throw notFound("certificates.no_authority");
    await writeSetting(tx, KEY, null);
    const object = { type: "authority", id: account.id, name: new URL(account.directory).host };
    tx.audit({ verb: "certificates.authority.left", accountId: null, object, old: { directory: account.directory } });
  });
}

/** Opens the account of an authority for asking. */
export function openAccount(services: Pick<Services, "env">, account: AcmeAccount): Promise<Authority> {
  const { keys } = services.env;
  return openAuthority(createTransport(services.env), {
    directory: account.directory,
    url: account.url,
    key: unseal(keys, placeOf(account, "key"), account.key),
    eab: account.eabKeyId && account.eabSecret ? { keyId: account.eabKeyId, secret: unseal(keys, placeOf(account, "eabSecret"), account.eabSecret) } : null,
  });
}

/** Says to a person what an authority did. */
export function refusalOf(fault: AcmeFault): Refusal {
  if (fault.kind === "down") return conflict("certificates.authority_away", { detail: fault.detail });
  if (fault.kind === "limited") return conflict("certificates.authority_limited", { detail: fault.detail });
  return invalid("certificates.authority_refused", { detail: fault.detail || fault.type });
}

async function register(services: Services, account: AcmeAccount): Promise<string> {
  const authority = await openAccount(services, { ...account, url: null });
  const contact = account.contact === "" ? {} : { contact: [`mailto:${account.contact}`] };
  await authority.client.createAccount({ termsOfServiceAgreed: true, ...contact });
  return authority.client.getAccountUrl();
}

async function keepAccount(tx: TransactionContext, services: Services, input: AuthorityInput, termsUrl: string | null): Promise<AcmeAccount> {
  const { keys } = services.env;
  const before = await tx.db.acmeAccount.findUnique({ where: { directory: input.directory } });
  const contact = input.contact?.trim() ?? "";
  const secret = input.eabSecret?.trim();
  const row = { contact, termsUrl, eabKeyId: input.eabKeyId ?? null };
  const id = before?.id ?? randomUUID();
  const eab = secret ? { eabSecret: seal(keys, placeOf({ id }, "eabSecret"), new Secret(secret)) } : {};
  if (before) return tx.db.acmeAccount.update({ where: { id }, data: { ...row, ...eab } });
  const key = newKey();
  const sealed = seal(keys, placeOf({ id }, "key"), key);
  const data = { id, directory: input.directory, key: sealed, thumbprint: thumbprintOf(key), createdAt: tx.clock.now(), ...row, ...eab };
  return tx.db.acmeAccount.create({ data });
}

function parseDirectory(typed: string): string {
  const url = typed.trim();
  if (!url.startsWith("https://") || !URL.canParse(url) || new URL(url).username !== "") throw invalid("certificates.directory_invalid", {}, "directory");
  return new URL(url).href;
}

async function asked<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof AcmeFault) throw refusalOf(error);
    throw error;
  }
}

function placeOf({ id }: Pick<AcmeAccount, "id">, column: "key" | "eabSecret") {
  return { table: "AcmeAccount", row: id, column };
}
