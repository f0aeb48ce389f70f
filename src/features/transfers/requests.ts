/** Names that an account asks for although another account stands in the way. A proof gives the right to ask; the holder, time or an administrator decides. */
import { randomBytes } from "node:crypto";
import type { Context, TransactionContext } from "../../core/context.js";
import { conflict, invalid, isRefusal, notFound, tooMany } from "../../core/errors.js";
import { accountsWith, requireAdmin } from "../../core/ownership.js";
import type { NameRequest, Prisma } from "../../generated/sqlite/client.js";
import { changeableAccount } from "../accounts/index.js";
import { type DomainName, displayName, domainNamed, holderOf, noteConsent, parseName, refuseForbidden, yieldDomain } from "../domains/index.js";
import { passOver } from "./offers.js";
import { findProof, type Proof, type ProofSources } from "./proofs.js";
import type { RequestInput } from "./schemas.js";

export const REQUEST_DAYS = 30;
export const WAITING_DAYS = 7;
const MAX_WAITING_DAYS = 21;
const DAY_MS = 86_400_000;
const daysFrom = (now: Date, days: number) => new Date(now.getTime() + days * DAY_MS);
const TOKEN_BYTES = 15;
const MAX_OPEN = 20;
const MIN_CHECK_SECONDS = 3;
const BATCH = 200;
const OPEN = ["waiting", "proven", "objected"] as const;

const NEWEST_FIRST: Prisma.NameRequestOrderByWithRelationInput[] = [{ createdAt: "desc" }, { id: "desc" }];
const PARTY = { select: { id: true, login: true, name: true } } as const;
const SHOWN = { account: PARTY } as const;
export type ShownRequest = Prisma.NameRequestGetPayload<{ include: typeof SHOWN }>;

export interface RequestQuery {
  /** asked: by the actor's accounts; held: for their names; all: for administrators. */
  side: "asked" | "held" | "all";
  accountId?: string;
  open?: boolean;
  skip?: number;
  take?: number;
}

/** Requests of one side, the newest first. */
export async function listRequests(ctx: Context, query: RequestQuery): Promise<{ rows: ShownRequest[]; total: number }> {
  const sides = { asked: [askedBy(ctx)], held: [heldBy(ctx)], all: [{ OR: [askedBy(ctx), heldBy(ctx)] }] };
  const account = query.accountId ? [query.side === "held" ? { holderId: query.accountId } : { accountId: query.accountId }] : [];
  const where = { AND: [...sides[query.side], ...account, query.open ? { state: { in: [...OPEN] } } : {}] };
  const order = { orderBy: NEWEST_FIRST, skip: query.skip ?? 0, take: query.take ?? 20 };
  return { rows: await ctx.db.nameRequest.findMany({ where, include: SHOWN, ...order }), total: await ctx.db.nameRequest.count({ where }) };
}

/** Gives one request to those whom it concerns. */
export async function getRequest(ctx: Context, id: string): Promise<ShownRequest> {
  const request = await ctx.db.nameRequest.findFirst({ where: { AND: [{ id }, { OR: [askedBy(ctx), heldBy(ctx)] }] }, include: SHOWN });
  if (!request) throw notFound("transfers.request_unknown");
  return request;
}

/** Asks for a name. The same account asking again for the same name finds its request. */
export async function requestName(ctx: Context, input: RequestInput): Promise<NameRequest> {
  const name = parseName(input.name);
  if (!name) throw invalid("domains.name_invalid", {}, "name");
  return ctx.transaction(async (tx) => {
    const account = await changeableAccount(tx, input.accountId, "transfers.write");
    await refuseForbidden(tx, name, "name");
    const known = await tx.db.nameRequest.findFirst({ where: { accountId: account.id, name, state: { in: [...OPEN] } } });
    const holder = await holderOf(tx.db, account.id, name);
    if (known && (!holder || isSame(known, holder))) return known;
    if (known && holder) return askAnew(tx, known, holder);
    if (!holder) throw conflict("transfers.name_free", { name: displayName(name) }, "name");
    const open = await tx.db.nameRequest.count({ where: { accountId: account.id, state: { in: [...OPEN] } } });
    if (open >= MAX_OPEN) throw conflict("transfers.too_many_requests", { max: MAX_OPEN }, "name");
    const now = tx.clock.now();
    const expiresAt = daysFrom(now, REQUEST_DAYS);
    const parties = { accountId: account.id, holderId: holder.claim.accountId, heldName: holder.claim.name };
    const data = { name, kind: holder.kind, ...parties, token: randomBytes(TOKEN_BYTES).toString("hex"), createdAt: now, expiresAt };
    const request = await tx.db.nameRequest.create({ data });
    // Before it is proven, or where consent is asked, the history of the other account says nothing of who asks in vain.
    tell(tx, request, "made", request.kind === "consent");
    return request;
  });
}

