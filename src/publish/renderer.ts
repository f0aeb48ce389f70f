/**
 * Decides what becomes of differences that no change of rows explains. Few of them are put right at once. Those of a new renderer, and many, go to one
 * account first; then they wait for a person's word, and go on host by host. The state is a row: it survives restarts, and several panels share it.
 */
import type { Context } from "../core/context.js";
import { conflict } from "../core/errors.js";
import { withoutJob } from "../core/jobs/index.js";
import type { Prisma, RendererChange } from "../generated/sqlite/client.js";
import { type Comparison, compareHost, type Different, touchDifferent } from "./compare.js";
import type { HostRecord } from "./contract.js";
import type { Engine } from "./engine.js";
import { programFingerprint } from "./fingerprint.js";
import type { Report } from "./run.js";

/** Of all units: so many do not differ by one unit's fault. */
const MOST_SHARE = 0.1;
const OPEN = ["trying", "waiting", "applying"];
/** Of whoever carries a change out: job, page, command and night, on any panel. The job's own lease has another name. */
const LEASE = "publications.renderer.carried";
const LATEST = [{ createdAt: "desc" as const }, { id: "desc" as const }];

/** What is needed of a publisher. */
export interface Runner {
  engine: Engine;
  ctx: Context;
  run(hostId: string): Promise<Report>;
}

/** What a comparison of all hosts found and did. */
export interface Compared {
  units: number;
  different: number;
  /** Put right at once. */
  touched: number;
  /** What waits for a person, or is under way; null: nothing. */
  change: RendererChange | null;
}

interface HostState {
  id: string;
  name: string;
  different: number;
  state: "pending" | "done" | "failed";
}

interface Found extends Comparison {
  host: HostRecord;
}

/** Tells why differences wait for a person, or null: they may be put right at once. One account's are never many: it would be the first anyway. */
export function reasonToWait(facts: { units: number; different: readonly Pick<Different, "accountId">[]; newRenderer: boolean }): "renderer" | "share" | null {
  const owners = new Set(facts.different.map(({ accountId }) => accountId));
  if (owners.size === 0 || (owners.size === 1 && !owners.has(null))) return null;
  if (facts.newRenderer) return "renderer";
  return facts.different.length > facts.units * MOST_SHARE ? "share" : null;
}

/** Chooses who goes first: the account whose units show most of what changes, in kinds of units, and of these the one with the fewest. */
export function chooseFirst(different: readonly Pick<Different, "role" | "accountId" | "code">[]): string | null {
  const accounts = new Map<string, { roles: Set<string>; units: number }>();
  for (const { role, accountId, code } of different) {
    if (accountId === null) continue;
    const account = accounts.get(accountId) ?? { roles: new Set(), units: 0 };
    accounts.set(accountId, account);
    account.roles.add(`${role} ${code ?? ""}`);
    account.units += 1;
  }
  const ranked = [...accounts].sort(([a, x], [b, y]) => y.roles.size - x.roles.size || x.units - y.units || (a < b ? -1 : 1));
  return ranked[0]?.[0] ?? null;
}

/** Renders everything and compares it; puts right what may be, and begins what must go by one account. `failed` also tries what failed before. */
export async function compareAll(runner: Runner, cause: "nightly" | "versions" = "nightly"): Promise<Compared> {
  const { engine, ctx } = runner;
  const fingerprint = await programFingerprint();
  const newRenderer = (await programThatServes(ctx)) !== fingerprint;
  const found: Found[] = [];
  for (const host of await engine.hosts.list(ctx.db)) found.push({ host, ...(await compareHost(engine, ctx, host, { failed: newRenderer })) });
  const units = found.reduce((sum, one) => sum + one.units, 0);
  const different = found.flatMap((one) => one.different);
  const sums = { units, different: different.length };
  const open = await openChange(ctx);
  if (open !== null && open.fingerprint !== fingerprint) await end(ctx, open.id, "superseded");
  if (open !== null && open.fingerprint === fingerprint && different.length > 0) {
    return { ...sums, touched: 0, change: open };
  }
  if (open !== null && open.fingerprint === fingerprint) await end(ctx, open.id, "done");
  const reason = reasonToWait({ units, different, newRenderer });
  if (reason !== null) {
    const change = await begin(ctx, { reason, fingerprint, found, sums });
    return { ...sums, touched: 0, change: (await advanceRenderer(runner)) ?? change };
  }
  let touched = 0;
  for (const one of found) touched += await touchDifferent(ctx, one.host.id, one.different, newRenderer ? "renderer" : cause);
  await noteProgram(ctx, fingerprint, units);
  return { ...sums, touched, change: null };
}

