/** The moves of accounts: begun, undone, ended. What leads from one state to the next stands in steps.ts. */
import type { Context, TransactionContext } from "../../core/context.js";
import { conflict, type ErrorData, invalid, notFound } from "../../core/errors.js";
import { requireAdmin } from "../../core/ownership.js";
import type { Account, AccountMove, Host } from "../../generated/sqlite/client.js";
import { letLeave } from "../../publish/index.js";
import { accountFor, exchangePlaces, serveAlso, serveOnce } from "../accounts/index.js";
import { zonesTelling } from "../dns/index.js";
import { findHost, hostsWithRole, phpVersionsOf, publicAddressesOf } from "../hosts/index.js";
import { liveNames, pooledVersions } from "../sites/index.js";
import { ROLES, unitDoubts } from "./readiness.js";

export interface ShownMove extends AccountMove {
  account: Account;
  from: Pick<Host, "id" | "name">;
  to: Pick<Host, "id" | "name">;
}

/** Moves under way, the oldest first. */
export async function listMoves(ctx: Context, { skip = 0, take = 20 }: { skip?: number; take?: number } = {}): Promise<{ rows: ShownMove[]; total: number }> {
  requireAdmin(ctx);
  const rows = await ctx.db.accountMove.findMany({ include: { account: true }, orderBy: { startedAt: "asc" }, skip, take });
  return { rows: await Promise.all(rows.map((row) => withHosts(ctx, row))), total: await ctx.db.accountMove.count() };
}

/** The move of an account; null: it stands still. */
export async function findMove(ctx: Context, accountId: string): Promise<ShownMove | null> {
  requireAdmin(ctx);
  const row = await ctx.db.accountMove.findUnique({ where: { accountId }, include: { account: true } });
  return row && withHosts(ctx, row);
}

async function withHosts(ctx: Context, row: AccountMove & { account: Account }): Promise<ShownMove> {
  const named = async (id: string) => (await findHost(ctx.db, id)) ?? { id, name: "?" };
  return { ...row, from: await named(row.fromHostId), to: await named(row.toHostId) };
}

/** Web machines to which an account may go. */
export async function otherHosts(ctx: Context, account: Pick<Account, "webHostId">) {
  return (await hostsWithRole(ctx.db, "web")).filter(({ id }) => id !== account.webHostId);
}

/** Begins a move: the destination serves too, and names go on leading to where they lead until it was proven. */
export async function startMove(ctx: Context, accountId: string, hostId: string): Promise<AccountMove> {
  requireAdmin(ctx);
  return ctx.transaction(async (tx) => {
    const account = await accountFor(tx, accountId, "accounts.write");
    if (account.state === "removed") throw conflict("moves.in_bin", { login: account.login });
    if (await tx.db.accountMove.findUnique({ where: { accountId } })) throw conflict("moves.under_way", { login: account.login });
    const to = await destination(tx, account, hostId);
    const startedAt = tx.clock.now();
    const startedBy = tx.actor.kind === "user" ? tx.actor.login : "";
    const move = await tx.db.accountMove.create({ data: { accountId, fromHostId: account.webHostId, toHostId: to.id, startedBy, startedAt } });
    await serveAlso(tx, account, to.id);
    await audit(tx, "started", account, move);
    return move;
  });
}

/** What can be known before anything is published; the rest is proven by asking the machine. */
async function destination(tx: TransactionContext, account: Account, hostId: string): Promise<Host> {
  const to = (await hostsWithRole(tx.db, "web")).find(({ id }) => id === hostId);
  if (!to) throw invalid("moves.host_unknown", {}, "hostId");
  if (to.id === account.webHostId) throw invalid("moves.host_same", { host: to.name }, "hostId");
  const there = phpVersionsOf(to.state);
  const missing = (await pooledVersions(tx.db, account.id)).filter((version) => !there.includes(version));
  if (missing.length > 0) throw invalid("moves.php_missing", { host: to.name, versions: missing.join(", ") }, "hostId");
  const addresses = await publicAddressesOf(tx.db, [account.webHostId, to.id]);
  // Who has no IPv6 there loses it and is still reached; without IPv4 half the world would be turned away.
  if (addresses.get(account.webHostId)?.ipv4 && !addresses.get(to.id)?.ipv4) throw invalid("moves.address_missing", { host: to.name }, "hostId");
  return to;
}

