/** The panel of the bench of names: the whole program, its zones laid in by rows; told which record to change, it says when each server answered. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Context } from "../../../src/core/context.js";
import { exchange, type Server } from "../../../src/core/dns/index.js";
import type { Env } from "../../../src/core/env.js";
import { schemaScript } from "../../../src/core/schema.js";
import { Secret } from "../../../src/core/secret.js";
import { openSqlite } from "../../../src/core/sqlite.js";
import { DEFAULT_PLAN } from "../../../src/features/accounts/plans.js";
import { editRecord } from "../../../src/features/dns/records.js";
import { addSecondary } from "../../../src/features/dns/secondaries.js";
import { readSettings } from "../../../src/features/dns/settings.js";
import { changeSettings } from "../../../src/features/dns/zone-settings.js";
import { saveHost } from "../../../src/features/hosts/hosts.js";
import { type RunningPanel, startPanel } from "../../../src/panel.js";
import { onTouched, touch } from "../../../src/publish/touch.js";
import { answerLines } from "../publish/lines.js";

/** What one change took, in milliseconds from its commit. */
export interface NameFigures {
  /** Each server, in the order in which they were given. */
  answeredMs: number[];
  /** From before the act (the click) to the commit. */
  actMs: number;
  steps: { step: string; ms: number }[];
}

const ZONES_OF_ACCOUNT = 100;
const FIRST_NUMBER = 2000;
const ROWS = 500;
const TIMEOUT_MS = 60_000;
const PAUSE_MS = 1;

let panel: RunningPanel;
let hostId = "";
let committed = 0;
let laid = 0;

const env = (state: string, database: string): Env => ({
  mode: "test",
  databaseUrl: new Secret(`file:${database}`),
  origin: "https://panel.test",
  listen: { host: "127.0.0.1", port: 0 },
  tls: null,
  trustedProxies: ["127.0.0.1"],
  state,
  keys: { current: "bench", keys: new Map([["bench", randomBytes(32)]]) },
  language: "fr",
  logLevel: "warn",
  ownNames: ["panel.test"],
  extra: () => null,
});
const system = (): Context => panel.program.services.context({ kind: "system", name: "bench" });
const zoneName = (index: number) => `z${index}.bench.example`;

await answerLines({
  async start({ state }: { state: string }) {
    const database = `${state}/mutu.db`;
    const connection = openSqlite(database);
    connection.exec(await schemaScript("sqlite"));
    connection.close();
    panel = await startPanel(env(state, database));
    onTouched(() => {
      committed = performance.now();
    });
  },
  /** The machine, and who follows it; gives the keys of their transfers. */
  async host({ address, applyFile, secondaries }: { address: string; applyFile: string; secondaries: { name: string; address: string }[] }) {
    const daemons = [{ daemon: "knot", role: "dns" }];
    const { id } = await saveHost(system(), {
      name: "control",
      address,
      door: "direct",
      applyFile,
      machineFile: "/etc/mutu/machine.conf",
      homes: "/srv/mutu/homes",
      daemons,
    });
    hostId = id;
    await changeSettings(system(), { nameServers: "ns1.bench.test\nns2.bench.test", hostmaster: "hostmaster@bench.test" });
    const keys = [];
    for (const one of secondaries) {
      const { row, secret } = await addSecondary(system(), panel.program.services.env, { ...one, port: 53, algorithm: "hmac-sha256" });
      keys.push({ name: row.tsigName, algorithm: "hmac-sha256", secret: secret.reveal() });
    }
    await panel.program.services.publisher.idle();
    return { keys, catalog: (await readSettings(system().db)).catalog };
  },
  /** More zones, published in one run. */
  async fill({ zones }: { zones: number }) {
    await layZones(zones);
    const started = performance.now();
    const { state, publicationId } = await panel.program.services.publisher.run(hostId);
    if (state !== "done" && publicationId !== null) {
      const { errors } = await system().db.publication.findUniqueOrThrow({ where: { id: publicationId } });
      throw new Error(`filling ended ${state}: ${JSON.stringify(errors).slice(0, 4000)}`);
    }
    return { ms: performance.now() - started };
  },
  change,
  bare,
  answered: ({ name, wanted, servers }: { name: string; wanted: string; servers: Server[] }) => answers(name, wanted, servers, performance.now()),
  memory: () => ({ rssMb: memoryMb("VmRSS"), peakMb: memoryMb("VmHWM") }),
  close: () => panel.close(),
});
process.exit(0);

