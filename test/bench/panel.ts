/**
 * `npm run bench panel [--domains 10000] [--runs 3] [--seconds 10] [--idle 60] [--json]`: the built panel as its unit starts it (its flags, SQLite), filled;
 * how long its pages take, how many it gives in a second, what it holds in memory idle and loaded, and what it costs when nobody asks.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { schemaScript } from "../../src/core/schema.js";
import { newKeyFile } from "../../src/core/secret.js";
import { openSqlite } from "../../src/core/sqlite.js";
import { freePort } from "../support/free-port.js";
import { ask, logIn, type Paged, visit } from "./panel/visitor.js";
import { type Build, buildPrograms } from "./publish/build.js";
import { median, percentile, table } from "./publish/figures.js";
import { PANEL_ENVIRONMENT, PANEL_FLAGS } from "./publish/unit.js";

/** What is aimed at: megabytes of a panel that nobody asks, milliseconds of a list page (99 of 100). */
const AIM = { idleMb: 120, listMs: 25 };
const LOGINS = 10;
const AT_ONCE = 10;
const START_MS = 60_000;
/** Clock ticks of /proc in a second (getconf CLK_TCK), the same on every Linux that Debian runs on. */
const TICKS = 100;

export interface Options {
  domains: number;
  runs: number;
  /** Of each kind of page. */
  seconds: number;
  /** That nobody asks anything. */
  idle: number;
}

/** What is asked for, each by one visitor and then by ten at once. */
const PAGES = {
  "domains, administrator": (last: number) => ["/domains", `/domains?page=${Math.ceil(last / 2)}`, `/domains?page=${last}`],
  "sites, administrator": (last: number) => ["/sites", `/sites?page=${Math.ceil(last / 2)}`, `/sites?page=${last}`],
  "search, administrator": () => ["/domains?q=d99", "/sites?q=example"],
  "sites, member": () => ["/sites", "/domains"],
  "a site": () => ["/sites/site-3", "/sites/site-7"],
} as const;
type Kind = keyof typeof PAGES;
const KINDS = Object.keys(PAGES) as Kind[];

export interface RunFigures {
  formMs: number[];
  loginMs: number[];
  alone: Record<Kind, Paged>;
  atOnce: Record<Kind, Paged>;
  load: number;
}

export interface Figures {
  options: Options;
  machine: string;
  startMs: number;
  runs: RunFigures[];
  /** Just started, after a minute, and after all that was asked. */
  memory: { startedMb: number; idleMb: number; loadedMb: number; peakMb: number };
  /** Parts of a processor: in the first minute without requests, in which each job runs for the first time, and in the one after it. */
  firstCpu: number;
  idleCpu: number;
}

