/** Asks for certificates, and brings them to where they are shown. */
import type { JobDefinition } from "../../core/feature.js";
import { runJob } from "../../core/jobs/index.js";
import { alertDue } from "./alerts.js";
import { deliverDue } from "./delivery.js";
import { renewDue } from "./renewals.js";
import { placeThumbprints } from "./thumbprints.js";
import { onWake } from "./wake.js";

const LEASE_SECONDS = 600;
/** A delivery that died with its process is taken over soon. */
const DELIVERY_LEASE_SECONDS = 120;

const delivery: JobDefinition = {
  name: "certificates.deliver",
  schedule: "* * * * *",
  leaseSeconds: DELIVERY_LEASE_SECONDS,
  async run(ctx, services) {
    await placeThumbprints(ctx, services);
    return { summary: await deliverDue(ctx, services) };
  },
};

export const certificateJobs: JobDefinition[] = [
  {
    name: "certificates.renew",
    schedule: "* * * * *",
    leaseSeconds: LEASE_SECONDS,
    async run(ctx, services) {
      const summary = await renewDue(ctx, services);
      await runJob(services, delivery);
      return { summary };
    },
  },
  delivery,
  {
    name: "certificates.alert",
    schedule: "7 6 * * *",
    leaseSeconds: LEASE_SECONDS,
    run: async (ctx, services) => ({ summary: `${await alertDue(ctx, services)} letters` }),
  },
];

onWake((services) => runJob(services, delivery));