/** Changes the address of one zone's www, as a member would. */
async function change({ index, turn, servers }: { index: number; turn: number; servers: Server[] }): Promise<NameFigures> {
  const zone = zoneName(index);
  const value = addressOf(turn);
  const began = performance.now();
  await editRecord(system(), panel.program.services.features, zone, `www-${index}`, { value });
  const actMs = committed - began;
  const answeredMs = await answers(`www.${zone}`, value, servers, committed);
  await panel.program.services.publisher.idle();
  const last = await system().db.publication.findFirstOrThrow({ where: { hostId }, orderBy: { number: "desc" } });
  if (last.state !== "done") throw new Error(JSON.stringify(last));
  return { answeredMs, actMs, steps: last.steps as unknown as NameFigures["steps"] };
}

/** Starts a command and waits for what it should make servers answer. */
async function bare({ argv, name, wanted, servers }: { argv: string[]; name: string; wanted: string; servers: Server[] }): Promise<number[]> {
  const began = performance.now();
  const child = spawn(argv[0] as string, argv.slice(1), { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const times = await answers(name, wanted, servers, began);
  await ended;
  return times;
}

function answers(name: string, wanted: string, servers: readonly Server[], since: number): Promise<number[]> {
  return Promise.all(
    servers.map(async (server) => {
      for (;;) {
        const answer = await exchange(server, { name, type: "A" }, { timeoutMs: 1000, recursive: false });
        if (typeof answer !== "string" && answer.answers.some(({ value }) => value === wanted)) return performance.now() - since;
        if (performance.now() - since > TIMEOUT_MS) throw new Error(`${server.address} does not answer ${name} with ${wanted}`);
        // Who waits long, for the first transfers, need not be asked a thousand times a second.
        await new Promise((resume) => setTimeout(resume, performance.now() - since > 1000 ? PAUSE_MS * 50 : PAUSE_MS));
      }
    }),
  );
}

function addressOf(turn: number): string {
  return `198.51.${(turn >> 8) % 256}.${turn % 256}`;
}

/** A hundred zones an account, five records each; all rows of one page in one transaction. */
async function layZones(count: number): Promise<void> {
  const indexes = Array.from({ length: count }, (_, at) => laid + at);
  await system().transaction(async (tx) => {
    const { db } = tx;
    const plan = (await db.plan.findFirst({ where: { name: "bench" } })) ?? (await db.plan.create({ data: { ...DEFAULT_PLAN, name: "bench" } }));
    const accountOf = (index: number) => `account-${Math.floor(index / ZONES_OF_ACCOUNT)}`;
    const numbers = [...new Set(indexes.map((index) => Math.floor(index / ZONES_OF_ACCOUNT)))].map((at) => FIRST_NUMBER + at);
    for (const number of numbers) {
      const data = { id: `account-${number - FIRST_NUMBER}`, number, login: `a${number}`, name: `Association ${number}`, search: `a${number}` };
      await db.account.upsert({ where: { number }, create: { ...data, planId: plan.id, webHostId: hostId, filesHostId: hostId }, update: {} });
    }
    for (let at = 0; at < count; at += ROWS) {
      const page = indexes.slice(at, at + ROWS);
      await db.domain.createMany({
        data: page.map((index) => ({ id: `domain-${index}`, accountId: accountOf(index), name: zoneName(index), search: zoneName(index) })),
      });
      await db.zone.createMany({
        data: page.map((index) => ({
          id: `zone-${index}`,
          domainId: `domain-${index}`,
          accountId: accountOf(index),
          name: zoneName(index),
          dnsHostId: hostId,
          serialFloor: 1,
        })),
      });
      const record = (index: number, what: string, name: string, data: { type: string }, value: string) => ({
        ...{ id: `${what}-${index}`, zoneId: `zone-${index}`, accountId: accountOf(index), name, type: data.type, data, value },
      });
      for (const make of [
        (index: number, zone: string) => record(index, "www", `www.${zone}`, { type: "A", address: "192.0.2.1" } as { type: string }, "192.0.2.1"),
        (index: number, zone: string) => record(index, "apex", zone, { type: "A", address: "192.0.2.2" } as { type: string }, "192.0.2.2"),
        (index: number, zone: string) =>
          record(index, "mx", zone, { type: "MX", priority: 10, target: "mail.bench.test" } as { type: string }, "10 mail.bench.test."),
        (index: number, zone: string) => record(index, "spf", zone, { type: "TXT", strings: ["763d73706631202d616c6c"] } as { type: string }, '"v=spf1 -all"'),
      ])
        await db.dnsRecord.createMany({ data: page.map((index) => make(index, zoneName(index))) });
    }
    await touch(
      tx,
      indexes.map((index) => ({ hostId, role: "dns", key: zoneName(index), accountId: accountOf(index) })),
    );
  });
  laid += count;
}

function memoryMb(line: string): number {
  const [, kb] = new RegExp(`^${line}:\\s+(\\d+) kB$`, "m").exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return Math.round(Number(kb) / 1024);
}
