/** Which accounts an actor may see or change: the same rule as for owned rows, on the account itself. */
import type { Context } from "../../core/context.js";
import { conflict, notFound } from "../../core/errors.js";
import { accountsWith, isAdmin } from "../../core/ownership.js";
import type { Account, Plan } from "../../generated/sqlite/client.js";

/** The `where` of accounts that the actor holds with this permission. */
export function ownAccounts(ctx: Context, permission: string): { id?: { in: string[] } } {
  const ids = accountsWith(ctx.actor, permission);
  return ids === null ? {} : { id: { in: ids } };
}

/** Gives the account in which the actor may do this; a stranger's is not found. */
export async function accountFor(ctx: Context, accountId: string, permission: string): Promise<Account & { plan: Plan }> {
  const account = await ctx.db.account.findFirst({
    where: { AND: [{ id: accountId, purgedAt: null }, ownAccounts(ctx, permission)] },
    include: { plan: true },
  });
  if (!account) throw notFound("accounts.account_unknown");
  return account;
}

/** The same, for a change of what the account holds: in the bin nothing changes, and while suspended only administrators change it. */
export async function changeableAccount(ctx: Context, accountId: string, permission: string): Promise<Account & { plan: Plan }> {
  const account = await accountFor(ctx, accountId, permission);
  if (account.state === "removed") throw conflict("accounts.in_bin", { login: account.login });
  if (account.state === "suspended" && !isAdmin(ctx.actor)) throw conflict("accounts.is_suspended", { login: account.login });
  return account;
}
