/** The figures of `npm run bench publish` as people read them: ratios first, medians of runs. Pure. */
import type { Figures, Published } from "../publish.js";
import type { Visited } from "./clients.js";
import { median, percentile, table } from "./figures.js";
import type { ChangeFigures } from "./panel.js";
import type { Rendered } from "./render.js";
import { type RunFigures, VISITED, type Waits } from "./scenarios.js";

/** What is aimed at (issue: the main job). The longest wait of another site may grow with the sites. */
const AIM = { factor: 1.3, extraMs: 150, waitMs: 25, manySites: 10_000, manyWaitMs: 50, renderMb: 300 };
const MEANWHILE = {
  visitors: "another site's page and POST while sites change",
  pools: "another site's PHP while pools of its own master change",
  slow: "another site's PHP while a third account's request takes six seconds, and pools and sites change",
};

/** All of it. */
export function report({ options, machine, rendered, published }: Figures): string {
  const { sites, runs, changes, batch } = options;
  return [
    `publish: ${sites} sites of ${sites} accounts, ${runs} runs of ${changes} changes, medians of runs${batch === null ? "" : `; laid in by a panel of its own, ${batch} units a release`}`,
    `${machine}${published === null ? "" : `; load average ${published.runs.map(({ load }) => load.toFixed(1)).join(", ")}`}`,
    ...(published === null ? [] : publishedLines(published, sites)),
    ...(rendered === null ? [] : ["", ...renderedLines(rendered)]),
  ].join("\n");
}

function publishedLines({ first, certificates, runs, memory }: Published, sites: number): string[] {
  return [
    ...aloneLines(runs),
    ...VISITED.flatMap((name) => waitLines(MEANWHILE[name], name, runs, sites)),
    "",
    `${certificates} certificates; panel: ${memory.rssMb} MB resident, ${memory.peakMb} MB at most`,
    `first publication of everything: ${(first.ms / 1000).toFixed(1)} s (${first.steps.map(({ step, ms: spent }) => `${step} ${(spent / 1000).toFixed(1)}`).join(", ")})`,
  ];
}

function aloneLines(runs: readonly RunFigures[]): string[] {
  const measured = runs.flatMap(({ alone }) => (alone === null ? [] : [alone]));
  if (measured.length === 0) return [];
  const over = (share: number, of: (change: ChangeFigures) => number) => median(measured.map(({ changes }) => percentile(changes.map(of), share)));
  const bareAt = (share: number) => median(measured.map(({ bareMs }) => percentile(bareMs, share)));
  const [p50, p95, bare] = [over(0.5, ({ verifiedMs }) => verifiedMs), over(0.95, ({ verifiedMs }) => verifiedMs), bareAt(0.5)];
  const limit = AIM.factor * bare + AIM.extraMs;
  return [
    "",
    `commit to verified / bare start of the same Apache: ${(p50 / bare).toFixed(2)} (p50), ${(p95 / bare).toFixed(2)} (p95)`,
    `aim ${AIM.factor} × bare + ${AIM.extraMs} ms = ${ms(limit)}: p50 ${ms(p50)} ${met(p50 <= limit)}, p95 ${ms(p95)} ${met(p95 <= limit)}`,
    "",
    table([
      ["", "p50", "p95"],
      ["commit to verified", ms(p50), ms(p95)],
      ["commit to the chip that says so", ms(over(0.5, ({ shownMs }) => shownMs)), ms(over(0.95, ({ shownMs }) => shownMs))],
      ["bare start", ms(bare), ms(bareAt(0.95))],
    ]),
    `steps, p50: ${stepWords(measured.flatMap(({ changes }) => changes))}`,
  ];
}

function waitLines(title: string, name: (typeof VISITED)[number], runs: readonly RunFigures[], sites: number): string[] {
  const measured = runs.flatMap(({ waits }) => waits[name] ?? []);
  if (measured.length === 0) return [];
  const middle = (of: (waits: Waits) => number) => median(measured.map(of));
  const sum = (of: (waits: Waits) => number) => measured.reduce((total, waits) => total + of(waits), 0);
  const longest = middle(({ meanwhile }) => meanwhile.longestMs);
  const alone = middle(({ undisturbed }) => undisturbed.longestMs);
  const aim = sites > AIM.manySites ? AIM.manyWaitMs : AIM.waitMs;
  const lost = sum(({ meanwhile, undisturbed }) => meanwhile.lost + undisturbed.lost);
  const row = (words: string, of: (waits: Waits) => Visited) => [
    words,
    String(sum((waits) => of(waits).sent)),
    String(sum((waits) => of(waits).lost)),
    ...[ms(middle((waits) => of(waits).p50Ms)), ms(middle((waits) => of(waits).p99Ms)), ms(middle((waits) => of(waits).longestMs))],
    measured.map((waits) => of(waits).longestMs.toFixed(0)).join(" "),
  ];
  const changes = measured.flatMap((waits) => waits.changes);
  const faults = measured.flatMap(({ meanwhile, undisturbed }) => [...meanwhile.faults, ...undisturbed.faults]);
  const slow = measured.flatMap(({ meanwhile }) => meanwhile.slow ?? []);
  return [
    "",
    title,
    `longest wait ${ms(longest)}, aim ${aim} ms ${met(longest <= aim)}; undisturbed ${ms(alone)}, ratio ${(longest / alone).toFixed(2)}; requests lost ${lost}, aim 0 ${met(lost === 0)}`,
    table([
      ["", "requests", "lost", "p50", "p99", "longest", "of each run"],
      row(`during ${changes.length} publications (${ms(median(changes.map(({ verifiedMs }) => verifiedMs)))} each)`, ({ meanwhile }) => meanwhile),
      row("nothing published", ({ undisturbed }) => undisturbed),
    ]),
    ...slow.map(({ ms: took, fault }) => `the slow request: ${(took / 1000).toFixed(1)} s, ${fault === null ? "answered" : `LOST: ${fault}`}`),
    ...faults.map((fault) => `lost: ${fault}`),
  ];
}

function renderedLines({ fill, runs }: Rendered): string[] {
  const peak = Math.max(...runs.map(({ peakMb }) => peakMb));
  const [one] = runs;
  return [
    `full render and comparison of ${one?.units} units: ${(median(runs.map(({ ms: took }) => took)) / 1000).toFixed(1)} s, ${one?.different} differ; the panel ${one?.startedMb} MB before, ${peak} MB at most, aim ${AIM.renderMb} MB ${met(peak <= AIM.renderMb)}`,
    `all of it published to a machine that takes everything: ${(fill.ms / 1000).toFixed(1)} s, ${fill.peakMb} MB at most`,
  ];
}

const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
const met = (yes: boolean) => (yes ? "met" : "NOT met");

function stepWords(changes: readonly ChangeFigures[]): string {
  const times = new Map<string, number[]>();
  for (const { steps } of changes) for (const { step, ms: took } of steps) times.set(step, [...(times.get(step) ?? []), took]);
  return [...times].map(([step, values]) => `${step} ${median(values)}`).join(", ");
}
