/** The whole application for tests: a database of its own, a clock that is moved by hand, browsers that keep cookies and know where their forms are. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Response as InjectResponse } from "light-my-request";
import { buildApp } from "../../src/app.js";
import { type BootOptions, boot } from "../../src/boot.js";
import type { Actor, Context } from "../../src/core/context.js";
import type { Database } from "../../src/core/db.js";
import { discoverFeatures } from "../../src/core/discover.js";
import { createResolver } from "../../src/core/dns/index.js";
import type { Env } from "../../src/core/env.js";
import { addHandlers, createEvents } from "../../src/core/events.js";
import type { Feature } from "../../src/core/feature.js";
import type { KnownRoute } from "../../src/core/http/access.js";
import type { ApplicationParts } from "../../src/core/http/application.js";
import { createLog } from "../../src/core/log.js";
import { registerPermissions } from "../../src/core/ownership.js";
import { Secret } from "../../src/core/secret.js";
import type { Services } from "../../src/core/services.js";
import { createContextFactory } from "../../src/core/transaction.js";
import { createTestClock, type TestClock } from "./context.js";
import { createTestDatabase, type Scope } from "./database.js";
import { TestBrowser } from "./visitor.js";

export const ORIGIN = "https://panel.test";
export const TEST_PASSWORD = "five words make a password";

export interface TestUser {
  id: string;
  login: string;
}

export interface TestApp {
  app: FastifyInstance;
  routes: KnownRoute[];
  services: Services;
  database: Database & { url: string };
  clock: TestClock;
  /** Context of the system, or of someone else. */
  ctx(actor?: Actor): Context;
  createUser(login: string, fields?: { admin?: boolean; name?: string; email?: string; locale?: "fr" | "en" }): Promise<TestUser>;
  /** A browser of nobody. */
  visitor(options?: { language?: string }): TestBrowser;
  /** A browser in which this user has logged in through the page. */
  as(user: TestUser | string, password?: string): Promise<TestBrowser>;
  /** Calls the API with a key of this user. */
  withToken(token: string, method: string, url: string, body?: object): Promise<InjectResponse>;
}

export interface TestAppOptions extends Partial<Pick<ApplicationParts, "requestsPerMinute" | "heartbeatSeconds">> {
  /** Instead of all that are found; without the feature that keeps hosts there is no publisher. */
  features?: Feature[];
  /** Daemons of the publisher; none unless given, so that pages are tested without machines. */
  daemons?: BootOptions["daemons"];
  env?: Partial<Env>;
  /** Lines of the log. */
  logTo?: { write(line: string): void };
}

/** Builds the application on a fresh database; it closes after the test. */
export async function buildTestApp(t: Scope, options: TestAppOptions = {}): Promise<TestApp> {
  // Hooks run in the order in which they were made; what is built on the database ends before it does.
  const ends: (() => unknown)[] = [];
  t.after(async () => {
    for (const end of ends.reverse()) await end();
  });
  const database = await createTestDatabase({ after: (end) => void ends.push(end as () => unknown) });
  const state = mkdtempSync(join(tmpdir(), "mutu-state-"));
  ends.push(() => rmSync(state, { recursive: true, force: true }));
  const clock = createTestClock(new Date().toISOString());
  const log = options.logTo ? createLog("info", options.logTo) : createLog("silent");
  const features = options.features ?? (await discoverFeatures());
  for (const feature of features) registerPermissions(feature.permissions ?? {});
  const env = testEnv(database.url, { state, ...options.env });
  const program = features.some((feature) => "hosts" in feature) ? await boot(env, { database, clock, log, features, daemons: options.daemons ?? [] }) : null;
  const services = program?.services ?? bareServices({ database, clock, log, features, env });
  ends.push(() => program?.close());
  const { app, routes } = await buildApp(services, { requestsPerMinute: 1_000_000, ...options });
  ends.push(() => app.close());
  const visitor = (given: { language?: string } = {}) => new TestBrowser(app, given.language ?? "en");
  return {
    app,
    routes,
    services,
    database,
    clock,
    visitor,
    ctx: (actor = { kind: "system", name: "test" }) => services.context(actor),
    createUser: (login, fields = {}) => createUser(database, login, fields),
    async as(user, password = TEST_PASSWORD) {
      const browser = visitor();
      const answer = await browser.submit("/", "/login", { login: typeof user === "string" ? user : user.login, password });
      if (answer.statusCode !== 303) throw new Error(`login answered ${answer.statusCode}`);
      return browser;
    },
    withToken: async (token, method, url, body) =>
      app.inject({ method: method as "GET", url, headers: { authorization: `Bearer ${token}`, "accept-language": "en" }, ...(body && { payload: body }) }),
  };
}

/** Services without a publisher, for features that publish nothing. */
function bareServices(parts: Pick<Services, "clock" | "log" | "features" | "env"> & { database: Database }): Services {
  const events = createEvents();
  for (const feature of parts.features) addHandlers(events, feature.on);
  const { database, ...rest } = parts;
  const resolver = createResolver({ servers: [], authorityPort: 53, innerAddresses: true });
  return { ...rest, db: database.client, events, resolver, context: createContextFactory({ database, events, log: parts.log, clock: parts.clock }) };
}

/** Settings of a panel under test: behind a proxy on loopback that ends TLS. */
export function testEnv(databaseUrl: string, changes: Partial<Env> = {}): Env {
  return {
    mode: "test",
    databaseUrl: new Secret(databaseUrl),
    origin: ORIGIN,
    listen: { host: "127.0.0.1", port: 0 },
    tls: null,
    trustedProxies: ["127.0.0.1"],
    state: "",
    keys: { current: "test", keys: new Map([["test", randomBytes(32)]]) },
    language: "fr",
    logLevel: "silent",
    ownNames: ["panel.test"],
    // Nobody listens there: what a test asks of the world, it answers itself (name-server.ts).
    extra: (name) => (name === "MUTU_RESOLVER" ? "127.0.0.1:1" : null),
    ...changes,
  };
}

let cheapHash: Promise<string> | undefined;

/** Makes a user whose password is TEST_PASSWORD. The hash is real but cheap: its cost is part of it, so logging in stays true. */
async function createUser(
  database: Database,
  login: string,
  fields: { admin?: boolean; name?: string; email?: string; locale?: "fr" | "en" },
): Promise<TestUser> {
  cheapHash ??= import("argon2").then((argon2) => argon2.hash(TEST_PASSWORD, { type: argon2.argon2id, memoryCost: 1024, timeCost: 2, parallelism: 1 }));
  const email = fields.email ?? `${login}@example.org`;
  const data = { login, email, name: fields.name ?? "", search: `${login} ${email}`, admin: fields.admin ?? false, locale: fields.locale ?? null };
  return database.client.user.create({ data: { ...data, passwordHash: await cheapHash }, select: { id: true, login: true } });
}
