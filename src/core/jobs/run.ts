/** Runs one job: takes its lease, so that one run at a time exists across panels, and leaves a row that says how it went. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { inspect } from "node:util";
import type { Context } from "../context.js";
import type { JobDefinition } from "../feature.js";
import type { Services } from "../services.js";

const KEPT_DAYS = 30;
const DAY_MILLISECONDS = 86_400_000;
const MAX_ERROR = 4000;
const KEPT_OUT_SECONDS = 60;

type Leased = Pick<JobDefinition, "name" | "leaseSeconds">;

/** How a run ended. `busy`: another run has the lease, nothing was done. */
export interface JobOutcome {
  state: "done" | "failed" | "busy";
  summary?: string;
  error?: unknown;
}

/** Runs a job now, unless a run of it is under way anywhere. Never throws: a failure is an outcome, and a row. */
export async function runJob(services: Services, job: JobDefinition): Promise<JobOutcome> {
  const log = services.log.child({ job: job.name });
  const ctx = services.context({ kind: "system", name: job.name }, log);
  const holder = randomUUID();
  const runId = await ctx.transaction(async (tx) => ((await takeLease(tx, job, holder)) ? startRun(tx, job) : null));
  if (runId === null) return { state: "busy" };

  const renewal = setInterval(() => renew(ctx, job, holder), (job.leaseSeconds * 1000) / 3);
  renewal.unref();
  const outcome = await attempt(ctx, services, job);
  clearInterval(renewal);

  if (outcome.state === "failed") log.error({ err: outcome.error }, "job failed");
  await ctx.transaction(async (tx) => {
    await tx.db.jobRun.update({ where: { id: runId }, data: { ...rowOf(outcome), finishedAt: tx.clock.now() } });
    await tx.db.jobLease.deleteMany({ where: { name: job.name, holder } });
    const before = new Date(tx.clock.now().getTime() - KEPT_DAYS * DAY_MILLISECONDS);
    await tx.db.jobRun.deleteMany({ where: { name: job.name, startedAt: { lt: before } } });
  });
  return outcome;
}

/**
 * Does something while a job must not run, on any panel: `mutu backup` keeps what the prune would remove. Null: the job is running now.
 */
export async function withoutJob<T>(services: Services, name: string, act: () => Promise<T>): Promise<{ value: T } | null> {
  const ctx = services.context({ kind: "system", name });
  const job = { name, leaseSeconds: KEPT_OUT_SECONDS };
  const holder = randomUUID();
  if (!(await ctx.transaction((tx) => takeLease(tx, job, holder)))) return null;
  const renewal = setInterval(() => renew(ctx, job, holder), (KEPT_OUT_SECONDS * 1000) / 3);
  try {
    return { value: await act() };
  } finally {
    clearInterval(renewal);
    await ctx.db.jobLease.deleteMany({ where: { name, holder } });
  }
}

async function attempt(ctx: Context, services: Services, job: JobDefinition): Promise<JobOutcome> {
  try {
    return { state: "done", summary: (await job.run(ctx, services)).summary };
  } catch (error) {
    return { state: "failed", error };
  }
}

async function takeLease(ctx: Context, job: Leased, holder: string): Promise<boolean> {
  const now = ctx.clock.now();
  const lease = await ctx.db.jobLease.findUnique({ where: { name: job.name } });
  if (lease && lease.expiresAt > now) return false;
  const held = { holder, expiresAt: leaseEnd(ctx, job) };
  await ctx.db.jobLease.upsert({ where: { name: job.name }, create: { name: job.name, ...held }, update: held });
  return true;
}

/** A run that still says `running` while its lease was free died with its panel. */
async function startRun(ctx: Context, job: JobDefinition): Promise<string> {
  const now = ctx.clock.now();
  await ctx.db.jobRun.updateMany({ where: { name: job.name, state: "running" }, data: { state: "lost", finishedAt: now } });
  const run = await ctx.db.jobRun.create({ data: { name: job.name, panel: `${hostname()} ${process.pid}`, startedAt: now, state: "running" } });
  return run.id;
}

async function renew(ctx: Context, job: Leased, holder: string): Promise<void> {
  try {
    await ctx.db.jobLease.updateMany({ where: { name: job.name, holder }, data: { expiresAt: leaseEnd(ctx, job) } });
  } catch (error) {
    ctx.log.warn({ err: error }, "the lease of a job was not renewed");
  }
}

function leaseEnd(ctx: Context, job: Leased): Date {
  return new Date(ctx.clock.now().getTime() + job.leaseSeconds * 1000);
}

function rowOf(outcome: JobOutcome): { state: string; summary: string | null; error: string | null } {
  const { state, summary = null, error } = outcome;
  const told = error instanceof Error ? (error.stack ?? error.message) : inspect(error);
  return { state, summary, error: state === "failed" ? told.slice(0, MAX_ERROR) : null };
}
