/** A panel of tests: a database, a role whose state is rows of settings, a daemon that renders them, and a machine for each host. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context, TransactionContext } from "../../src/core/context.js";
import { createResolver } from "../../src/core/dns/index.js";
import { invalid } from "../../src/core/errors.js";
import { createLog } from "../../src/core/log.js";
import { type Door, openMachine } from "../../src/core/machine/index.js";
import type { Services } from "../../src/core/services.js";
import { probers } from "../../src/features/sites/probers.js";
import type { Daemon, Desired, HostDirectory, HostRecord, Role } from "../../src/publish/contract.js";
import { createPublisher, type Publisher, type PublisherParts, touch } from "../../src/publish/index.js";
import { createTestContext, type TestContext } from "../support/context.js";
import type { Scope } from "../support/database.js";
import { makeMachine, type TestMachine } from "./machine.js";

/** What a unit is made of in these tests; kept as JSON in a setting `<role>.<key>`. */
export interface Words {
  text: string;
  names?: string[];
  withdrawn?: boolean;
}

/** A role whose desired state is one setting a unit. */
export function testRole(name: string, after: string[] = []): Role<Words> {
  const prefix = `${name}.`;
  return {
    name,
    after,
    ...(name === "web" ? { guarded: { names: (content: string) => [...content.matchAll(/^record (\S+)$/gm)].map(([, found]) => found as string) } } : {}),
    async keys(db, _host, from, limit) {
      const rows = await db.setting.findMany({ where: { key: { startsWith: prefix, gt: prefix + from } }, orderBy: { key: "asc" }, take: limit });
      return rows.map((row) => row.key.slice(prefix.length));
    },
    async collect(db, _host, keys) {
      const rows = await db.setting.findMany({ where: { key: { in: keys.map((key) => prefix + key) } } });
      const found = new Map(rows.map((row) => [row.key.slice(prefix.length), JSON.parse(row.value as string) as Words]));
      return keys.map((key): Desired<Words> => {
        const state = found.get(key) ?? null;
        const claims = state?.names ?? [];
        const says = state === null ? [] : [{ key: "sites.plan.answers", data: { name: claims[0] ?? key, folder: state.text } }];
        const probes = claims.slice(0, 1).map((claim) => ({ kind: "web" as const, name: claim }));
        return { key, accountId: key === "base" ? null : key, says, claims, withdrawn: state === null || state.withdrawn === true, probes, state };
      });
    },
  };
}

/** A daemon whose files are a few words. UNRENDERABLE cannot even be written. */
export function testDaemon(name: string, role: string): Daemon<Words> {
  return {
    name,
    role,
    render({ key, state }, probe) {
      if (state.text.includes("UNRENDERABLE")) throw invalid("sites.folder_invalid", { folder: "x" });
      const names = (state.names ?? []).map((claim) => `name ${claim}\n`).join("");
      return [{ path: `accounts/${key.replaceAll("/", "-")}.conf`, content: `# ${key}\nprobe ${probe}\n${names}text ${state.text}\n` }];
    },
    renderNotice: ({ key, claims }) => [{ path: `accounts/${key.replaceAll("/", "-")}.conf`, content: `# ${key}\nnotice for ${claims.join(" ")}\n` }],
    explain: (output) =>
      output.flatMap((line) => {
        const [, number, path, word] = /^Syntax error on line (\d+) of \S*?\/[0-9a-f]{2}\/[a-z]+\/(\S+): (\S+)$/.exec(line) ?? [];
        return path === undefined ? [] : [{ path, line: Number(number), code: "sites.bad_word", data: { word: word as string } }];
      }),
    forwardOnly: false,
  };
}

export interface Panel {
  ctx: TestContext;
  services: Services;
  publisher: Publisher;
  machine: TestMachine;
  machines: Map<string, TestMachine>;
  /** Writes states and touches their units on a host (web1 unless told), in one transaction; `null` removes. */
  set(units: Record<string, Words | null>, options?: { host?: string; role?: string }): Promise<void>;
  unit(key: string, options?: { host?: string; role?: string }): Promise<NonNullable<Awaited<ReturnType<TestContext["db"]["publishUnit"]["findFirst"]>>>>;
  /** The last publication of a host. */
  publication(host?: string): Promise<NonNullable<Awaited<ReturnType<TestContext["db"]["publication"]["findFirst"]>>>>;
}

