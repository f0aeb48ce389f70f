/** The one way in. Nobody learns from it who exists: same words, same time. */
import type { Context } from "../../core/context.js";
import { invalid } from "../../core/errors.js";
import { Secret } from "../../core/secret.js";
import { verifyPassword } from "./passwords.js";
import { forgetFailures, takeAttempt } from "./throttle.js";
import { normaliseLogin, objectOf, PUBLIC_FIELDS, type PublicUser } from "./users.js";

/** Is this a mailbox rather than a login? Then the person stands at the wrong door. */
export function looksLikeMailbox(login: string): boolean {
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(login.trim());
}

/** Checks login and password; the caller then issues the session. Throws 422 when they do not match, 429 when guessing must wait. */
export async function logIn(ctx: Context, input: { login: string; password: string }): Promise<PublicUser> {
  const login = normaliseLogin(input.login);
  const address = ctx.actor.kind === "system" ? "" : ctx.actor.address;
  await takeAttempt(ctx, login, address);
  const found = await ctx.db.user.findUnique({ where: { login }, select: { ...PUBLIC_FIELDS, passwordHash: true } });
  const usable = found?.disabledAt ? null : found;
  const matches = await verifyPassword(usable?.passwordHash ?? null, new Secret(input.password));
  if (!usable || !matches) {
    await recordFailure(ctx, found);
    throw invalid("auth.wrong_login");
  }
  const { passwordHash: _, ...user } = usable;
  await ctx.transaction(async (tx) => {
    await forgetFailures(tx.db, login, address);
    await tx.db.user.update({ where: { id: user.id }, data: { lastLoginAt: tx.clock.now() } });
    tx.audit({ verb: "auth.user.logged_in", accountId: null, object: objectOf(user) });
  });
  return user;
}

/** What was typed is not kept where nobody has that name: people type passwords into the wrong field, and administrators read this. */
async function recordFailure(ctx: Context, found: { id: string; login: string } | null): Promise<void> {
  const nobody = { type: "user", id: "", name: "" };
  await ctx.transaction(async (tx) => {
    tx.audit({ verb: found ? "auth.user.login_failed" : "auth.user.login_unknown", accountId: null, object: found ? objectOf(found) : nobody });
  });
}
