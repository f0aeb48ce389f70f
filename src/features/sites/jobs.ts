/** Ends countdowns of the bin. */
import type { JobDefinition } from "../../core/feature.js";
import { purgeSites } from "./removal.js";

const LEASE_SECONDS = 600;

export const siteJobs: JobDefinition[] = [
  {
    name: "sites.purge",
    schedule: "17 * * * *",
    leaseSeconds: LEASE_SECONDS,
    run: async (ctx) => ({ summary: String(await purgeSites(ctx)) }),
  },
];
