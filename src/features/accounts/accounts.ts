/** Accounts: list, read, create, edit. */
import type { Context, TransactionContext } from "../../core/context.js";
import { conflict, type FieldError, invalidFields } from "../../core/errors.js";
import { requireAdmin } from "../../core/ownership.js";
import type { Account, Prisma } from "../../generated/sqlite/client.js";
import { findUser, type PreparedUser, prepareUser } from "../auth/index.js";
import { findHost, hostsWithRole } from "../hosts/index.js";
import { takeNumber } from "./numbers.js";
import { accountFor, ownAccounts } from "./own.js";
import { ensureDefaultPlan } from "./plans.js";
import { type AccountChange, type AccountInput, LOGIN, RESERVED_LOGIN } from "./schemas.js";

const SHOWN = { plan: true, webHost: true, alsoWebHost: true, filesHost: true } as const;
export type ShownAccount = Prisma.AccountGetPayload<{ include: typeof SHOWN }>;

export interface AccountQuery {
  q?: string;
  state?: "active" | "suspended" | "removed";
  skip?: number;
  take?: number;
}

/** Accounts that the actor may see, by login; purged ones never. */
export async function listAccounts(ctx: Context, query: AccountQuery = {}): Promise<{ rows: ShownAccount[]; total: number }> {
  const text = query.q?.trim().toLowerCase().normalize("NFC");
  const where: Prisma.AccountWhereInput = {
    AND: [ownAccounts(ctx, "accounts.read"), { purgedAt: null }, query.state ? { state: query.state } : {}, text ? { search: { contains: text } } : {}],
  };
  const [rows, total] = await Promise.all([
    ctx.db.account.findMany({ where, include: SHOWN, orderBy: { login: "asc" }, skip: query.skip ?? 0, take: query.take ?? 20 }),
    ctx.db.account.count({ where }),
  ]);
  return { rows, total };
}

/** Gives one account, with its plan and hosts. */
export async function getAccount(ctx: Context, id: string): Promise<ShownAccount> {
  await accountFor(ctx, id, "accounts.read");
  return ctx.db.account.findUniqueOrThrow({ where: { id }, include: SHOWN });
}

/** Finds an account by its login or its number, for the command line. */
export async function findAccount(ctx: Context, word: string): Promise<ShownAccount | null> {
  const number = /^\d{1,9}$/.test(word) ? Number(word) : -1;
  return ctx.db.account.findFirst({
    where: { AND: [ownAccounts(ctx, "accounts.read"), { purgedAt: null, OR: [{ login: word }, { number }, { id: word }] }] },
    include: SHOWN,
  });
}

export interface AddedAccount {
  account: Account;
  /** The password made for a new owner; null for one who was there. Shown once. */
  password: PreparedUser["password"] | null;
}

/** Creates an account with its first owner, on the hosts named or on the ones with fewest accounts. */
export async function addAccount(ctx: Context, input: AccountInput): Promise<AddedAccount> {
  requireAdmin(ctx);
  const login = input.login.trim().toLowerCase();
  const name = input.name.trim().normalize("NFC");
  const plan = input.planId ? await ctx.db.plan.findUnique({ where: { id: input.planId } }) : await ensureDefaultPlan(ctx);
  const webHostId = await chooseHost(ctx, "web", input.webHostId);
  const filesHostId = await chooseHost(ctx, "files", input.filesHostId ?? undefined);
  const faults: FieldError[] = [];
  if (!LOGIN.test(login) || RESERVED_LOGIN.test(login)) faults.push({ field: "login", code: "accounts.login_invalid" });
  if (!name) faults.push({ field: "name", code: "accounts.name_missing" });
  if (!plan) faults.push({ field: "planId", code: "accounts.plan_unknown" });
  if (!webHostId) faults.push({ field: "webHostId", code: "accounts.host_missing" });
  if (!filesHostId) faults.push({ field: "filesHostId", code: "accounts.host_missing" });
  if (!plan || !webHostId || !filesHostId || faults.length > 0) throw invalidFields(faults);
  // argon2 outside the transaction, which may run twice.
  const owner = await prepareOwner(ctx, input);
  const account = await ctx.transaction(async (tx) => {
    if (await tx.db.account.findUnique({ where: { login } })) {
      throw invalidFields([{ field: "login", code: "accounts.login_taken", data: { login } }]);
    }
    return insert(tx, { login, name, planId: plan.id, webHostId, filesHostId }, owner);
  });
  return { account, password: owner.password };
}

