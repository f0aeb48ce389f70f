/** Domains in JSON. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { ListQuery, listAnswer, listBody, windowOf } from "../../core/http/paging.js";
import { domainBodies } from "./bodies.js";
import { grantName, listConsents, revokeName } from "./claims.js";
import { addDomain, getDomain, listDomains, releaseDomain, removeDomain, restoreDomain } from "./domains.js";
import { addForbidden, listForbidden, removeForbidden } from "./policy.js";
import { ConsentOutput, DomainInput, DomainOutput, DomainParams, Done, ForbiddenInput, ForbiddenOutput, GrantInput, NameParams } from "./schemas.js";

const read = { access: { permission: "domains.read" } } as const;
const write = { access: { permission: "domains.write" } } as const;
const admin = { access: "admin" } as const;
const query = Type.Object({
  ...ListQuery.properties,
  account: Type.Optional(Type.String({ maxLength: 64 })),
  state: Type.Optional(Type.Enum(["live", "bin"])),
});
const one = { 200: DomainOutput };
const keyOf = (request: FastifyRequest) => (request.params as { domain: string }).domain;

/** Mounts the routes of domains. A domain is named by its id or its name. */
export function domainApi(app: FastifyInstance): void {
  app.get("/domains", { config: read, schema: { querystring: query, response: { 200: listAnswer(DomainOutput) } } }, async (request) => {
    const { account, state } = request.query as { account?: string; state?: "live" | "bin" };
    const window = windowOf(request.query);
    const { rows, total } = await listDomains(request.ctx, { ...window, ...(account ? { accountId: account } : {}), ...(state ? { state } : {}) });
    return listBody({ rows: await domainBodies(request.ctx.db, rows), total }, window);
  });
  app.post("/domains", { config: write, schema: { body: DomainInput, response: { 201: DomainOutput } } }, async (request, reply) => {
    const { id } = await addDomain(request.ctx, request.body as DomainInput);
    return reply.code(201).send(await body(request, id));
  });
  app.get("/domains/:domain", { config: read, schema: { params: DomainParams, response: one } }, async (request) => body(request, keyOf(request)));
  app.delete("/domains/:domain", { config: write, schema: { params: DomainParams, response: one } }, async (request) => {
    const { id } = await removeDomain(request.ctx, keyOf(request));
    return body(request, id);
  });
  app.post("/domains/:domain/restore", { config: write, schema: { params: DomainParams, response: one } }, async (request) => {
    const { id } = await restoreDomain(request.ctx, keyOf(request));
    return body(request, id);
  });
  app.post("/domains/:domain/release", { config: write, schema: { params: DomainParams, response: { 200: Done } } }, async (request) => {
    await releaseDomain(request.ctx, keyOf(request));
    return { done: true };
  });
  mountNames(app);
}

function mountNames(app: FastifyInstance): void {
  app.get("/forbidden-names", { config: admin, schema: { response: { 200: Type.Array(ForbiddenOutput) } } }, async (request) =>
    (await listForbidden(request.ctx)).map(({ name, reason }) => ({ name, reason })),
  );
  app.post("/forbidden-names", { config: admin, schema: { body: ForbiddenInput, response: { 201: ForbiddenOutput } } }, async (request, reply) => {
    const { name, reason } = await addForbidden(request.ctx, request.body as ForbiddenInput);
    return reply.code(201).send({ name, reason });
  });
  app.delete("/forbidden-names/:name", { config: admin, schema: { params: NameParams, response: { 200: Done } } }, async (request) => {
    await removeForbidden(request.ctx, (request.params as { name: string }).name);
    return { done: true };
  });
  app.get("/consents", { config: admin, schema: { response: { 200: Type.Array(ConsentOutput) } } }, async (request) =>
    (await listConsents(request.ctx)).map(({ name, accountId, account }) => ({ name, accountId, login: account.login })),
  );
  app.post("/consents", { config: admin, schema: { body: GrantInput, response: { 200: Done } } }, async (request) => {
    await grantName(request.ctx, request.body as GrantInput);
    return { done: true };
  });
  app.post("/consents/revoke", { config: admin, schema: { body: GrantInput, response: { 200: Done } } }, async (request) => {
    await revokeName(request.ctx, request.body as GrantInput);
    return { done: true };
  });
}

async function body(request: FastifyRequest, key: string) {
  const [only] = await domainBodies(request.ctx.db, [await getDomain(request.ctx, key)]);
  return only;
}
