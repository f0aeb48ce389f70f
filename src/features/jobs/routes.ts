/** Pages of jobs. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { form } from "../../core/http/forms.js";
import { pagedList, windowOf } from "../../core/http/paging.js";
import type { Services } from "../../core/services.js";
import { overview, runNow, runsOf } from "./runs.js";

const config = { access: "admin" } as const;
const nameOf = (request: FastifyRequest) => (request.params as { job: string }).job;

/** Mounts the pages. */
export function jobPages(app: FastifyInstance, services: Services): void {
  const drawList = async (request: FastifyRequest, reply: FastifyReply) => {
    const window = windowOf(request.query);
    return reply.page("jobs/list", { list: pagedList(await overview(request.ctx, services, window), window, "/jobs") });
  };
  app.get("/jobs", { config }, drawList);
  app.get("/jobs/:job", { config }, async (request, reply) => {
    const window = windowOf(request.query);
    const name = nameOf(request);
    const runs = await runsOf(request.ctx, services, name, window);
    return reply.page("jobs/runs", { name, list: pagedList(runs, window, `/jobs/${encodeURIComponent(name)}`) });
  });
  app.post(
    "/jobs/:job/run",
    { config },
    form({
      schema: Type.Object({}),
      async act(ctx, _input, request) {
        const name = nameOf(request);
        return { to: `/jobs/${encodeURIComponent(name)}`, says: "jobs.ran", data: { name, summary: await runNow(ctx, services, name) } };
      },
      again: drawList,
    }),
  );
}
