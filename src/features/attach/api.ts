/** Attaching a domain, in JSON: look, then attach. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Static } from "typebox";
import type { Services } from "../../core/services.js";
import { DomainInput } from "../domains/index.js";
import { isKept } from "./candidates.js";
import { attachDomain, getLook, type Look, lookAt } from "./looks.js";
import { AttachedOutput, AttachInput, LookOutput, LookParams } from "./schemas.js";

const write = { access: { permission: "domains.write" } } as const;
const lookOf = (request: FastifyRequest) => (request.params as { look: string }).look;

/** Mounts the routes. */
export function attachApi(app: FastifyInstance, services: Services): void {
  app.post("/domain-looks", { config: write, schema: { body: DomainInput, response: { 201: LookOutput } } }, async (request, reply) => {
    const { id } = await lookAt(request.ctx, services, request.body as DomainInput);
    return reply.code(201).send(lookBody(await getLook(request.ctx, id)));
  });
  app.get("/domain-looks/:look", { config: write, schema: { params: LookParams, response: { 200: LookOutput } } }, async (request) =>
    lookBody(await getLook(request.ctx, lookOf(request))),
  );
  app.post(
    "/domain-looks/:look/attach",
    { config: write, schema: { params: LookParams, body: AttachInput, response: { 201: AttachedOutput } } },
    async (request, reply) => {
      const { domain, kept, left } = await attachDomain(request.ctx, services, lookOf(request), request.body as AttachInput);
      return reply.code(201).send({ domainId: domain.id, name: domain.name, kept, left });
    },
  );
}

function lookBody({ row, seen }: Look): Static<typeof LookOutput> {
  const candidates = seen.candidates.map((one) => {
    const { key, name, type, value, group } = one;
    return { key, name, type, value, group, kept: isKept(one) };
  });
  return { id: row.id, name: row.name, silent: seen.silent, nameServers: seen.nameServers, ds: seen.ds, candidates };
}
