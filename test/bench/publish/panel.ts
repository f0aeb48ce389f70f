/** The panel of the bench: the whole program, listening, with accounts laid in by one transaction; told what to change, it says how long each step took. */
import type { Context } from "../../../src/core/context.js";
import { runCommand, type SshDoor, sshArgv } from "../../../src/core/machine/index.js";
import { editAccount } from "../../../src/features/accounts/accounts.js";
import { hostDirectory } from "../../../src/features/hosts/directory.js";
import { probeHost, saveHost } from "../../../src/features/hosts/hosts.js";
import { editSite } from "../../../src/features/sites/sites.js";
import { type RunningPanel, startPanel } from "../../../src/panel.js";
import { onTouched } from "../../../src/publish/touch.js";
import { batchOf, layAccounts, PLANS } from "./accounts.js";
import { environmentOf, memoryOf } from "./environment.js";
import { answerLines } from "./lines.js";

/** What one change took, in milliseconds from its commit. */
export interface ChangeFigures {
  /** The site itself answered with the new state. */
  verifiedMs: number;
  /** The chip says so: what served before has ended, the rows are written. */
  shownMs: number;
  /** From before the act (the click) to the commit. */
  actMs: number;
  steps: { step: string; ms: number }[];
}

export interface SiteOf {
  id: string;
  name: string;
  number: number;
  hash: string;
}

let panel: RunningPanel;
let hostId = "";
let began = 0;
let committed = 0;
let answered = 0;
let shown = 0;
/** While everything is published for the first time: when that began, and how many batches are out. */
let filling: { since: number; batches: number } | null = null;

const system = (): Context => panel.program.services.context({ kind: "system", name: "bench" });

await answerLines({
  async start({ state, batch }: { state: string; batch: number | null }) {
    panel = await startPanel(environmentOf(state), {
      publisher: { onStep: noteStep, ...(batch !== null && { limits: { batch: batchOf(batch) } }) },
    });
    onTouched(() => {
      committed = performance.now();
    });
    // Where another panel has laid them in.
    hostId = (await system().db.host.findFirst({ select: { id: true } }))?.id ?? "";
  },
  async load({ address, sites }: { address: string; sites: number }) {
    const { id } = await saveHost(system(), {
      ...{
        name: "web1",
        address,
        door: "ssh",
        port: 22,
        user: "mutu",
        homes: "/srv/mutu/homes",
      },
      daemons: [
        { daemon: "apache", role: "web" },
        { daemon: "nginx", role: "web" },
        { daemon: "php-fpm", role: "php" },
      ],
    });
    hostId = id;
    await probeHost(system(), panel.program.services.env, id);
    await layAccounts(system(), hostId, sites);
    await panel.program.services.publisher.touchAll(id);
    const started = performance.now();
    filling = { since: started, batches: 0 };
    const { state, publicationId } = await panel.program.services.publisher.run(id);
    filling = null;
    const publication = await system().db.publication.findUniqueOrThrow({
      where: { id: publicationId ?? "" },
    });
    if (state !== "done") {
      const failed = await system().db.publicationPart.findMany({ where: { publicationId: publication.id, result: { not: "verified" } }, take: 5 });
      throw new Error(`the first publication ended ${state}: ${JSON.stringify({ errors: publication.errors, failed }).slice(0, 4000)}`);
    }
    const ms = performance.now() - started;
    return { ms, steps: sumSteps(publication.steps as unknown as ChangeFigures["steps"]), sites: await listSites() };
  },
  change: ({ site, turn }: { site: SiteOf; turn: number }) => changed(() => changeSite(site, turn)),
  plan: ({ site }: { site: SiteOf }) => changed(() => changePlan(site)),
  memory: memoryOf,
  async close() {
    const door = (await hostDirectory(panel.program.services.env).find(system().db, hostId))?.machine.door as SshDoor;
    await panel.close();
    await runCommand({
      argv: [...sshArgv(door), "-O", "exit", "--", door.address],
      timeoutSeconds: 5,
    });
  },
});
process.exit(0);

/** A redirect's target, or what memory its PHP may take. */
async function changeSite({ id }: SiteOf, turn: number): Promise<void> {
  const { kind } = await system().db.site.findUniqueOrThrow({ where: { id } });
  began = performance.now();
  await editSite(system(), id, kind === "redirect" ? { target: `https://elsewhere.test/${turn}` } : { memoryMb: 32 + (turn % 64) });
}

/** Another number of PHP processes: the account's pool is another one, and with it its master. */
async function changePlan({ number }: SiteOf): Promise<void> {
  const account = await system().db.account.findFirstOrThrow({ where: { number }, include: { plan: true } });
  const plan = await system().db.plan.findUniqueOrThrow({ where: { name: account.plan.name === PLANS.bench ? PLANS.more : PLANS.bench } });
  began = performance.now();
  await editAccount(system(), account.id, { planId: plan.id });
}

/** Does what a person would, waits until the run has ended, and tells what it took. */
async function changed(act: () => Promise<void>): Promise<ChangeFigures> {
  answered = 0;
  await act();
  const actMs = committed - began;
  const { publicationId } = await panel.program.services.publisher.run(hostId);
  const shownMs = shown - committed;
  const last = await system().db.publication.findFirstOrThrow({
    where: { hostId },
    orderBy: { number: "desc" },
    include: { parts: true },
  });
  if (publicationId !== null && publicationId !== last.id) throw new Error("another publication came between");
  const moved = last.parts.filter(({ change }) => change !== "unchanged");
  if (last.state !== "done" || moved.length === 0 || last.parts.some(({ result }) => result !== "verified")) throw new Error(JSON.stringify(last));
  return { verifiedMs: answered - committed, shownMs, actMs, steps: last.steps as unknown as ChangeFigures["steps"] };
}

function sumSteps(steps: ChangeFigures["steps"]): ChangeFigures["steps"] {
  const sums = new Map<string, number>();
  for (const { step, ms } of steps) sums.set(step, (sums.get(step) ?? 0) + ms);
  return [...sums].map(([step, ms]) => ({ step, ms }));
}

/** `verify` ends when `settle` begins; `adopt`, when `record` begins. */
function noteStep(step: string): void {
  if (step === "settle" && answered === 0) answered = performance.now();
  if (step === "record") shown = performance.now();
  if (step !== "record" || filling === null) return;
  filling.batches += 1;
  process.stderr.write(`batch ${filling.batches} is out after ${((shown - filling.since) / 1000).toFixed(0)} s\n`);
}

/** All of them, by name: who loads them has the memory for it. */
async function listSites(): Promise<SiteOf[]> {
  const units = await system().db.publishUnit.findMany({
    where: { hostId, role: "web" },
  });
  const hashes = new Map(units.map(({ key, hash }) => [key, hash ?? ""]));
  const sites = await system().db.site.findMany({
    orderBy: { title: "asc" },
    select: { id: true, title: true, account: { select: { number: true } } },
  });
  return sites.map(({ id, title, account }) => ({
    id,
    name: title,
    number: account.number,
    hash: hashes.get(String(account.number)) ?? "",
  }));
}
