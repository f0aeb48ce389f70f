/** Reads what touched units should be. The versions are read before the state: what commits in between is published too, and counted later. */
import type { Context } from "../core/context.js";
import type { Desired, HostRecord, Role } from "./contract.js";
import type { Engine, RunUnit, UnitRow } from "./engine.js";
import { ownerOf } from "./manifest.js";
import { groupByRole, pagesOf, weigh } from "./unit-pages.js";

/** Reads the state of units whose versions were read before. Those that must wait for another host are left out and stay touched. */
export async function readDesired(engine: Engine, ctx: Context, host: HostRecord, rows: readonly UnitRow[]): Promise<RunUnit[]> {
  return leaveOutWaiting(engine, ctx, host, await collectUnits(engine, ctx, host, rows));
}

/** Reads the state of units, all of them. */
export async function collectUnits(engine: Engine, ctx: Context, host: HostRecord, rows: readonly UnitRow[]): Promise<RunUnit[]> {
  const units: RunUnit[] = [];
  for (const [role, ofRole] of groupByRole(engine.roles, rows)) {
    const weights = await weigh(ctx, host, role, ofRole);
    for (const page of pagesOf(ofRole, weights)) units.push(...(await collectPage(ctx, host, role, page)));
  }
  return units;
}

/** One value that no model knows stops the reading of all rows beside it: they are read in halves, until the unit that it belongs to stands alone. */
export async function collectPage(ctx: Context, host: HostRecord, role: Role, rows: UnitRow[]): Promise<RunUnit[]> {
  const keys = rows.map((row) => row.key);
  let collected: Desired<unknown>[];
  try {
    collected = await role.collect(ctx.db, host, keys);
  } catch (error) {
    const [only] = rows;
    if (only !== undefined && rows.length === 1) return [await unreadable(ctx, host, role, only, error)];
    const half = Math.ceil(rows.length / 2);
    return [...(await collectPage(ctx, host, role, rows.slice(0, half))), ...(await collectPage(ctx, host, role, rows.slice(half)))];
  }
  const found = new Map(collected.map((desired) => [desired.key, desired]));
  return rows.map((row) => newUnit(row, found.get(row.key) ?? { ...absent(row), withdrawn: true }));
}

async function unreadable(ctx: Context, host: HostRecord, role: Role, row: UnitRow, error: unknown): Promise<RunUnit> {
  // A database that answers nothing at all is nobody's fault: this throws as well, and the run ends without blame.
  await ctx.db.publishUnit.findUniqueOrThrow({ where: { id: row.id }, select: { id: true } });
  const outline = (await role.outline?.(ctx.db, host, row.key).catch(() => null)) ?? null;
  const known = outline ?? { withdrawn: true, claims: row.claims as string[] };
  const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const fault = { code: "publications.not_readable", data: {}, daemon: null, output: words.split("\n") };
  return { ...newUnit(row, { ...absent(row), ...known, state: {} }), unreadable: { fault, guessed: outline === null } };
}

function absent({ key, accountId }: UnitRow): Desired<unknown> {
  return { key, accountId, says: [], claims: [], withdrawn: false, probes: [], state: null };
}

function newUnit(row: UnitRow, desired: Desired<unknown>): RunUnit {
  return { row, desired, unreadable: null, back: null, level: "present", files: [], hash: null, before: [], fault: null, verified: false, counted: false };
}

/**
 * Holds back what another host must do first: folders before their site, and, when something is withdrawn, the site before its folders.
 * On the host itself one release carries both: what a host fills itself for an owner is not waited for elsewhere, as an account on two web machines has it.
 * A host that is away delays such units only for a while (`afterSeconds`), never for good.
 */
async function leaveOutWaiting(engine: Engine, ctx: Context, host: HostRecord, units: RunUnit[]): Promise<RunUnit[]> {
  const first = (unit: RunUnit): string[] => {
    if (!unit.desired.withdrawn) return engine.roles.get(unit.row.role)?.after ?? [];
    return [...engine.roles.values()].filter((role) => role.after.includes(unit.row.role)).map((role) => role.name);
  };
  const roles = [...new Set(units.flatMap(first))];
  if (roles.length === 0) return units;
  const { fields } = ctx.db.publishUnit;
  const since = new Date(ctx.clock.now().getTime() - engine.limits.afterSeconds * 1000);
  // Whether it is held is looked at here: asked in the same question, SQLite would begin with all that are not.
  const elsewhere = await ctx.db.publishUnit.findMany({
    where: { hostId: { not: host.id }, role: { in: roles }, wanted: { gt: fields.published }, touchedAt: { gt: since } },
    select: { hostId: true, role: true, key: true, hold: true },
  });
  const waitedFor = new Map<string, Place[]>();
  for (const { hold, ...place } of elsewhere) if (hold === null) put(waitedFor, `${place.role} ${ownerOf(place.key)}`, place);
  const before = (unit: RunUnit) => first(unit).flatMap((role) => waitedFor.get(`${role} ${ownerOf(unit.row.key)}`) ?? []);
  const waiting = units.filter((unit) => before(unit).length > 0);
  if (waiting.length === 0) return units;
  const places = waiting.flatMap(before);
  const hostIds = [...new Set([host.id, ...places.map(({ hostId }) => hostId)])];
  const own = await placesOf(ctx, hostIds, [...waiting.map(({ row }) => row), ...places]);
  // Who stands on a unit stands on that of its own host, where there is one.
  const waits = (unit: RunUnit): boolean =>
    before(unit).some((place) => {
      const [above, below] = unit.desired.withdrawn ? [place.hostId, unit.row] : [host.id, place];
      return !own.has(`${above} ${below.role} ${ownerOf(below.key)}`);
    });
  return units.filter((unit) => !waits(unit));
}

type Place = Pick<UnitRow, "role" | "key"> & { hostId: string };

function put(places: Map<string, Place[]>, name: string, place: Place): void {
  const known = places.get(name);
  if (known === undefined) places.set(name, [place]);
  else known.push(place);
}

/** SQLite takes 999 values in one question. */
const KEYS_AT_ONCE = 500;

/** On which of these hosts there are units of these roles and keys, as `host role owner`. */
async function placesOf(ctx: Context, hostIds: string[], units: readonly Pick<UnitRow, "role" | "key">[]): Promise<Set<string>> {
  const found = new Set<string>();
  const keys = [...new Set(units.map(({ key }) => key))];
  const roles = [...new Set(units.map(({ role }) => role))];
  for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) {
    const where = { hostId: { in: hostIds }, role: { in: roles }, key: { in: keys.slice(at, at + KEYS_AT_ONCE) } };
    const rows = await ctx.db.publishUnit.findMany({ where, select: { hostId: true, role: true, key: true } });
    for (const { hostId, role, key } of rows) found.add(`${hostId} ${role} ${ownerOf(key)}`);
  }
  return found;
}
