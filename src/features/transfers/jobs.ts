/** Ends what is due: offers whose time is over, proven names whose waiting is over. */
import type { JobDefinition } from "../../core/feature.js";
import { expireOffers } from "./offers.js";
import { settleRequests } from "./requests.js";
import { proofSources } from "./sources.js";

const LEASE_SECONDS = 600;

export const transferJobs: JobDefinition[] = [
  {
    name: "transfers.settle",
    schedule: "43 * * * *",
    leaseSeconds: LEASE_SECONDS,
    run: async (ctx, services) => {
      const expired = await expireOffers(ctx);
      return { summary: String(expired + (await settleRequests(ctx, await proofSources(services)))) };
    },
  },
];
