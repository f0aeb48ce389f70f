/** Jobs and their runs, as administrators see them. */
import type { Context } from "../../core/context.js";
import { conflict, notFound } from "../../core/errors.js";
import type { JobDefinition } from "../../core/feature.js";
import type { Page, Window } from "../../core/http/paging.js";
import { coreJobs, countJobRuns, type JobOverview, type JobRunRecord, listJobRuns, listJobs, runJob } from "../../core/jobs/index.js";
import { requireAdmin } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";

/** Every job of this program. */
export function knownJobs(services: Services): JobDefinition[] {
  return [...coreJobs, ...services.features.flatMap((feature) => feature.jobs ?? [])];
}

/** Lists the jobs whose name holds these words, each with its last run. */
export async function overview(ctx: Context, services: Services, window: Window): Promise<Page<JobOverview>> {
  requireAdmin(ctx);
  const found = knownJobs(services).filter(({ name }) => name.includes(window.q));
  const sorted = [...found].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { rows: await listJobs(ctx.db, sorted.slice(window.skip, window.skip + window.take)), total: found.length };
}

/** Lists the runs of one job, the newest first. */
export async function runsOf(ctx: Context, services: Services, name: string, window: Window): Promise<Page<JobRunRecord>> {
  requireAdmin(ctx);
  find(services, name);
  const [rows, total] = await Promise.all([listJobRuns(ctx.db, { name, skip: window.skip, limit: window.take }), countJobRuns(ctx.db, { name })]);
  return { rows, total };
}

/** Runs a job now and gives what it says of itself; refused while a run of it is under way anywhere. */
export async function runNow(ctx: Context, services: Services, name: string): Promise<string> {
  requireAdmin(ctx);
  const job = find(services, name);
  await ctx.transaction(async (tx) => {
    tx.audit({ verb: "jobs.job.run", accountId: null, object: { type: "job", id: name, name } });
  });
  const outcome = await runJob(services, job);
  if (outcome.state === "busy") throw conflict("jobs.job_busy", { name });
  if (outcome.state === "failed") throw conflict("jobs.job_failed", { name, reason: String((outcome.error as Error)?.message ?? outcome.error) });
  return outcome.summary ?? "";
}

function find(services: Services, name: string): JobDefinition {
  const job = knownJobs(services).find((known) => known.name === name);
  if (!job) throw notFound("jobs.job_unknown");
  return job;
}
