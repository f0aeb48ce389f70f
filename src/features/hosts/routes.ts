/** Pages of hosts, for administrators. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { form } from "../../core/http/forms.js";
import { pagedList, windowOf } from "../../core/http/paging.js";
import type { Services } from "../../core/services.js";
import { hostView } from "./bodies.js";
import { getHost, listHosts, probeHost, removeHost } from "./hosts.js";

const config = { access: "admin" } as const;
const Nothing = Type.Object({});
const keyOf = (request: FastifyRequest) => (request.params as { host: string }).host;

/** Mounts the pages. */
export function hostPages(app: FastifyInstance, services: Services): void {
  app.get("/hosts", { config }, async (request, reply) => {
    const window = windowOf(request.query);
    const { rows, total } = await listHosts(request.ctx, window);
    return reply.page("hosts/list", { list: pagedList({ rows: rows.map(hostView), total }, window, "/hosts") });
  });
  app.get("/hosts/:host", { config }, draw);
  app.post(
    "/hosts/:host/probe",
    { config },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const { host, error } = await probeHost(ctx, services.env, keyOf(request));
        return { to: `/hosts/${host.id}`, says: error === null ? "hosts.answered" : "hosts.away" };
      },
      again: draw,
    }),
  );
  app.get("/hosts/:host/delete", { config }, drawDelete);
  app.post(
    "/hosts/:host/delete",
    { config },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        await removeHost(ctx, keyOf(request));
        return { to: "/hosts", says: "hosts.removed" };
      },
      again: drawDelete,
    }),
  );
}

async function draw(request: FastifyRequest, reply: FastifyReply) {
  return reply.page("hosts/host", { host: hostView(await getHost(request.ctx, keyOf(request))) });
}

async function drawDelete(request: FastifyRequest, reply: FastifyReply) {
  return reply.page("hosts/delete", { host: await getHost(request.ctx, keyOf(request)) });
}
