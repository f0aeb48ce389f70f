/** Looks at everything each minute. */
import type { JobDefinition } from "../../core/feature.js";
import { lookAtAll } from "./look.js";

const LEASE_SECONDS = 120;

export const watchJobs: JobDefinition[] = [
  {
    name: "watch.look",
    schedule: "* * * * *",
    leaseSeconds: LEASE_SECONDS,
    async run(ctx, services) {
      const { checks, bad, letters } = await lookAtAll(ctx, services);
      return { summary: `${checks} checks, ${bad} not well, ${letters} letters` };
    },
  },
];