/** The command. */
export async function bench(words: string[]): Promise<void> {
  const number = { type: "string" } as const;
  const { values } = parseArgs({ args: words, options: { domains: number, runs: number, seconds: number, idle: number, json: { type: "boolean" } } });
  const given = (name: "domains" | "runs" | "seconds" | "idle", fallback: number) => Number(values[name] ?? fallback);
  const options = { domains: given("domains", 10_000), runs: given("runs", 3), seconds: given("seconds", 10), idle: given("idle", 60) };
  const figures = await measure(options, (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(values.json ? `${JSON.stringify(figures, null, 2)}\n` : `${report(figures)}\n`);
}

/** Builds, fills and starts the panel, measures, and takes everything away again. */
export async function measure(options: Options, say: (line: string) => void): Promise<Figures> {
  const state = mkdtempSync(join(tmpdir(), "mutu-bench-panel-"));
  let build: Build | undefined;
  let panel: Running | undefined;
  try {
    build = await buildPrograms(["panel/fill"]);
    const [port, password] = [await freePort(), randomBytes(12).toString("hex")];
    const environment = await layState(state, port);
    say(`${options.domains} domains with a site each`);
    await end(spawn(process.execPath, [build.program("panel/fill"), String(options.domains), password], { env: environment, stdio: "inherit" }));
    panel = await startPanel(build, environment, port);
    const started = memoryMb(panel.pid, "VmRSS");
    say(`nobody asks for ${options.idle} s, and once more`);
    const firstCpu = await idleCpuOf(panel.pid, options.idle);
    const idle = memoryMb(panel.pid, "VmRSS");
    const idleCpu = await idleCpuOf(panel.pid, options.idle);
    const runs: RunFigures[] = [];
    for (let run = 1; run <= options.runs; run += 1) {
      say(`run ${run} of ${options.runs}`);
      const figures = await oneRun(port, password, options);
      say(KINDS.map((kind) => `${kind} ${figures.alone[kind].p50Ms.toFixed(1)}/${figures.alone[kind].p99Ms.toFixed(1)} ms`).join(", "));
      runs.push(figures);
    }
    const memory = { startedMb: started, idleMb: idle, loadedMb: memoryMb(panel.pid, "VmRSS"), peakMb: memoryMb(panel.pid, "VmHWM") };
    return { options, machine: machineWords(), startMs: panel.startMs, runs, memory, firstCpu, idleCpu };
  } finally {
    await panel?.stop();
    build?.remove();
    rmSync(state, { recursive: true, force: true });
  }
}

/** Its folder with a database and a key; plain HTTP behind the nginx of the control machine, whose part the bench plays. */
async function layState(state: string, port: number): Promise<NodeJS.ProcessEnv> {
  const database = openSqlite(join(state, "mutu.db"));
  database.exec(await schemaScript("sqlite"));
  database.close();
  writeFileSync(join(state, "keys"), newKeyFile("bench"), { mode: 0o600 });
  return {
    ...PANEL_ENVIRONMENT,
    ...{ MUTU_CONFIG: "/dev/null", MUTU_MODE: "test", MUTU_STATE: state, MUTU_ORIGIN: "https://panel.test" },
    ...{ MUTU_LISTEN: `127.0.0.1:${port}`, MUTU_TRUSTED_PROXIES: "127.0.0.1", MUTU_LOG_LEVEL: "warn" },
  };
}

interface Running {
  pid: number;
  startMs: number;
  stop(): Promise<void>;
}

async function startPanel(build: Build, environment: NodeJS.ProcessEnv, port: number): Promise<Running> {
  const began = performance.now();
  const child = spawn(process.execPath, [...PANEL_FLAGS, join(build.directory, "src/server.js")], {
    env: environment,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const stop = async () => {
    if (child.exitCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    await gone;
  };
  for (;;) {
    const answer = await ask(port, "GET", "/login", "").catch(() => null);
    if (answer?.status === 200) return { pid: child.pid as number, startMs: performance.now() - began, stop };
    if (child.exitCode !== null || performance.now() - began > START_MS) {
      await stop();
      throw new Error("the panel did not start");
    }
    await new Promise((resume) => setTimeout(resume, 20));
  }
}

async function end(child: ChildProcess): Promise<void> {
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${child.spawnargs.join(" ")} ended with ${code}`);
}

async function oneRun(port: number, password: string, options: Options): Promise<RunFigures> {
  const logins = [];
  for (let count = 0; count < LOGINS; count += 1) logins.push(await logIn(port, "member", password));
  const member = logins[0]?.cookie as string;
  const { cookie: administrator } = await logIn(port, "admin", password);
  const first = await ask(port, "GET", "/domains", administrator);
  const last = Math.max(1, ...[...first.body.matchAll(/[?&]page=(\d+)/g)].map(([, page]) => Number(page)));
  const round = async (visitors: number): Promise<Record<Kind, Paged>> => {
    const figures: Partial<Record<Kind, Paged>> = {};
    for (const kind of KINDS) {
      const cookie = kind.endsWith("administrator") ? administrator : member;
      figures[kind] = await visit(port, cookie, PAGES[kind](last), visitors, options.seconds / 2);
    }
    return figures as Record<Kind, Paged>;
  };
  const [alone, atOnce] = [await round(1), await round(AT_ONCE)];
  return { formMs: logins.map(({ formMs }) => formMs), loginMs: logins.map(({ loginMs }) => loginMs), alone, atOnce, load: loadavg()[0] as number };
}

function memoryMb(pid: number, line: string): number {
  const [, kb] = new RegExp(`^${line}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Math.round(Number(kb) / 1024);
}

/** What part of a processor a process takes for so long. */
async function idleCpuOf(pid: number, seconds: number): Promise<number> {
  const before = ticks(pid);
  await new Promise((resume) => setTimeout(resume, seconds * 1000));
  return (ticks(pid) - before) / TICKS / seconds;
}

/** Processor time of a process, in ticks: utime and stime (proc(5)), after a name that may hold blanks. */
function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

function machineWords(): string {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}`;
}

/** The figures as people read them: the aims first. */
export function report({ options, machine, startMs, runs, memory, firstCpu, idleCpu }: Figures): string {
  const middle = (of: (run: RunFigures) => number) => median(runs.map(of));
  const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
  const met = (yes: boolean) => (yes ? "met" : "NOT met");
  const lists = KINDS.filter((kind) => kind !== "a site");
  const worst = Math.max(...lists.map((kind) => middle(({ alone }) => alone[kind].p99Ms)));
  const row = (kind: Kind) => [
    kind,
    ...[ms(middle(({ alone }) => alone[kind].p50Ms)), ms(middle(({ alone }) => alone[kind].p99Ms))],
    ...[
      middle(({ atOnce }) => atOnce[kind].perSecond).toFixed(0),
      ms(middle(({ atOnce }) => atOnce[kind].p50Ms)),
      ms(middle(({ atOnce }) => atOnce[kind].p99Ms)),
    ],
    `${(middle(({ alone }) => alone[kind].bytes) / 1024).toFixed(0)} KB`,
  ];
  const logins = (share: number, of: (run: RunFigures) => number[]) => ms(middle((run) => percentile(of(run), share)));
  return [
    `panel: ${options.domains} domains with a site each, ${runs.length} runs, ${options.seconds} s of each kind of page, medians of runs`,
    `${machine}; load average ${runs.map(({ load }) => load.toFixed(1)).join(", ")}`,
    "",
    `resident: ${memory.startedMb} MB just started, ${memory.idleMb} MB after ${options.idle} s without a request, aim ${AIM.idleMb} MB ${met(memory.idleMb <= AIM.idleMb)}; ${memory.loadedMb} MB after all pages (${memory.peakMb} MB at most)`,
    `p99 of the slowest list, one visitor: ${ms(worst)}, aim ${AIM.listMs} ms ${met(worst < AIM.listMs)}`,
    `processor while nobody asks: ${(idleCpu * 100).toFixed(2)} % of one (${(firstCpu * 100).toFixed(2)} % in the ${options.idle} s after the start); from its start to the first page ${ms(startMs)}`,
    `login: form ${logins(0.5, ({ formMs }) => formMs)} (p50), answer ${logins(0.5, ({ loginMs }) => loginMs)} (p50), ${logins(0.99, ({ loginMs }) => loginMs)} (p99), most of it argon2`,
    "",
    table([["page", "p50", "p99", `pages/s, ${AT_ONCE} at once`, "p50", "p99", "size"], ...KINDS.map(row)]),
  ].join("\n");
}
