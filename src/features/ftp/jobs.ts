/** Ends countdowns of the bin and of names, and logins whose day has passed. */
import type { JobDefinition } from "../../core/feature.js";
import { letterWriter, tellAsked } from "./letters.js";
import { expireLogins, purgeLogins } from "./removal.js";
import { renameAsked } from "./renaming.js";

const LEASE_SECONDS = 600;

export const ftpJobs: JobDefinition[] = [
  {
    name: "ftp.purge",
    schedule: "27 * * * *",
    leaseSeconds: LEASE_SECONDS,
    run: async (ctx) => ({ summary: String(await purgeLogins(ctx)) }),
  },
  {
    name: "ftp.rename",
    schedule: "37 * * * *",
    leaseSeconds: LEASE_SECONDS,
    async run(ctx, { env }) {
      const tell = letterWriter(env);
      if (tell) await tellAsked(ctx, tell);
      return { summary: String(await renameAsked(ctx, tell)) };
    },
  },
  {
    name: "ftp.expire",
    schedule: "* * * * *",
    leaseSeconds: LEASE_SECONDS,
    run: async (ctx) => ({ summary: String(await expireLogins(ctx)) }),
  },
];
