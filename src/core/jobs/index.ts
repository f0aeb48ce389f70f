/** Jobs: what upper folders may use. */
export { coreJobs } from "./core-jobs.js";
export { countJobRuns, type JobOverview, type JobRunFilter, type JobRunRecord, listJobRuns, listJobs } from "./list.js";
export { type JobOutcome, runJob } from "./run.js";
export { checkJobs, type Scheduled, scheduleJobs } from "./schedule.js";
