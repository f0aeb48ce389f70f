/** Ends countdowns of the bin; watches the signatures' chain. */
import type { JobDefinition } from "../../core/feature.js";
import { publisherOf } from "../../publish/index.js";
import { checkAllDnssec } from "./dnssec.js";
import { purgeRecords } from "./records.js";

const LEASE_SECONDS = 600;

export const dnsJobs: JobDefinition[] = [
  { name: "dns.purge", schedule: "23 * * * *", leaseSeconds: LEASE_SECONDS, run: async (ctx) => ({ summary: String(await purgeRecords(ctx)) }) },
  {
    name: "dns.parents",
    schedule: "*/15 * * * *",
    leaseSeconds: LEASE_SECONDS,
    run: async (ctx, services) => ({ summary: String(await checkAllDnssec(ctx, { hosts: publisherOf(services).hosts, resolver: services.resolver })) }),
  },
];
