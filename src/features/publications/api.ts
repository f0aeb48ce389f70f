/** Publications in JSON. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { listAnswer, listBody, windowOf } from "../../core/http/paging.js";
import { isAdmin } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";
import { publisherOf } from "../../publish/index.js";
import { filesOf, getPublication, listPublications, listReleases, planNow, publishNow, READ, releasesOf } from "./publications.js";
import {
  DryRunOutput,
  FileOutput,
  HostInput,
  PublicationDetail,
  PublicationOutput,
  PublicationQuery,
  ReleaseOutput,
  RunInput,
  WaitingOutput,
} from "./schemas.js";
import { errorBodies, namesOf, partBody, plannedParts, publicationBody, sayTo } from "./shown.js";
import { listWaiting, waitingBody } from "./waiting.js";

const reader = { access: { permission: READ } } as const;
const admin = { access: "admin" } as const;
const params = Type.Object({ publication: Type.String({ maxLength: 64 }) });
const idOf = (request: FastifyRequest) => (request.params as { publication: string }).publication;

/** Mounts the routes of publications. */
export function publicationApi(app: FastifyInstance, services: Services): void {
  const publisher = () => publisherOf(services);
  const names = async (request: FastifyRequest) => namesOf(await publisher().hosts.list(request.ctx.db));

  app.get("/publications", { config: reader, schema: { querystring: PublicationQuery, response: { 200: listAnswer(PublicationOutput) } } }, async (request) => {
    const window = windowOf(request.query);
    const { rows, total } = await listPublications(request.ctx, { ...window, hostId: (request.query as { host?: string }).host });
    const hosts = await names(request);
    return listBody({ rows: rows.map((row) => publicationBody(request.ctx, hosts, row)), total }, window);
  });

  app.get("/publications/waiting", { config: reader, schema: { response: { 200: Type.Array(WaitingOutput) } } }, async (request) =>
    (await listWaiting(request.ctx, services)).map(waitingBody),
  );

  app.get("/publications/:publication", { config: reader, schema: { params, response: { 200: PublicationDetail } } }, async (request) => {
    const { ctx } = request;
    const publication = await getPublication(ctx, idOf(request));
    const releases = await releasesOf(ctx, publication.id);
    return {
      ...publicationBody(ctx, await names(request), publication),
      parts: publication.parts.map((part) => partBody(ctx, sayTo(request), part)),
      errors: publication.state === "done" ? [] : errorBodies(ctx, sayTo(request), publication.errors),
      steps: isAdmin(ctx.actor) ? publication.steps : [],
      releases: releases.map(({ number, root, state }) => ({ number, root, state })),
    };
  });

  app.get("/publications/:publication/files", { config: admin, schema: { params, response: { 200: Type.Array(FileOutput) } } }, async (request) => {
    const { id } = await getPublication(request.ctx, idOf(request));
    return filesOf(request.ctx, publisher().store, id);
  });

  app.post(
    "/publications",
    { config: admin, schema: { body: RunInput, response: { 202: Type.Object({ touched: Type.Integer() }) } } },
    async (request, reply) => {
      const { host, all } = request.body as { host: string; all?: boolean };
      const touched = await publishNow(request.ctx, publisher(), host, all === true);
      return reply.code(202).send({ touched });
    },
  );

  app.post("/publications/plan", { config: admin, schema: { body: HostInput, response: { 200: DryRunOutput } } }, async (request) => {
    const dry = await planNow(request.ctx, publisher(), (request.body as { host: string }).host);
    return { parts: plannedParts(request.ctx, sayTo(request), dry), files: dry.files };
  });

  app.get(
    "/publications/releases",
    { config: admin, schema: { querystring: PublicationQuery, response: { 200: listAnswer(ReleaseOutput) } } },
    async (request) => {
      const window = windowOf(request.query);
      const { rows, total } = await listReleases(request.ctx, { ...window, hostId: (request.query as { host?: string }).host });
      const hosts = await names(request);
      const body = rows.map(({ id, number, hostId, root, state, publicationId, files, createdAt }) => ({
        id,
        number,
        host: hosts.get(hostId) ?? hostId,
        root,
        state,
        publicationId,
        files,
        createdAt: createdAt.toISOString(),
      }));
      return listBody({ rows: body, total }, window);
    },
  );
}
