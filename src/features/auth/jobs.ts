/** Rows that no longer mean anything go away every hour. */
import type { JobDefinition } from "../../core/feature.js";
import { purgeSessions } from "./sessions.js";
import { purgeThrottles } from "./throttle.js";

export const jobs: JobDefinition[] = [
  {
    name: "auth.purge",
    schedule: "17 * * * *",
    leaseSeconds: 300,
    async run(ctx) {
      const now = ctx.clock.now();
      const [sessions, throttles] = [await purgeSessions(ctx.db, now), await purgeThrottles(ctx.db, now)];
      return { summary: `${sessions} sessions, ${throttles} throttles` };
    },
  },
];
