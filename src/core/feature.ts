/** What a folder under src/features contributes, found by discovery: `feature.ts` exports `feature`. core knows nothing of hosting. */
import type { FastifyInstance } from "fastify";
import type { Command } from "commander";
import type { Context, MembershipRole, TransactionContext } from "./context.js";
import type { EventMap } from "./events.js";
import type { Services } from "./services.js";

export interface Feature {
  /** Equals the folder's name. */
  name: string;
  /** Permission → roles that have it, e.g. `sites.write: ["owner", "webmaster"]`. Administrators have all. */
  permissions?: Record<string, readonly MembershipRole[]>;
  /** HTML pages, mounted at `/`. Every route declares `config: { access }` or the boot stops. */
  pages?(app: FastifyInstance, services: Services): void | Promise<void>;
  /** JSON API, mounted at `/api/v1`. */
  api?(app: FastifyInstance, services: Services): void | Promise<void>;
  /** Adds `mutu <feature> <verb>` below the given command (already named after the feature). */
  commands?(command: Command, services: Services): void;
  jobs?: JobDefinition[];
  /** Handlers of other features' events, run in the emitter's transaction. */
  on?: { [K in keyof EventMap]?: (tx: TransactionContext, fact: EventMap[K]) => Promise<void> };
  /** Entries of the menu. */
  menu?: MenuEntry[];
  /** Where pages of members land: rows for "search" and "home" come with later issues through the same door. */
}

export interface JobDefinition {
  /** `sites.purge` */
  name: string;
  /** node-cron expression, UTC. */
  schedule: string;
  /** Seconds after which another panel may take the lease over. */
  leaseSeconds: number;
  run(ctx: Context, services: Services): Promise<{ summary: string }>;
}

export interface MenuEntry {
  /** Message key. */
  label: string;
  href: string;
  /** Icon name of the sprite. */
  icon: string;
  audience: "member" | "admin";
  /** Lower comes first. */
  position: number;
}

/** Who may call a route; `config.access` of each route. */
export type Access = "public" | "user" | "admin" | { permission: string };
