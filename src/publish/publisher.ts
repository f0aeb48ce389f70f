/** The publisher of a process: starts a run when a host is touched, one at a time for each host, hosts side by side. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { notFound } from "../core/errors.js";
import type { Outcome } from "../core/machine/index.js";
import type { Services } from "../core/services.js";
import type { RendererChange } from "../generated/sqlite/client.js";
import { BATCH } from "./batches.js";
import { closeAbandoned, listLeftOver, listWaitingHosts } from "./catch-up.js";
import type { Daemon, HostDirectory, HostRecord, Prober, Role } from "./contract.js";
import { lookForDrift } from "./drift.js";
import { wantedHash } from "./drift-wanted.js";
import { type DryRun, dryRun } from "./dry-run.js";
import type { Engine, Limits, UnitRow } from "./engine.js";
import { LEASE_LIMITS } from "./lock.js";
import { withDefaults } from "./options.js";
import { advanceRenderer, type Compared, compareAll, type Runner } from "./renderer.js";
import { listReturned } from "./returned.js";
import { type Report, runPublication } from "./run.js";
import { openStore } from "./store.js";
import { onTouched } from "./touch.js";
import { touchAll } from "./touch-all.js";
import { createUnitEvents } from "./unit-events.js";
import { VERIFY_LIMITS } from "./verify.js";

const LIMITS: Limits = { ...VERIFY_LIMITS, ...LEASE_LIMITS, batch: BATCH, rounds: 40, rehearsals: 60, afterSeconds: 120 };

export interface PublisherParts {
  services: Services;
  roles: Role<never>[];
  daemons: Daemon<never>[];
  hosts: HostDirectory;
  probers: Readonly<Record<string, Prober>>;
  limits?: Partial<Limits>;
  onStep?: Engine["onStep"];
}

export interface Publisher extends Pick<Engine, "store" | "events" | "hosts" | "daemons"> {
  /** Publishes what is touched on a host: at once, or right after the run that is under way. Returns without waiting. */
  wake(hostId: string): void;
  /** The same, waited for; gives how the last run that had something to do ended. */
  run(hostId: string): Promise<Report>;
  /** Hashes everything on a machine anew; what another hand changed is written down and held, and a run carries it into a release. Gives how many files. */
  look(hostId: string): Promise<Outcome<number>>;
  /** Plans what is touched; or what would become of these units, held and put back as the rows given here say. */
  dryRun(hostId: string, supposed?: readonly UnitRow[]): Promise<DryRun>;
  /** What would be written in the place of a file that was changed by hand: its hash, its content in the store; undefined: that cannot be told. */
  wanted(file: { hostId: string; role: string; key: string; path: string }): Promise<string | null | undefined>;
  /** Touches every unit of a host; wakes it. Returns how many. */
  touchAll(hostId: string): Promise<number>;
  /** Renders everything on every host, compares it with what serves, and puts right what differs; a new renderer begins with one account. */
  compareAll(cause?: "nightly" | "versions"): Promise<Compared>;
  /** Goes on with a new renderer: its first account, or, once a person has let it go, host after host. */
  advanceRenderer(): Promise<RendererChange | null>;
  /** Wakes the hosts on which a dead process left touched units, and those that were away and answer again; gives their ids. */
  catchUp(): Promise<string[]>;
  /** Resolves when no run is under way. A command waits for this before it ends. */
  idle(): Promise<void>;
  /** Listens no more, and waits for the runs under way. */
  close(): Promise<void>;
}

declare module "../core/services.js" {
  interface Services {
    /** Made by the composition root once features and daemons are discovered. */
    publisher?: Publisher;
  }
}

/** Gives the publisher, which every program but a bare test has. */
export function publisherOf(services: Services): Publisher {
  if (services.publisher === undefined) throw new Error("no publisher was made");
  return services.publisher;
}

interface Loop {
  again: boolean;
  done: Promise<Report>;
}

