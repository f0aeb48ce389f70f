/** People who log in: made, found, changed, disabled. */

import type { Context, TransactionContext } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import { conflict, type FieldError, invalidFields, notFound } from "../../core/errors.js";
import type { Page, Window } from "../../core/http/paging.js";
import { requireAdmin } from "../../core/ownership.js";
import type { Secret } from "../../core/secret.js";
import type { User } from "../../generated/sqlite/client.js";
import { hashPassword, makePassword } from "./passwords.js";
import { LOGIN_PATTERN, type UserChange, type UserInput } from "./schemas.js";

const EMAIL = /^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}]{3,189}$/u;

/** What pages and the API may know of a person. */
export const PUBLIC_FIELDS = { id: true, login: true, email: true, name: true, admin: true, disabledAt: true, createdAt: true, lastLoginAt: true } as const;
export type PublicUser = Pick<User, keyof typeof PUBLIC_FIELDS>;

/** A user about to be made: the password is hashed before the transaction, which may run twice. */
export interface PreparedUser {
  password: Secret;
  save(tx: TransactionContext): Promise<PublicUser>;
}

/** Writes a login the way it is stored. */
export function normaliseLogin(login: string): string {
  return login.trim().normalize("NFC").toLowerCase();
}

/** Writes an address the way it is stored. */
export function normaliseEmail(email: string): string {
  return email.trim().toLowerCase();
}

/** Finds a user that can log in or be disabled, by login; null when there is none. */
export async function findUser(ctx: Pick<Context, "db">, login: string): Promise<PublicUser | null> {
  return ctx.db.user.findUnique({ where: { login: normaliseLogin(login) }, select: PUBLIC_FIELDS });
}

/** Prepares a user with a password made here; `fields` names the form's fields for what is refused. */
export async function prepareUser(
  ctx: Context,
  input: UserInput,
  fields: { login: string; email: string } = { login: "login", email: "email" },
): Promise<PreparedUser> {
  const login = normaliseLogin(input.login);
  const email = normaliseEmail(input.email);
  const name = (input.name ?? "").trim().normalize("NFC");
  const faults: FieldError[] = [];
  if (!new RegExp(LOGIN_PATTERN).test(login)) faults.push({ field: fields.login, code: "auth.login_format" });
  if (!EMAIL.test(email)) faults.push({ field: fields.email, code: "auth.email_format" });
  if (faults.length > 0) throw invalidFields(faults);
  await refuseTaken(ctx, login, fields.login);
  const password = makePassword();
  const passwordHash = await hashPassword(password);
  return {
    password,
    async save(tx) {
      await refuseTaken(tx, login, fields.login);
      const data = { login, email, name, admin: input.admin ?? false, passwordHash, search: searchOf(login, name, email) };
      const user = await tx.db.user.create({ data, select: PUBLIC_FIELDS });
      tx.audit({ verb: "auth.user.added", accountId: null, object: objectOf(user), new: { email, name, admin: user.admin } });
      return user;
    },
  };
}

/** Makes a user; its password is given once. */
export async function addUser(ctx: Context, input: UserInput): Promise<{ user: PublicUser; password: Secret }> {
  requireAdmin(ctx);
  const prepared = await prepareUser(ctx, input);
  return { user: await ctx.transaction((tx) => prepared.save(tx)), password: prepared.password };
}

/** Lists people by login; `q` looks in login, name and address. */
export async function listUsers(ctx: Context, window: Window): Promise<Page<PublicUser>> {
  requireAdmin(ctx);
  const where = window.q ? { search: { contains: window.q } } : {};
  const [rows, total] = await Promise.all([
    ctx.db.user.findMany({ where, orderBy: { login: "asc" }, skip: window.skip, take: window.take, select: PUBLIC_FIELDS }),
    ctx.db.user.count({ where }),
  ]);
  return { rows, total };
}

/** Gives one person to an administrator. */
export async function getUser(ctx: Context, id: string): Promise<PublicUser> {
  requireAdmin(ctx);
  const user = await ctx.db.user.findUnique({ where: { id }, select: PUBLIC_FIELDS });
  if (!user) throw notFound("auth.user_unknown");
  return user;
}

/** Does this change who administers, or where a person's mail goes? Then the caller proves anew who they are. */
export async function isSecurityChange(ctx: Context, id: string, { email, admin }: UserChange): Promise<boolean> {
  const old = await getUser(ctx, id);
  return old.email !== normaliseEmail(email) || old.admin !== (admin ?? false);
}

