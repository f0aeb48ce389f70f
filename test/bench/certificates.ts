/**
 * `npm run bench certificates [--sites 1000] [--runs 3] [--changes 20] [--json]`: nginx with a thousand sites that have certificates of their own, and new
 * ones placed by apply. How long a visitor of another site waits meanwhile, beside the same visitors with nothing placed; how long until the new one is seen.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { cpus, loadavg, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { raiseTlsSites, type TlsSites } from "../daemons/tls-sites.js";
import { opensslPem } from "../machines/certificate-rig.js";
import type { Visited } from "./publish/clients.js";
import { median, percentile, table } from "./publish/figures.js";
import { type Asked, askLines } from "./publish/lines.js";

const VISITORS = { clients: 3, pauseMs: 2, most: 100_000, seconds: 180 };
const WARM_UP = 2;
const P256 = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];

export interface Options {
  sites: number;
  runs: number;
  changes: number;
}

/** One certificate: from the call of apply to its answer, and from there to the handshake that shows it. */
export interface Placed {
  placedMs: number;
  seenMs: number;
}

/** One run: certificates placed under visitors of another site, then the visitors alone for as long. */
export interface RunFigures {
  placed: Placed[];
  meanwhile: Visited;
  undisturbed: Visited;
  /** Workers of nginx that are others than before, and times that it was told to read anew. */
  reloads: number;
  load: number;
}

export interface Figures {
  options: Options;
  machine: string;
  runs: RunFigures[];
}

