/** Makes what pages, commands and jobs share: database, features, daemons, publisher. `app.ts` adds HTTP, `cli.ts` the commands. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock } from "./core/context.js";
import { type Database, openDatabase } from "./core/db.js";
import { discoverDaemons, discoverFeatures } from "./core/discover.js";
import { createResolver, resolverSettings } from "./core/dns/index.js";
import type { Env } from "./core/env.js";
import { addHandlers, createEvents } from "./core/events.js";
import type { Feature, JobDefinition } from "./core/feature.js";
import { coreJobs } from "./core/jobs/index.js";
import { createLog } from "./core/log.js";
import { type Services, systemClock } from "./core/services.js";
import { createText, type Text } from "./core/text.js";
import { createContextFactory } from "./core/transaction.js";
import { createPublisher, type Daemon, type HostingFeature, type Publisher, type PublisherParts } from "./publish/index.js";

/** What a test or the trial may give instead of what is made here. */
export interface BootOptions {
  database?: Database;
  clock?: Clock;
  log?: Services["log"];
  features?: Feature[];
  daemons?: Daemon[];
  /** Limits and hooks of the publisher. */
  publisher?: Partial<Pick<PublisherParts, "limits" | "onStep">>;
}

/** A running program without its doors. */
export interface Program {
  services: Services & { publisher: Publisher };
  text: Text;
  daemons: Daemon[];
  jobs: JobDefinition[];
  /** Waits for runs under way, then closes the database. */
  close(): Promise<void>;
}

/** The checkout, or the installed tree: holds views/, public/, prisma/ beside src/ or dist/. */
export const programRoot = dirname(dirname(fileURLToPath(import.meta.url)));

/** Opens the database and connects features, daemons and the publisher with each other. */
export async function boot(env: Env, options: BootOptions = {}): Promise<Program> {
  const log = options.log ?? createLog(env.logLevel);
  const clock = options.clock ?? systemClock;
  const events = createEvents();
  const features = options.features ?? (await discoverFeatures());
  const daemons = options.daemons ?? (await discoverDaemons<Daemon>());
  const database = options.database ?? (await openDatabase(env.databaseUrl.reveal()));
  for (const feature of features) addHandlers(events, feature.on);

  const resolver = createResolver(resolverSettings(env));
  const context = createContextFactory({ database, log, clock, events });
  const services: Services = { db: database.client, env, log, clock, events, resolver, features, context };
  const publisher = createPublisher({ services, ...contributions(features, services), daemons: daemons as Daemon<never>[], ...options.publisher });
  return {
    services: Object.assign(services, { publisher }),
    text: createText(join(programRoot, "views"), { lenient: env.mode === "production" }),
    daemons,
    jobs: [...coreJobs, ...features.flatMap((feature) => feature.jobs ?? [])],
    async close() {
      await publisher.close();
      if (!options.database) await database.close();
    },
  };
}

/** Gathers roles, probers, and the hosts, which exactly one feature keeps. */
function contributions(features: readonly Feature[], services: Services): Pick<PublisherParts, "roles" | "hosts" | "probers"> {
  const hosting = features as readonly HostingFeature[];
  const keepers = hosting.filter((feature) => feature.hosts !== undefined);
  const hosts = keepers[0]?.hosts?.(services);
  if (keepers.length !== 1 || hosts === undefined)
    throw new Error(`exactly one feature keeps the hosts, not: ${keepers.map(({ name }) => name).join(", ") || "none"}`);
  const roles = hosting.flatMap((feature) => (typeof feature.roles === "function" ? feature.roles(services) : (feature.roles ?? [])));
  return { roles, hosts, probers: Object.assign({}, ...hosting.map(({ probers }) => probers)) };
}
