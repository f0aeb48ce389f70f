/** Guessing is slowed down by rows: per login at an address, per address, and per login from everywhere. The same for logins that do not exist. */
import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import type { Context } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import { tooMany } from "../../core/errors.js";

export const WINDOW_SECONDS = 900;
export const HOLD_SECONDS = 900;
/** Failures in a window before attempts are held. The last one is high: it must not let a stranger lock a member out easily. */
export const LIMITS = { pair: 5, address: 30, login: 100 } as const;

type Kind = keyof typeof LIMITS;

/**
 * Takes one attempt before the password is looked at: refuses the one that must wait, counts the others as failures. Counted afterwards, any
 * number of guesses sent at once would all pass before the first one is known to be wrong. A success gives its attempt back (`forgetFailures`).
 */
export async function takeAttempt(ctx: Context, login: string, address: string): Promise<void> {
  await ctx.transaction(async (tx) => {
    await refuseHeld(tx, login, address);
    await countFailure(tx.db, tx.clock.now(), login, address);
  });
}

async function refuseHeld(ctx: Context, login: string, address: string): Promise<void> {
  const now = ctx.clock.now();
  const rows = await ctx.db.loginThrottle.findMany({ where: { key: { in: keysOf(login, address).map(({ key }) => key) }, heldUntil: { gt: now } } });
  const until = Math.max(0, ...rows.map((row) => row.heldUntil?.getTime() ?? 0));
  if (until === 0) return;
  throw tooMany("auth.too_many_attempts", { minutes: Math.max(1, Math.ceil((until - now.getTime()) / 60_000)) });
}

async function countFailure(db: Db, now: Date, login: string, address: string): Promise<void> {
  const windowBegins = new Date(now.getTime() - WINDOW_SECONDS * 1000);
  for (const { key, kind } of keysOf(login, address)) {
    const row = await db.loginThrottle.findUnique({ where: { key } });
    const inWindow = row !== null && row.windowStart > windowBegins;
    const failures = inWindow ? row.failures + 1 : 1;
    const heldUntil = failures >= LIMITS[kind] ? new Date(now.getTime() + HOLD_SECONDS * 1000) : null;
    const data = { failures, windowStart: inWindow ? row.windowStart : now, heldUntil };
    await db.loginThrottle.upsert({ where: { key }, create: { key, ...data }, update: data });
  }
}

/** Forgets the failures of a login at an address after a success. Of the address only the success's own attempt: one good account must not free a guesser. */
export async function forgetFailures(db: Db, login: string, address: string): Promise<void> {
  for (const { key, kind } of keysOf(login, address)) {
    if (kind === "pair") await db.loginThrottle.deleteMany({ where: { key } });
    else {
      await db.loginThrottle.updateMany({ where: { key, failures: { gt: 0 } }, data: { failures: { decrement: 1 } } });
      await db.loginThrottle.updateMany({ where: { key, failures: { lt: LIMITS[kind] } }, data: { heldUntil: null } });
    }
  }
}

/** Removes rows that no longer decide anything; gives their number. */
export async function purgeThrottles(db: Db, now: Date): Promise<number> {
  const old = new Date(now.getTime() - (WINDOW_SECONDS + HOLD_SECONDS) * 1000);
  return (await db.loginThrottle.deleteMany({ where: { windowStart: { lt: old }, OR: [{ heldUntil: null }, { heldUntil: { lt: now } }] } })).count;
}

/** Hashed, because people type passwords into the wrong field. */
function keysOf(login: string, address: string): { kind: Kind; key: string }[] {
  const who = createHash("sha256").update(login).digest("hex").slice(0, 32);
  const network = networkOf(address);
  return [
    { kind: "pair", key: `pair:${who}:${network}` },
    { kind: "address", key: `address:${network}` },
    { kind: "login", key: `login:${who}` },
  ];
}

/** One customer of an IPv6 provider has a whole /64 (RFC 6177). */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith("::ffff:")) return address;
  const [head = "", tail = ""] = address.split("::");
  const left = head.split(":").filter(Boolean);
  const right = tail.split(":").filter(Boolean);
  const groups = address.includes("::") ? [...left, ...Array(Math.max(0, 8 - left.length - right.length)).fill("0"), ...right] : left;
  return `${groups.slice(0, 4).join(":")}::/64`;
}
