/** Files that were changed by hand, in JSON. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { listAnswer, listBody, windowOf } from "../../core/http/paging.js";
import type { Services } from "../../core/services.js";
import { publisherOf } from "../../publish/index.js";
import { adopt, getDrift, listDrift, look, repair, repairAll } from "./drifts.js";
import { CountOutput, DriftDetail, DriftOutput, DriftParams, DriftQuery, LookInput, LookOutput, PlaceInput } from "./schemas.js";
import { driftBody, lookBody } from "./shown.js";

const config = { access: "admin" } as const;
const idOf = (request: FastifyRequest) => (request.params as { drift: string }).drift;

/** Mounts the routes. */
export function driftApi(app: FastifyInstance, services: Services): void {
  const publisher = () => publisherOf(services);
  const names = async (request: FastifyRequest) => new Map((await publisher().hosts.list(request.ctx.db)).map(({ id, name }) => [id, name]));

  app.get("/drift", { config, schema: { querystring: DriftQuery, response: { 200: listAnswer(DriftOutput) } } }, async (request) => {
    const window = windowOf(request.query);
    const { host: hostId, account: accountId } = request.query as { host?: string; account?: string };
    const { rows, total } = await listDrift(request.ctx, { ...window, hostId, accountId });
    const hosts = await names(request);
    return listBody({ rows: rows.map((row) => driftBody(hosts, row)), total }, window);
  });

  app.get("/drift/:drift", { config, schema: { params: DriftParams, response: { 200: DriftDetail } } }, async (request) => {
    const { row, diff, instead } = await getDrift(request.ctx, publisher(), idOf(request));
    return { ...driftBody(await names(request), row), secret: diff?.secret ?? false, lines: diff?.lines ?? [], instead: instead?.lines ?? [] };
  });

  app.post("/drift/:drift/adopt", { config, schema: { params: DriftParams, response: { 200: CountOutput } } }, async (request) => ({
    files: await adopt(request.ctx, idOf(request)),
  }));

  app.post("/drift/:drift/repair", { config, schema: { params: DriftParams, response: { 200: CountOutput } } }, async (request) => ({
    files: await repair(request.ctx, publisher(), idOf(request)),
  }));

  app.post("/drift/repair", { config, schema: { body: PlaceInput, response: { 200: CountOutput } } }, async (request) => {
    const { host: hostId, account: accountId, count } = request.body as { host?: string; account?: string; count: number };
    return { files: await repairAll(request.ctx, publisher(), { hostId, accountId }, count) };
  });

  app.post("/drift/look", { config, schema: { body: LookInput, response: { 200: LookOutput } } }, async (request) => {
    const looks = await look(request.ctx, publisher(), (request.body as { host?: string }).host);
    return looks.map(lookBody);
  });
}
