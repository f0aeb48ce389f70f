/**
 * Holds out what would take away too much at once, for a person: many names of a host, or one by which the panel and its machines are reached.
 * Everything else of the run goes on. What a person has let go is not counted, and not held again; whom a person suspends is held for a name of ours only,
 * and what a guard held of that account before goes with it.
 */
import type { Db } from "../core/db.js";
import type { GoingOffline, HostingFeature } from "./contract.js";
import type { Engine, Run, RunUnit } from "./engine.js";
import { FREE } from "./free.js";
import { holdUnits } from "./holds.js";
import { ownNames } from "./own-names.js";
import { countStanding } from "./selection.js";

/** A host that serves fewer names may change as it likes. */
const LEAST_NAMES = 10;
/** Share of a host's names that may leave it within the window. */
const MOST_SHARE = 0.3;
/** Runs that follow each other as closely count as one, so that cutting it small does not evade the guard. Who takes names away for longer means it. */
export const WINDOW_MINUTES = 10;
const PAGE = 2_000;

/** Names that a unit serves and would serve no more. One that was withdrawn before has nothing left to lose. */
export function lostNames({ row, desired, unreadable }: Pick<RunUnit, "row" | "desired" | "unreadable">): string[] {
  const served = row.serving === "nothing" || row.withdrawn ? [] : namesOf(row.claims);
  if (unreadable !== null || served.length === 0) return [];
  if (desired.withdrawn || desired.state === null) return served;
  const claimed = new Set(desired.claims);
  return served.filter((name) => !claimed.has(name));
}

/** Gives the claims that are names: what a relay leads to is none. */
const namesOf = (claims: unknown): string[] => (claims as string[]).filter((claim) => !claim.includes(" "));

/** Tells whether so many names leave at once that a person is asked. `before`: what left within the window; `standing`: what serves now. Pure. */
export function isMass({ lost, before, standing }: { lost: number; before: number; standing: number }): boolean {
  const all = standing + before;
  return lost > 0 && all >= LEAST_NAMES && lost + before > all * MOST_SHARE;
}

/** Counts what a guard holds, by host. */
export async function countGuarded(db: Db): Promise<ReadonlyMap<string, number>> {
  const groups = await db.publishUnit.groupBy({ by: ["hostId"], where: { hold: "guard" }, _count: true });
  return new Map(groups.map(({ hostId, _count }) => [hostId, _count]));
}

/** What units lose, by role and by account (empty: nobody's). */
export type Losses = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Adds up what units lose, by guarded role and account. */
export function sumLosses(
  engine: Pick<Engine, "roles">,
  units: readonly Pick<RunUnit, "row" | "desired" | "unreadable">[],
  into = new Map<string, Map<string, number>>(),
): Map<string, Map<string, number>> {
  for (const unit of units) {
    const { role, letGoAt, hold } = unit.row;
    if (engine.roles.get(role)?.guarded === undefined || letGoAt !== null || hold === "guard") continue;
    const lost = lostNames(unit).length;
    if (lost === 0) continue;
    const owners = into.get(role) ?? new Map<string, number>();
    into.set(role, owners.set(unit.row.accountId ?? "", (owners.get(unit.row.accountId ?? "") ?? 0) + lost));
  }
  return into;
}

function sumOf(losses: Losses, role: string, without: ReadonlySet<string> = new Set()): number {
  return [...(losses.get(role) ?? [])].reduce((sum, [accountId, lost]) => (without.has(accountId) ? sum : sum + lost), 0);
}

/** Names that are back (an account that is resumed), as negative losses by role: who left and came back has not left, and stands among the others again. */
function returning({ engine, units }: Run): Map<string, number> {
  const back = new Map<string, number>();
  for (const { row, desired, unreadable } of units) {
    if (!row.withdrawn || desired.withdrawn || desired.state === null || unreadable !== null || engine.roles.get(row.role)?.guarded === undefined) continue;
    back.set(row.role, (back.get(row.role) ?? 0) - namesOf(row.claims).length);
  }
  return back;
}

interface Held {
  unit: RunUnit;
  /** The panel's own name that it would take away; null: it is one of many. */
  own: string | null;
}

