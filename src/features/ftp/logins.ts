/** Logins of an account: list, read, add, change. */
import type { Context, TransactionContext } from "../../core/context.js";
import { conflict, type FieldError, notFound } from "../../core/errors.js";
import { ownedBy } from "../../core/ownership.js";
import type { Secret } from "../../core/secret.js";
import type { FtpLogin, Prisma } from "../../generated/sqlite/client.js";
import { type AccountFacts, accountFor, changeableAccount } from "../accounts/index.js";
import { parseKey, type SshKey } from "./keys.js";
import { plainName, shownName } from "./names.js";
import { freeName, objectOf, refuseAsked } from "./naming.js";
import { preparePassword } from "./passwords.js";
import type { LoginChange, LoginInput } from "./schemas.js";
import { NEW_LOGIN, type Settings, settingsOf, settle } from "./settings.js";
import { touchLogins } from "./units.js";

const SHOWN = { keys: { orderBy: { createdAt: "asc" } }, account: true } as const;
export type ShownLogin = Prisma.FtpLoginGetPayload<{ include: typeof SHOWN }>;

export interface LoginQuery {
  q?: string;
  accountId?: string;
  state?: "live" | "bin";
  skip?: number;
  take?: number;
}

/** A login, and the password that was made for it: told once; null when it was chosen, or there is none. */
export interface AddedLogin {
  login: FtpLogin;
  password: Secret | null;
}

/** Logins that the actor may see, by name. */
export async function listLogins(ctx: Context, query: LoginQuery = {}): Promise<{ rows: ShownLogin[]; total: number }> {
  const text = query.q?.trim().toLowerCase().normalize("NFC");
  const where: Prisma.FtpLoginWhereInput = {
    AND: [
      ownedBy(ctx, "ftp.read"),
      query.accountId ? { accountId: query.accountId } : {},
      query.state ? { state: query.state } : {},
      text ? { search: { contains: text } } : {},
    ],
  };
  const rows = await ctx.db.ftpLogin.findMany({ where, include: SHOWN, orderBy: { name: "asc" }, skip: query.skip ?? 0, take: query.take ?? 20 });
  return { rows, total: await ctx.db.ftpLogin.count({ where }) };
}

/** Gives one login, by its id or its name. */
export async function getLogin(ctx: Context, key: string, permission = "ftp.read"): Promise<ShownLogin> {
  const where = { AND: [{ OR: [{ id: key }, { name: plainName(key) }] }, ownedBy(ctx, permission)] };
  const login = await ctx.db.ftpLogin.findFirst({ where, include: SHOWN });
  if (!login) throw notFound("ftp.login_unknown");
  return login;
}

/** Adds a login. With nothing but the account it has the whole home, the account's own name and a password made here. */
export async function addLogin(ctx: Context, input: LoginInput): Promise<AddedLogin> {
  const account = await accountFor(ctx, input.accountId, "ftp.write");
  const faults: FieldError[] = [];
  const key = keyOf(input.key, faults);
  if (input.keysOnly && key === null && faults.length === 0) faults.push({ field: "key", code: "ftp.key_needed" });
  // Everything is judged once before the hash, which takes a process, and again inside the transaction, where it counts.
  const check = () => settle(ctx, NEW_LOGIN, input, [...faults]);
  check();
  await refuseAsked(ctx, account, input.name);
  const password = input.keysOnly ? null : await preparePassword(input.password, account.login, "password");
  return ctx.transaction(async (tx) => {
    const owner = await changeableAccount(tx, input.accountId, "ftp.write");
    await refuseFull(tx, owner);
    const name = await freeName(tx, owner, input.name);
    const settings = check();
    const hashed = password && { hash: password.hash, hashedAt: tx.clock.now() };
    const data = { accountId: owner.id, name, search: searchOf(name, settings), ...settings, ...hashed };
    const login = await tx.db.ftpLogin.create({ data });
    if (key) await tx.db.ftpKey.create({ data: { ...key, loginId: login.id, accountId: owner.id } });
    const shown = { ...settings, password: password !== null, ...(key && { key: key.fingerprint }) };
    tx.audit({ verb: "ftp.login.added", accountId: owner.id, object: objectOf(login), new: shown });
    await touchLogins(tx, owner, true);
    return { login, password: password?.made ?? null };
  });
}

