/** Jobs: what upper folders may use. */
export { isMissed, type JobStanding, lastBeat, periodMinutes, readJobStandings } from "./clock.js";
export { coreJobs } from "./core-jobs.js";
export { countJobRuns, type JobOverview, type JobRunRecord, listJobRuns, listJobs } from "./list.js";
export { runJob, withoutJob } from "./run.js";
export { checkJobs, clockStands, scheduleJobs } from "./schedule.js";