/** Takes out of the batch what must wait for a person; says whether any of it is newly held. `planned`: what the whole run loses. */
export async function guardUnits(run: Run, planned: Losses): Promise<boolean> {
  const losing = run.units.filter((unit) => unit.row.letGoAt === null && lostNames(unit).length > 0);
  const guarded = losing.filter(({ row }) => run.engine.roles.get(row.role)?.guarded !== undefined);
  const held = new Map<RunUnit, Held>();
  for (const { unit, name } of await listOwnLosses(run)) held.set(unit, { unit, own: name });
  const here = sumLosses(run.engine, run.units);
  const waiting = guarded.filter(({ row }) => row.hold === "guard");
  const meant = new Set(waiting.some(({ desired }) => desired.withdrawn) ? await listMeant(run, losing) : []);
  for (const role of here.keys()) {
    const lost = (without?: ReadonlySet<string>) => Math.max(sumOf(here, role, without), sumOf(planned, role, without));
    let mass = await isMassHere(run, role, lost());
    if (mass && meant.size === 0) for (const id of await listMeant(run, losing)) meant.add(id);
    if (mass && meant.size > 0) mass = await isMassHere(run, role, lost(meant));
    const waits = ({ row }: RunUnit) => row.role === role && mass && !meant.has(row.accountId ?? "");
    for (const unit of guarded) if (waits(unit) && !held.has(unit)) held.set(unit, { unit, own: null });
  }
  const freed = ({ desired, row }: RunUnit) => desired.withdrawn && meant.has(row.accountId ?? "");
  for (const unit of waiting) if (!freed(unit) && !held.has(unit)) held.set(unit, { unit, own: null });
  const free = new Set(waiting.filter((unit) => !held.has(unit)).map(({ row }) => row.id));
  for (const unit of await listBelow(run, [...held.keys()], free)) if (!held.has(unit)) held.set(unit, { unit, own: null });
  const leaving = returning(run);
  const leaves = sumLosses(
    run.engine,
    // What a guard held until now leaves as well.
    guarded.filter((unit) => !held.has(unit)).map((unit) => ({ ...unit, row: { ...unit.row, hold: null } })),
  );
  for (const role of leaves.keys()) leaving.set(role, (leaving.get(role) ?? 0) + sumOf(leaves, role));
  run.leaving = leaving;
  await freeOthers(run, held);
  if (held.size === 0) return false;
  run.units = run.units.filter((unit) => !held.has(unit));
  return hold(run, [...held.values()]);
}

/** Accounts whose going offline a person asked for by name, among those that lose something with this batch. */
async function listMeant({ engine, ctx }: Run, losing: readonly RunUnit[]): Promise<string[]> {
  const found = new Map<string, GoingOffline>();
  for (const { row, desired } of losing) {
    if (!desired.withdrawn || row.accountId === null) continue;
    const heldAt = row.hold === "guard" ? row.heldAt : null;
    const before = found.get(row.accountId)?.heldAt ?? null;
    found.set(row.accountId, { accountId: row.accountId, heldAt: heldAt === null || (before !== null && before > heldAt) ? before : heldAt });
  }
  if (found.size === 0) return [];
  const going = [...found.values()];
  const since = new Date(ctx.clock.now().getTime() - WINDOW_MINUTES * 60_000);
  return ctx.transaction(async (tx) => {
    const lists: string[] = [];
    for (const feature of engine.services.features as readonly HostingFeature[]) lists.push(...((await feature.meantOffline?.(tx, going, since)) ?? []));
    return lists;
  });
}

async function isMassHere({ ctx, host }: Run, role: string, lost: number): Promise<boolean> {
  const since = new Date(ctx.clock.now().getTime() - WINDOW_MINUTES * 60_000);
  const last = await ctx.db.publication.findMany({
    where: { hostId: host.id, OR: [{ endedAt: null }, { endedAt: { gt: since } }] },
    select: { removed: true },
  });
  const left = last.reduce((sum, { removed }) => sum + ((removed as Record<string, number>)[role] ?? 0), 0);
  const before = Math.max(left, 0);
  const where = { hostId: host.id, role, accountId: { not: null }, serving: { not: "nothing" }, withdrawn: false };
  // Each of them serves a name at least: most changes are no question, and cost no look at all names.
  const least = (await ctx.db.publishUnit.count({ where })) + before;
  if (least >= LEAST_NAMES && lost + before <= least * MOST_SHARE) return false;
  let standing = 0;
  for (let after = ""; ; ) {
    const page = await ctx.db.publishUnit.findMany({
      where: { ...where, id: { gt: after } },
      orderBy: { id: "asc" },
      take: PAGE,
      select: { id: true, claims: true },
    });
    for (const { claims } of page) standing += namesOf(claims).length;
    if (page.length < PAGE) return isMass({ lost, before, standing });
    after = page.at(-1)?.id ?? "";
  }
}

/** Units by which a name of the panel, a machine or a name server would no longer be answered: by its claims, or by what stands in its files. */
async function listOwnLosses(run: Run): Promise<{ unit: RunUnit; name: string }[]> {
  const found: { unit: RunUnit; name: string }[] = [];
  for (const unit of run.units) {
    const guarded = run.engine.roles.get(unit.row.role)?.guarded;
    if (guarded === undefined || unit.row.letGoAt !== null || unit.before.length === 0 || unit.row.withdrawn) continue;
    const own = await ownNames(run.engine);
    const lost = new Set(lostNames(unit));
    const near = [...own].filter((name) => (unit.row.claims as string[]).some((claim) => name === claim || name.endsWith(`.${claim}`)));
    const name = near.find((one) => lost.has(one)) ?? (guarded.names === undefined ? undefined : await lostInFiles(run, unit, guarded.names, near));
    if (name !== undefined) found.push({ unit, name });
  }
  return found;
}