/** Changes what a login may do. */
export async function editLogin(ctx: Context, key: string, change: LoginChange): Promise<FtpLogin> {
  return ctx.transaction(async (tx) => {
    const { login: old, account } = await changeableLogin(tx, key);
    if (change.version !== undefined && change.version !== old.version) throw conflict("ftp.changed_meanwhile", { name: shownName(old.name) });
    const before = settingsOf(old);
    const settings = settle(tx, before, change);
    const data = { ...settings, search: searchOf(old.name, settings), version: { increment: 1 } };
    const login = await tx.db.ftpLogin.update({ where: { id: old.id }, data });
    tx.audit({ verb: "ftp.login.edited", accountId: account.id, object: objectOf(login), old: { ...before }, new: { ...settings } });
    await touchLogins(tx, account, settings.folder !== before.folder);
    return login;
  });
}

/** Gives a login a new password: the one chosen, or one made here and told once. */
export async function setPassword(ctx: Context, key: string, chosen: string | undefined): Promise<AddedLogin> {
  const seen = await getLogin(ctx, key, "ftp.write");
  const password = await preparePassword(chosen, seen.name, "password");
  return ctx.transaction(async (tx) => {
    const { login: old, account } = await changeableLogin(tx, key);
    const data = { hash: password.hash, hashedAt: tx.clock.now(), version: { increment: 1 } };
    const login = await tx.db.ftpLogin.update({ where: { id: old.id }, data });
    tx.audit({ verb: "ftp.login.password_changed", accountId: account.id, object: objectOf(login) });
    await touchLogins(tx, account);
    return { login, password: password.made };
  });
}

/** Takes the password away: from then on only keys open the login. */
export async function dropPassword(ctx: Context, key: string): Promise<FtpLogin> {
  return ctx.transaction(async (tx) => {
    const { login: old, account } = await changeableLogin(tx, key);
    if (old.keys.length === 0) throw conflict("ftp.nothing_opens", { name: shownName(old.name) });
    const login = await tx.db.ftpLogin.update({ where: { id: old.id }, data: { hash: null, hashedAt: null, version: { increment: 1 } } });
    tx.audit({ verb: "ftp.login.password_dropped", accountId: account.id, object: objectOf(login) });
    await touchLogins(tx, account);
    return login;
  });
}

/** Gives the login for a change, in the state in which it may be changed. */
export async function changeableLogin(tx: TransactionContext, key: string): Promise<{ login: ShownLogin; account: AccountFacts }> {
  const login = await getLogin(tx, key, "ftp.write");
  const account = await changeableAccount(tx, login.accountId, "ftp.write");
  if (login.state === "bin") throw conflict("ftp.in_bin", { name: shownName(login.name) });
  return { login, account };
}

/** Refuses one login more than the plan allows; counted inside the transaction, so that racing acts cannot pass together. */
export async function refuseFull(tx: TransactionContext, account: AccountFacts): Promise<void> {
  const count = await tx.db.ftpLogin.count({ where: { accountId: account.id, state: "live" } });
  if (count >= account.plan.maxFtpLogins) throw conflict("ftp.ceiling_reached", { max: account.plan.maxFtpLogins });
}

/** Reads a key of a form or of JSON; what is wrong goes to the field `key`. */
export function keyOf(typed: string | undefined, faults: FieldError[]): SshKey | null {
  if (typed === undefined || typed.trim() === "") return null;
  const parsed = parseKey(typed);
  if ("key" in parsed) return parsed.key;
  faults.push({ field: "key", code: `ftp.key_${parsed.fault}` });
  return null;
}

export function searchOf(name: string, { note, folder }: Pick<Settings, "note" | "folder">): string {
  return `${[...new Set([name, shownName(name)])].join(" ")} ${note} ${folder}`.normalize("NFC").toLowerCase();
}
