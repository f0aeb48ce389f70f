/** A login leaves into the bin, comes back, or is let go; one whose time is over is taken off the machine. Files are never touched. */
import type { Context, TransactionContext } from "../../core/context.js";
import { conflict } from "../../core/errors.js";
import type { FtpLogin } from "../../generated/sqlite/client.js";
import { changeableAccount, placeOf } from "../accounts/index.js";
import { changeableLogin, getLogin, refuseFull } from "./logins.js";
import { shownName } from "./names.js";
import { objectOf } from "./naming.js";
import { touchLogins } from "./units.js";

export const BIN_DAYS = 30;
const DAY_MS = 86_400_000;
const BATCH = 200;

/** Puts a login into the bin: it is refused at once, and its name stays reserved until the countdown ends. */
export async function removeLogin(ctx: Context, key: string): Promise<FtpLogin> {
  return ctx.transaction(async (tx) => {
    const { login, account } = await changeableLogin(tx, key);
    const removedAt = tx.clock.now();
    const binUntil = new Date(removedAt.getTime() + BIN_DAYS * DAY_MS);
    const gone = await tx.db.ftpLogin.update({ where: { id: login.id }, data: { state: "bin", removedAt, binUntil, version: { increment: 1 } } });
    tx.audit({ verb: "ftp.login.removed", accountId: account.id, object: objectOf(login), old: { state: "live" }, new: { state: "bin", binUntil } });
    await touchLogins(tx, account);
    return gone;
  });
}

/** Takes a login out of the bin, with its password, keys and settings. */
export async function restoreLogin(ctx: Context, key: string): Promise<FtpLogin> {
  return ctx.transaction(async (tx) => {
    const { login, account } = await binned(tx, key);
    await refuseFull(tx, account);
    const back = await tx.db.ftpLogin.update({ where: { id: login.id }, data: { state: "live", removedAt: null, binUntil: null, version: { increment: 1 } } });
    tx.audit({ verb: "ftp.login.restored", accountId: account.id, object: objectOf(login), old: { state: "bin" }, new: { state: "live" } });
    await touchLogins(tx, account, true);
    return back;
  });
}

/** Ends the countdown of a login now: its name is free, its password and keys are gone. */
export async function releaseLogin(ctx: Context, key: string): Promise<void> {
  await ctx.transaction(async (tx) => {
    const { login } = await binned(tx, key);
    await drop(tx, login);
  });
}

/** Ends the countdown of every login whose time has come. Gives their number. */
export async function purgeLogins(ctx: Context): Promise<number> {
  const due = await ctx.db.ftpLogin.findMany({ where: { state: "bin", binUntil: { lte: ctx.clock.now() } }, select: { id: true }, take: BATCH });
  for (const { id } of due) {
    await ctx.transaction(async (tx) => {
      const login = await tx.db.ftpLogin.findFirst({ where: { id, state: "bin" } });
      if (login) await drop(tx, login);
    });
  }
  return due.length;
}

/** Takes logins whose day has passed off the machines, which have refused them since then anyway. Gives their number. */
export async function expireLogins(ctx: Context): Promise<number> {
  const due = { expired: false, expiresAt: { lte: ctx.clock.now() } };
  const logins = await ctx.db.ftpLogin.findMany({ where: due, select: { id: true }, orderBy: { id: "asc" }, take: BATCH });
  for (const { id } of logins) {
    await ctx.transaction(async (tx) => {
      const login = await tx.db.ftpLogin.findFirst({ where: { id, ...due } });
      if (!login) return;
      await tx.db.ftpLogin.update({ where: { id }, data: { expired: true } });
      tx.audit({ verb: "ftp.login.expired", accountId: login.accountId, object: objectOf(login), old: { expiresAt: login.expiresAt } });
      if (login.state === "live") await touchLogins(tx, await placeOf(tx.db, login.accountId));
    });
  }
  return logins.length;
}

/** Lets go of all logins of an account whose own countdown ended. */
export async function dropLoginsOf(tx: TransactionContext, accountId: string): Promise<void> {
  for (const login of await tx.db.ftpLogin.findMany({ where: { accountId }, orderBy: { id: "asc" } })) await drop(tx, login);
}

async function drop(tx: TransactionContext, login: FtpLogin): Promise<void> {
  await tx.db.ftpLogin.delete({ where: { id: login.id } });
  tx.audit({ verb: "ftp.login.released", accountId: login.accountId, object: objectOf(login), old: { folder: login.folder } });
}

async function binned(tx: TransactionContext, key: string) {
  const login = await getLogin(tx, key, "ftp.write");
  const account = await changeableAccount(tx, login.accountId, "ftp.write");
  if (login.state !== "bin") throw conflict("ftp.not_in_bin", { name: shownName(login.name) });
  return { login, account };
}
