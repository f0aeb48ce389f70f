/**
 * `npm run bench web [--runs 3] [--seconds 5] [--visitors 16] [--json]`: the chain that ships (nginx, Apache, PHP-FPM on a web machine of the lab) beside one
 * Apache with prefork, mpm-itk and mod_php that ends TLS itself, as AlternC has it: same files, same certificate, by turns in one run.
 */
import { cpus, loadavg, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { median, table } from "./publish/figures.js";
import { type House, layPages, raiseHouse } from "./publish/house.js";
import type { SiteOf } from "./publish/panel.js";
import { type Itk, startItk } from "./web/itk.js";
import { type Visits, visits } from "./web/visits.js";

/** What is asked for, and how many times as much as the other way is aimed at. */
const KINDS = {
  "new connections, a file": { path: "/page.html", kept: false, aim: 10 },
  "new connections, PHP": { path: "/page.php", kept: false, aim: 7 },
  "kept connections, a file": { path: "/page.html", kept: true, aim: 1.4 },
  "kept connections, PHP": { path: "/page.php", kept: true, aim: 1 },
  "kept connections, PHP that works": { path: "/work.php", kept: true, aim: 1 },
} as const;
type Kind = keyof typeof KINDS;
const NAMES = Object.keys(KINDS) as Kind[];
const SIDES = ["chain", "itk"] as const;
type Side = (typeof SIDES)[number];

const FILE_BYTES = 8192;
/** The same bytes each time. `page.php` calculates for less time than it takes to be asked; `work.php` for some milliseconds, still a tenth of what a CMS does. */
const FILES = {
  "page.html": "a page of an association\n".repeat(FILE_BYTES / 25).padEnd(FILE_BYTES, "."),
  "page.php": '<?php $out = ""; for ($line = 0; $line < 200; $line++) $out .= sprintf("%03d %s\\n", $line, md5((string) $line)); echo $out;\n',
  "work.php": '<?php $sum = ""; for ($turn = 0; $turn < 8000; $turn++) $sum = md5($sum . $turn); echo str_repeat($sum, 230);\n',
};

export interface Options {
  runs: number;
  seconds: number;
  visitors: number;
  /** A short round before, which is not kept. */
  warmUp: boolean;
}

export interface RunFigures {
  visits: Record<Kind, Record<Side, Visits>>;
  load: number;
}

export interface Figures {
  options: Options;
  machine: string;
  runs: RunFigures[];
}

/** The command. */
export async function bench(words: string[]): Promise<void> {
  const number = { type: "string" } as const;
  const { values } = parseArgs({ args: words, options: { runs: number, seconds: number, visitors: number, json: { type: "boolean" } } });
  const options = { runs: Number(values.runs ?? 3), seconds: Number(values.seconds ?? 5), visitors: Number(values.visitors ?? 16), warmUp: true };
  const figures = await measure(options, (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(values.json ? `${JSON.stringify(figures, null, 2)}\n` : `${report(figures)}\n`);
}

/** Raises both ways, measures them by turns, and takes everything away again. */
export async function measure(options: Options, say: (line: string) => void): Promise<Figures> {
  say("raising two machines");
  const house = await raiseHouse();
  let itk: Itk | undefined;
  try {
    const { sites } = await house.panel.ask<{ sites: SiteOf[] }>("load", { address: house.web.ip, sites: 2 });
    const site = sites.find(({ number }) => number % 2 === 0) as SiteOf;
    await layPages(house.web, site, FILES);
    const certificate = await house.web.must(["cat", "/var/lib/mutu/tls/fallback.pem"]);
    itk = await startItk(house.web, site, certificate, FILES);
    const ports: Record<Side, number> = { chain: 443, itk: itk.port };
    const runs: RunFigures[] = [];
    if (options.warmUp) await oneRun(house, site, ports, { ...options, seconds: 1 });
    for (let run = 1; run <= options.runs; run += 1) {
      const figures = await oneRun(house, site, ports, options);
      say(`run ${run}: ${NAMES.map((kind) => `${kind} ${ratio(figures, kind).toFixed(1)}`).join(", ")}; load average ${figures.load.toFixed(1)}`);
      runs.push(figures);
    }
    return { options, machine: machineWords(), runs };
  } finally {
    await itk?.stop();
    await house.close();
  }
}

async function oneRun({ web, control }: House, site: SiteOf, ports: Record<Side, number>, { seconds, visitors }: Options): Promise<RunFigures> {
  const figures: Partial<RunFigures["visits"]> = {};
  for (const kind of NAMES) {
    const sides: Partial<Record<Side, Visits>> = {};
    for (const side of SIDES) {
      const { path, kept } = KINDS[kind];
      sides[side] = await visits(control, { address: web.ip, port: ports[side], host: site.name, path, kept, atOnce: visitors, seconds });
    }
    figures[kind] = sides as Record<Side, Visits>;
  }
  return { visits: figures as RunFigures["visits"], load: loadavg()[0] as number };
}

const ratio = ({ visits }: RunFigures, kind: Kind): number => visits[kind].chain.perSecond / visits[kind].itk.perSecond;

function machineWords(): string {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, visitors on the same processors`;
}

/** The figures as people read them: ratios first. */
export function report({ options, machine, runs }: Figures): string {
  const middle = (of: (run: RunFigures) => number) => median(runs.map(of));
  const failed = runs.reduce((sum, { visits }) => sum + NAMES.flatMap((kind) => SIDES.map((side) => visits[kind][side].failed)).reduce((a, b) => a + b, 0), 0);
  const row = (kind: Kind) => {
    const times = middle((run) => ratio(run, kind));
    return [
      kind,
      ...SIDES.map((side) => middle(({ visits }) => visits[kind][side].perSecond).toFixed(0)),
      ...SIDES.map((side) => `${middle(({ visits }) => visits[kind][side].p99Ms).toFixed(0)} ms`),
      times.toFixed(2),
      `${KINDS[kind].aim.toFixed(1)} ${times >= KINDS[kind].aim ? "met" : "NOT met"}`,
    ];
  };
  return [
    `web: nginx, Apache and PHP-FPM as installed, beside Apache with prefork, mpm-itk and mod_php, ${runs.length} runs of ${options.seconds} s each, ${options.visitors} visitors at once, medians of runs`,
    `${machine}; load average ${runs.map(({ load }) => load.toFixed(1)).join(", ")}`,
    `answers that were not the page: ${failed}`,
    "",
    table([["requests/s over TLS", "this chain", "mpm-itk", "p99", "p99", "ratio", "aim"], ...NAMES.map(row)]),
  ].join("\n");
}
