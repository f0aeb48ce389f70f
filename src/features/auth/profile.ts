/** What people change of themselves. */
import type { Context } from "../../core/context.js";
import { invalid, notFound } from "../../core/errors.js";
import { Secret } from "../../core/secret.js";
import type { User } from "../../generated/sqlite/client.js";
import { checkPassword, hashPassword, verifyPassword } from "./passwords.js";
import type { PasswordInput, ProfileInput } from "./schemas.js";
import { forgetFailures, takeAttempt } from "./throttle.js";
import { endAccess, normaliseEmail, objectOf, searchOf } from "./users.js";

const SHOWN = { id: true, login: true, email: true, name: true, admin: true, locale: true, appearance: true } as const;
export type Profile = Pick<User, keyof typeof SHOWN>;

/** Gives the caller's own profile. */
export async function getProfile(ctx: Context): Promise<Profile> {
  const profile = ctx.actor.kind === "user" ? await ctx.db.user.findUnique({ where: { id: ctx.actor.userId }, select: SHOWN }) : null;
  if (!profile) throw notFound("auth.user_unknown");
  return profile;
}

/** Changes the caller's name, address, language and appearance. */
export async function changeProfile(ctx: Context, input: ProfileInput): Promise<Profile> {
  return ctx.transaction(async (tx) => {
    const old = await getProfile(tx);
    const email = normaliseEmail(input.email);
    const name = (input.name ?? "").trim().normalize("NFC");
    const shown = { email, name, locale: input.locale ?? null, appearance: input.appearance ?? "auto" };
    const data = { ...shown, search: searchOf(old.login, name, email) };
    const profile = await tx.db.user.update({ where: { id: old.id }, data, select: SHOWN });
    const before = { email: old.email, name: old.name, locale: old.locale, appearance: old.appearance };
    tx.audit({ verb: "auth.user.changed", accountId: null, object: objectOf(profile), old: before, new: shown });
    return profile;
  });
}

/** Changes the caller's password: needs the present one, ends every other session and all API keys. */
export async function changePassword(ctx: Context, input: PasswordInput, keptSession: string | null): Promise<void> {
  const profile = await getProfile(ctx);
  const address = ctx.actor.kind === "user" ? ctx.actor.address : "";
  if (input.again !== undefined && input.again !== input.password) throw invalid("auth.passwords_differ", {}, "again");
  const password = new Secret(input.password);
  checkPassword(password, profile.login, "password");
  // A stolen session must not become a place to guess.
  await takeAttempt(ctx, profile.login, address);
  const { passwordHash } = await ctx.db.user.findUniqueOrThrow({ where: { id: profile.id }, select: { passwordHash: true } });
  if (!(await verifyPassword(passwordHash, new Secret(input.current)))) throw invalid("auth.wrong_password", {}, "current");
  await ctx.transaction((tx) => forgetFailures(tx.db, profile.login, address));
  if (password.equals(input.current)) throw invalid("auth.password_same", {}, "password");
  const renewed = await hashPassword(password);
  await ctx.transaction(async (tx) => {
    await endAccess(tx, profile.id, keptSession);
    await tx.db.user.update({ where: { id: profile.id }, data: { passwordHash: renewed, passwordChangedAt: tx.clock.now() } });
    tx.audit({ verb: "auth.user.password_changed", accountId: null, object: objectOf(profile) });
  });
}

/** Writes down that the caller logged out. */
export async function recordLogout(ctx: Context): Promise<void> {
  await ctx.transaction(async (tx) => {
    tx.audit({ verb: "auth.user.logged_out", accountId: null, object: objectOf(await getProfile(tx)) });
  });
}