async function lostInFiles({ engine }: Run, unit: RunUnit, names: (content: string) => string[], near: readonly string[]): Promise<string | undefined> {
  if (near.length === 0) return undefined;
  const read = async (files: RunUnit["files"]): Promise<Set<string>> => {
    const all = new Set<string>();
    // What was pruned cannot be compared; what is sent is always there.
    for (const { hash } of files) for (const name of names(await engine.store.get(hash).catch(() => ""))) all.add(name);
    return all;
  };
  const [before, after] = [await read(unit.before), await read(unit.files)];
  return near.find((name) => before.has(name) && !after.has(name));
}

/** What the held units stand on (an account's pools and folders) stays too, here and on other hosts. `free`: written down as held, and no more. */
async function listBelow({ engine, ctx, units }: Run, held: readonly RunUnit[], free: ReadonlySet<string>): Promise<RunUnit[]> {
  const leaving = units.filter(
    ({ desired, row }) => (desired.withdrawn || desired.state === null) && row.accountId !== null && row.letGoAt === null && row.serving !== "nothing",
  );
  if (leaving.length === 0) return [];
  const accounts = [...new Set(leaving.map(({ row }) => row.accountId as string))];
  const stands = new Set(
    held.flatMap(({ row }) => (row.accountId === null ? [] : (engine.roles.get(row.role)?.after ?? []).map((role) => `${role} ${row.accountId}`))),
  );
  for (let start = 0; start < accounts.length; start += PAGE / 4) {
    const rows = await ctx.db.publishUnit.findMany({
      where: { hold: "guard", accountId: { in: accounts.slice(start, start + PAGE / 4) } },
      select: { id: true, role: true, accountId: true },
    });
    for (const { id, role, accountId } of rows) {
      if (!free.has(id)) for (const below of engine.roles.get(role)?.after ?? []) stands.add(`${below} ${accountId}`);
    }
  }
  return leaving.filter(({ row }) => stands.has(`${row.role} ${row.accountId}`));
}

/** Writes down what left with this batch, for the guards of the next minutes. */
export async function noteRemoved(run: Run): Promise<void> {
  if (run.leaving.size === 0) return;
  for (const [role, lost] of run.leaving) run.removed[role] = (run.removed[role] ?? 0) + lost;
  await run.ctx.db.publication.update({ where: { id: run.publicationId }, data: { removed: run.removed } });
}

/** What a guard held and no longer takes anything away (an account was resumed) goes on by itself. */
async function freeOthers({ ctx, units }: Run, held: ReadonlyMap<RunUnit, Held>): Promise<void> {
  const free = units.filter((unit) => unit.row.hold === "guard" && !held.has(unit));
  if (free.length === 0) return;
  await ctx.transaction(async (tx) => {
    for (const { row, desired } of free) {
      await tx.db.publishUnit.updateMany({ where: { id: row.id, hold: "guard" }, data: FREE });
      const object = { type: "unit", id: row.id, name: `${row.role} ${row.key}` };
      tx.audit({ verb: "publications.hold.dropped", accountId: desired.accountId, object, old: { reason: "guard" } });
    }
  });
}

async function hold(run: Run, held: readonly Held[]): Promise<boolean> {
  const fresh = held.filter(({ unit }) => unit.row.hold !== "guard");
  const own = [...new Set(fresh.flatMap(({ own: name }) => (name === null ? [] : [name])))].sort();
  await run.ctx.transaction(async (tx) => {
    await holdUnits(
      tx,
      fresh.map(({ unit }) => unit.row),
      { reason: "guard", data: {}, by: null },
    );
    if (fresh.length === 0) return;
    const object = { type: "host", id: run.host.id, name: run.host.name };
    tx.audit({ verb: "publications.guard.held", accountId: null, object, new: { units: fresh.length, names: own } });
  });
  await countStanding(
    run,
    held.map(({ unit }) => unit),
  );
  if (fresh.length === 0) return false;
  for (const name of own) run.errors.push({ step: "guard", code: "publications.guard_own_name", data: { name }, output: [] });
  if (fresh.some(({ own: name }) => name === null))
    run.errors.push({ step: "guard", code: "publications.guard_mass", data: { count: String(fresh.length) }, output: [] });
  for (const { unit } of fresh) {
    const { role, key, accountId } = unit.row;
    run.engine.events.emit({ hostId: run.host.id, role, key, accountId, chip: { state: "held", reason: "guard", data: {} } });
  }
  return true;
}
