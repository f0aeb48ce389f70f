/** Asks the world about domains, a batch at a time. */
import type { JobDefinition } from "../../core/feature.js";
import { checkDue } from "./checks.js";

const LEASE_SECONDS = 600;

export const healthJobs: JobDefinition[] = [
  {
    name: "health.check",
    schedule: "*/2 * * * *",
    leaseSeconds: LEASE_SECONDS,
    run: async (ctx, services) => ({ summary: String(await checkDue(ctx, services)) }),
  },
];
