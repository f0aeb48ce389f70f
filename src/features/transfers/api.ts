/** Domains on their way, in JSON. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Access } from "../../core/feature.js";
import { ListQuery, listAnswer, listBody, windowOf } from "../../core/http/paging.js";
import type { Services } from "../../core/services.js";
import { offerBody, requestBody } from "./bodies.js";
import { acceptOffer, cancelOffer, countTransfer, getOffer, giveDomain, listOffers, offerDomain, refuseOffer, undoMove } from "./offers.js";
import { cancelRequest, checkRequest, getRequest, grantRequest, listRequests, objectRequest, refuseRequest, requestName, yieldRequest } from "./requests.js";
import { CountOutput, DomainParams, OfferInput, OfferOutput, OfferParams, ProofOutput, RequestInput, RequestOutput, RequestParams } from "./schemas.js";
import { proofSources } from "./sources.js";

const read = { access: { permission: "transfers.read" } } as const;
const write = { access: { permission: "transfers.write" } } as const;
const admin = { access: "admin" } as const;
const account = { account: Type.Optional(Type.String({ maxLength: 64 })) };
const offer = { params: OfferParams, response: { 200: OfferOutput } };
const request = { params: RequestParams, response: { 200: RequestOutput } };

/** Mounts the routes. */
export function transferApi(app: FastifyInstance, services: Services): void {
  mountOffers(app);
  mountRequests(app, services);
}

function mountOffers(app: FastifyInstance): void {
  const query = Type.Object({ ...ListQuery.properties, ...account });
  app.get("/domain-offers", { config: read, schema: { querystring: query, response: { 200: listAnswer(OfferOutput) } } }, async (request) => {
    const window = windowOf(request.query);
    const list = await listOffers(request.ctx, { ...window, ...accountOf(request) });
    return listBody({ ...list, rows: list.rows.map(offerBody) }, window);
  });
  app.get("/domains/:domain/transfer", { config: write, schema: { params: DomainParams, response: { 200: Type.Array(CountOutput) } } }, async (request) =>
    countTransfer(request.ctx, domainOf(request)),
  );
  app.post(
    "/domains/:domain/offers",
    { config: write, schema: { params: DomainParams, body: OfferInput, response: { 201: OfferOutput } } },
    async (request, reply) => {
      const { id } = await offerDomain(request.ctx, domainOf(request), request.body as OfferInput);
      return reply.code(201).send(offerBody(await getOffer(request.ctx, id)));
    },
  );
  app.post("/domains/:domain/move", { config: admin, schema: { params: DomainParams, body: OfferInput, response: { 200: OfferOutput } } }, async (request) => {
    const { id } = await giveDomain(request.ctx, domainOf(request), request.body as OfferInput);
    return offerBody(await getOffer(request.ctx, id));
  });
  app.get("/domain-offers/:offer", { config: read, schema: offer }, async (request) => offerBody(await getOffer(request.ctx, offerOf(request))));
  const acts = { accept: acceptOffer, refuse: refuseOffer, cancel: cancelOffer, undo: undoMove };
  for (const [verb, act] of Object.entries(acts)) {
    app.post(`/domain-offers/:offer/${verb}`, { config: write, schema: offer }, async (request) => {
      await act(request.ctx, offerOf(request));
      return offerBody(await getOffer(request.ctx, offerOf(request)));
    });
  }
}

function mountRequests(app: FastifyInstance, services: Services): void {
  const query = Type.Object({ ...ListQuery.properties, ...account, side: Type.Optional(Type.Enum(["asked", "held"])) });
  app.get("/name-requests", { config: read, schema: { querystring: query, response: { 200: listAnswer(RequestOutput) } } }, async (request) => {
    const window = windowOf(request.query);
    const { side = "asked" } = request.query as { side?: "asked" | "held" };
    const list = await listRequests(request.ctx, { ...window, side, ...accountOf(request) });
    return listBody({ ...list, rows: list.rows.map(requestBody) }, window);
  });
  app.post("/name-requests", { config: write, schema: { body: RequestInput, response: { 201: RequestOutput } } }, async (request, reply) => {
    const { id } = await requestName(request.ctx, request.body as RequestInput);
    return reply.code(201).send(requestBody(await getRequest(request.ctx, id)));
  });
  app.get("/name-requests/:request", { config: read, schema: request }, async (request) => requestBody(await getRequest(request.ctx, requestOf(request))));
  app.post("/name-requests/:request/check", { config: write, schema: { params: RequestParams, response: { 200: ProofOutput } } }, async (request) => {
    const { proof } = await checkRequest(request.ctx, await proofSources(services), requestOf(request));
    const now = await getRequest(request.ctx, requestOf(request));
    return { proven: proof.by !== null, seen: proof.seen, request: requestBody(now) };
  });
  const acts = { cancel: cancelRequest, yield: yieldRequest, object: objectRequest };
  for (const [verb, act] of Object.entries(acts)) mountAct(app, verb, write, act);
  mountAct(app, "grant", admin, grantRequest);
  mountAct(app, "refuse", admin, refuseRequest);
}

function mountAct(app: FastifyInstance, verb: string, config: { access: Access }, act: typeof cancelRequest): void {
  app.post(`/name-requests/:request/${verb}`, { config, schema: request }, async (request) => {
    await act(request.ctx, requestOf(request));
    return requestBody(await getRequest(request.ctx, requestOf(request)));
  });
}

const paramsOf = (request: FastifyRequest) => request.params as Record<string, string>;
const domainOf = (request: FastifyRequest) => paramsOf(request)["domain"] ?? "";
const offerOf = (request: FastifyRequest) => paramsOf(request)["offer"] ?? "";
const requestOf = (request: FastifyRequest) => paramsOf(request)["request"] ?? "";

function accountOf(request: FastifyRequest): { accountId?: string } {
  const { account: id } = request.query as { account?: string };
  return id ? { accountId: id } : {};
}
