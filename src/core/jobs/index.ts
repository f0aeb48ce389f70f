/** Jobs: what upper folders may use. */
export { coreJobs } from "./core-jobs.js";
export { countJobRuns, type JobOverview, type JobRunRecord, listJobRuns, listJobs } from "./list.js";
export { runJob, withoutJob } from "./run.js";
export { checkJobs, scheduleJobs } from "./schedule.js";
