/** Asks for certificates, and brings them to where they are shown. */
import type { JobDefinition } from "../../core/feature.js";
import { renewDue } from "./renewals.js";

const LEASE_SECONDS = 600;

export const certificateJobs: JobDefinition[] = [
  {
    name: "certificates.renew",
    schedule: "* * * * *",
    leaseSeconds: LEASE_SECONDS,
    run: async (ctx, services) => ({ summary: await renewDue(ctx, services) }),
  },
];
