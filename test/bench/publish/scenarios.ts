/** What is measured in each run: changes alone, and what another account's visitors wait while something happens to the others. */
import { bareStartMs } from "./bare-start.js";
import type { Visit, Visited } from "./clients.js";
import { type House, layPages } from "./house.js";
import type { ChangeFigures, SiteOf } from "./panel.js";

const VISITORS = { clients: 3, pauseMs: 2, most: 100_000, seconds: 400 };
const SLOW_SECONDS = 6;
const SLOW = "slept";
// Signals wake PHP's sleep: what a master that ends does to its children must not shorten it.
const SLOW_PAGE = `<?php $end = microtime(true) + ${SLOW_SECONDS}; while (microtime(true) < $end) usleep(50000); echo "${SLOW}";`;

/** What can be measured; `render` needs no machines. */
export const SCENARIOS = ["changes", "visitors", "pools", "slow", "render"] as const;
export type Scenario = (typeof SCENARIOS)[number];
/** Those in which another site is visited. */
export const VISITED = ["visitors", "pools", "slow"] as const satisfies readonly Scenario[];

/** Visitors of another site while others change, and as long with nothing published. */
export interface Waits {
  changes: ChangeFigures[];
  meanwhile: Visited;
  undisturbed: Visited;
}

export interface RunFigures {
  /** Changes, each followed by a bare start. */
  alone: { changes: ChangeFigures[]; bareMs: number[] } | null;
  waits: Partial<Record<(typeof VISITED)[number], Waits>>;
  load: number;
}

/** The sites of a run: one is visited, one is slow, others change. */
export interface Street {
  neighbour: SiteOf;
  /** Of an account whose PHP runs in the neighbour's own master. */
  slow: SiteOf;
  changed: readonly SiteOf[];
  /** Accounts with PHP in the neighbour's own master: it is renewed whenever the plan of one of them changes. */
  pooled: readonly SiteOf[];
}

/** Chooses them, and gives the visited ones their pages. */
export async function laySites({ web }: House, sites: readonly SiteOf[], masters: number): Promise<Street> {
  const [neighbour, ...others] = sites as [SiteOf, ...SiteOf[]];
  const pooled = others.filter(({ number }) => number % masters === neighbour.number % masters);
  const [slow] = pooled;
  if (slow === undefined) throw new Error(`${sites.length} sites are too few: none has its PHP beside the first one's`);
  await layPages(web, neighbour);
  await layPages(web, slow, { "index.php": SLOW_PAGE });
  return { neighbour, slow, changed: others.filter(({ id }) => id !== slow.id), pooled: pooled.length > 1 ? pooled.slice(1) : pooled };
}

/** The acts of one house, which go on from one run to the next. */
export function actsOf({ web, panel, clients }: House, { neighbour, slow, changed, pooled }: Street) {
  let turn = 0;
  const change = (verb: "change" | "plan", sites: readonly SiteOf[]) => {
    turn += 1;
    return panel.ask<ChangeFigures>(verb, { site: sites[turn % sites.length], turn });
  };
  /** A redirect's target and a PHP memory by turns. */
  const edit = () => change("change", changed);
  const plan = () => change("plan", pooled);
  const several = async (count: number, act: () => Promise<ChangeFigures>) => {
    const figures: ChangeFigures[] = [];
    while (figures.length < count) figures.push(await act());
    return figures;
  };
  const visited = async (visit: Partial<Visit>, act: () => Promise<unknown>) => {
    await clients.ask("start", { address: web.ip, name: neighbour.name, ...VISITORS, ...visit });
    await act();
    return clients.ask<Visited>("stop");
  };
  const waits = async (visit: Partial<Visit>, act: () => Promise<ChangeFigures[]>): Promise<Waits> => {
    let changes: ChangeFigures[] = [];
    const meanwhile = await visited(visit, async () => {
      changes = await act();
    });
    const undisturbed = await visited({ ...visit, slow: undefined }, () => new Promise((resume) => setTimeout(resume, meanwhile.seconds * 1000)));
    return { changes, meanwhile, undisturbed };
  };
  return {
    edit,
    async alone(count: number) {
      const changes: ChangeFigures[] = [];
      const bareMs: number[] = [];
      for (let done = 0; done < count; done += 1) {
        changes.push(await edit());
        bareMs.push(await bareStartMs(web, neighbour));
      }
      return { changes, bareMs };
    },
    /** Sites change. */
    visitors: (count: number) => waits({}, () => several(count, edit)),
    /** The pools of others change, and with each the neighbour's own master; only its PHP is asked for. */
    pools: (count: number) => waits({ php: true }, () => several(count, plan)),
    /** A request of a third account takes six seconds, in the neighbour's own master; meanwhile pools beside it and sites change by turns. */
    slow: () =>
      waits({ php: true, slow: { name: slow.name, path: "/index.php", wanted: SLOW } }, async () => {
        const until = performance.now() + SLOW_SECONDS * 1000;
        const figures: ChangeFigures[] = [];
        while (performance.now() < until) figures.push(await (figures.length % 2 === 0 ? plan() : edit()));
        return figures;
      }),
  };
}
