/** Whether the clock of jobs goes: what should have run by now, and did not. */
import type { Db } from "../db.js";
import type { JobDefinition } from "../feature.js";

const HOUR = 60;
const DAY = 24 * HOUR;
const MINUTE_MS = 60_000;
/** What a run may come late: a panel that starts again, a run before it that takes long. */
const GRACE_MINUTES = 5;
const GRACE_OF_DAY_MINUTES = 2 * HOUR;

/** Gives the minutes between two runs of a schedule of five fields, as jobs of this program write them. */
export function periodMinutes(schedule: string): number {
  const [minute = "", hour = ""] = schedule.split(" ");
  if (minute === "*") return 1;
  const every = /^\*\/(\d+)$/.exec(minute)?.[1];
  if (every !== undefined && hour === "*") return Number(every);
  return hour === "*" ? HOUR : DAY;
}

/** Tells whether a job should have begun since then. */
export function isMissed(schedule: string, last: Date, now: Date): boolean {
  const period = periodMinutes(schedule);
  const grace = period >= DAY ? GRACE_OF_DAY_MINUTES : Math.max(GRACE_MINUTES, period);
  return now.getTime() - last.getTime() > (period + grace) * MINUTE_MS;
}

/** What a job's rows say: its last run, and how the last one that ended went. */
export interface JobStanding {
  name: string;
  missed: boolean;
  /** null: it has never begun. */
  last: Date | null;
  failed: boolean;
}

/** Reads how each job stands. One that never ran counts from the first run of any job: an installation of today has missed no night. */
export async function readJobStandings(db: Db, jobs: readonly JobDefinition[], now: Date): Promise<JobStanding[]> {
  const first = (await db.jobRun.findFirst({ orderBy: { startedAt: "asc" }, select: { startedAt: true } }))?.startedAt ?? null;
  return Promise.all(
    jobs.map(async ({ name, schedule }) => {
      // Whoever begins a run ends the one before, if its panel did not: of two at least one has ended.
      const runs = await db.jobRun.findMany({
        where: { name },
        orderBy: { startedAt: "desc" },
        take: 2,
        select: { startedAt: true, finishedAt: true, state: true },
      });
      const [last, ended] = [runs[0], runs.find(({ finishedAt }) => finishedAt !== null)];
      const since = last?.startedAt ?? first;
      return { name, last: last?.startedAt ?? null, missed: since !== null && isMissed(schedule, since, now), failed: ended?.state === "failed" };
    }),
  );
}

/** When any job began last, across all panels; null: never. */
export async function lastBeat(db: Db): Promise<Date | null> {
  return (await db.jobRun.findFirst({ orderBy: { startedAt: "desc" }, select: { startedAt: true } }))?.startedAt ?? null;
}
