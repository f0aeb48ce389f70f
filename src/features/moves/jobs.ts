/** Moves are looked at each minute. */
import type { JobDefinition } from "../../core/feature.js";
import { stepAll } from "./steps.js";

export const moveJobs: JobDefinition[] = [
  {
    name: "moves.step",
    schedule: "* * * * *",
    leaseSeconds: 600,
    run: async (ctx, services) => ({ summary: await stepAll(ctx, services) }),
  },
];
