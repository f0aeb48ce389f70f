/** Hosts in JSON, for administrators. Adding one is an act of the command line: it needs the administrator's own SSH login. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { ListQuery, listAnswer, listBody, windowOf } from "../../core/http/paging.js";
import type { Services } from "../../core/services.js";
import { hostBody } from "./bodies.js";
import { getHost, listHosts, probeHost, removeHost } from "./hosts.js";
import { HostOutput } from "./schemas.js";

const config = { access: "admin" } as const;
const params = Type.Object({ host: Type.String({ maxLength: 64 }) });
const one = { 200: HostOutput };
const keyOf = (request: FastifyRequest) => (request.params as { host: string }).host;

/** Mounts the routes of hosts. */
export function hostApi(app: FastifyInstance, services: Services): void {
  app.get("/hosts", { config, schema: { querystring: ListQuery, response: { 200: listAnswer(HostOutput) } } }, async (request) => {
    const window = windowOf(request.query);
    const { rows, total } = await listHosts(request.ctx, window);
    return listBody({ rows: rows.map(hostBody), total }, window);
  });
  app.get("/hosts/:host", { config, schema: { params, response: one } }, async (request) => hostBody(await getHost(request.ctx, keyOf(request))));
  app.post("/hosts/:host/probe", { config, schema: { params, response: one } }, async (request) => {
    const { host } = await probeHost(request.ctx, services.env, keyOf(request));
    return hostBody(host);
  });
  app.delete("/hosts/:host", { config, schema: { params, response: { 200: Type.Object({ done: Type.Literal(true) }) } } }, async (request) => {
    await removeHost(request.ctx, keyOf(request));
    return { done: true };
  });
}
