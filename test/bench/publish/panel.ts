/** The panel of the bench: the whole program, listening, with accounts laid in by one transaction; told what to change, it says how long each step took. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Context } from "../../../src/core/context.js";
import type { Env } from "../../../src/core/env.js";
import { runCommand, type SshDoor, sshArgv } from "../../../src/core/machine/index.js";
import { Secret } from "../../../src/core/secret.js";
import { DEFAULT_PLAN } from "../../../src/features/accounts/plans.js";
import { hostDirectory } from "../../../src/features/hosts/directory.js";
import { probeHost, saveHost } from "../../../src/features/hosts/hosts.js";
import { masterOf } from "../../../src/features/sites/pools.js";
import { editSite } from "../../../src/features/sites/sites.js";
import { type RunningPanel, startPanel } from "../../../src/panel.js";
import { onTouched } from "../../../src/publish/touch.js";
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

const FIRST_NUMBER = 2000;
const REDIRECTS_EVERY = 2;
const PHP = "8.2";
const MASTERS = 16;
const ROWS = 200;
/** Accounts of one transaction: none takes so long that it is given up. */
const ACCOUNTS_AT_ONCE = 1000;

let panel: RunningPanel;
let hostId = "";
let committed = 0;
let answered = 0;
let shown = 0;
/** While everything is published for the first time: when that began, and how many batches are out. */
let filling: { since: number; batches: number } | null = null;

const env = (state: string, database: string): Env => ({
  mode: "test",
  databaseUrl: new Secret(`file:${database}`),
  origin: "https://panel.test",
  listen: { host: "127.0.0.1", port: 0 },
  tls: null,
  trustedProxies: ["127.0.0.1"],
  state,
  keys: { current: "bench", keys: new Map([["bench", randomBytes(32)]]) },
  language: "fr",
  logLevel: "warn",
  ownNames: ["panel.test"],
  extra: () => null,
});

const system = (): Context => panel.program.services.context({ kind: "system", name: "bench" });

await answerLines({
  async start({ state }: { state: string }) {
    panel = await startPanel(env(state, `${state}/mutu.db`), {
      publisher: { onStep: noteStep },
    });
    onTouched(() => {
      committed = performance.now();
    });
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
    await layAccounts(sites);
    await panel.program.services.publisher.touchAll(id);
    const started = performance.now();
    filling = { since: started, batches: 0 };
    const { state, publicationId } = await panel.program.services.publisher.run(id);
    filling = null;
    const publication = await system().db.publication.findUniqueOrThrow({
      where: { id: publicationId ?? "" },
    });
    if (state !== "done") throw new Error(`the first publication ended ${state}: ${JSON.stringify(publication.errors).slice(0, 4000)}`);
    return { ms: performance.now() - started, steps: publication.steps };
  },
  async sites(): Promise<SiteOf[]> {
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
  },
  change,
  memory: () => ({ rssMb: memoryMb("VmRSS"), peakMb: memoryMb("VmHWM") }),
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

/** Changes one site as a member would, waits until the run has ended, and tells what it took. */
async function change({ site, turn }: { site: string; turn: number }): Promise<ChangeFigures> {
  const { kind } = await system().db.site.findUniqueOrThrow({
    where: { id: site },
  });
  const began = performance.now();
  answered = 0;
  await editSite(system(), site, kind === "redirect" ? { target: `https://elsewhere.test/${turn}` } : { memoryMb: 32 + (turn % 64) });
  const actMs = committed - began;
  const { publicationId } = await panel.program.services.publisher.run(hostId);
  const shownMs = shown - committed;
  const last = await system().db.publication.findFirstOrThrow({
    where: { hostId },
    orderBy: { number: "desc" },
    include: { parts: true },
  });
  if (publicationId !== null && publicationId !== last.id) throw new Error("another publication came between");
  if (last.state !== "done" || last.parts.some(({ result, change: what }) => result !== "verified" || what === "unchanged"))
    throw new Error(JSON.stringify(last));
  return {
    verifiedMs: answered - committed,
    shownMs,
    actMs,
    steps: last.steps as unknown as ChangeFigures["steps"],
  };
}

/** `verify` ends when `settle` begins; `adopt`, when `record` begins. */
function noteStep(step: string): void {
  if (step === "settle" && answered === 0) answered = performance.now();
  if (step === "record") shown = performance.now();
  if (step !== "record" || filling === null) return;
  filling.batches += 1;
  process.stderr.write(`batch ${filling.batches} is out after ${((shown - filling.since) / 1000).toFixed(0)} s\n`);
}

/** Half the accounts have a redirect, half a folder with PHP. */
async function layAccounts(count: number): Promise<void> {
  const plan = await system().transaction(async ({ db }) => {
    await db.accountCounter.create({ data: { id: 1, next: FIRST_NUMBER + count } });
    return db.plan.create({ data: { ...DEFAULT_PLAN, name: "bench" } });
  });
  for (let laid = 0; laid < count; laid += ACCOUNTS_AT_ONCE) await laySome(plan.id, FIRST_NUMBER + laid, Math.min(ACCOUNTS_AT_ONCE, count - laid));
}

/** Rows of so many accounts from a number on, in one transaction. */
async function laySome(planId: string, first: number, count: number): Promise<void> {
  await system().transaction(async ({ db }) => {
    const numbers = Array.from({ length: count }, (_, index) => first + index);
    const id = (number: number, what: string) => `${what}-${number}`;
    const name = (number: number) => `s${number}.example.org`;
    const pages = Array.from({ length: Math.ceil(count / ROWS) }, (_, page) => numbers.slice(page * ROWS, (page + 1) * ROWS));
    for (const page of pages) {
      await db.account.createMany({
        data: page.map((number) => ({
          ...{
            id: id(number, "account"),
            number,
            login: `a${number}`,
            name: `Association ${number}`,
            search: `a${number}`,
          },
          ...{ planId, webHostId: hostId, filesHostId: hostId },
        })),
      });
      await db.domain.createMany({
        data: page.map((number) => ({
          id: id(number, "domain"),
          accountId: id(number, "account"),
          name: name(number),
          search: name(number),
        })),
      });
      await db.claim.createMany({
        data: page.map((number) => ({
          name: name(number),
          accountId: id(number, "account"),
        })),
      });
      await db.site.createMany({
        data: page.map((number) => ({
          ...{
            id: id(number, "site"),
            accountId: id(number, "account"),
            title: name(number),
            search: name(number),
            forceHttps: false,
            folder: "www",
          },
          ...(number % REDIRECTS_EVERY === 1
            ? {
                kind: "redirect" as const,
                target: "https://elsewhere.test/",
                redirectStatus: 302,
              }
            : { kind: "folder" as const, phpVersion: PHP }),
        })),
      });
      await db.siteAddress.createMany({
        data: page.map((number) => ({
          siteId: id(number, "site"),
          accountId: id(number, "account"),
          domainId: id(number, "domain"),
          name: name(number),
        })),
      });
      const withPhp = page.filter((number) => number % REDIRECTS_EVERY === 0);
      await db.phpPool.createMany({
        data: withPhp.map((number) => ({
          accountId: id(number, "account"),
          version: PHP,
          master: masterOf(number, MASTERS),
          socket: `${randomBytes(16).toString("hex")}.sock`,
        })),
      });
    }
  });
}

function memoryMb(line: string): number {
  const [, kb] = new RegExp(`^${line}:\\s+(\\d+) kB$`, "m").exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return Math.round(Number(kb) / 1024);
}
