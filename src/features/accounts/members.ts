/** Who may do what in an account. */
import type { Context } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import { conflict, invalid, notFound } from "../../core/errors.js";
import type { MembershipSource } from "../../core/feature.js";
import type { Prisma } from "../../generated/sqlite/client.js";
import { findUser } from "../auth/index.js";
import { accountFor, changeableAccount } from "./own.js";
import type { MemberInput } from "./schemas.js";

/** Who is told what concerns everybody. */
const ACTIVE = { user: { disabledAt: null }, account: { state: { not: "removed" as const } } };

/** A user's accounts and roles, read at each request; accounts in the bin are left out. */
export const memberships: MembershipSource = {
  async of(db, userId) {
    const rows = await db.membership.findMany({
      where: { userId, account: { state: { not: "removed" } } },
      orderBy: { account: { name: "asc" } },
      select: { accountId: true, role: true, account: { select: { name: true } } },
    });
    return rows.map(({ accountId, role, account }) => ({ accountId, role, name: account.name }));
  },
};

/** The users of an account, with their roles. */
export async function listMembers(ctx: Context, accountId: string) {
  await accountFor(ctx, accountId, "accounts.read");
  return ctx.db.membership.findMany({
    where: { accountId },
    orderBy: { createdAt: "asc" },
    select: { userId: true, role: true, user: { select: { login: true, name: true, email: true } } },
  });
}

/** Gives a user that exists a role in the account, or another role. */
export async function setMember(ctx: Context, accountId: string, input: MemberInput): Promise<void> {
  await ctx.transaction(async (tx) => {
    const account = await changeableAccount(tx, accountId, "accounts.members.write");
    const user = await findUser(tx, input.login);
    if (!user) throw invalid("accounts.user_unknown", { login: input.login }, "login");
    const old = await tx.db.membership.findUnique({ where: { userId_accountId: { userId: user.id, accountId } } });
    if (old?.role === "owner" && input.role !== "owner") await refuseLastOwner(tx.db, accountId, user.id);
    await tx.db.membership.upsert({
      where: { userId_accountId: { userId: user.id, accountId } },
      create: { userId: user.id, accountId, role: input.role },
      update: { role: input.role },
    });
    tx.audit({
      verb: "accounts.member.set",
      accountId,
      object: { type: "account", id: accountId, name: account.login },
      old: { login: user.login, role: old?.role ?? null },
      new: { login: user.login, role: input.role },
    });
  });
}

/** Takes a user's role in the account away; the last owner stays. */
export async function removeMember(ctx: Context, accountId: string, userId: string): Promise<void> {
  await ctx.transaction(async (tx) => {
    const account = await changeableAccount(tx, accountId, "accounts.members.write");
    const old = await tx.db.membership.findUnique({ where: { userId_accountId: { userId, accountId } } });
    if (!old) throw notFound("accounts.member_unknown");
    if (old.role === "owner") await refuseLastOwner(tx.db, accountId, userId);
    await tx.db.membership.delete({ where: { userId_accountId: { userId, accountId } } });
    tx.audit({
      verb: "accounts.member.removed",
      accountId,
      object: { type: "account", id: accountId, name: account.login },
      old: { userId, role: old.role },
    });
  });
}

async function refuseLastOwner(db: Db, accountId: string, userId: string): Promise<void> {
  const others = await db.membership.count({ where: { accountId, role: "owner", userId: { not: userId } } });
  if (others === 0) throw conflict("accounts.last_owner", {});
}

/** Everybody with a role in an account that is not in the bin and whose login is not disabled, once each, by address; `of` narrows to an account and to roles. */
export async function listPeople(
  db: Db,
  of: Pick<Prisma.MembershipWhereInput, "accountId" | "role"> = {},
): Promise<{ userId: string; email: string; locale: string | null }[]> {
  const rows = await db.membership.findMany({
    where: { ...of, ...ACTIVE },
    distinct: ["userId"],
    select: { user: { select: { id: true, email: true, locale: true } } },
  });
  return rows.map(({ user }) => ({ userId: user.id, email: user.email, locale: user.locale })).sort((a, b) => (a.email < b.email ? -1 : 1));
}

/** Those who are told when something of an account needs a hand: who may change it, by address. */
export async function carersOf(db: Db, accountId: string): Promise<{ email: string; locale: string | null }[]> {
  const rows = await db.membership.findMany({
    where: { ...ACTIVE, accountId, role: { in: ["owner", "webmaster"] } },
    select: { user: { select: { email: true, locale: true } } },
  });
  return rows.map(({ user }) => user).sort((a, b) => (a.email < b.email ? -1 : 1));
}

/** How many they are. */
export async function countPeople(db: Db): Promise<number> {
  return (await db.membership.groupBy({ by: ["userId"], where: ACTIVE })).length;
}
