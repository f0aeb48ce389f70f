/** What other features read of accounts for their roles, in few queries. */
import type { Db } from "../../core/db.js";
import type { Account, Plan } from "../../generated/sqlite/client.js";

/** Machines that serve an account's sites: the one to which names lead, and while they move another one. */
export function webHostsOf({ webHostId, alsoWebHostId }: Pick<Account, "webHostId" | "alsoWebHostId">): string[] {
  return alsoWebHostId === null ? [webHostId] : [webHostId, alsoWebHostId];
}

/** The condition of being served by a web machine. */
export const servedBy = (hostId: string) => ({ OR: [{ webHostId: hostId }, { alsoWebHostId: hostId }] });

export type AccountFacts = Account & { plan: Plan };

/** Unit keys (numbers) of the accounts on a host, after one of them, in the order of numbers. A purged account stays for `files`. */
export async function hostAccounts(db: Db, role: "web" | "files", hostId: string, after: string, limit: number): Promise<string[]> {
  const there = role === "web" ? { ...servedBy(hostId), state: { not: "removed" as const } } : { filesHostId: hostId };
  const rows = await db.account.findMany({
    where: { ...there, number: { gt: Number(after) || 0 } },
    orderBy: { number: "asc" },
    take: limit,
    select: { number: true },
  });
  return rows.map(({ number }) => String(number));
}

/** Does this account stand on the host in a role, active (`web`) or not purged (`files`)? Reads none of its values, so that a spoilt one is not in the way. */
export async function standsOn(db: Db, role: "web" | "files", hostId: string, number: number): Promise<boolean> {
  const there = role === "web" ? { ...servedBy(hostId), state: "active" as const } : { filesHostId: hostId, purgedAt: null };
  return (await db.account.count({ where: { number, ...there } })) > 0;
}

/** Accounts by number, with their plans. */
export async function readAccounts(db: Db, numbers: number[]): Promise<AccountFacts[]> {
  return db.account.findMany({ where: { number: { in: numbers } }, include: { plan: true } });
}

/** What the fixed part of the web chain must let through: the highest ceilings of all plans (HOSTING.md 7). */
export async function highestPlan(db: Db): Promise<{ uploadMb: number; timeSeconds: number }> {
  const { _max } = await db.plan.aggregate({ _max: { phpUploadMb: true, phpTimeSeconds: true } });
  return { uploadMb: _max.phpUploadMb ?? 1, timeSeconds: _max.phpTimeSeconds ?? 1 };
}

/** An account by its login, whoever asks: for those who name another account on purpose. */
export async function accountNamed(db: Db, login: string): Promise<Account | null> {
  return db.account.findFirst({ where: { login: login.trim().toLowerCase(), purgedAt: null, state: { not: "removed" } } });
}

/** The account's place: its number and hosts. */
export async function placeOf(db: Db, accountId: string): Promise<AccountFacts> {
  return db.account.findUniqueOrThrow({ where: { id: accountId }, include: { plan: true } });
}
