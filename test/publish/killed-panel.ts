/** A panel that dies at a named step: told by its arguments, run by recovery.test.ts as a process of its own. */
import { openDatabase } from "../../src/core/db.js";
import { createResolver } from "../../src/core/dns/index.js";
import { createEvents } from "../../src/core/events.js";
import { createLog } from "../../src/core/log.js";
import type { Door } from "../../src/core/machine/index.js";
import type { Services } from "../../src/core/services.js";
import { createContextFactory } from "../../src/core/transaction.js";
import { probers } from "../../src/features/sites/probers.js";
import type { Daemon, Role } from "../../src/publish/contract.js";
import { createPublisher } from "../../src/publish/index.js";
import { createTestClock } from "../support/context.js";
import { directory, hostRecord, LIMITS, setWords, testDaemon, testRole, type Words } from "./rig.js";

/** What the process is told, as JSON in its first argument. */
export interface Orders {
  url: string;
  state: string;
  door: Door;
  port: number;
  step: string;
  units: Record<string, Words | null>;
}

const orders = JSON.parse(process.argv[2] as string) as Orders;
const database = await openDatabase(orders.url);
const clock = createTestClock();
const log = createLog("silent");
const events = createEvents();
const context = createContextFactory({ database, events, clock, log });
// It asks nothing of the world.
const noResolver = createResolver({ servers: [], authorityPort: 53, innerAddresses: false });
const services: Services = {
  db: database.client,
  env: { state: orders.state } as Services["env"],
  log,
  clock,
  events,
  resolver: noResolver,
  features: [],
  context: (actor) => context(actor),
};
const publisher = createPublisher({
  services,
  roles: [testRole("web")] as unknown as Role<never>[],
  daemons: [testDaemon("tester", "web")] as unknown as Daemon<never>[],
  hosts: directory([hostRecord("web1", orders.door, [{ name: "tester", role: "web" }], orders.port)]),
  probers,
  limits: LIMITS,
  onStep: (step) => {
    if (step === orders.step) process.kill(process.pid, "SIGKILL");
  },
});
await context({ kind: "system", name: "test" }).transaction((tx) => setWords(tx, "web1", "web", orders.units));
await publisher.idle();
process.exit(0);
