/**
 * Which name a login gets. Those that begin with a domain belong to whoever has the domain: one that stayed behind when the domain passed to another
 * account is left alone until the new holder wants its name; then it is told on which day the name will be free.
 */
import type { Context, TransactionContext } from "../../core/context.js";
import { conflict, invalidFields } from "../../core/errors.js";
import { isAdmin } from "../../core/ownership.js";
import type { FtpLogin } from "../../generated/sqlite/client.js";
import type { AccountFacts } from "../accounts/index.js";
import { domainsAbove } from "../domains/index.js";
import { baseOf, isLoginName, parseLoginName, plainName, proposeName, shownName } from "./names.js";

/** From the day on which the new holder asked: time to change what programs send. */
export const NAME_DAYS = 30;
const DAY_MS = 86_400_000;
/** Only what may be a domain is looked up as one. */
const HOST_NAME = /^[a-z0-9.-]{1,253}$/;

/** Names a login in the audit trail. */
export function objectOf({ id, name }: { id: string; name: string }): { type: string; id: string; name: string } {
  return { type: "ftp_login", id, name };
}

/** The name that the form proposes. */
export async function freeNameOf(ctx: Context, account: { login: string }): Promise<string> {
  const rows = await ctx.db.ftpLogin.findMany({
    where: { OR: [{ name: account.login }, { name: { startsWith: `${account.login}_` } }] },
    select: { name: true },
  });
  return proposeName(account.login, new Set(rows.map(({ name }) => name)));
}

/** Gives the name that was typed, or the first free one; throws where it is another's. */
export async function freeName(tx: TransactionContext, account: AccountFacts, typed: string | undefined): Promise<string> {
  if (typed === undefined || typed.trim() === "") return freeNameOf(tx, account);
  const domains = await domainsBefore(tx, account.id, plainName(typed));
  const parsed = parseLoginName(typed, { login: account.login, domains }, isAdmin(tx.actor));
  if ("fault" in parsed) throw invalidFields([{ field: "name", code: `ftp.name_${parsed.fault}`, data: { login: account.login } }]);
  const there = await tx.db.ftpLogin.findUnique({ where: { name: parsed.name } });
  if (!there) return parsed.name;
  const code = there.state === "bin" && there.accountId === account.id ? "ftp.name_in_bin" : "ftp.name_taken";
  throw conflict(code, { name: shownName(parsed.name) }, "name");
}

/** Refuses a name that a former holder's login still has, and says on which day it will be free: asking is what begins that time. */
export async function refuseAsked(ctx: Context, account: { id: string }, typed: string | undefined): Promise<void> {
  if (typed === undefined || typed.trim() === "") return;
  const name = plainName(typed);
  // Nobody has what is no name; freeName says so.
  if (!isLoginName(name)) return;
  // What is refused is rolled back, so the day is noted in a transaction of its own.
  const until = await ctx.transaction(async (tx) => {
    const login = await strayLogin(tx, account.id, name);
    return login && (login.nameUntil ?? ask(tx, login));
  });
  if (until) throw conflict("ftp.name_leaving", { name: shownName(name), day: until.toISOString().slice(0, 10) }, "name");
}

/** Another account's login of this name, where this account has the domain before it and that one has not any more. */
async function strayLogin(tx: TransactionContext, accountId: string, name: string): Promise<FtpLogin | null> {
  const login = await tx.db.ftpLogin.findUnique({ where: { name }, include: { account: true } });
  if (!login || login.accountId === accountId || baseOf(name) === login.account.login) return null;
  const [own, theirs] = [await domainsBefore(tx, accountId, name), await domainsBefore(tx, login.accountId, name)];
  return own.length > 0 && theirs.length === 0 ? login : null;
}

async function ask(tx: TransactionContext, login: FtpLogin): Promise<Date> {
  const nameUntil = new Date(tx.clock.now().getTime() + NAME_DAYS * DAY_MS);
  await tx.db.ftpLogin.update({ where: { id: login.id }, data: { nameUntil } });
  tx.audit({ verb: "ftp.login.name_asked", accountId: login.accountId, object: objectOf(login), new: { nameUntil } });
  return nameUntil;
}

/** The domains of an account that give it the right to a name. */
async function domainsBefore(tx: TransactionContext, accountId: string, name: string): Promise<string[]> {
  const base = baseOf(name);
  return HOST_NAME.test(base) ? (await domainsAbove(tx, accountId, base)).map((domain) => domain.name) : [];
}
