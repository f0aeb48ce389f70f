/** The fresh proof that a change of security needs (SECURITY.md 11): a login of a few minutes ago, or the password again. Keys of the API have none. */
import type { FastifyRequest } from "fastify";
import { forbidden, invalid } from "../../core/errors.js";
import { Secret } from "../../core/secret.js";
import { verifyPassword } from "./passwords.js";
import { forgetFailures, takeAttempt } from "./throttle.js";

/** How long a login counts as proof. */
export const FRESH_MINUTES = 10;

/** Does this browser's login still count as proof? Then pages need not ask. */
export async function isFresh({ person, ctx }: FastifyRequest): Promise<boolean> {
  if (!person?.sessionId) return false;
  const session = await ctx.db.session.findUnique({ where: { id: person.sessionId }, select: { createdAt: true } });
  return session !== null && ctx.clock.now().getTime() - session.createdAt.getTime() < FRESH_MINUTES * 60_000;
}

/** Throws unless the caller has just proven who they are, or does with this password. Asked before the act: argon2 belongs in no transaction. */
export async function requireProof(request: FastifyRequest, password: string | undefined): Promise<void> {
  const { person, ctx } = request;
  if (!person?.sessionId) throw forbidden("auth.needs_browser");
  if (await isFresh(request)) return;
  if (!password) throw invalid("auth.proof_needed", {}, "proof");
  const { login, userId, address } = person.actor;
  // A stolen session must not become a place to guess.
  await takeAttempt(ctx, login, address);
  const { passwordHash } = await ctx.db.user.findUniqueOrThrow({ where: { id: userId }, select: { passwordHash: true } });
  if (!(await verifyPassword(passwordHash, new Secret(password)))) throw invalid("auth.wrong_password", {}, "proof");
  await ctx.transaction((tx) => forgetFailures(tx.db, login, address));
}
