/** Sites in JSON. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { ListQuery, listAnswer, listBody, windowOf } from "../../core/http/paging.js";
import type { Services } from "../../core/services.js";
import { chipsOf } from "./chips.js";
import { logApi } from "./log-api.js";
import { addProxyTarget, listProxyTargets, removeProxyTarget } from "./proxy-targets.js";
import { releaseSite, removeSite, restoreSite } from "./removal.js";
import { AddressInput, ProxyTargetInput, SiteChange, SiteInput, SiteOutput } from "./schemas.js";
import { siteBody } from "./shown.js";
import { addAddress, addSite, editSite, getSite, listSites, removeAddress, type ShownSite } from "./sites.js";

const MAX_ID = 300;
const read = { access: { permission: "sites.read" } } as const;
const write = { access: { permission: "sites.write" } } as const;
const admin = { access: "admin" } as const;
const params = Type.Object({ site: Type.String({ maxLength: MAX_ID }) });
const addressParams = Type.Object({ site: Type.String({ maxLength: MAX_ID }), address: Type.String({ maxLength: MAX_ID }) });
const targetParams = Type.Object({ target: Type.String({ maxLength: MAX_ID }) });
const query = Type.Object({
  ...ListQuery.properties,
  account: Type.Optional(Type.String({ maxLength: MAX_ID })),
  state: Type.Optional(Type.Enum(["live", "bin"])),
});
const one = { 200: SiteOutput };
const Done = Type.Object({ done: Type.Literal(true) });
const Target = Type.Object({ id: Type.String(), origin: Type.String() });
const keyOf = (request: FastifyRequest) => (request.params as { site: string }).site;

/** Mounts the routes of sites. A site is named by its id or by one of its addresses. */
export function siteApi(app: FastifyInstance, services: Services): void {
  app.get("/sites", { config: read, schema: { querystring: query, response: { 200: listAnswer(SiteOutput) } } }, async (request) => {
    const { account, state } = request.query as { account?: string; state?: "live" | "bin" };
    const window = windowOf(request.query);
    const { rows, total } = await listSites(request.ctx, { ...window, ...(account ? { accountId: account } : {}), ...(state ? { state } : {}) });
    return listBody({ rows: await bodies(request, rows), total }, window);
  });
  app.post("/sites", { config: write, schema: { body: SiteInput, response: { 201: SiteOutput } } }, async (request, reply) => {
    const site = await addSite(request.ctx, { language: request.locale, ...(request.body as SiteInput) });
    return reply.code(201).send(await body(request, site.id));
  });
  app.get("/sites/:site", { config: read, schema: { params, response: one } }, async (request) => body(request, keyOf(request)));
  app.patch("/sites/:site", { config: write, schema: { params, body: SiteChange, response: one } }, async (request) => {
    const { id } = await editSite(request.ctx, keyOf(request), request.body as SiteChange);
    return body(request, id);
  });
  app.delete("/sites/:site", { config: write, schema: { params, response: one } }, async (request) => {
    const { id } = await removeSite(request.ctx, keyOf(request));
    return body(request, id);
  });
  app.post("/sites/:site/restore", { config: write, schema: { params, response: one } }, async (request) => {
    const { id } = await restoreSite(request.ctx, keyOf(request));
    return body(request, id);
  });
  app.post("/sites/:site/release", { config: write, schema: { params, response: { 200: Done } } }, async (request) => {
    await releaseSite(request.ctx, keyOf(request));
    return { done: true };
  });
  app.post("/sites/:site/addresses", { config: write, schema: { params, body: AddressInput, response: one } }, async (request) => {
    const { id } = await addAddress(request.ctx, keyOf(request), request.body as AddressInput);
    return body(request, id);
  });
  app.delete("/sites/:site/addresses/:address", { config: write, schema: { params: addressParams, response: one } }, async (request) => {
    const { id } = await removeAddress(request.ctx, keyOf(request), (request.params as { address: string }).address);
    return body(request, id);
  });
  mountTargets(app);
  logApi(app, services);
}

function mountTargets(app: FastifyInstance): void {
  app.get("/proxy-targets", { config: admin, schema: { response: { 200: Type.Array(Target) } } }, async (request) => {
    const rows = await listProxyTargets(request.ctx);
    return rows.map(({ id, origin }) => ({ id, origin }));
  });
  app.post("/proxy-targets", { config: admin, schema: { body: ProxyTargetInput, response: { 201: Target } } }, async (request, reply) => {
    const { id, origin } = await addProxyTarget(request.ctx, (request.body as ProxyTargetInput).origin);
    return reply.code(201).send({ id, origin });
  });
  app.delete("/proxy-targets/:target", { config: admin, schema: { params: targetParams, response: { 200: Done } } }, async (request) => {
    await removeProxyTarget(request.ctx, (request.params as { target: string }).target);
    return { done: true };
  });
}

async function body(request: FastifyRequest, key: string) {
  const [only] = await bodies(request, [await getSite(request.ctx, key)]);
  return only;
}

async function bodies(request: FastifyRequest, sites: ShownSite[]) {
  const chips = await chipsOf(request.ctx.db, sites);
  return sites.map((site) => siteBody(site, chips.get(site.id) ?? { state: "waiting" }));
}
