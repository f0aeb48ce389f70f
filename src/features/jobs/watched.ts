/** What is watched of jobs: that their clock goes, that none is missing, and that the last run of each went well. */
import type { Context } from "../../core/context.js";
import type { Check } from "../../core/feature.js";
import { lastBeat, readJobStandings } from "../../core/jobs/index.js";
import type { Services } from "../../core/services.js";
import { knownJobs } from "./runs.js";

const NAMED = 5;
/** Jobs run every minute: who has seen none for that long sees a clock that stands. */
const STILL_MINUTES = 5;
const MINUTE_MS = 60_000;

/** Checks of the panel itself. */
export async function watchJobs({ db, clock }: Context, services: Services): Promise<Check[]> {
  const now = clock.now();
  const beat = await lastBeat(db);
  const stands = beat === null || now.getTime() - beat.getTime() > STILL_MINUTES * MINUTE_MS;
  const clockCheck: Check = {
    ...{ name: "clock", subject: "", state: stands ? "failing" : "ok", href: "/jobs" },
    says:
      beat === null
        ? { key: "jobs.checks.clock_never", data: {} }
        : { key: stands ? "jobs.checks.clock_failing" : "jobs.checks.clock_ok", data: { at: beat.toISOString() } },
    ...(stands ? { todo: { key: "jobs.checks.clock_todo", data: {} } } : {}),
  };
  // While the clock stands every job is missing: that is one thing to mend and not thirty.
  if (stands) return [clockCheck];
  const standings = await readJobStandings(db, knownJobs(services), now);
  const missed = standings.filter((one) => one.missed).map(({ name }) => name);
  const failed = standings.filter((one) => one.failed && !one.missed).map(({ name }) => name);
  return [clockCheck, told("jobs-missed", "missed", "failing", missed), told("jobs-failed", "failed", "warning", failed)];
}

function told(name: string, word: string, state: "failing" | "warning", jobs: readonly string[]): Check {
  const base = { name, subject: "", href: "/jobs" };
  if (jobs.length === 0) return { ...base, state: "ok", says: { key: `jobs.checks.${word}_ok`, data: {} } };
  const data = { count: jobs.length, names: `${jobs.slice(0, NAMED).join(", ")}${jobs.length > NAMED ? "…" : ""}` };
  return { ...base, state, says: { key: `jobs.checks.${word}`, data }, todo: { key: `jobs.checks.${word}_todo`, data } };
}