export interface PanelOptions extends Partial<Pick<PublisherParts, "limits" | "onStep" | "daemons" | "roles">> {
  /** Host → role → daemons. */
  hosts?: Record<string, { name: string; role: string }[]>;
  noteReach?: HostDirectory["noteReach"];
}

/** Bounds that keep a failing verification short. */
export const LIMITS = { patienceMs: 250, timeoutMs: 2_000 };

/** Makes a panel that publishes by itself. */
export async function makePanel(t: Scope, options: PanelOptions = {}): Promise<Panel> {
  const ctx = await createTestContext(t);
  const hosts = options.hosts ?? { web1: [{ name: "tester", role: "web" }] };
  const machines = new Map<string, TestMachine>();
  for (const [name, daemons] of Object.entries(hosts))
    machines.set(
      name,
      await makeMachine(
        t,
        name,
        daemons.map((daemon) => daemon.name),
      ),
    );
  const records = [...machines].map(([name, { door, port }]) => hostRecord(name, door, hosts[name] ?? [], port));
  const services = testServices(t, ctx);
  const roles = options.roles ?? ([testRole("web", ["files"]), testRole("files")] as unknown as Role<never>[]);
  const daemons = options.daemons ?? ([testDaemon("tester", "web"), testDaemon("folders", "files")] as unknown as Daemon<never>[]);
  const publisher = createPublisher({
    services,
    roles,
    daemons,
    hosts: { ...directory(records), ...(options.noteReach && { noteReach: options.noteReach }) },
    probers,
    limits: { ...LIMITS, ...options.limits },
    onStep: options.onStep,
  });
  t.after(() => publisher.close());
  const machine = machines.get(Object.keys(hosts)[0] as string) as TestMachine;
  return {
    ctx,
    services,
    publisher,
    machine,
    machines,
    set: (units, { host = "web1", role = "web" } = {}) => ctx.transaction((tx) => setWords(tx, host, role, units)),
    unit: (key, { host = "web1", role = "web" } = {}) => ctx.db.publishUnit.findFirstOrThrow({ where: { hostId: host, role, key } }),
    publication: (hostId = "web1") => ctx.db.publication.findFirstOrThrow({ where: { hostId }, orderBy: { number: "desc" } }),
  };
}

/** Writes states and touches, inside a transaction. */
export async function setWords(tx: TransactionContext, hostId: string, role: string, units: Record<string, Words | null>): Promise<void> {
  for (const [key, words] of Object.entries(units)) {
    const setting = `${role}.${key}`;
    const value = JSON.stringify(words);
    if (words === null) await tx.db.setting.deleteMany({ where: { key: setting } });
    else await tx.db.setting.upsert({ where: { key: setting }, create: { key: setting, value }, update: { value } });
  }
  await touch(
    tx,
    Object.keys(units).map((key) => ({ hostId, role, key, accountId: key })),
  );
}

/** What the engine asks of services, over a test's database. */
export function testServices(t: Scope, ctx: TestContext): Services {
  const state = mkdtempSync(join(tmpdir(), "mutu-state-"));
  t.after(() => rmSync(state, { recursive: true, force: true }));
  const log = createLog(process.env["MUTU_TEST_LOG"] ?? "silent");
  const resolver = createResolver({ servers: [], authorityPort: 53, innerAddresses: false });
  return {
    db: ctx.db,
    env: { state, keys: { current: "test", keys: new Map([["test", randomBytes(32)]]) } } as unknown as Services["env"],
    log,
    clock: ctx.clock,
    events: ctx.events,
    resolver,
    features: [],
    context: (actor) => ctx.as(actor),
  };
}

export function hostRecord(name: string, door: Door, daemons: HostRecord["daemons"], port: number): HostRecord {
  const web = daemons.some(({ role }) => role === "web") ? { address: "127.0.0.1", httpPort: 0, httpsPort: port } : null;
  return { id: name, name, homes: "/srv/homes", address: "127.0.0.1", options: {}, machine: openMachine(door), daemons, web };
}

export function directory(records: HostRecord[]): HostDirectory {
  return { list: async () => records, find: async (_db, id) => records.find((record) => record.id === id) ?? null };
}

/** A context's database reads of everything live must agree with the machine: used after every scenario. */
export async function manifestOf(ctx: Context, hostId = "web1"): Promise<string[]> {
  const rows = await ctx.db.publishedFile.findMany({ where: { hostId }, orderBy: { path: "asc" } });
  return rows.map((row) => `${row.path.slice(3)} ${row.hash}`).sort();
}