/** Looks for the proof now. */
export async function checkRequest(ctx: Context, sources: ProofSources, id: string): Promise<{ request: NameRequest; proof: Proof }> {
  const request = await askerRequest(ctx, id);
  if (request.state !== "waiting") throw conflict("transfers.request_closed", { name: displayName(request.name) });
  const now = ctx.clock.now();
  if (request.checkedAt && now.getTime() - request.checkedAt.getTime() < MIN_CHECK_SECONDS * 1000) throw tooMany("transfers.check_again");
  const proof = await findProof(sources, request.name, request.token);
  return { proof, request: await ctx.transaction((tx) => saveProof(tx, id, proof)) };
}

/** The asker lets it be. */
export async function cancelRequest(ctx: Context, id: string): Promise<NameRequest> {
  return ctx.transaction(async (tx) => {
    await askerRequest(tx, id);
    return close(tx, await openRequest(tx, id), "cancelled");
  });
}

/** The holder gives the name, or its consent. */
export async function yieldRequest(ctx: Context, id: string): Promise<NameRequest> {
  return ctx.transaction(async (tx) => {
    await holderRequest(tx, id);
    return grant(tx, await openRequest(tx, id));
  });
}

/** The holder does not agree: a consent is refused, a proven name is for administrators to decide. */
export async function objectRequest(ctx: Context, id: string): Promise<NameRequest> {
  return ctx.transaction(async (tx) => {
    await holderRequest(tx, id);
    const request = await openRequest(tx, id);
    if (request.state === "waiting") return close(tx, request, "refused");
    return save(tx, request, { state: "objected", decideAt: null }, "objected");
  });
}

/** An administrator gives the name, or the consent. */
export async function grantRequest(ctx: Context, id: string): Promise<NameRequest> {
  requireAdmin(ctx);
  return ctx.transaction(async (tx) => grant(tx, await openRequest(tx, id)));
}

/** An administrator refuses. */
export async function refuseRequest(ctx: Context, id: string): Promise<NameRequest> {
  requireAdmin(ctx);
  return ctx.transaction(async (tx) => close(tx, await openRequest(tx, id), "refused"));
}

/** Ends what is due: proven names whose waiting is over pass when the proof still stands, the others expire. Gives how many were looked at. */
export async function settleRequests(ctx: Context, sources: ProofSources): Promise<number> {
  const now = ctx.clock.now();
  const due = await ctx.db.nameRequest.findMany({ where: { state: "proven", decideAt: { lte: now } }, orderBy: { decideAt: "asc" }, take: BATCH });
  for (const request of due) await settleProven(ctx, sources, request);
  const late = await ctx.db.nameRequest.findMany({ where: { state: "waiting", expiresAt: { lte: now } }, take: BATCH });
  for (const { id } of late) {
    await ctx.transaction(async (tx) => {
      const request = await tx.db.nameRequest.findFirst({ where: { id, state: "waiting" } });
      if (request) await close(tx, request, "expired");
    });
  }
  return due.length + late.length;
}

async function settleProven(ctx: Context, sources: ProofSources, { id, name, token }: NameRequest): Promise<void> {
  const proof = await findProof(sources, name, token);
  // Nobody could tell: it is asked again at the next run.
  if (proof.by === null && proof.unknown) return;
  try {
    await ctx.transaction(async (tx) => {
      const request = await tx.db.nameRequest.findFirst({ where: { id, state: "proven" } });
      if (!request) return;
      if (proof.by === null) await save(tx, request, { state: "waiting", provenBy: null, provenAt: null, decideAt: null }, "lost");
      else await grant(tx, request);
    });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // Its plan is full, say: told on the request's page, and tried again.
    await ctx.db.nameRequest.updateMany({ where: { id, state: "proven" }, data: { fault: JSON.stringify({ code: error.code, data: error.data }) } });
  }
}

async function saveProof(tx: TransactionContext, id: string, proof: Proof): Promise<NameRequest> {
  const now = tx.clock.now();
  const request = await tx.db.nameRequest.update({ where: { id }, data: { checkedAt: now } });
  if (proof.by === null || request.state !== "waiting") return request;
  const decideAt = daysFrom(now, WAITING_DAYS);
  return save(tx, request, { state: "proven", provenBy: proof.by, provenAt: now, decideAt }, "proven");
}

/** A domain passed from one account to another: what is asked about its name is asked of the new holder, who has a week of its own. */
export async function followDomain(tx: TransactionContext, { name, from, to }: { name: string; from: string; to: string }): Promise<void> {
  const where = { heldName: name, holderId: from, accountId: { not: to }, state: { in: [...OPEN] } };
  for (const old of await tx.db.nameRequest.findMany({ where, orderBy: { id: "asc" } })) {
    const again = old.state === "proven" ? { decideAt: waitAgain(old, tx.clock.now()) } : {};
    await save(tx, old, { holderId: to, ...again }, old.state === "waiting" ? "made" : old.state);
  }
}

