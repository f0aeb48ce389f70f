/** Starts jobs at their hours (UTC). Every panel does; the lease lets one of them through. */
import { schedule, validate } from "node-cron";
import type { JobDefinition } from "../feature.js";
import type { Services } from "../services.js";
import { runJob } from "./run.js";

/** Jobs run every minute: a process that has begun none for so long has a clock that stands. */
const STILL_MS = 180_000;
let ticked: Date | null = null;

/** Tells whether the clock of this process stands still; one that was never started (a command) does not. */
export function clockStands(now: Date): boolean {
  return ticked !== null && now.getTime() - ticked.getTime() > STILL_MS;
}

/** Jobs that wait for their hours; `stop` waits for those that run. */
export interface Scheduled {
  stop(): Promise<void>;
}

/** Puts jobs on the clock; a wrong or doubled definition stops the boot. */
export function scheduleJobs(services: Services, jobs: readonly JobDefinition[]): Scheduled {
  checkJobs(jobs);
  const running = new Set<Promise<unknown>>();
  ticked = new Date();
  const tasks = jobs.map((job) =>
    schedule(
      job.schedule,
      () => {
        ticked = new Date();
        const run = runJob(services, job).catch((error) => services.log.error({ err: error, job: job.name }, "job not recorded"));
        running.add(run);
        return run.finally(() => running.delete(run));
      },
      { timezone: "UTC", name: job.name, noOverlap: true },
    ),
  );
  return {
    async stop() {
      for (const task of tasks) await task.destroy();
      await Promise.all(running);
    },
  };
}

/** Refuses two jobs of one name, and hours that cannot be read. */
export function checkJobs(jobs: readonly JobDefinition[]): void {
  const names = new Set<string>();
  for (const job of jobs) {
    if (names.has(job.name)) throw new Error(`two jobs are named "${job.name}"`);
    if (!validate(job.schedule)) throw new Error(`job "${job.name}": "${job.schedule}" is no schedule`);
    names.add(job.name);
  }
}
