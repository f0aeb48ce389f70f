/** Holds and put-backs in JSON. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { listAnswer, listBody, windowOf } from "../../core/http/paging.js";
import type { Services } from "../../core/services.js";
import { publisherOf } from "../../publish/index.js";
import { listHeld, planRelease, releaseAll, releaseHeld } from "./holds.js";
import { READ } from "./publications.js";
import { planPutBack, putBack, unitNamed } from "./put-backs.js";
import { DryRunOutput, HeldOutput, HoldQuery, HoldsInput, PutBackInput, PutBackOutput } from "./schemas.js";
import { heldBody, namesOf, plannedParts, sayTo } from "./shown.js";

const admin = { access: "admin" } as const;
const unitParams = Type.Object({ unit: Type.String({ maxLength: 64 }) });
const releaseParams = Type.Object({ release: Type.String({ maxLength: 64 }) });
const unitOf = (request: FastifyRequest) => (request.params as { unit: string }).unit;
const releaseOf = (request: FastifyRequest) => (request.params as { release: string }).release;

/** Mounts the routes. */
export function holdApi(app: FastifyInstance, services: Services): void {
  const publisher = () => publisherOf(services);
  const names = async (request: FastifyRequest) => namesOf(await publisher().hosts.list(request.ctx.db));

  app.get(
    "/publications/holds",
    { config: { access: { permission: READ } }, schema: { querystring: HoldQuery, response: { 200: listAnswer(HeldOutput) } } },
    async (request) => {
      const window = windowOf(request.query);
      const { host, reason } = request.query as { host?: string; reason?: string };
      const { rows, total } = await listHeld(request.ctx, { ...window, hostId: host, reason });
      const hosts = await names(request);
      return listBody({ rows: rows.map((unit) => heldBody(request.ctx, sayTo(request), hosts, unit)), total }, window);
    },
  );
  app.post(
    "/publications/holds/release",
    { config: admin, schema: { body: HoldsInput, response: { 202: Type.Object({ released: Type.Integer() }) } } },
    async (request, reply) => {
      const { host, reason, count } = request.body as { host: string; reason: string; count?: number };
      return reply.code(202).send({ released: await releaseAll(request.ctx, publisher(), host, reason, count) });
    },
  );
  app.get("/publications/holds/:unit", { config: admin, schema: { params: unitParams, response: { 200: DryRunOutput } } }, async (request) => {
    const { dry } = await planRelease(request.ctx, publisher(), unitOf(request));
    return { parts: plannedParts(request.ctx, sayTo(request), dry), files: dry.files };
  });
  app.post("/publications/holds/:unit/release", { config: admin, schema: { params: unitParams, response: { 204: Type.Null() } } }, async (request, reply) => {
    await releaseHeld(request.ctx, unitOf(request));
    return reply.code(204).send();
  });
  app.get(
    "/publications/releases/:release",
    { config: admin, schema: { params: releaseParams, querystring: PutBackInput, response: { 200: PutBackOutput } } },
    async (request) => {
      const { dry, changed, more, forwardOnly } = await planPutBack(request.ctx, publisher(), releaseOf(request), unitNamed(request.query));
      const parts = plannedParts(request.ctx, sayTo(request), dry).map((part, index) => ({ ...part, comesBack: dry.units[index]?.comesBack === true }));
      return { parts, files: dry.files, changed, more, forwardOnly };
    },
  );
  app.post(
    "/publications/releases/:release/put-back",
    {
      config: admin,
      schema: { params: releaseParams, body: PutBackInput, response: { 202: Type.Object({ changed: Type.Integer(), held: Type.Integer() }) } },
    },
    async (request, reply) => {
      const { changed, held } = await putBack(request.ctx, publisher(), releaseOf(request), unitNamed(request.body));
      return reply.code(202).send({ changed, held });
    },
  );
}
