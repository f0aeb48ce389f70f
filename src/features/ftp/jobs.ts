/** Ends countdowns of the bin, and logins whose day has passed. */
import type { JobDefinition } from "../../core/feature.js";
import { expireLogins, purgeLogins } from "./removal.js";

const LEASE_SECONDS = 600;

export const ftpJobs: JobDefinition[] = [
  {
    name: "ftp.purge",
    schedule: "27 * * * *",
    leaseSeconds: LEASE_SECONDS,
    run: async (ctx) => ({ summary: String(await purgeLogins(ctx)) }),
  },
  {
    name: "ftp.expire",
    schedule: "* * * * *",
    leaseSeconds: LEASE_SECONDS,
    run: async (ctx) => ({ summary: String(await expireLogins(ctx)) }),
  },
];
