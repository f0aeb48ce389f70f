/** Domains that pass from one account to another: offered by one owner and accepted by another, or moved by an administrator; and the way back. */
import type { Context, TransactionContext } from "../../core/context.js";
import { conflict, invalid, notFound } from "../../core/errors.js";
import { accountsWith, requireAdmin } from "../../core/ownership.js";
import type { Account, DomainOffer, Prisma } from "../../generated/sqlite/client.js";
import { accountNamed, changeableAccount, placeOf } from "../accounts/index.js";
import { changeableDomain, countMove, displayName, domainNamed, type KeptAside, type MoveCount, moveDomain } from "../domains/index.js";
import type { OfferInput } from "./schemas.js";

export const OFFER_DAYS = 14;
export const UNDO_DAYS = 30;
const DAY_MS = 86_400_000;
const EXPIRY_BATCH = 500;

const NEWEST_FIRST: Prisma.DomainOfferOrderByWithRelationInput[] = [{ createdAt: "desc" }, { id: "desc" }];
const PARTY = { select: { id: true, login: true, name: true } } as const;
export const SHOWN_OFFER = { account: PARTY, toAccount: PARTY } as const;
export type ShownOffer = Prisma.DomainOfferGetPayload<{ include: typeof SHOWN_OFFER }>;

export interface OfferQuery {
  accountId?: string;
  state?: DomainOffer["state"];
  skip?: number;
  take?: number;
}

/** Offers that the actor's accounts made or received, the newest first. */
export async function listOffers(ctx: Context, query: OfferQuery = {}): Promise<{ rows: ShownOffer[]; total: number }> {
  const either = (ids: { in: string[] } | string) => ({ OR: [{ accountId: ids }, { toAccountId: ids }] });
  const where = { AND: [seenBy(ctx), query.accountId ? either(query.accountId) : {}, query.state ? { state: query.state } : {}] };
  const order = { orderBy: NEWEST_FIRST, skip: query.skip ?? 0, take: query.take ?? 20 };
  return { rows: await ctx.db.domainOffer.findMany({ where, include: SHOWN_OFFER, ...order }), total: await ctx.db.domainOffer.count({ where }) };
}

/** Gives one offer to those whom it concerns. */
export async function getOffer(ctx: Context, id: string): Promise<ShownOffer> {
  const offer = await ctx.db.domainOffer.findFirst({ where: { AND: [{ id }, seenBy(ctx)] }, include: SHOWN_OFFER });
  if (!offer) throw notFound("transfers.offer_unknown");
  return offer;
}

/** Offers a domain to another account. */
export async function offerDomain(ctx: Context, key: string, input: OfferInput): Promise<DomainOffer> {
  return ctx.transaction(async (tx) => {
    const { domain, to } = await parties(tx, key, input);
    const open = await tx.db.domainOffer.findFirst({ where: { domainId: domain.id, state: "open" } });
    if (open) throw conflict("transfers.already_offered", { name: displayName(domain.name) }, "to");
    const now = tx.clock.now();
    const expiresAt = new Date(now.getTime() + OFFER_DAYS * DAY_MS);
    const data = { domainId: domain.id, name: domain.name, accountId: domain.accountId, toAccountId: to.id, createdAt: now, expiresAt };
    const offer = await tx.db.domainOffer.create({ data });
    tell(tx, offer, "made");
    return offer;
  });
}

/** Moves a domain at once; for administrators. */
export async function giveDomain(ctx: Context, key: string, input: OfferInput): Promise<DomainOffer> {
  requireAdmin(ctx);
  return ctx.transaction(async (tx) => {
    const { domain, to } = await parties(tx, key, input);
    return passOver(tx, domain.id, to.id);
  });
}

/** Moves a domain for a reason that was looked at before, and keeps what the way back needs. */
export async function passOver(tx: TransactionContext, domainId: string, toId: string): Promise<DomainOffer> {
  const open = await tx.db.domainOffer.findMany({ where: { domainId, state: "open" } });
  for (const offer of open) await close(tx, offer, "cancelled");
  const { from, domain, kept } = await moved(tx, domainId, toId);
  const now = tx.clock.now();
  const times = { createdAt: now, expiresAt: now, movedAt: now, closedAt: now };
  return tx.db.domainOffer.create({ data: { domainId, name: domain.name, accountId: from, toAccountId: toId, state: "accepted", kept, ...times } });
}

/** Accepts an offer: the domain is the other account's from now on. */
export async function acceptOffer(ctx: Context, id: string): Promise<DomainOffer> {
  return ctx.transaction(async (tx) => {
    const offer = await openOffer(tx, id, "toAccountId");
    await changeableAccount(tx, offer.toAccountId, "transfers.write");
    const domain = await domainNamed(tx.db, offer.name);
    if (domain?.id !== offer.domainId || domain.accountId !== offer.accountId) throw conflict("transfers.offer_outdated", { name: displayName(offer.name) });
    // Suspended meanwhile: what it has stays where it is until that is settled.
    if ((await placeOf(tx.db, offer.accountId)).state !== "active") throw conflict("transfers.giver_inactive", { name: displayName(offer.name) });
    const { kept } = await moved(tx, offer.domainId, offer.toAccountId);
    const now = tx.clock.now();
    const data = { state: "accepted", kept, movedAt: now, closedAt: now } as const;
    const accepted = await tx.db.domainOffer.update({ where: { id }, data });
    tell(tx, accepted, "accepted");
    return accepted;
  });
}

/** The receiving account does not want it. */
export async function refuseOffer(ctx: Context, id: string): Promise<DomainOffer> {
  return ctx.transaction(async (tx) => close(tx, await openOffer(tx, id, "toAccountId"), "refused"));
}

