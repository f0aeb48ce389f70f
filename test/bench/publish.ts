/**
 * `npm run bench publish [--sites 1000] [--runs 3] [--changes 20] [--only changes,visitors,pools,slow,render] [--batch 500] [--json]`: how long a committed change takes
 * until the site itself has proven it, beside the bare start of the same Apache on the same tree in the same run; how long a neighbour's visitors wait
 * meanwhile, while PHP pools change and while a third account's request is slow; and what rendering everything takes. Every site has a certificate.
 */
import { cpus, loadavg, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { MASTERS } from "./publish/accounts.js";
import { type Build, buildPrograms } from "./publish/build.js";
import { layCertificates } from "./publish/certificates.js";
import { median } from "./publish/figures.js";
import { PROGRAMS, raiseHouse } from "./publish/house.js";
import type { ChangeFigures, SiteOf } from "./publish/panel.js";
import { measureRender, type Rendered } from "./publish/render.js";
import { report } from "./publish/report.js";
import { actsOf, laySites, type RunFigures, SCENARIOS, type Scenario, VISITED } from "./publish/scenarios.js";

/** Changes before the first that counts: what the first publication left behind is gone then. */
const WARM_UP = 3;

export interface Options {
  sites: number;
  runs: number;
  changes: number;
  only: readonly Scenario[];
  /** Units of a batch while everything is published for the first time; null: as it ships. */
  batch: number | null;
}

/** What was measured on the two machines. */
export interface Published {
  first: { ms: number; steps: ChangeFigures["steps"] };
  certificates: number;
  runs: RunFigures[];
  memory: { rssMb: number; peakMb: number };
}

export interface Figures {
  options: Options;
  machine: string;
  rendered: Rendered | null;
  published: Published | null;
}

/** The command. */
export async function bench(words: string[]): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ args: words, options: { sites: text, runs: text, changes: text, only: text, batch: text, json: { type: "boolean" } } });
  const only = (values.only ?? SCENARIOS.join(",")).split(",") as Scenario[];
  const unknown = only.filter((name) => !SCENARIOS.includes(name));
  if (unknown.length > 0) throw new Error(`not ${unknown.join(", ")}: there are ${SCENARIOS.join(", ")}`);
  const figures = await measure(
    {
      sites: Number(values.sites ?? 1000),
      runs: Number(values.runs ?? 3),
      changes: Number(values.changes ?? 20),
      only,
      batch: values.batch === undefined ? null : Number(values.batch),
    },
    (line) => process.stderr.write(`${line}\n`),
  );
  process.stdout.write(values.json ? `${JSON.stringify(figures, null, 2)}\n` : `${report(figures)}\n`);
}

/** Measures what is asked for: first without machines, then on two of them. */
export async function measure(options: Options, say: (line: string) => void): Promise<Figures> {
  const { sites, runs, only } = options;
  const build = await buildPrograms([...PROGRAMS, "publish/full-render"]);
  try {
    if (only.includes("render")) say(`rendering ${sites} sites`);
    const rendered = only.includes("render") ? await measureRender(build, sites, runs, options.batch) : null;
    const published = only.some((name) => name !== "render") ? await measurePublished(build, options, say) : null;
    return { options, machine: machineWords(), rendered, published };
  } finally {
    build.remove();
  }
}

/** Raises the machines, fills them, measures, and takes everything away again. */
async function measurePublished(build: Build, options: Options, say: (line: string) => void): Promise<Published> {
  say("raising two machines");
  const house = await raiseHouse(build, options.batch);
  try {
    say(`${options.sites} accounts, published in one run`);
    const { sites, ...first } = await house.load<Published["first"] & { sites: SiteOf[] }>({ address: house.web.ip, sites: options.sites });
    say(`out after ${(first.ms / 1000).toFixed(0)} s: ${first.steps.map(({ step, ms }) => `${step} ${(ms / 1000).toFixed(1)}`).join(", ")}`);
    const certificates = await layCertificates(
      house.web,
      sites.map(({ name }) => name),
    );
    say(`${certificates} certificates`);
    const acts = actsOf(house, await laySites(house, sites, MASTERS));
    for (let count = 0; count < WARM_UP; count += 1) await acts.edit();
    const runs: RunFigures[] = [];
    for (let run = 1; run <= options.runs; run += 1) {
      const figures = await oneRun(acts, options);
      say(`run ${run} of ${options.runs}: ${runWords(figures)}`);
      runs.push(figures);
    }
    return { first, certificates, runs, memory: await house.panel.ask<Published["memory"]>("memory") };
  } finally {
    await house.close();
  }
}

async function oneRun(acts: ReturnType<typeof actsOf>, { changes, only }: Options): Promise<RunFigures> {
  const alone = only.includes("changes") ? await acts.alone(changes) : null;
  const waits: RunFigures["waits"] = {};
  for (const name of VISITED) if (only.includes(name)) waits[name] = await acts[name](changes);
  return { alone, waits, load: loadavg()[0] as number };
}

function runWords({ alone, waits, load }: RunFigures): string {
  const verified = median(alone?.changes.map(({ verifiedMs }) => verifiedMs) ?? []);
  return [
    ...(alone === null ? [] : [`verified ${verified.toFixed(0)} ms, bare start ${median(alone.bareMs).toFixed(0)} ms`]),
    ...Object.entries(waits).map(
      ([name, { meanwhile, undisturbed }]) =>
        `${name}: longest wait ${meanwhile.longestMs.toFixed(0)} ms, undisturbed ${undisturbed.longestMs.toFixed(0)} ms, lost ${meanwhile.lost + undisturbed.lost}`,
    ),
    `load average ${load.toFixed(1)}`,
  ].join("; ");
}

function machineWords(): string {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}`;
}