/** The change that is under way or waits for a person. */
export function openChange(ctx: Context): Promise<RendererChange | null> {
  return ctx.db.rendererChange.findFirst({ where: { state: { in: OPEN } }, orderBy: LATEST });
}

/** The last change of all, open or ended: what pages show. */
export function lastChange(ctx: Context): Promise<RendererChange | null> {
  return ctx.db.rendererChange.findFirst({ where: { different: { gt: 0 } }, orderBy: LATEST });
}

/** A person lets a change go on to all; what stopped it before is tried again. It is carried out by `advanceRenderer`. */
export async function applyChange(ctx: Context, by: string): Promise<RendererChange> {
  return ctx.transaction(async (tx) => {
    const last = await tx.db.rendererChange.findFirst({ where: { different: { gt: 0 } }, orderBy: LATEST });
    if (last === null || (last.state !== "waiting" && last.state !== "failed")) throw conflict("publications.renderer_nothing_waits");
    const hosts = hostsOf(last).map((host) => (host.state === "failed" ? { ...host, state: "pending" } : host));
    const data = { state: "applying", decidedBy: by, decidedAt: tx.clock.now(), hosts: JSON.parse(JSON.stringify(hosts)), error: undefined, endedAt: null };
    const object = { type: "renderer", id: last.id, name: last.fingerprint.slice(0, 12) };
    tx.audit({ verb: "publications.renderer.applied", accountId: null, object, new: { units: last.different } });
    const { count } = await tx.db.rendererChange.updateMany({ where: { id: last.id, state: last.state }, data });
    if (count === 0) throw conflict("publications.renderer_nothing_waits");
    return tx.db.rendererChange.findUniqueOrThrow({ where: { id: last.id } });
  });
}

/**
 * Goes on with what is open, as far as it may: one at a time, for whoever looks while another publishes would take units that are under way for failing
 * ones, and stop it. Gives the change as it stands when somebody else is at it.
 */
export async function advanceRenderer(runner: Runner): Promise<RendererChange | null> {
  const { ctx, engine } = runner;
  const done = await withoutJob(engine.services, LEASE, async () => {
    const change = await openChange(ctx);
    // A panel of another version (one of several, during an upgrade) finds nothing to do, and would call it done.
    if (change === null || change.fingerprint !== (await programFingerprint())) return change;
    if (change.state === "trying") return tryFirst(runner, change);
    if (change.state === "applying") return applyToAll(runner, change);
    return change;
  });
  return done === null ? openChange(ctx) : done.value;
}

/** Writes how far it is. One that stalled while another panel ended the change writes nothing over that end. */
async function note(ctx: Context, change: RendererChange, data: Prisma.RendererChangeUpdateManyMutationInput): Promise<RendererChange> {
  await ctx.db.rendererChange.updateMany({ where: { id: change.id, state: change.state }, data });
  return ctx.db.rendererChange.findUniqueOrThrow({ where: { id: change.id } });
}

interface Beginning {
  reason: string;
  fingerprint: string;
  found: readonly Found[];
  sums: { units: number; different: number };
}

async function begin(ctx: Context, { reason, fingerprint, found, sums }: Beginning): Promise<RendererChange> {
  const accountId = chooseFirst(found.flatMap(({ different }) => different));
  const hosts: HostState[] = found
    .filter(({ different }) => different.length > 0)
    .map(({ host, different }) => ({ id: host.id, name: host.name, different: different.length, state: "pending" }));
  const state = accountId === null ? "waiting" : "trying";
  const data = { state, reason, fingerprint, ...sums, accountId, hosts: JSON.parse(JSON.stringify(hosts)), createdAt: ctx.clock.now() };
  return ctx.transaction(async (tx) => {
    // Another panel's night, or an upgrade's comparison, may have found the same meanwhile.
    const open = await tx.db.rendererChange.findFirst({ where: { state: { in: OPEN }, fingerprint }, orderBy: LATEST });
    return open ?? tx.db.rendererChange.create({ data });
  });
}