/** The destination is proven: names lead there from now on, and the machine of before goes on serving. */
export async function leadNames(tx: TransactionContext, move: AccountMove): Promise<void> {
  const account = await accountFor(tx, move.accountId, "accounts.write");
  // Taken before names are told: caches keep what they heard until now.
  const { seconds } = await zonesTelling(tx.db, await liveNames(tx.db, account.id));
  const led = { state: "leading" as const, ledAt: tx.clock.now(), endsAt: null, ttlSeconds: seconds, waitsFor: [] };
  await exchangePlaces(tx, account);
  await audit(tx, "led", account, await tx.db.accountMove.update({ where: { id: move.id }, data: led }));
}

/** Takes a move back: before names were told the destination just stops; afterwards they are told to go back, and it serves until that is known. */
export async function undoMove(ctx: Context, accountId: string): Promise<AccountMove | null> {
  requireAdmin(ctx);
  return ctx.transaction(async (tx) => {
    const move = await moveOf(tx, accountId);
    const account = await accountFor(tx, accountId, "accounts.write");
    if (move.state === "preparing") {
      await finish(tx, move, account);
      await audit(tx, "undone", account, move);
      return null;
    }
    const host = await findHost(tx.db, move.fromHostId);
    const away = host === null || host.reachable === false || host.awaySince !== null;
    if (away || (await unitDoubts(tx.db, account, move.fromHostId)).length > 0)
      throw conflict("moves.old_not_ready", { login: account.login, host: host?.name ?? "?" });
    const exchanged = await tx.db.accountMove.update({
      where: { id: move.id },
      data: { fromHostId: move.toHostId, toHostId: move.fromHostId, back: !move.back },
    });
    await leadNames(tx, exchanged);
    await audit(tx, "undone", account, exchanged);
    return exchanged;
  });
}

/** Ends a move now, whoever may still come by an address of before: an administrator's own decision. */
export async function endMove(ctx: Context, accountId: string): Promise<void> {
  requireAdmin(ctx);
  await ctx.transaction(async (tx) => {
    const move = await moveOf(tx, accountId);
    const account = await accountFor(tx, accountId, "accounts.write");
    if (move.state === "preparing") throw conflict("moves.not_led", { login: account.login });
    await finish(tx, move, account);
    await audit(tx, "ended", account, move);
  });
}

/** The machine to which names do not lead stops. */
export async function finish(tx: TransactionContext, move: AccountMove, account: Account): Promise<void> {
  const leaves = account.alsoWebHostId;
  await tx.db.accountMove.delete({ where: { id: move.id } });
  await serveOnce(tx, account);
  // Its names are served elsewhere: that so many leave this machine is no accident.
  if (leaves !== null) await letLeave(tx, { hostId: leaves, accountId: account.id, roles: ROLES });
}

/** The account went into the bin. */
export async function dropMove(tx: TransactionContext, accountId: string): Promise<void> {
  const move = await tx.db.accountMove.findUnique({ where: { accountId }, include: { account: true } });
  if (move === null) return;
  await finish(tx, move, move.account);
  await audit(tx, "ended", move.account, move);
}

async function moveOf(tx: TransactionContext, accountId: string): Promise<AccountMove> {
  await accountFor(tx, accountId, "accounts.write");
  const move = await tx.db.accountMove.findUnique({ where: { accountId } });
  if (move === null) throw notFound("moves.none");
  return move;
}

const nameOf = async (tx: TransactionContext, hostId: string): Promise<string> => (await findHost(tx.db, hostId))?.name ?? "?";

/** Writes down what became of a move. */
export async function audit(tx: TransactionContext, what: "started" | "led" | "undone" | "ended", account: Account, move: AccountMove): Promise<void> {
  const told: ErrorData = { from: await nameOf(tx, move.fromHostId), to: await nameOf(tx, move.toHostId) };
  tx.audit({ verb: `moves.move.${what}`, accountId: account.id, object: { type: "account", id: account.id, name: account.login }, new: told });
}