type Row = Pick<Account, "login" | "name" | "planId" | "webHostId" | "filesHostId">;
type Owner = Awaited<ReturnType<typeof prepareOwner>>;

async function insert(tx: TransactionContext, row: Row, owner: Owner): Promise<Account> {
  const number = await takeNumber(tx);
  const account = await tx.db.account.create({ data: { ...row, number, search: searchOf(row.login, row.name, number) } });
  const userId = await owner.save(tx);
  await tx.db.membership.create({ data: { userId, accountId: account.id, role: "owner" } });
  tx.audit({
    verb: "accounts.account.added",
    accountId: account.id,
    object: { type: "account", id: account.id, name: row.login },
    new: { ...row, number, ownerId: userId },
  });
  await tx.emit("accounts.changed", { accountId: account.id, what: "created" });
  return account;
}

/** The first owner: somebody who is there already, or a new user whose password is made now. */
async function prepareOwner(ctx: Context, input: AccountInput) {
  const there = await findUser(ctx, input.ownerLogin);
  if (there) return { password: null, save: async () => there.id };
  const prepared = await prepareUser(ctx, { login: input.ownerLogin, email: input.ownerEmail ?? "" }, { login: "ownerLogin", email: "ownerEmail" });
  return { password: prepared.password, save: async (tx: TransactionContext) => (await prepared.save(tx)).id };
}

async function chooseHost(ctx: Context, role: "web" | "files", wanted: string | undefined): Promise<string | null> {
  const hosts = await hostsWithRole(ctx.db, role);
  if (wanted) return (await findHost(ctx.db, wanted)) && hosts.some(({ id }) => id === wanted) ? wanted : null;
  const [fewest] = hosts.sort((a, b) => a.accounts[role] - b.accounts[role] || a.name.localeCompare(b.name));
  return fewest?.id ?? null;
}

/** Changes the name or the plan of an account; its units follow. */
export async function editAccount(ctx: Context, id: string, input: AccountChange): Promise<Account> {
  requireAdmin(ctx);
  return ctx.transaction(async (tx) => {
    const old = await accountFor(tx, id, "accounts.write");
    if (input.version !== undefined && input.version !== old.version) throw conflict("accounts.changed_meanwhile", { login: old.login });
    const name = (input.name ?? old.name).trim().normalize("NFC");
    const planId = input.planId ?? old.planId;
    const faults: FieldError[] = [];
    if (!name) faults.push({ field: "name", code: "accounts.name_missing" });
    if (!(await tx.db.plan.findUnique({ where: { id: planId } }))) faults.push({ field: "planId", code: "accounts.plan_unknown" });
    if (faults.length > 0) throw invalidFields(faults);
    const data = { name, planId, search: searchOf(old.login, name, old.number), version: { increment: 1 } };
    const account = await tx.db.account.update({ where: { id }, data });
    tx.audit({
      verb: "accounts.account.edited",
      accountId: id,
      object: { type: "account", id, name: old.login },
      old: { name: old.name, planId: old.planId },
      new: { name, planId },
    });
    await tx.emit("accounts.changed", { accountId: id, what: "edited" });
    return account;
  });
}

function searchOf(login: string, name: string, number: number): string {
  return `${login} ${name} ${number}`.toLowerCase();
}
