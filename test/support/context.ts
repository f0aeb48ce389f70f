/** Contexts for tests of rules: a database of its own, a clock that stands still until it is moved, a silent log. */

import type { Actor, Context, MembershipRole } from "../../src/core/context.js";
import type { Database } from "../../src/core/db.js";
import { createEvents, type Events } from "../../src/core/events.js";
import { createLog } from "../../src/core/log.js";
import { createContextFactory } from "../../src/core/transaction.js";
import { createTestDatabase, type Scope } from "./database.js";

/** A clock that a test moves by hand. */
export interface TestClock {
  now(): Date;
  advance(seconds: number): void;
}

export interface TestContext extends Context {
  readonly clock: TestClock;
  readonly database: Database & { url: string };
  readonly events: Events;
  /** The same database as someone else. */
  as(actor: Actor): Context;
}

export const systemActor: Actor = { kind: "system", name: "test" };

/** Makes a clock that begins on a fixed day. */
export function createTestClock(start = "2026-11-22T12:00:00.000Z"): TestClock {
  let now = new Date(start).getTime();
  return {
    now: () => new Date(now),
    advance(seconds) {
      now += seconds * 1000;
    },
  };
}

/** Makes an administrator, or a member when `memberships` (account id → role) are given. */
export function createActor(login: string, memberships?: Record<string, MembershipRole>): Actor {
  return {
    kind: "user",
    userId: `user-${login}`,
    login,
    admin: memberships === undefined,
    address: "192.0.2.1",
    memberships: new Map(Object.entries(memberships ?? {})),
  };
}

/** Makes a context on a fresh database; the actor is the system unless another is given. */
export async function createTestContext(t: Scope, options: { actor?: Actor; database?: Database & { url: string } } = {}): Promise<TestContext> {
  const database = options.database ?? (await createTestDatabase(t));
  const events = createEvents();
  const clock = createTestClock();
  const as = createContextFactory({ database, events, clock, log: createLog("silent") });
  const context = as(options.actor ?? systemActor);
  return Object.assign(context, { database, events, as }) as TestContext;
}
