/** Asks every host how it is: every five minutes, and every minute while it is away. */
import type { JobDefinition } from "../../core/feature.js";
import { probeAll } from "./hosts.js";

const LEASE_SECONDS = 300;

export const hostJobs: JobDefinition[] = [
  {
    name: "hosts.probe",
    schedule: "* * * * *",
    leaseSeconds: LEASE_SECONDS,
    async run(ctx, services) {
      const { asked, away } = await probeAll(ctx, services.env, { dueOnly: true });
      return { summary: `${asked} asked, ${away} away` };
    },
  },
];
