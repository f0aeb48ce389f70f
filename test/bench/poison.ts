/**
 * `npm run bench poison [--sites 10000]`: every account changes, one in ten is poisoned (in ten ways, three of them named by no program). The others must go
 * live, the poisoned ones be told why, each by itself, within a bounded number of starts. Real apply, Apache and PHP-FPM, on this machine; needs root.
 */
import { parseArgs } from "node:util";
import type { Scope } from "../support/database.js";
import { type Counts, KINDS, makeVillage, type Village } from "./poison/village.js";

/** Of all starts of a program: for each poisoned unit, and for each batch of 500 units. */
export const BOUND = { perPoisoned: 3, perBatch: 12, batch: 500 };
const VISITED_EVERY = 33;

export interface PoisonFigures {
  /** [{ step, at, ms }] of the run. */
  steps: unknown;
  sites: number;
  poisoned: number;
  batches: number;
  state: string;
  counts: Counts;
  bound: number;
  seconds: number;
  /** What is not as it should be. */
  wrong: string[];
  visited: number;
}

/** The command. */
export async function bench(words: string[]): Promise<void> {
  const { values } = parseArgs({ args: words, options: { sites: { type: "string" } } });
  const ends: (() => unknown)[] = [];
  const scope = { after: (end: () => unknown) => void ends.unshift(end) } as unknown as Scope;
  try {
    const figures = await measure(scope, Number(values.sites ?? 10_000));
    process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
    if (figures.wrong.length > 0) process.exitCode = 1;
  } finally {
    for (const end of ends) await end();
  }
}

/** Publishes everything well, then everything with poison, and looks at each unit and at some sites. */
export async function measure(t: Scope, sites: number): Promise<PoisonFigures> {
  const visits = (number: number) => number % VISITED_EVERY === 0;
  const village = await makeVillage(t, sites, visits);
  const first = await village.publish("v1", "nobody");
  if (first !== "done") throw new Error(`the first publication ended ${first}: ${JSON.stringify(await lastErrors(village)).slice(0, 2000)}`);
  const before = village.counts();
  const started = performance.now();
  const state = await village.publish("v2", "tenth");
  const seconds = (performance.now() - started) / 1000;
  const after = village.counts();
  const counts = Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - before[name as keyof Counts]])) as unknown as Counts;
  const units = await village.ctx.db.publishUnit.count();
  const batches = Math.ceil(units / BOUND.batch);
  const visited = village.numbers.filter(visits);
  const wrong = [
    ...(await wrongUnits(village)),
    ...(await wrongSites(village, visited)),
    ...(state === "partial" ? [] : [`ended ${state}: ${JSON.stringify(await lastErrors(village)).slice(0, 1000)}`]),
  ];
  const bound = BOUND.perPoisoned * village.poisoned.size + BOUND.perBatch * batches;
  const { steps } = await village.ctx.db.publication.findFirstOrThrow({ orderBy: { number: "desc" } });
  return { steps, sites, poisoned: village.poisoned.size, batches, state, counts, bound, seconds, wrong, visited: visited.length };
}

/** Each unit by the database: verified in its new state, or refused for its own reason. */
async function wrongUnits({ ctx, poisoned }: Village): Promise<string[]> {
  const rows = await ctx.db.publishUnit.findMany({ select: { role: true, key: true, wanted: true, verified: true, quarantineCode: true, serving: true } });
  return rows.flatMap(({ role, key, wanted, verified, quarantineCode, serving }) => {
    const kind = poisoned.get(Number(key.split("/")[0]));
    const expected = kind?.role === role ? kind.code : null;
    const right =
      expected === null ? quarantineCode === null && verified === wanted && serving === "present" : quarantineCode === expected && serving === "lastGood";
    return right ? [] : [`${role} ${key}: ${quarantineCode} ${serving} ${verified}/${wanted}, not ${expected}`];
  });
}

async function wrongSites({ poisoned, visit }: Village, numbers: readonly number[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const number of numbers) {
    const version = poisoned.get(number)?.role === "web" ? "v1" : "v2";
    const said = await visit(number);
    if (said !== `${version} ${number}`) wrong.push(`site ${number}: ${said.slice(0, 80)}`);
  }
  return wrong;
}

const lastErrors = async ({ ctx }: Village) => (await ctx.db.publication.findFirstOrThrow({ orderBy: { number: "desc" } })).errors;

/** How many ways there are. */
export const WAYS = KINDS.length;