/** The account's units alone, on every host; each must be proven. */
async function tryFirst(runner: Runner, change: RendererChange): Promise<RendererChange> {
  const publications = [...(change.publications as string[])];
  const { accountId } = change;
  for (const { id } of hostsOf(change)) {
    const { failing, publicationId } = await publishDifferent(runner, id, (unit) => unit.accountId === accountId);
    if (publicationId !== null) publications.push(publicationId);
    if (failing !== null) return note(runner.ctx, change, { publications, ...failed(runner.ctx, failing) });
    await note(runner.ctx, change, { publications });
  }
  return note(runner.ctx, change, { state: "waiting" });
}

/** Host by host: the first one healthy before the next. */
async function applyToAll(runner: Runner, change: RendererChange): Promise<RendererChange> {
  const { ctx } = runner;
  const hosts = hostsOf(change);
  for (const host of hosts) {
    if (host.state === "done") continue;
    const { failing } = await publishDifferent(runner, host.id, () => true);
    host.state = failing === null ? "done" : "failed";
    const data = { hosts: JSON.parse(JSON.stringify(hosts)) };
    if (failing !== null) return note(ctx, change, { ...data, ...failed(ctx, failing) });
    await note(ctx, change, data);
  }
  return note(ctx, change, { state: "done", endedAt: ctx.clock.now() });
}

interface Failing {
  code: string;
  data: Record<string, string>;
}

/** Compares again (others have changed things since), touches those and publishes them; says why not, if the host is not as it should be then. */
async function publishDifferent(
  { engine, ctx, run }: Runner,
  hostId: string,
  chosen: (unit: Different) => boolean,
): Promise<{ failing: Failing | null; publicationId: string | null }> {
  const host = await engine.hosts.find(ctx.db, hostId);
  if (host === null) return { failing: null, publicationId: null };
  const different = (await compareHost(engine, ctx, host, { failed: true })).different.filter(chosen);
  await touchDifferent(ctx, hostId, different, "renderer");
  const { publicationId, state } = await run(hostId);
  const failing = state === "refused" || state === "failed" ? { code: "publications.renderer_refused", data: { host: host.name } } : await countFailing();
  return { failing, publicationId };

  async function countFailing(): Promise<Failing | null> {
    const touched = new Set(different.map(({ role, key }) => `${role} ${key}`));
    const rows = await ctx.db.publishUnit.findMany({
      where: { hostId, touchedFor: "renderer", OR: [{ quarantineCode: { not: null } }, { wanted: { gt: ctx.db.publishUnit.fields.published } }] },
      select: { role: true, key: true },
    });
    const count = rows.filter(({ role, key }) => touched.has(`${role} ${key}`)).length;
    return count === 0 ? null : { code: "publications.renderer_failing", data: { host: host?.name ?? "", count: String(count) } };
  }
}

const hostsOf = (change: RendererChange): HostState[] => change.hosts as unknown as HostState[];

const failed = (ctx: Context, { code, data }: Failing) => ({ state: "failed", error: { code, data }, endedAt: ctx.clock.now() });

function end(ctx: Context, id: string, state: "done" | "superseded"): Promise<RendererChange> {
  return ctx.db.rendererChange.update({ where: { id }, data: { state, endedAt: ctx.clock.now() } });
}

/** The program whose files serve everywhere: of the last change that ended well. */
async function programThatServes(ctx: Context): Promise<string | null> {
  const last = await ctx.db.rendererChange.findFirst({ where: { state: "done" }, orderBy: LATEST });
  return last?.fingerprint ?? null;
}

/** Another program that writes the same files is a change that concerned nothing. */
async function noteProgram(ctx: Context, fingerprint: string, units: number): Promise<void> {
  if ((await programThatServes(ctx)) === fingerprint) return;
  const now = ctx.clock.now();
  const data = { state: "done", reason: "renderer", fingerprint, units, different: 0, hosts: [], createdAt: now, endedAt: now };
  await ctx.db.rendererChange.create({ data });
}
