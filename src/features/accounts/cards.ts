/** Cards of accounts: how many there are, for administrators; a suspension and its reason, for members. */
import type { Context } from "../../core/context.js";
import type { HomeCard, HomeCardContent } from "../../core/feature.js";
import { listAccounts } from "./accounts.js";

const SHOWN = 20;

export const accountCards: HomeCard[] = [
  { audience: "admin", position: 20, view: "accounts/card", load: loadCounts },
  { audience: "member", position: 5, permission: "accounts.read", view: "accounts/suspended-card", load: loadSuspended },
];

async function loadCounts(ctx: Context): Promise<HomeCardContent> {
  const count = async (state: "active" | "suspended" | "removed") => (await listAccounts(ctx, { state, take: 1 })).total;
  return { data: { active: await count("active"), suspended: await count("suspended"), removed: await count("removed") }, state: "verified" };
}

async function loadSuspended(ctx: Context, accountId: string | null): Promise<HomeCardContent | null> {
  const { rows } = await listAccounts(ctx, { state: "suspended", take: SHOWN });
  const accounts = rows.filter(({ id }) => accountId === null || id === accountId);
  return accounts.length > 0 ? { data: { accounts }, state: "held" } : null;
}
