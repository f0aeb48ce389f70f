/** What a folder under src/features contributes, found by discovery: `feature.ts` exports `feature`. core knows nothing of hosting. */

import type { Command } from "commander";
import type { FastifyInstance } from "fastify";
import type { Context, MembershipRole, TransactionContext } from "./context.js";
import type { Db } from "./db.js";
import type { ErrorData } from "./errors.js";
import type { EventMap } from "./events.js";
import type { Services } from "./services.js";
import type { Undo } from "./undo.js";

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
  /** Further words of the command line beside the feature's own name: `mutu backup`. */
  words?: Record<string, CommandWord>;
  jobs?: JobDefinition[];
  /** By audit verb: how one such change is taken back (core/undo.ts). */
  undos?: Readonly<Record<string, Undo>>;
  /** The same, of acts that are administrators' alone: nobody else is offered them. */
  adminUndos?: Readonly<Record<string, Undo>>;
  /** Handlers of other features' events, run in the emitter's transaction. */
  on?: { [K in keyof EventMap]?: (tx: TransactionContext, fact: EventMap[K]) => Promise<void> };
  /** Where its secrets stand in the database. */
  sealed?: readonly SealedColumns[];
  /** Entries of the menu. */
  menu?: MenuEntry[];
  /** Cards of the home pages. */
  homeCards?: HomeCard[];
  /** Cards of the sheet "Where do I connect?". */
  connectCards?: ConnectCard[];
  /** What stands above every page of somebody who is logged in. Asked for with each page: one small query where there is nothing to say. */
  banners?(ctx: Context, services: Services): Promise<Banner[]>;
  /** What administrators answer for, and how it is. Reads rows and asks no machine: it is called every minute. */
  checks?(ctx: Context, services: Services): Promise<Check[]>;
  /** Answers requests of the panel's plain port (HTTP) whose path it knows; null: not this one, it is led to HTTPS. */
  plainAnswer?(services: Services): (path: string) => Promise<PlainText | string | null>;
  /** Where memberships come from; exactly one feature has it (accounts). People are read before accounts know of them, so it is a door and no import. */
  memberships?: MembershipSource;
}

/** A word directly under `mutu`. */
export interface CommandWord {
  /** Works before there are tables, or where this version cannot read them: its services are there from `open` on, and not before. */
  unopened?: boolean;
  commands(command: Command, services: Services, open: () => Promise<void>): void;
}

/** Columns whose values are sealed (core/secret.ts), each bound to its row's `id`: a change of the key seals them anew. */
export interface SealedColumns {
  table: string;
  columns: readonly string[];
}

/** Roles of a user in live accounts, with the names by which pages call these accounts. */
export interface MembershipSource {
  of(db: Db, userId: string): Promise<{ accountId: string; name: string; role: MembershipRole }[]>;
}

/** A card of a home page: `load` answers what `views/<view>.hbs` draws, or null when there is nothing to say. */
export interface HomeCard {
  audience: "member" | "admin";
  /** Lower comes first. */
  position: number;
  /** Shown to those who have it; without it to everyone of the audience. */
  permission?: string;
  view: string;
  /** `accountId`: the account that the person looks at, null for all of them; ownership stays in the query. */
  load(ctx: Context, accountId: string | null, reader: HomeReader): Promise<HomeCardContent | null>;
}

/** Whose home page it is: `t` speaks their language. */
export interface HomeReader {
  services: Services;
  t(key: string, data?: Record<string, unknown>): string;
}

export interface HomeCardContent {
  data: object;
  /** What the greeting sums up: the worst of all cards is said first. */
  state?: "verified" | "published" | "waiting" | "held" | "failed";
}

/** A card of the sheet that tells an account where everything is reached; drawn on the page itself, so it may hold forms. */
export interface ConnectCard {
  /** Lower comes first. */
  position: number;
  /** Shown to those who have it in the account; without it to all of its members. */
  permission?: string;
  view: string;
  /** Gives what `views/<view>.hbs` draws, or null when there is nothing to say; `t` speaks the reader's language. */
  load(ctx: Context, accountId: string, reader: { t(key: string, data?: Record<string, unknown>): string }): Promise<object | null>;
}

/** A part of the frame: `views/<view>.hbs` with its data, before the page itself; it may hold a form. */
export interface Banner {
  view: string;
  data: object;
}

/** How one thing is that administrators answer for: told by `mutu status --check`, on the page "State of the machines" and in letters. */
export interface Check {
  /** What was looked at (`reachable`, `drift`). With `subject` it is the same check from minute to minute, so it holds no number and no date. */
  name: string;
  /** A host's name; empty: the panel itself. */
  subject: string;
  state: "ok" | "warning" | "failing";
  /** One sentence. A time among the data is an ISO string, and is written as its reader reads times. */
  says: Saying;
  /** What to do about it, where `says` does not tell. */
  todo?: Saying;
  /** The page that shows more. */
  href?: string;
}

/** A text with its status; a bare one is 200. */
export interface PlainText {
  status: number;
  text: string;
}

/** A message's key with its data. */
export interface Saying {
  key: string;
  data: ErrorData;
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
  /** Shown to members who have it; without it to all. */
  permission?: string;
  /** Lower comes first. */
  position: number;
}

/** Who may call a route; `config.access` of each route. */
export type Access = "public" | "user" | "admin" | { permission: string };
