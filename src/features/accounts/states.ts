/** The life of an account: suspend, resume, remove into the bin, restore, purge. */
import type { Context, TransactionContext } from "../../core/context.js";
import { conflict } from "../../core/errors.js";
import { requireAdmin } from "../../core/ownership.js";
import type { Account } from "../../generated/sqlite/client.js";
import type { AccountChanged } from "./events.js";
import { accountFor } from "./own.js";

export const BIN_DAYS = 30;
const DAY_MS = 86_400_000;
const PURGE_BATCH = 100;

type Changes = Partial<Pick<Account, "state" | "suspendedReason" | "suspendedAt" | "removedAt" | "binUntil" | "purgedAt" | "login" | "search">>;

/** Suspends an account: every site of it shows the notice; the reason is kept. */
export async function suspendAccount(ctx: Context, id: string, reason: string): Promise<Account> {
  return change(ctx, id, "suspended", (account) => {
    if (account.state !== "active") throw conflict(`accounts.already_${account.state}`, { login: account.login });
    return { state: "suspended", suspendedReason: reason, suspendedAt: ctx.clock.now() };
  });
}

/** Ends a suspension. */
export async function resumeAccount(ctx: Context, id: string): Promise<Account> {
  return change(ctx, id, "resumed", (account) => {
    if (account.state !== "suspended") throw conflict("accounts.not_suspended", { login: account.login });
    return { state: "active", suspendedReason: null, suspendedAt: null };
  });
}

/** Puts an account into the bin: nothing of it answers, everything stays until the countdown ends. */
export async function removeAccount(ctx: Context, id: string, days = BIN_DAYS): Promise<Account> {
  return change(ctx, id, "removed", (account) => {
    if (account.state === "removed") throw conflict("accounts.already_removed", { login: account.login });
    const now = ctx.clock.now();
    return { state: "removed", removedAt: now, binUntil: new Date(now.getTime() + days * DAY_MS) };
  });
}

/** Takes an account out of the bin, with everything; one that was suspended is suspended again. */
export async function restoreAccount(ctx: Context, id: string): Promise<Account> {
  return change(ctx, id, "restored", (account) => {
    if (account.state !== "removed") throw conflict("accounts.not_in_bin", { login: account.login });
    return { state: account.suspendedAt ? "suspended" : "active", removedAt: null, binUntil: null };
  });
}

/** Ends the countdown of every account whose time has come: its names are free, its home goes to the machine's own bin. Gives their number. */
export async function purgeAccounts(ctx: Context): Promise<number> {
  requireAdmin(ctx);
  const due = await ctx.db.account.findMany({
    where: { state: "removed", purgedAt: null, binUntil: { lte: ctx.clock.now() } },
    select: { id: true },
    take: PURGE_BATCH,
  });
  for (const { id } of due) await purgeAccount(ctx, id);
  return due.length;
}

/** Ends the countdown of one account now. Its number stays taken for ever. */
async function purgeAccount(ctx: Context, id: string): Promise<Account> {
  return change(ctx, id, "purged", (account) => {
    if (account.state !== "removed") throw conflict("accounts.not_in_bin", { login: account.login });
    const login = `purged-${account.number}`;
    return { purgedAt: ctx.clock.now(), login, search: `${login} ${account.number}` };
  });
}

async function change(ctx: Context, id: string, what: AccountChanged["what"], decide: (account: Account) => Changes): Promise<Account> {
  requireAdmin(ctx);
  return ctx.transaction(async (tx) => {
    const old = await accountFor(tx, id, "accounts.write");
    const changes = decide(old);
    if (what === "purged") await tx.db.membership.deleteMany({ where: { accountId: id } });
    const account = await tx.db.account.update({ where: { id }, data: { ...changes, version: { increment: 1 } } });
    audit(tx, old, account, changes, what);
    await tx.emit("accounts.changed", { accountId: id, what });
    return account;
  });
}

function audit(tx: TransactionContext, old: Account, account: Account, changes: Changes, what: string): void {
  const before = Object.fromEntries(Object.keys(changes).map((column) => [column, old[column as keyof Changes]]));
  tx.audit({
    verb: `accounts.account.${what}`,
    accountId: account.id,
    object: { type: "account", id: account.id, name: old.login },
    old: before,
    new: { ...changes },
  });
}

/** Counts what an account holds, for the page that asks before a removal. */
export async function countConsequences(ctx: Context, accountId: string): Promise<{ key: string; count: number }[]> {
  return ctx.transaction(async (tx) => {
    await accountFor(tx, accountId, "accounts.read");
    const counts: { key: string; count: number }[] = [];
    await tx.emit("accounts.counting", { accountId, add: (key, count) => counts.push({ key, count }) });
    return counts.filter(({ count }) => count > 0).sort((a, b) => a.key.localeCompare(b.key));
  });
}
