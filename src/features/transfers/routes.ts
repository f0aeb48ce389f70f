/** Pages of domains on their way: the list, the offer of one domain, its acceptance. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { form } from "../../core/http/forms.js";
import { pagedList, windowOf } from "../../core/http/paging.js";
import { accountsWith, isAdmin } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";
import { displayName, getDomain, type MoveCount } from "../domains/index.js";
import {
  acceptOffer,
  cancelOffer,
  countOffer,
  countTransfer,
  getOffer,
  giveDomain,
  isUndoable,
  listOffers,
  offerDomain,
  refuseOffer,
  UNDO_DAYS,
  undoMove,
} from "./offers.js";
import { requestPages } from "./request-routes.js";
import { listRequests } from "./requests.js";
import { Nothing, OfferInput } from "./schemas.js";

const read = { access: { permission: "transfers.read" } } as const;
const write = { access: { permission: "transfers.write" } } as const;
const admin = { access: "admin" } as const;
const MAX_REQUESTS = 100;
const domainOf = (request: FastifyRequest) => (request.params as { domain: string }).domain;
const offerOf = (request: FastifyRequest) => (request.params as { offer: string }).offer;

/** Mounts the pages. */
export function transferPages(app: FastifyInstance, services: Services): void {
  app.get("/domains/transfers", { config: read }, drawList);
  app.get("/domains/:domain/transfer", { config: write }, drawOffering);
  app.post("/domains/:domain/transfer", { config: write }, form({ schema: OfferInput, act: offer, again: drawOffering }));
  app.post("/domains/:domain/move", { config: admin }, form({ schema: OfferInput, act: give, again: drawOffering }));
  app.get("/domains/transfers/offers/:offer", { config: read }, drawOffer);
  const acts = { accept: acceptOffer, refuse: refuseOffer, cancel: cancelOffer, undo: undoMove };
  for (const [verb, act] of Object.entries(acts)) {
    app.post(
      `/domains/transfers/offers/:offer/${verb}`,
      { config: write },
      form({
        schema: Nothing,
        async act(ctx, _input, request) {
          const { id, name } = await act(ctx, offerOf(request));
          return { to: `/domains/transfers/offers/${id}`, says: `transfers.says.${verb}`, data: { name: displayName(name) } };
        },
        again: drawOffer,
      }),
    );
  }
  requestPages(app, services);
}

async function offer(ctx: FastifyRequest["ctx"], input: OfferInput, request: FastifyRequest) {
  const { id, name } = await offerDomain(ctx, domainOf(request), input);
  return { to: `/domains/transfers/offers/${id}`, says: "transfers.says.offered", data: { name: displayName(name) } };
}

async function give(ctx: FastifyRequest["ctx"], input: OfferInput, request: FastifyRequest) {
  const { id, name } = await giveDomain(ctx, domainOf(request), input);
  return { to: `/domains/transfers/offers/${id}`, says: "transfers.says.moved", data: { name: displayName(name) } };
}

async function drawList(request: FastifyRequest, reply: FastifyReply) {
  const window = windowOf(request.query);
  const accountId = request.person?.accountId;
  const scope = accountId ? { accountId } : {};
  const offers = await listOffers(request.ctx, { ...window, ...scope });
  const side = isAdmin(request.actor) ? "all" : "asked";
  const asked = await listRequests(request.ctx, { ...scope, side, take: MAX_REQUESTS });
  const held = side === "all" ? { rows: [] } : await listRequests(request.ctx, { ...scope, side: "held", take: MAX_REQUESTS });
  const shown = <Row extends { name: string }>(row: Row) => ({ ...row, display: displayName(row.name) });
  return reply.page("transfers/list", {
    list: pagedList({ ...offers, rows: offers.rows.map(shown) }, window, "/domains/transfers"),
    asked: asked.rows.map(shown),
    held: held.rows.map(shown),
  });
}

async function drawOffering(request: FastifyRequest, reply: FastifyReply) {
  const domain = await getDomain(request.ctx, domainOf(request));
  const { to } = (request.body ?? {}) as { to?: string };
  const counts = await countTransfer(request.ctx, domain.id, to);
  return reply.page("transfers/offer-new", {
    domain: { ...domain, display: displayName(domain.name) },
    groups: sentences(request, counts),
    admin: isAdmin(request.actor),
    undoDays: UNDO_DAYS,
  });
}

async function drawOffer(request: FastifyRequest, reply: FastifyReply) {
  const offer = await getOffer(request.ctx, offerOf(request));
  const own = accountsWith(request.actor, "transfers.write");
  const may = (accountId: string) => own === null || own.includes(accountId);
  const open = offer.state === "open";
  return reply.page("transfers/offer", {
    offer: { ...offer, display: displayName(offer.name) },
    groups: open ? sentences(request, await countOffer(request.ctx, offer)) : [],
    open,
    mayAnswer: open && may(offer.toAccountId),
    mayCancel: open && may(offer.accountId),
    mayUndo: isUndoable(offer, request.ctx.clock.now()) && may(offer.toAccountId),
    chip: { open: "waiting", accepted: "verified" }[offer.state as "open" | "accepted"] ?? "held",
    undoDays: UNDO_DAYS,
  });
}

/** What moves, stops and stays, in words. */
export function sentences(request: FastifyRequest, counts: readonly MoveCount[]): { what: string; title: string; items: string[] }[] {
  const groups = (["moves", "stops", "stays"] as const).map((what) => ({
    what,
    title: request.t(`transfers.counts.${what}`),
    items: counts.filter((one) => one.what === what).map(({ key, count }) => request.t(`domains.counts.${key}`, { count })),
  }));
  return groups.filter(({ items }) => items.length > 0);
}
