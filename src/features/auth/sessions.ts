/** Sessions as rows: found by the hash of their id, gone when idle or old, ended one by one or all but one. */
import { createHash } from "node:crypto";
import type { Context } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import { notFound } from "../../core/errors.js";
import type { SessionRow } from "../../core/http/identity.js";
import type { Session } from "../../generated/sqlite/client.js";

const IDLE_HOURS = 24;
const LONGEST_DAYS = 14;
/** `lastSeenAt` is written at most this often: a page must not cost a write. */
const SEEN_MINUTES = 5;
const MINUTE = 60_000;

/** Hashes the random id of a cookie into the id of its row. */
export function sessionKey(id: string): string {
  return createHash("sha256").update(id).digest("base64url");
}

/** Finds a live session. */
export async function findSession(db: Db, now: Date, id: string): Promise<SessionRow | null> {
  const row = await db.session.findUnique({ where: { id: sessionKey(id) } });
  if (!row || row.expiresAt <= now) return null;
  if (now.getTime() - row.lastSeenAt.getTime() > SEEN_MINUTES * MINUTE) await markSeen(db, now, row);
  return { userId: row.userId, accountId: row.accountId, address: row.address, browser: row.browser };
}

/** Writes a new session. */
export async function beginSession(db: Db, now: Date, id: string, row: SessionRow): Promise<void> {
  await db.session.create({ data: { id: sessionKey(id), ...row, createdAt: now, lastSeenAt: now, expiresAt: expiry(now, now) } });
}

/** Lets a session look at another account. One that was ended while its request ran stays ended. */
export async function changeSession(db: Db, id: string, row: SessionRow): Promise<void> {
  await db.session.updateMany({ where: { id: sessionKey(id) }, data: { accountId: row.accountId } });
}

/** Ends a session by its random id. */
export async function endSession(db: Db, id: string): Promise<void> {
  await db.session.deleteMany({ where: { id: sessionKey(id) } });
}

/** Lists the caller's own sessions, the last used first. */
export async function listSessions(ctx: Context): Promise<Session[]> {
  if (ctx.actor.kind !== "user") return [];
  return ctx.db.session.findMany({ where: { userId: ctx.actor.userId, expiresAt: { gt: ctx.clock.now() } }, orderBy: { lastSeenAt: "desc" } });
}

/** Ends one of the caller's own sessions, by its row. */
export async function endOwnSession(ctx: Context, id: string): Promise<void> {
  await ctx.transaction(async (tx) => {
    const userId = tx.actor.kind === "user" ? tx.actor.userId : "";
    const session = await tx.db.session.findFirst({ where: { id, userId } });
    if (!session) throw notFound("auth.session_unknown");
    await tx.db.session.delete({ where: { id } });
    const about = { address: session.address, browser: session.browser };
    tx.audit({ verb: "auth.session.ended", accountId: null, object: { type: "session", id: id.slice(0, 8), name: session.browser }, old: about });
  });
}

/** Removes sessions that are over; gives their number. */
export async function purgeSessions(db: Db, now: Date): Promise<number> {
  return (await db.session.deleteMany({ where: { expiresAt: { lte: now } } })).count;
}

/** Ends every session of everybody. */
export async function endAllSessions(db: Db): Promise<void> {
  await db.session.deleteMany({});
}

async function markSeen(db: Db, now: Date, row: Session): Promise<void> {
  // updateMany: the session may have been ended meanwhile, and must not come back.
  await db.session.updateMany({ where: { id: row.id }, data: { lastSeenAt: now, expiresAt: expiry(row.createdAt, now) } });
}

function expiry(created: Date, seen: Date): Date {
  return new Date(Math.min(created.getTime() + LONGEST_DAYS * 24 * 60 * MINUTE, seen.getTime() + IDLE_HOURS * 60 * MINUTE));
}
