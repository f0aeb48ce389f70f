/** Ends countdowns of the bin. */
import type { JobDefinition } from "../../core/feature.js";
import { purgeDomains } from "./domains.js";

const LEASE_SECONDS = 600;

export const domainJobs: JobDefinition[] = [
  {
    name: "domains.purge",
    schedule: "17 * * * *",
    leaseSeconds: LEASE_SECONDS,
    run: async (ctx) => ({ summary: String(await purgeDomains(ctx)) }),
  },
];
