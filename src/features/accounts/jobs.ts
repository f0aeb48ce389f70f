/** Ends countdowns of the bin. */
import type { JobDefinition } from "../../core/feature.js";
import { purgeAccounts } from "./states.js";

const LEASE_SECONDS = 600;

export const accountJobs: JobDefinition[] = [
  {
    name: "accounts.purge",
    schedule: "17 * * * *",
    leaseSeconds: LEASE_SECONDS,
    run: async (ctx) => ({ summary: String(await purgeAccounts(ctx)) }),
  },
];
