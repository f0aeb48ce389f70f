/**
 * `npm run bench dns`: ten thousand signed zones on a control machine with Knot, a Knot and a BIND that follow it, and a panel on the control machine's
 * network. How long a change of one record takes from its commit until all three answer it, beside a bare `knotc zone-reload` of a zone of the same server.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Secondary } from "../../src/features/dns/role.js";
import { type Lab, raiseLab } from "../machines/lab/lab.js";
import type { LabNode } from "../machines/lab/node.js";
import { must } from "../machines/lab/run.js";
import { type Followed, startBindSecondary, startKnotSecondary } from "../machines/names-rig.js";
import type { NameFigures } from "./dns/panel.js";
import { buildPrograms } from "./publish/build.js";
import { median, percentile, table } from "./publish/figures.js";
import { type Asked, askLines } from "./publish/lines.js";
import { PANEL_ENVIRONMENT, PANEL_FLAGS } from "./publish/unit.js";

/** Commit to answered on primary and both secondaries. */
const AIM_MS = 100;
/** Zones in one transaction and its publication while the machine is filled. */
const PAGE = 500;
/** More than the activations that a machine keeps (`KEEP` of apply): filling wrote every shard again and again, and those go one release a change. */
const WARM_UP = 12;
/** So little processor time (hundredths of a second) in so many seconds is rest; who is never quiet is measured all the same. */
const QUIET_TICKS = 10;
const QUIET_SECONDS = 5;
const QUIET_AT_MOST = 180;
const BARE = "bare.bench.example";
const SERVERS = ["primary", "Knot secondary", "BIND secondary"] as const;

export interface Options {
  zones: number;
  runs: number;
  changes: number;
  /** Changes before the first run; with none, nothing is waited for either. */
  warmUp: number;
}

export interface RunFigures {
  changes: NameFigures[];
  /** Each bare reload: milliseconds until each server answered. */
  bare: number[][];
  load: number;
}

export interface Figures {
  options: Options;
  machine: string;
  first: { ms: number; catalogMs: number };
  runs: RunFigures[];
  memory: { rssMb: number; peakMb: number; knotMb: number };
}