/** Makes the publisher; from then on, committed touches of this process start runs. */
export function createPublisher({ services, roles, daemons, probers, limits, onStep, ...parts }: PublisherParts): Publisher {
  const system = services.context({ kind: "system", name: "publish" });
  const found = new Map(daemons.map((daemon) => [daemon.name, daemon as unknown as Daemon]));
  const hosts = withDefaults(parts.hosts, found);
  const events = createUnitEvents(system.db, (error) => services.log.warn({ err: error }, "units not polled"));
  const engine: Engine = {
    services,
    roles: new Map(roles.map((role) => [role.name, role as unknown as Role])),
    daemons: found,
    hosts,
    probers: new Map(Object.entries(probers)),
    store: openStore(join(services.env.state, "store"), services.env.keys),
    events,
    limits: { ...LIMITS, ...limits },
    left: new Map(),
    onStep,
  };
  const owner = randomUUID();
  const loops = new Map<string, Loop>();
  let closed = false;

  async function publish(hostId: string, loop: Loop): Promise<Report> {
    let report: Report = { publicationId: null, state: "idle" };
    try {
      do {
        loop.again = false;
        const host = await hosts.find(system.db, hostId);
        // Touched for a machine that is gone, or that another program's publisher serves.
        if (host === null) break;
        const ended = await runPublication(engine, host, owner);
        if (ended.state !== "idle") report = ended;
        if (ended.state === "done" || ended.state === "partial") await wakeOthers(hostId);
      } while (loop.again && !closed);
      return report;
    } finally {
      loops.delete(hostId);
      // Between the last look at `again` and here nothing is awaited, so no wake is lost.
    }
  }

  /** Units elsewhere may have waited for these. */
  async function wakeOthers(hostId: string): Promise<void> {
    for (const other of await listLeftOver(system)) if (other !== hostId) wake(other);
  }

  function start(hostId: string): Promise<Report> {
    const running = loops.get(hostId);
    if (running !== undefined) {
      running.again = true;
      return running.done;
    }
    const loop: Loop = { again: false, done: Promise.resolve({ publicationId: null, state: "idle" }) };
    loops.set(hostId, loop);
    loop.done = publish(hostId, loop);
    return loop.done;
  }

  function wake(hostId: string): void {
    if (closed) return;
    start(hostId).catch((error: unknown) => services.log.error({ err: error, host: hostId }, "a publication could not be run"));
  }

  async function known(hostId: string): Promise<HostRecord> {
    const host = await hosts.find(system.db, hostId);
    if (host === null) throw notFound("publications.host_unknown");
    return host;
  }

  async function idle(): Promise<void> {
    while (loops.size > 0) await Promise.allSettled([...loops.values()].map((loop) => loop.done));
  }

  const runner: Runner = { engine, ctx: system, run: start };
  const stopListening = onTouched(wake);
  return {
    store: engine.store,
    events,
    hosts,
    daemons: found,
    wake,
    run: async (hostId) => {
      await known(hostId);
      return start(hostId);
    },
    async look(hostId) {
      const host = await known(hostId);
      const found = await lookForDrift(engine, system, host);
      if (found.ok && found.value > 0) wake(hostId);
      return found;
    },
    dryRun: async (hostId, supposed) => dryRun(engine, await known(hostId), supposed),
    wanted: async ({ hostId, ...file }) => wantedHash(engine, system, await known(hostId), file),
    touchAll: async (hostId) => touchAll(engine, system, await known(hostId)),
    compareAll: (cause) => compareAll(runner, cause),
    advanceRenderer: () => advanceRenderer(runner),
    async catchUp() {
      await closeAbandoned(system);
      const waiting = await listWaitingHosts(system);
      const now = services.clock.now();
      const due = waiting.filter(({ nextAt }) => nextAt === null || nextAt <= now).map(({ hostId }) => hostId);
      for (const hostId of due) wake(hostId);
      const returned = await listReturned(system, hosts, waiting);
      for (const hostId of returned) wake(hostId);
      return [...due, ...returned].sort();
    },
    idle,
    async close() {
      closed = true;
      stopListening();
      await idle();
      events.close();
      for (const prober of engine.probers.values()) prober.close?.();
    },
  };
}
