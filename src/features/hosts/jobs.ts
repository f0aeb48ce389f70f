/** Asks every host how it is. */
import type { JobDefinition } from "../../core/feature.js";
import { probeAll } from "./hosts.js";

const LEASE_SECONDS = 300;

export const hostJobs: JobDefinition[] = [
  {
    name: "hosts.probe",
    schedule: "*/5 * * * *",
    leaseSeconds: LEASE_SECONDS,
    async run(ctx, services) {
      const { asked, away } = await probeAll(ctx, services.env);
      return { summary: `${asked} asked, ${away} away` };
    },
  },
];
