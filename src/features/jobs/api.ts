/** Jobs in JSON. */
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { ListQuery, listAnswer, listBody, windowOf } from "../../core/http/paging.js";
import type { JobRunRecord } from "../../core/jobs/index.js";
import type { Services } from "../../core/services.js";
import { overview, runNow, runsOf } from "./runs.js";

const Text = Type.Union([Type.String(), Type.Null()]);
const RunOutput = Type.Object({
  id: Type.String(),
  name: Type.String(),
  panel: Type.String(),
  startedAt: Type.String(),
  finishedAt: Text,
  state: Type.String(),
  summary: Text,
  error: Text,
});
const JobOutput = Type.Object({ name: Type.String(), schedule: Type.String(), last: Type.Union([RunOutput, Type.Null()]) });
const JobParams = Type.Object({ job: Type.String({ maxLength: 80 }) });
const config = { access: "admin" } as const;

/** Mounts the routes. */
export function jobApi(app: FastifyInstance, services: Services): void {
  app.get("/jobs", { config, schema: { querystring: ListQuery, response: { 200: listAnswer(JobOutput) } } }, async (request) => {
    const window = windowOf(request.query);
    const { rows, total } = await overview(request.ctx, services, window);
    return listBody({ rows: rows.map((job) => ({ ...job, last: job.last && runBody(job.last) })), total }, window);
  });
  app.get("/jobs/:job/runs", { config, schema: { params: JobParams, querystring: ListQuery, response: { 200: listAnswer(RunOutput) } } }, async (request) => {
    const window = windowOf(request.query);
    const { rows, total } = await runsOf(request.ctx, services, (request.params as { job: string }).job, window);
    return listBody({ rows: rows.map(runBody), total }, window);
  });
  app.post("/jobs/:job/runs", { config, schema: { params: JobParams, response: { 200: Type.Object({ summary: Type.String() }) } } }, async (request) => ({
    summary: await runNow(request.ctx, services, (request.params as { job: string }).job),
  }));
}

function runBody(run: JobRunRecord) {
  return { ...run, startedAt: run.startedAt.toISOString(), finishedAt: run.finishedAt?.toISOString() ?? null };
}