/** A week for the new holder; but who passes a domain back and forth does not keep its owner waiting for ever. */
function waitAgain({ provenAt, decideAt }: Pick<NameRequest, "provenAt" | "decideAt">, now: Date): Date {
  const latest = daysFrom(provenAt ?? now, MAX_WAITING_DAYS);
  const wanted = Math.min(daysFrom(now, WAITING_DAYS).getTime(), latest.getTime());
  return new Date(Math.max(wanted, decideAt?.getTime() ?? wanted));
}

type Holder = NonNullable<Awaited<ReturnType<typeof holderOf>>>;

/** Whether who stands in the way is still who was asked, and for the same. */
function isSame({ kind, holderId }: NameRequest, holder: Holder): boolean {
  return holder.kind === kind && holder.claim.accountId === holderId;
}

/** Somebody else stands in the way by now, or for another reason: nothing of what was said before counts. */
async function askAnew(tx: TransactionContext, known: NameRequest, { kind, claim }: Holder): Promise<NameRequest> {
  const open = { state: "waiting" as const, provenBy: null, provenAt: null, decideAt: null, fault: null };
  const request = await tx.db.nameRequest.update({ where: { id: known.id }, data: { kind, holderId: claim.accountId, heldName: claim.name, ...open } });
  tell(tx, request, "made", kind === "consent");
  return request;
}

async function grant(tx: TransactionContext, request: NameRequest): Promise<NameRequest> {
  const holder = await holderOf(tx.db, request.accountId, request.name as DomainName);
  // The name may be somebody else's by now, who was never asked.
  if (holder && !isSame(request, holder)) throw conflict("transfers.request_outdated", { name: displayName(request.name) });
  if (holder?.kind === "claim") await giveName(tx, request);
  else if (holder) await noteConsent(tx, request.accountId, request.name);
  return save(tx, request, { state: "granted", fault: null, closedAt: tx.clock.now() }, "granted");
}

/** A live domain passes with what hangs on it; one in the bin is let go, and the name is free to be added. */
async function giveName(tx: TransactionContext, { name, accountId }: NameRequest): Promise<void> {
  const domain = await domainNamed(tx.db, name);
  if (domain?.state === "bin") return yieldDomain(tx, domain);
  if (domain) await passOver(tx, domain.id, accountId);
}

async function openRequest(tx: TransactionContext, id: string): Promise<NameRequest> {
  const request = await tx.db.nameRequest.findUnique({ where: { id } });
  if (!request) throw notFound("transfers.request_unknown");
  if (!(OPEN as readonly string[]).includes(request.state)) throw conflict("transfers.request_closed", { name: displayName(request.name) });
  return request;
}

async function askerRequest(ctx: Context, id: string): Promise<NameRequest> {
  const accounts = accountsWith(ctx.actor, "transfers.write");
  const request = await ctx.db.nameRequest.findFirst({ where: { id, ...(accounts && { accountId: { in: accounts } }) } });
  if (!request) throw notFound("transfers.request_unknown");
  return request;
}

async function holderRequest(ctx: Context, id: string): Promise<NameRequest> {
  const accounts = accountsWith(ctx.actor, "transfers.write");
  const where = { AND: [{ id }, toldToHolder(), accounts ? { holderId: { in: accounts } } : {}] };
  const request = await ctx.db.nameRequest.findFirst({ where });
  if (!request) throw notFound("transfers.request_unknown");
  return request;
}

async function close(tx: TransactionContext, request: NameRequest, state: "refused" | "cancelled" | "expired"): Promise<NameRequest> {
  return save(tx, request, { state, closedAt: tx.clock.now() }, state);
}

async function save(tx: TransactionContext, old: NameRequest, data: Partial<NameRequest>, what: string): Promise<NameRequest> {
  const request = await tx.db.nameRequest.update({ where: { id: old.id }, data });
  tell(tx, request, what, old.kind === "consent" || old.provenAt !== null || request.provenAt !== null);
  return request;
}

function tell(tx: TransactionContext, { id, name, kind, accountId, holderId, provenBy }: NameRequest, what: string, both: boolean): void {
  const entry = { verb: `transfers.request.${what}`, object: { type: "name_request", id, name }, new: { kind, provenBy } };
  for (const one of both ? [accountId, holderId] : [accountId]) tx.audit({ ...entry, accountId: one });
}

function askedBy(ctx: Context): Prisma.NameRequestWhereInput {
  const accounts = accountsWith(ctx.actor, "transfers.read");
  return accounts === null ? {} : { accountId: { in: accounts } };
}

function heldBy(ctx: Context): Prisma.NameRequestWhereInput {
  const accounts = accountsWith(ctx.actor, "transfers.read");
  return accounts === null ? {} : { AND: [{ holderId: { in: accounts } }, toldToHolder()] };
}

/** Anybody may ask for anything: a holder hears of it when consent is asked, or when the name is proven. */
function toldToHolder(): Prisma.NameRequestWhereInput {
  return { OR: [{ kind: "consent" }, { provenAt: { not: null } }] };
}