/** The command. */
export async function bench(words: string[]): Promise<void> {
  const { values } = parseArgs({
    args: words,
    options: { sites: { type: "string" }, runs: { type: "string" }, changes: { type: "string" }, json: { type: "boolean" } },
  });
  const options = { sites: Number(values.sites ?? 1000), runs: Number(values.runs ?? 3), changes: Number(values.changes ?? 20) };
  const figures = await measure(options, (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(values.json ? `${JSON.stringify(figures, null, 2)}\n` : `${report(figures)}\n`);
}

/** Raises nginx, the sites behind it and the visitors, measures, and takes everything away again. */
export async function measure(options: Options, say: (line: string) => void): Promise<Figures> {
  say(`raising nginx with ${options.sites} sites`);
  const site = program("certificates/site");
  const clients = program("publish/clients");
  let sites: TlsSites | undefined;
  try {
    const port = await site.ask<number>("port");
    sites = await raiseTlsSites(options.sites, [port, port]);
    const runs: RunFigures[] = [];
    const next = placements(sites);
    for (let count = 0; count < WARM_UP; count += 1) await (await next())();
    for (let run = 1; run <= options.runs; run += 1) {
      say(`run ${run} of ${options.runs}`);
      const figures = await oneRun(sites, clients, options.changes, next);
      say(runWords(figures));
      runs.push(figures);
    }
    return { options, machine: machineWords(), runs };
  } finally {
    await clients.end();
    await site.end();
    sites?.close();
  }
}

/** A process of the bench, by the loader that this one came by. */
function program(name: string): Asked {
  const file = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const child: ChildProcess = spawn(process.execPath, ["--import", "tsx", file], { stdio: ["pipe", "pipe", "inherit"] });
  return askLines(child);
}

/** Each makes a certificate for another site, the first left out, and gives back the act that places it: what openssl needs to make it is not measured. */
function placements({ machine, names, front }: TlsSites): () => Promise<() => Promise<Placed>> {
  let turn = 0;
  return async () => {
    turn += 1;
    const name = names[1 + (turn % (names.length - 1))] as string;
    const pem = opensslPem(name, { newkey: P256 });
    const wanted = new X509Certificate(pem).fingerprint256;
    const number = turn + 1;
    return async () => {
      const started = performance.now();
      const outcome = await machine.certificates({ daemon: "nginx", files: [{ name, number, pem }] });
      if (!outcome.ok || outcome.value.placed.length !== 1) throw new Error(JSON.stringify(outcome));
      const placed = performance.now();
      if ((await front.shown(name)) !== wanted) throw new Error(`${name} still shows another certificate`);
      return { placedMs: placed - started, seenMs: performance.now() - placed };
    };
  };
}

async function oneRun(sites: TlsSites, clients: Asked, changes: number, next: () => Promise<() => Promise<Placed>>): Promise<RunFigures> {
  const acts: (() => Promise<Placed>)[] = [];
  for (let count = 0; count < changes; count += 1) acts.push(await next());
  const before = sites.serving();
  const placed: Placed[] = [];
  const meanwhile = await visited(sites, clients, async () => {
    for (const act of acts) placed.push(await act());
  });
  const undisturbed = await visited(sites, clients, () => new Promise((resume) => setTimeout(resume, meanwhile.seconds * 1000)));
  const after = sites.serving();
  const reloads = after.workers.filter((pid) => !before.workers.includes(pid)).length + (after.told === before.told ? 0 : 1);
  return { placed, meanwhile, undisturbed, reloads, load: loadavg()[0] as number };
}

async function visited({ front, names }: TlsSites, clients: Asked, act: () => Promise<void>): Promise<Visited> {
  await clients.ask("start", { address: "127.0.0.1", port: front.https, name: names[0], ...VISITORS });
  await act();
  return clients.ask<Visited>("stop");
}

function runWords({ placed, meanwhile, undisturbed, reloads, load }: RunFigures): string {
  const waits = `longest wait ${meanwhile.longestMs.toFixed(0)} ms, undisturbed ${undisturbed.longestMs.toFixed(0)} ms, lost ${meanwhile.lost + undisturbed.lost}`;
  return `placed in ${median(placed.map(({ placedMs }) => placedMs)).toFixed(0)} ms, ${waits}, reloads ${reloads}, load average ${load.toFixed(1)}`;
}

function machineWords(): string {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}`;
}

/** The figures as people read them: ratios first. */
export function report({ options, machine, runs }: Figures): string {
  const middle = (of: (run: RunFigures) => number) => median(runs.map(of));
  const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
  const sum = (of: (run: RunFigures) => number) => runs.reduce((total, run) => total + of(run), 0);
  const ratio = (of: (one: Visited) => number) => (middle(({ meanwhile }) => of(meanwhile)) / middle(({ undisturbed }) => of(undisturbed))).toFixed(2);
  const lost = sum(({ meanwhile, undisturbed }) => meanwhile.lost + undisturbed.lost);
  const reloads = sum((run) => run.reloads);
  const placed = (share: number, of: (one: Placed) => number) => ms(middle((run) => percentile(run.placed.map(of), share)));
  const row = (title: string, of: (run: RunFigures) => Visited) => [
    title,
    String(sum((run) => of(run).sent)),
    String(sum((run) => of(run).lost)),
    ...([({ p50Ms }) => p50Ms, ({ p99Ms }) => p99Ms, ({ longestMs }) => longestMs] as ((one: Visited) => number)[]).map((one) =>
      ms(middle((run) => one(of(run)))),
    ),
  ];
  return [
    `certificates: ${options.sites} sites with a certificate each, ${runs.length} runs of ${options.changes} new ones, medians of runs`,
    `${machine}; load average ${runs.map(({ load }) => load.toFixed(1)).join(", ")}`,
    "",
    `another site's longest wait while certificates are placed / with nothing placed: ${ratio(({ longestMs }) => longestMs)} (p99 ${ratio(({ p99Ms }) => p99Ms)}, p50 ${ratio(({ p50Ms }) => p50Ms)})`,
    `requests lost: ${lost}, aim 0 ${lost === 0 ? "met" : "NOT met"}; reloads of nginx: ${reloads}, aim 0 ${reloads === 0 ? "met" : "NOT met"}`,
    "",
    table([
      ["another site", "requests", "lost", "p50", "p99", "longest"],
      row("while certificates are placed", ({ meanwhile }) => meanwhile),
      row("nothing placed", ({ undisturbed }) => undisturbed),
    ]),
    "",
    `apply, from call to answer: ${placed(0.5, ({ placedMs }) => placedMs)} (p50), ${placed(0.95, ({ placedMs }) => placedMs)} (p95); the next handshake shows it after ${placed(0.5, ({ seenMs }) => seenMs)}`,
  ].join("\n");
}