/** Changes a person's details; who gains or loses administration is logged out everywhere. */
export async function changeUser(ctx: Context, id: string, input: UserChange): Promise<PublicUser> {
  requireAdmin(ctx);
  return ctx.transaction(async (tx) => {
    const old = await getUser(tx, id);
    const email = normaliseEmail(input.email);
    const name = (input.name ?? "").trim().normalize("NFC");
    const admin = input.admin ?? false;
    if (old.admin && !admin) await refuseLastAdmin(tx, id, "admin");
    const data = { email, name, admin, search: searchOf(old.login, name, email) };
    const user = await tx.db.user.update({ where: { id }, data, select: PUBLIC_FIELDS });
    if (old.admin !== admin) await tx.db.session.deleteMany({ where: { userId: id } });
    const before = { email: old.email, name: old.name, admin: old.admin };
    tx.audit({ verb: "auth.user.changed", accountId: null, object: objectOf(user), old: before, new: { email, name, admin } });
    return user;
  });
}

/** Keeps a person out: sessions and keys end at once, nothing is deleted. */
export async function disableUser(ctx: Context, id: string): Promise<PublicUser> {
  requireAdmin(ctx);
  if (ctx.actor.kind === "user" && ctx.actor.userId === id) throw conflict("auth.self_disable");
  return ctx.transaction(async (tx) => {
    const old = await getUser(tx, id);
    if (old.disabledAt) return old;
    if (old.admin) await refuseLastAdmin(tx, id);
    await tx.db.session.deleteMany({ where: { userId: id } });
    await tx.db.apiToken.deleteMany({ where: { userId: id } });
    const user = await tx.db.user.update({ where: { id }, data: { disabledAt: tx.clock.now() }, select: PUBLIC_FIELDS });
    tx.audit({ verb: "auth.user.disabled", accountId: null, object: objectOf(user) });
    return user;
  });
}

/** Lets a person in again. */
export async function enableUser(ctx: Context, id: string): Promise<PublicUser> {
  requireAdmin(ctx);
  return ctx.transaction(async (tx) => {
    const old = await getUser(tx, id);
    if (!old.disabledAt) return old;
    const user = await tx.db.user.update({ where: { id }, data: { disabledAt: null }, select: PUBLIC_FIELDS });
    tx.audit({ verb: "auth.user.enabled", accountId: null, object: objectOf(user) });
    return user;
  });
}

/** Gives a person a new password, made here and given once; every session and key of theirs ends. */
export async function renewPassword(ctx: Context, id: string): Promise<{ user: PublicUser; password: Secret }> {
  requireAdmin(ctx);
  await getUser(ctx, id);
  const password = makePassword();
  const passwordHash = await hashPassword(password);
  const user = await ctx.transaction(async (tx) => {
    await endAccess(tx, id);
    const renewed = await tx.db.user.update({ where: { id }, data: { passwordHash, passwordChangedAt: tx.clock.now() }, select: PUBLIC_FIELDS });
    tx.audit({ verb: "auth.user.password_made", accountId: null, object: objectOf(renewed) });
    return renewed;
  });
  return { user, password };
}

/** Ends a person's sessions, but one, and keys. */
export async function endAccess(tx: TransactionContext, userId: string, exceptSession: string | null = null): Promise<void> {
  await tx.db.session.deleteMany({ where: { userId, ...(exceptSession && { id: { not: exceptSession } }) } });
  await tx.db.apiToken.deleteMany({ where: { userId } });
}

/** Names a person in the audit trail. */
export function objectOf(user: { id: string; login: string }): { type: string; id: string; name: string } {
  return { type: "user", id: user.id, name: user.login };
}

export function searchOf(login: string, name: string, email: string): string {
  return `${login} ${name} ${email}`.normalize("NFC").toLowerCase();
}

async function refuseTaken(ctx: Pick<Context, "db">, login: string, field: string): Promise<void> {
  if (await findUser(ctx, login)) throw conflict("auth.login_taken", { login }, field);
}

async function refuseLastAdmin(tx: TransactionContext, id: string, field?: string): Promise<void> {
  const others = await tx.db.user.count({ where: { admin: true, disabledAt: null, id: { not: id } } });
  if (others === 0) throw conflict("auth.last_admin", {}, field);
}

/** Who is told when something needs an administrator, by address. */
export async function administrators(db: Db): Promise<{ id: string; email: string; locale: string | null }[]> {
  return db.user.findMany({ where: { admin: true, disabledAt: null }, select: { id: true, email: true, locale: true }, orderBy: { email: "asc" } });
}
