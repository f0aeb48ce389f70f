/** What is made once at boot and handed to features. Upper folders add their own by declaration merging (`publisher` in publish, `views` in core/http). */
import type { Logger } from "pino";
import type { Actor, Clock, Context } from "./context.js";
import type { Db } from "./db.js";
import type { Resolver } from "./dns/index.js";
import type { Env } from "./env.js";
import type { Events } from "./events.js";
import type { Feature } from "./feature.js";

export interface Services {
  readonly db: Db;
  readonly env: Env;
  readonly log: Logger;
  readonly clock: Clock;
  readonly events: Events;
  /** Asks the world's DNS. */
  readonly resolver: Resolver;
  /** Every discovered feature, sorted by name. */
  readonly features: readonly Feature[];
  /** Makes the context of one request, command or job run; `log` carries the request's id. */
  context(actor: Actor, log?: Logger): Context;
}

/** The clock of the machine. */
export const systemClock: Clock = { now: () => new Date() };