/** The command. */
export async function bench(words: string[]): Promise<void> {
  const { values } = parseArgs({
    args: words,
    options: { zones: { type: "string" }, runs: { type: "string" }, changes: { type: "string" }, json: { type: "boolean" } },
  });
  const options = { zones: Number(values.zones ?? 10_000), runs: Number(values.runs ?? 3), changes: Number(values.changes ?? 20), warmUp: WARM_UP };
  const figures = await measure(options, (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(values.json ? `${JSON.stringify(figures, null, 2)}\n` : `${report(figures)}\n`);
}

/** Raises the machines, fills them, measures, and takes everything away again. */
export async function measure(options: Options, say: (line: string) => void): Promise<Figures> {
  say("raising three machines");
  const build = await buildPrograms(["dns/panel"]);
  let lab: Lab | undefined;
  let panel: Asked | undefined;
  try {
    lab = await raiseLab({
      nodes: [
        { name: "control", daemons: "homes knot" },
        { name: "ns-knot", kind: "control", prepared: "packages", daemons: "knot" },
        { name: "ns-bind", kind: "control", prepared: "packages", daemons: "bind" },
      ],
    });
    const control = lab.node("control");
    const nodes = [control, lab.node("ns-knot"), lab.node("ns-bind")];
    const servers = nodes.map(({ ip }) => ({ address: ip, port: 53 }));
    panel = askLines(
      control.spawnInNetwork([process.execPath, ...PANEL_FLAGS, build.program("dns/panel")], {
        stdio: ["pipe", "pipe", "inherit"],
        env: PANEL_ENVIRONMENT,
      }),
    );
    const state = join(lab.directory, "panel");
    mkdirSync(state);
    await panel.ask("start", { state });
    await follow(lab, nodes, panel);
    const first = await fill(panel, options.zones, servers, say);
    await layBare(control, lab);
    const next = changesOf(panel, options.zones, servers);
    const bare = baresOf(panel, control, servers);
    for (let count = 0; count < options.warmUp; count += 1) {
      await next();
      await bare();
    }
    if (options.warmUp > 0) say(`quiet after ${await quieten(nodes)} s`);
    const runs: RunFigures[] = [];
    for (let run = 1; run <= options.runs; run += 1) {
      say(`run ${run} of ${options.runs}`);
      const figures: RunFigures = { changes: [], bare: [], load: 0 };
      for (let count = 0; count < options.changes; count += 1) {
        figures.changes.push(await next());
        figures.bare.push(await bare());
      }
      figures.load = loadavg()[0] as number;
      say(
        `all three answer after ${median(figures.changes.map(all)).toFixed(0)} ms, bare ${median(figures.bare.map(last)).toFixed(0)} ms, load average ${figures.load.toFixed(1)}`,
      );
      runs.push(figures);
    }
    const memory = await panel.ask<{ rssMb: number; peakMb: number }>("memory");
    return { options, machine: machineWords(), first, runs, memory: { ...memory, knotMb: await residentMb(control) } };
  } finally {
    await panel?.ask("close").catch(() => undefined);
    await panel?.end();
    await lab?.close();
    build.remove();
  }
}

/** The panel learns of its machine and of who follows it, and these get their keys. */
async function follow(lab: Lab, [control, knot, bind]: LabNode[], panel: Asked): Promise<void> {
  if (!control || !knot || !bind) throw new Error("three machines are needed");
  // The panel runs with the host's files: the way into the machine stands where its own apply would.
  const applyFile = join(lab.directory, "apply");
  const argv = control.argv(["/usr/local/lib/mutu/apply"]);
  writeFileSync(applyFile, `shift 2\nexec ${argv.map((word) => `'${word}'`).join(" ")} "$@"\n`);
  const secondaries = [knot, bind].map(({ name, ip }) => ({ name, address: ip }));
  const { keys, catalog } = await panel.ask<{ keys: Secondary["tsig"][]; catalog: string }>("host", { address: control.ip, applyFile, secondaries });
  const followed: Followed[] = [{ name: "control", address: control.ip, catalog }];
  await startKnotSecondary(knot, keys[0] as Secondary["tsig"], followed);
  await startBindSecondary(bind, keys[1] as Secondary["tsig"], followed);
}

type Servers = { address: string; port: number }[];

async function fill(panel: Asked, zones: number, servers: Servers, say: (line: string) => void): Promise<Figures["first"]> {
  let ms = 0;
  let catalogMs = 0;
  for (let laid = 0; laid < zones; laid += PAGE) {
    const page = Math.min(PAGE, zones - laid);
    const one = await panel.ask<{ ms: number }>("fill", { zones: page });
    ms += one.ms;
    const times = await panel.ask<number[]>("answered", { name: `www.z${laid + page - 1}.bench.example`, wanted: "192.0.2.1", servers });
    catalogMs = Math.max(catalogMs, ...times);
    say(`${laid + page} zones after ${(ms / 1000).toFixed(1)} s`);
  }
  return { ms, catalogMs };
}

/**
 * Waits until what filling left to do is done: data on their way to the disk, journals and timers of ten thousand zones. Gives how long, in seconds.
 * A machine has these zones for years; what is measured is a change of one of them.
 */
async function quieten(nodes: readonly LabNode[]): Promise<number> {
  await must(["sync"]);
  const used = async () => {
    const each = await Promise.all(nodes.map((node) => node.must(["sh", "-c", "cat /proc/[0-9]*/stat 2>/dev/null || :"])));
    const ticks = each.flatMap((text) => text.trim().split("\n")).map((line) => line.slice(line.lastIndexOf(")") + 2).split(" "));
    return ticks.reduce((sum, fields) => sum + Number(fields[11]) + Number(fields[12]), 0);
  };
  for (let waited = 0, before = await used(); ; waited += QUIET_SECONDS) {
    await wait(QUIET_SECONDS * 1000);
    const now = await used();
    if (now - before <= QUIET_TICKS || waited >= QUIET_AT_MOST) return waited + QUIET_SECONDS;
    before = now;
  }
}

/** A zone that the panel does not know, in the same server and in the catalog, its file where anybody may write it. */
async function layBare(control: LabNode, lab: Lab): Promise<void> {
  await writeBare(control, "192.0.2.1");
  const commands = [
    ...["conf-begin", `conf-set zone[${BARE}.]`, `conf-set zone[${BARE}.].template signed`, `conf-set zone[${BARE}.].file /srv/bare.zone`, "conf-commit"],
    ...["zone-begin catalog.invalid.", `zone-set catalog.invalid. bare.zones 0 PTR ${BARE}.`, "zone-commit catalog.invalid."],
  ];
  const said = await control.must(["sh", "-c", "HOME=/nonexistent knotc -s /run/mutu-knot/knot.sock"], { input: `${commands.join("\n")}\n` });
  if (said.includes("error")) throw new Error(`${said}\n${lab.directory}`);
}

const writeBare = (control: LabNode, address: string): Promise<void> =>
  control.writeFile(
    "/srv/bare.zone",
    `${BARE}. 3600 IN SOA ns1.bench.test. h.bench.test. 1 3600 900 1209600 300\n${BARE}. 3600 IN NS ns1.bench.test.\nwww.${BARE}. 3600 IN A ${address}\n`,
  );

function baresOf(panel: Asked, control: LabNode, servers: Servers): () => Promise<number[]> {
  let turn = 1;
  return async () => {
    turn += 1;
    const wanted = `192.0.2.${(turn % 250) + 1}`;
    await writeBare(control, wanted);
    return panel.ask<number[]>("bare", {
      argv: control.argv(["knotc", "-s", "/run/mutu-knot/knot.sock", "zone-reload", BARE]),
      name: `www.${BARE}`,
      wanted,
      servers,
    });
  };
}

/** Each call changes another zone. */
function changesOf(panel: Asked, zones: number, servers: Servers): () => Promise<NameFigures> {
  let turn = 0;
  return () => {
    turn += 1;
    return panel.ask<NameFigures>("change", { index: (turn * 37) % zones, turn, servers });
  };
}

async function residentMb(control: LabNode): Promise<number> {
  const status = await control.must(["sh", "-c", 'cat "/proc/$(cat /run/mutu-knot/knot.pid)/status"']);
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024);
}

const last = (times: readonly number[]): number => Math.max(...times);
const all = ({ answeredMs }: NameFigures): number => last(answeredMs);

function machineWords(): string {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}`;
}

/** The figures as people read them: ratios first. */
export function report({ options, machine, first, runs, memory }: Figures): string {
  const middle = (of: (run: RunFigures) => number) => median(runs.map(of));
  const changed = (share: number, of: (one: NameFigures) => number) => middle((run) => percentile(run.changes.map(of), share));
  const reloaded = (share: number, of: (times: number[]) => number) => middle((run) => percentile(run.bare.map(of), share));
  const [p50, p95] = [changed(0.5, all), changed(0.95, all)];
  const bare = reloaded(0.5, last);
  const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
  const met = (yes: boolean) => (yes ? "met" : "NOT met");
  return [
    `dns: ${options.zones} signed zones, ${runs.length} runs of ${options.changes} changes, medians of runs`,
    `${machine}; load average ${runs.map(({ load }) => load.toFixed(1)).join(", ")}`,
    "",
    `commit to answered by all three / bare knotc zone-reload to answered by all three: ${(p50 / bare).toFixed(2)} (p50), ${(p95 / bare).toFixed(2)} (p95)`,
    `aim ${AIM_MS} ms: p50 ${ms(p50)} ${met(p50 <= AIM_MS)}, p95 ${ms(p95)} ${met(p95 <= AIM_MS)}`,
    "",
    table([
      ["answered by", "commit p50", "commit p95", "bare p50", "bare p95"],
      ...SERVERS.map((name, at) => {
        const given = (one: NameFigures) => one.answeredMs[at] as number;
        const plain = (times: number[]) => times[at] as number;
        return [name, ms(changed(0.5, given)), ms(changed(0.95, given)), ms(reloaded(0.5, plain)), ms(reloaded(0.95, plain))];
      }),
    ]),
    "",
    `the act itself, before its commit: ${ms(changed(0.5, ({ actMs }) => actMs))}; steps of its publication, p50: ${stepWords(runs)}`,
    `first publication of everything: ${(first.ms / 1000).toFixed(1)} s; the last of a page on both secondaries ${ms(first.catalogMs)} after its run`,
    `panel: ${memory.rssMb} MB resident, ${memory.peakMb} MB at most; Knot: ${memory.knotMb} MB`,
  ].join("\n");
}

function stepWords(runs: readonly RunFigures[]): string {
  const times = new Map<string, number[]>();
  for (const { steps } of runs.flatMap(({ changes }) => changes)) for (const { step, ms } of steps) times.set(step, [...(times.get(step) ?? []), ms]);
  return [...times].map(([step, values]) => `${step} ${median(values)}`).join(", ");
}
