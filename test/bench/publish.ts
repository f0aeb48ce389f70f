/**
 * `npm run bench publish [--sites 1000] [--runs 3] [--changes 20] [--json]`: how long a committed change takes until the site itself has proven it,
 * beside the bare start of the same Apache on the same tree in the same run; and how long a neighbour's visitors wait meanwhile.
 */
import { cpus, loadavg, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { bareStartMs } from "./publish/bare-start.js";
import type { Visited } from "./publish/clients.js";
import { median, percentile, table } from "./publish/figures.js";
import { type House, layPages, raiseHouse } from "./publish/house.js";
import type { ChangeFigures, SiteOf } from "./publish/panel.js";

/** What is aimed at (issue: the main job). */
const AIM = { factor: 1.3, extraMs: 150, waitMs: 25 };
const VISITORS = { clients: 3, pauseMs: 2, most: 100_000, seconds: 180 };
/** Between two changes, so that what the one before ended is gone. */
const WARM_UP = 3;

export interface Options {
  sites: number;
  runs: number;
  changes: number;
}

/** One run: changes alone and bare starts by turns, then changes under visitors, then visitors alone for as long. */
export interface RunFigures {
  quiet: ChangeFigures[];
  bareMs: number[];
  busy: ChangeFigures[];
  meanwhile: Visited;
  undisturbed: Visited;
  load: number;
}

export interface Figures {
  options: Options;
  machine: string;
  first: { ms: number };
  runs: RunFigures[];
  memory: { rssMb: number; peakMb: number };
}

/** The command. */
export async function bench(words: string[]): Promise<void> {
  const options = {
    sites: { type: "string" },
    runs: { type: "string" },
    changes: { type: "string" },
    json: { type: "boolean" },
  } as const;
  const { values } = parseArgs({ args: words, options });
  const figures = await measure(
    {
      sites: Number(values.sites ?? 1000),
      runs: Number(values.runs ?? 3),
      changes: Number(values.changes ?? 20),
    },
    (line) => process.stderr.write(`${line}\n`),
  );
  process.stdout.write(values.json ? `${JSON.stringify(figures, null, 2)}\n` : `${report(figures)}\n`);
}

/** Raises the machines, fills them, measures, and takes everything away again. */
export async function measure(options: Options, say: (line: string) => void): Promise<Figures> {
  say("raising two machines");
  const house = await raiseHouse();
  try {
    say(`${options.sites} accounts, published in one run`);
    const first = await house.panel.ask<{ ms: number }>("load", {
      address: house.web.ip,
      sites: options.sites,
    });
    const sites = await house.panel.ask<SiteOf[]>("sites");
    const neighbour = sites[0] as SiteOf;
    await layPages(house.web, neighbour);
    const changed = sites.slice(1);
    const next = changesOf(house, changed);
    for (let count = 0; count < WARM_UP; count += 1) await next();
    const runs: RunFigures[] = [];
    for (let run = 1; run <= options.runs; run += 1) {
      say(`run ${run} of ${options.runs}`);
      const figures = await oneRun(house, options.changes, next, neighbour);
      say(runWords(figures));
      runs.push(figures);
    }
    const memory = await house.panel.ask<Figures["memory"]>("memory");
    return {
      options,
      machine: machineWords(),
      first: { ms: first.ms },
      runs,
      memory,
    };
  } finally {
    await house.close();
  }
}

/** Each call changes another site: a redirect's target and a PHP memory by turns. */
function changesOf({ panel }: House, sites: readonly SiteOf[]): () => Promise<ChangeFigures> {
  let turn = 0;
  return () => {
    turn += 1;
    return panel.ask<ChangeFigures>("change", {
      site: (sites[turn % sites.length] as SiteOf).id,
      turn,
    });
  };
}

async function oneRun(house: House, changes: number, next: () => Promise<ChangeFigures>, neighbour: SiteOf): Promise<RunFigures> {
  const quiet: ChangeFigures[] = [];
  const bareMs: number[] = [];
  for (let count = 0; count < changes; count += 1) {
    quiet.push(await next());
    bareMs.push(await bareStartMs(house.web, neighbour));
  }
  const busy: ChangeFigures[] = [];
  const meanwhile = await visited(house, neighbour, async () => {
    for (let count = 0; count < changes; count += 1) busy.push(await next());
  });
  const undisturbed = await visited(house, neighbour, () => new Promise((resume) => setTimeout(resume, meanwhile.seconds * 1000)));
  return {
    quiet,
    bareMs,
    busy,
    meanwhile,
    undisturbed,
    load: loadavg()[0] as number,
  };
}

function runWords({ quiet, bareMs, meanwhile, undisturbed, load }: RunFigures): string {
  const verified = median(quiet.map(({ verifiedMs }) => verifiedMs));
  const waits = `longest wait ${meanwhile.longestMs.toFixed(0)} ms, undisturbed ${undisturbed.longestMs.toFixed(0)} ms, lost ${meanwhile.lost + undisturbed.lost}`;
  return `verified ${verified.toFixed(0)} ms, bare start ${median(bareMs).toFixed(0)} ms, ${waits}, load average ${load.toFixed(1)}`;
}

async function visited({ web, clients }: House, { name }: SiteOf, act: () => Promise<void>): Promise<Visited> {
  await clients.ask("start", { address: web.ip, name, ...VISITORS });
  await act();
  return clients.ask<Visited>("stop");
}

function machineWords(): string {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}`;
}

/** The figures as people read them: ratios first. */
export function report({ options, machine, first, runs, memory }: Figures): string {
  const middle = (of: (run: RunFigures) => number) => median(runs.map(of));
  const verified = (share: number, of: (run: RunFigures) => ChangeFigures[]) =>
    middle((run) =>
      percentile(
        of(run).map(({ verifiedMs }) => verifiedMs),
        share,
      ),
    );
  const shown = (share: number) =>
    middle((run) =>
      percentile(
        run.quiet.map(({ shownMs }) => shownMs),
        share,
      ),
    );
  const bare = middle((run) => median(run.bareMs));
  const [p50, p95] = [verified(0.5, ({ quiet }) => quiet), verified(0.95, ({ quiet }) => quiet)];
  const limit = AIM.factor * bare + AIM.extraMs;
  const wait = middle(({ meanwhile }) => meanwhile.longestMs);
  const lost = runs.reduce((sum, { meanwhile, undisturbed }) => sum + meanwhile.lost + undisturbed.lost, 0);
  const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
  const met = (yes: boolean) => (yes ? "met" : "NOT met");
  const visits = (of: (run: RunFigures) => Visited) => [
    ...[String(runs.reduce((sum, run) => sum + of(run).sent, 0)), String(runs.reduce((sum, run) => sum + of(run).lost, 0))],
    ...[ms(middle((run) => of(run).p50Ms)), ms(middle((run) => of(run).p99Ms)), ms(middle((run) => of(run).longestMs))],
  ];
  const faults = runs.flatMap(({ meanwhile, undisturbed }) => [...meanwhile.faults, ...undisturbed.faults]);
  return [
    `publish: ${options.sites} sites of ${options.sites} accounts, ${runs.length} runs of ${options.changes} changes, medians of runs`,
    `${machine}; load average ${runs.map(({ load }) => load.toFixed(1)).join(", ")}`,
    "",
    `commit to verified / bare start of the same Apache: ${(p50 / bare).toFixed(2)} (p50), ${(p95 / bare).toFixed(2)} (p95)`,
    `aim ${AIM.factor} × bare + ${AIM.extraMs} ms = ${ms(limit)}: p50 ${ms(p50)} ${met(p50 <= limit)}, p95 ${ms(p95)} ${met(p95 <= limit)}`,
    `longest wait of another site meanwhile: ${ms(wait)}, aim ${AIM.waitMs} ms ${met(wait <= AIM.waitMs)}; requests lost: ${lost}, aim 0 ${met(lost === 0)}`,
    "",
    table([
      ["", "p50", "p95"],
      ["commit to verified", ms(p50), ms(p95)],
      ["commit to verified, under visitors", ms(verified(0.5, ({ busy }) => busy)), ms(verified(0.95, ({ busy }) => busy))],
      ["commit to the chip that says so", ms(shown(0.5)), ms(shown(0.95))],
      ["bare start", ms(bare), ms(middle((run) => percentile(run.bareMs, 0.95)))],
    ]),
    "",
    table([
      ["another site", "requests", "lost", "p50", "p99", "longest"],
      ["while others are published", ...visits(({ meanwhile }) => meanwhile)],
      ["nothing published", ...visits(({ undisturbed }) => undisturbed)],
    ]),
    ...faults.map((fault) => `lost: ${fault}`),
    "",
    `steps, p50: ${stepWords(runs)}`,
    `panel: ${memory.rssMb} MB resident, ${memory.peakMb} MB at most; first publication of everything: ${(first.ms / 1000).toFixed(1)} s`,
  ].join("\n");
}

function stepWords(runs: readonly RunFigures[]): string {
  const times = new Map<string, number[]>();
  for (const { steps } of runs.flatMap(({ quiet }) => quiet)) for (const { step, ms } of steps) times.set(step, [...(times.get(step) ?? []), ms]);
  return [...times].map(([step, values]) => `${step} ${median(values)}`).join(", ");
}