/** The offering account takes it back. */
export async function cancelOffer(ctx: Context, id: string): Promise<DomainOffer> {
  return ctx.transaction(async (tx) => close(tx, await openOffer(tx, id, "accountId"), "cancelled"));
}

/** Takes a domain back where it came from, with the addresses that had stopped: by its new owner, or by an administrator. */
export async function undoMove(ctx: Context, id: string): Promise<DomainOffer> {
  return ctx.transaction(async (tx) => {
    const offer = await offerOf(tx, id, "toAccountId");
    const domain = await domainNamed(tx.db, offer.name);
    const there = domain?.id === offer.domainId && domain.accountId === offer.toAccountId;
    if (!isUndoable(offer, tx.clock.now()) || !there) throw conflict("transfers.not_undoable", { name: displayName(offer.name) });
    await moveDomain(tx, offer.domainId, offer.accountId, offer.kept as KeptAside);
    const undone = await tx.db.domainOffer.update({ where: { id }, data: { state: "undone", closedAt: tx.clock.now(), kept: {} } });
    tell(tx, undone, "undone");
    return undone;
  });
}

/** Tells whether a move may still be taken back. */
export function isUndoable({ state, movedAt }: Pick<DomainOffer, "state" | "movedAt">, now: Date): boolean {
  return state === "accepted" && movedAt !== null && now.getTime() - movedAt.getTime() < UNDO_DAYS * DAY_MS;
}

/** Closes every offer whose time is over. Gives their number. */
export async function expireOffers(ctx: Context): Promise<number> {
  const due = await ctx.db.domainOffer.findMany({ where: { state: "open", expiresAt: { lte: ctx.clock.now() } }, take: EXPIRY_BATCH });
  for (const { id } of due) {
    await ctx.transaction(async (tx) => {
      const offer = await tx.db.domainOffer.findFirst({ where: { id, state: "open" } });
      if (offer) await close(tx, offer, "expired");
    });
  }
  return due.length;
}

/** Counts what an offer would move and stop; `login`: to whom, when that is known. */
export async function countTransfer(ctx: Context, key: string, login?: string): Promise<MoveCount[]> {
  return ctx.transaction(async (tx) => {
    const domain = await changeableDomain(tx, key, "transfers.write");
    const to = login ? await accountNamed(tx.db, login) : null;
    return countMove(tx, domain, to?.id ?? null);
  });
}

/** The same for those who received an offer. */
export async function countOffer(ctx: Context, offer: DomainOffer): Promise<MoveCount[]> {
  const domain = await domainNamed(ctx.db, offer.name);
  if (domain?.id !== offer.domainId || domain.accountId !== offer.accountId) return [];
  return ctx.transaction((tx) => countMove(tx, domain, offer.toAccountId));
}

async function parties(
  tx: TransactionContext,
  key: string,
  { to: login }: OfferInput,
): Promise<{ domain: { id: string; name: string; accountId: string }; to: Account }> {
  const domain = await changeableDomain(tx, key, "transfers.write");
  if (domain.state === "bin") throw conflict("domains.already_in_bin", { name: displayName(domain.name) });
  const to = await accountNamed(tx.db, login);
  if (!to) throw invalid("transfers.receiver_unknown", { login }, "to");
  if (to.id === domain.accountId) throw invalid("transfers.receiver_same", {}, "to");
  return { domain, to };
}

async function moved(tx: TransactionContext, domainId: string, toId: string) {
  const before = await tx.db.domainOffer.findFirst({ where: { domainId, state: "accepted" }, select: { id: true }, orderBy: { movedAt: "desc" } });
  const { domain, kept, from } = await moveDomain(tx, domainId, toId);
  // Whoever passes it on has decided: an earlier move can no longer be taken back.
  if (before) await tx.db.domainOffer.update({ where: { id: before.id }, data: { kept: {} } });
  return { domain, from, kept: kept as Prisma.InputJsonObject };
}

async function openOffer(tx: TransactionContext, id: string, side: "accountId" | "toAccountId"): Promise<DomainOffer> {
  const offer = await offerOf(tx, id, side);
  const name = displayName(offer.name);
  if (offer.state !== "open" || offer.expiresAt <= tx.clock.now()) throw conflict("transfers.offer_closed", { name });
  return offer;
}

/** The offer, for those who decide on this side of it; the other side, and strangers, do not find it. */
async function offerOf(tx: TransactionContext, id: string, side: "accountId" | "toAccountId"): Promise<DomainOffer> {
  const accounts = accountsWith(tx.actor, "transfers.write");
  const offer = await tx.db.domainOffer.findFirst({ where: { id, ...(accounts && { [side]: { in: accounts } }) } });
  if (!offer) throw notFound("transfers.offer_unknown");
  return offer;
}

async function close(tx: TransactionContext, offer: DomainOffer, state: "refused" | "cancelled" | "expired"): Promise<DomainOffer> {
  const closed = await tx.db.domainOffer.update({ where: { id: offer.id }, data: { state, closedAt: tx.clock.now() } });
  tell(tx, closed, state);
  return closed;
}

/** Both accounts read it in their history. */
function tell(tx: TransactionContext, { id, name, accountId, toAccountId }: DomainOffer, what: string): void {
  const entry = { verb: `transfers.offer.${what}`, object: { type: "domain_offer", id, name }, new: { from: accountId, to: toAccountId } };
  for (const one of [accountId, toAccountId]) tx.audit({ ...entry, accountId: one });
}

function seenBy(ctx: Context): Prisma.DomainOfferWhereInput {
  const accounts = accountsWith(ctx.actor, "transfers.read");
  return accounts === null ? {} : { OR: [{ accountId: { in: accounts } }, { toAccountId: { in: accounts } }] };
}
