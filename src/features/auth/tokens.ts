/** API keys: shown once, stored as hashes, revoked at once. */
import { createHash, randomBytes } from "node:crypto";
import type { Context } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import { conflict, forbidden, notFound } from "../../core/errors.js";
import { Secret } from "../../core/secret.js";
import type { ApiToken } from "../../generated/sqlite/client.js";
import type { TokenInput } from "./schemas.js";

const PREFIX = "mutu_";
const BYTES = 32;
const HINT_LENGTH = 9;
const MOST = 20;
const DAY = 86_400_000;
const USED_MINUTES = 5;

const SHOWN = { id: true, name: true, hint: true, createdAt: true, lastUsedAt: true, expiresAt: true } as const;
export type ShownToken = Pick<ApiToken, keyof typeof SHOWN>;

/** Lists the caller's own keys. */
export async function listTokens(ctx: Context): Promise<ShownToken[]> {
  return ctx.db.apiToken.findMany({ where: { userId: ownId(ctx) }, orderBy: { createdAt: "desc" }, select: SHOWN });
}

/** Makes a key for the caller; the secret is given once. */
export async function addToken(ctx: Context, input: TokenInput): Promise<{ token: ShownToken; secret: Secret }> {
  const secret = new Secret(PREFIX + randomBytes(BYTES).toString("base64url"));
  const token = await ctx.transaction(async (tx) => {
    const userId = ownId(tx);
    if ((await tx.db.apiToken.count({ where: { userId } })) >= MOST) throw conflict("auth.too_many_tokens", { limit: MOST });
    const expiresAt = input.days ? new Date(tx.clock.now().getTime() + input.days * DAY) : null;
    const data = { userId, name: input.name.trim(), hash: tokenHash(secret.reveal()), hint: secret.reveal().slice(0, HINT_LENGTH), expiresAt };
    const made = await tx.db.apiToken.create({ data, select: SHOWN });
    const about = { expiresAt: expiresAt?.toISOString() ?? null };
    tx.audit({ verb: "auth.token.added", accountId: null, object: { type: "token", id: made.id, name: made.name }, new: about });
    return made;
  });
  return { token, secret };
}

/** Revokes one of the caller's keys. */
export async function revokeToken(ctx: Context, id: string): Promise<void> {
  await ctx.transaction(async (tx) => {
    const token = await tx.db.apiToken.findFirst({ where: { id, userId: ownId(tx) } });
    if (!token) throw notFound("auth.token_unknown");
    await tx.db.apiToken.delete({ where: { id } });
    tx.audit({ verb: "auth.token.revoked", accountId: null, object: { type: "token", id, name: token.name } });
  });
}

/** Finds whose key this is; null when it is unknown or over. */
export async function findTokenUser(db: Db, now: Date, token: string): Promise<string | null> {
  const row = await db.apiToken.findUnique({ where: { hash: tokenHash(token) } });
  if (!row || (row.expiresAt && row.expiresAt <= now)) return null;
  if (!row.lastUsedAt || now.getTime() - row.lastUsedAt.getTime() > USED_MINUTES * 60_000) {
    await db.apiToken.updateMany({ where: { id: row.id }, data: { lastUsedAt: now } });
  }
  return row.userId;
}

function tokenHash(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

function ownId(ctx: Pick<Context, "actor">): string {
  if (ctx.actor.kind !== "user") throw forbidden("shell.forbidden");
  return ctx.actor.userId;
}
