/** What administrators see of jobs. */
import type { Db } from "../db.js";
import type { JobDefinition } from "../feature.js";

/** One run, as it stands in its row. */
export interface JobRunRecord {
  id: string;
  name: string;
  panel: string;
  startedAt: Date;
  finishedAt: Date | null;
  state: string;
  summary: string | null;
  error: string | null;
}

/** A job with its last run. */
export interface JobOverview {
  name: string;
  schedule: string;
  last: JobRunRecord | null;
}

/** Lists jobs, sorted by name, each with its last run. */
export async function listJobs(db: Db, jobs: readonly JobDefinition[]): Promise<JobOverview[]> {
  const sorted = [...jobs].sort((a, b) => (a.name < b.name ? -1 : 1));
  return Promise.all(sorted.map(async ({ name, schedule }) => ({ name, schedule, last: (await listJobRuns(db, { name, limit: 1 }))[0] ?? null })));
}

/** Which runs: of one job, or with these words in their name. */
export interface JobRunFilter {
  name?: string;
  q?: string;
  skip?: number;
  limit: number;
}

function runsWhere({ name, q }: Pick<JobRunFilter, "name" | "q">) {
  return { ...(name !== undefined && { name }), ...(q && { name: { contains: q } }) };
}

/** Counts the runs that a filter finds. */
export async function countJobRuns(db: Db, filter: Pick<JobRunFilter, "name" | "q">): Promise<number> {
  return db.jobRun.count({ where: runsWhere(filter) });
}

/** Lists runs, the newest first. */
export async function listJobRuns(db: Db, filter: JobRunFilter): Promise<JobRunRecord[]> {
  const where = runsWhere(filter);
  return db.jobRun.findMany({ where, orderBy: [{ startedAt: "desc" }, { id: "desc" }], skip: filter.skip ?? 0, take: filter.limit });
}
