/** A login changes its name: because its people want so, or because the name goes with a domain that another account has by now. */
import type { Context, TransactionContext } from "../../core/context.js";
import { withdrawMail } from "../../core/mail-queue.js";
import type { FtpLogin, Prisma } from "../../generated/sqlite/client.js";
import { type AccountFacts, placeOf } from "../accounts/index.js";
import { domainsAbove } from "../domains/index.js";
import type { TellPeople } from "./letters.js";
import { changeableLogin, getLogin, searchOf } from "./logins.js";
import { baseOf, isNamedBy, ownName, shownName } from "./names.js";
import { freeName, objectOf, refuseAsked } from "./naming.js";
import type { NameInput } from "./schemas.js";
import { touchLogins } from "./units.js";

const BATCH = 200;

/** Gives a login another name; password, keys and settings stay, and the name of before is free at once. */
export async function renameLogin(ctx: Context, key: string, { name: typed }: NameInput): Promise<FtpLogin> {
  const seen = await getLogin(ctx, key, "ftp.write");
  await refuseAsked(ctx, seen.account, typed);
  return ctx.transaction(async (tx) => {
    const { login, account } = await changeableLogin(tx, key);
    return rename(tx, login, account, await freeName(tx, account, typed));
  });
}

/** Gives every login whose name is another's by now a name of its own account, and tells its people. Gives their number. */
export async function renameAsked(ctx: Context, tell: TellPeople | null = null): Promise<number> {
  const due = { nameUntil: { lte: ctx.clock.now() } };
  const logins = await ctx.db.ftpLogin.findMany({ where: due, select: { id: true }, orderBy: { id: "asc" }, take: BATCH });
  for (const { id } of logins) {
    await ctx.transaction(async (tx) => {
      const login = await tx.db.ftpLogin.findFirst({ where: { id, ...due } });
      if (!login) return;
      const next = await nextName(tx, login);
      const renamed = await rename(tx, login, await placeOf(tx.db, login.accountId), next);
      await tell?.(tx, renamed, "renamed", { name: shownName(login.name), next });
    });
  }
  return logins.length;
}

/** The name that a login gets when it must leave its own. */
export async function nextName(ctx: Pick<Context, "db">, login: Pick<FtpLogin, "name" | "accountId">): Promise<string> {
  const { login: word } = await placeOf(ctx.db, login.accountId);
  const taken = await ctx.db.ftpLogin.findMany({ where: { name: { startsWith: word } }, select: { name: true } });
  return ownName(word, login.name, new Set(taken.map(({ name }) => name)));
}

/** Counts the logins that an account would keep although nothing but this domain, on its way out, gave it the right to their names. */
export async function countNamedBy(tx: TransactionContext, accountId: string, domain: string): Promise<number> {
  let count = 0;
  for (const { name } of await namedBy(tx, { accountId, state: "live" }, domain)) {
    const rights = await domainsAbove(tx, accountId, baseOf(name));
    if (rights.every((one) => one.name === domain)) count += 1;
  }
  return count;
}

/** The domain is this account's: nobody else can want the names of its logins any more. */
export async function keepNames(tx: TransactionContext, accountId: string, domain: string): Promise<void> {
  for (const login of await namedBy(tx, { accountId, nameUntil: { not: null } }, domain)) {
    await tx.db.ftpLogin.update({ where: { id: login.id }, data: { nameUntil: null } });
    await withdrawMail(tx, askedPurpose(login));
    tx.audit({ verb: "ftp.login.name_kept", accountId, object: objectOf(login) });
  }
}

/** What the letters about a request for a name belong to: one for each person, and a later request has another day. */
export function askedPurpose({ id, nameUntil }: Pick<FtpLogin, "id" | "nameUntil">): string {
  return `ftp:asked:${id}:${nameUntil?.getTime() ?? 0}`;
}

async function rename(tx: TransactionContext, old: FtpLogin, account: AccountFacts, name: string): Promise<FtpLogin> {
  const data = { name, nameUntil: null, search: searchOf(name, old), version: { increment: 1 } };
  const login = await tx.db.ftpLogin.update({ where: { id: old.id }, data });
  tx.audit({ verb: "ftp.login.renamed", accountId: account.id, object: objectOf(login), old: { name: old.name }, new: { name } });
  // A letter that still waits would announce what is past.
  await withdrawMail(tx, askedPurpose(old));
  await touchLogins(tx, account);
  return login;
}

async function namedBy(tx: TransactionContext, where: Prisma.FtpLoginWhereInput, domain: string): Promise<FtpLogin[]> {
  const rows = await tx.db.ftpLogin.findMany({ where: { ...where, name: { contains: domain } }, orderBy: { id: "asc" } });
  return rows.filter(({ name }) => isNamedBy(name, domain));
}
