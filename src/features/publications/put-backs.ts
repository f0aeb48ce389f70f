/** Puts a kept release of a machine back, or one unit of it. For administrators: what stands still afterwards waits for one of them. */
import type { Context } from "../../core/context.js";
import { conflict, notFound } from "../../core/errors.js";
import { requireAdmin } from "../../core/ownership.js";
import type { HostRecord } from "../../publish/contract.js";
import {
  changedSince,
  type DryRun,
  findRelease,
  holdAt,
  listUnits,
  type Publisher,
  type ReleaseRow,
  readRelease,
  readUnits,
  rolesBack,
} from "../../publish/index.js";

/** Looked at for a preview: a page is for reading. The run itself decides about every unit. */
const MOST_PREVIEWED = 300;

/** One unit of a host. */
export interface UnitName {
  role: string;
  key: string;
}

/** Reads which unit is meant; null: the whole machine. A role without a key is no unit. */
export function unitNamed(input: unknown): UnitName | null {
  const { role, key } = (input ?? {}) as { role?: unknown; key?: unknown };
  if (typeof role !== "string" || role === "") return null;
  return { role, key: typeof key === "string" ? key : "" };
}

export interface PutBackPlan {
  release: ReleaseRow;
  host: HostRecord;
  dry: DryRun;
  /** Units that changed since. */
  changed: number;
  /** Changed units that the preview leaves out. */
  more: number;
  /** Roles of the machine that are never put back. */
  forwardOnly: string[];
}

/** Gives the id of a host's release by its number; for administrators. */
export async function releaseNumbered(ctx: Context, hostId: string, number: number): Promise<string> {
  requireAdmin(ctx);
  const id = await findRelease(ctx.db, hostId, number);
  if (id === null) throw notFound("publications.release_unknown");
  return id;
}

/** Shows what would come back, and what would not and why; changes nothing. */
export async function planPutBack(ctx: Context, publisher: Publisher, id: string, unit: UnitName | null): Promise<PutBackPlan> {
  const { release, host, roles } = await find(ctx, publisher, id, unit);
  const changed = await changedOf(ctx, release, roles, unit);
  const rows = [];
  for (const role of roles) {
    const keys = changed.slice(0, MOST_PREVIEWED).flatMap((one) => (one.role === role ? [one.key] : []));
    if (keys.length > 0) rows.push(...(await readUnits(ctx.db, host.id, { role, keys })));
  }
  const supposed = rows.map((row) => ({ ...row, hold: "putBack", putBackTo: release.number }));
  return {
    release,
    host,
    dry: await publisher.dryRun(host.id, supposed),
    changed: changed.length,
    more: Math.max(0, changed.length - MOST_PREVIEWED),
    forwardOnly: [...new Set(host.daemons.map(({ role }) => role))].filter((role) => !roles.includes(role)).sort(),
  };
}

/** Holds the units at the release; the run that follows gives them its files, where nothing withdrawn comes back with them. */
export async function putBack(
  ctx: Context,
  publisher: Publisher,
  id: string,
  unit: UnitName | null,
): Promise<{ changed: number; held: number; hostId: string }> {
  const { release, host, roles } = await find(ctx, publisher, id, unit);
  return ctx.transaction(async (tx) => {
    const changed = new Set((await changedOf(tx, release, roles, unit)).map(({ role, key }) => `${role} ${key}`));
    const rows = await listUnits(tx.db, host.id, roles, unit?.key);
    if (unit !== null && rows.length === 0) throw notFound("publications.unit_unknown");
    const parted = {
      changed: rows.filter(({ role, key }) => changed.has(`${role} ${key}`)),
      same: rows.filter(({ role, key }) => !changed.has(`${role} ${key}`)),
    };
    const by = tx.actor.kind === "user" ? tx.actor.login : null;
    const held = await holdAt(tx, release.number, parted, by);
    const one = unit === null ? {} : { unit: `${unit.role} ${unit.key}` };
    tx.audit({
      verb: "publications.release.put_back",
      accountId: unit === null ? null : (rows[0]?.accountId ?? null),
      object: { type: "release", id: release.id, name: `${host.name} ${release.number}` },
      new: { ...one, changed: parted.changed.length, held },
    });
    return { changed: parted.changed.length, held, hostId: host.id };
  });
}

async function find(ctx: Context, publisher: Publisher, id: string, unit: UnitName | null) {
  requireAdmin(ctx);
  const release = await readRelease(ctx.db, id);
  if (release === null) throw notFound("publications.release_unknown");
  const host = await publisher.hosts.find(ctx.db, release.hostId);
  if (host === null) throw notFound("publications.host_unknown");
  if (release.state !== "live" && release.state !== "past") throw conflict("publications.release_never_served", { number: release.number });
  const back = rolesBack(publisher, host);
  if (unit === null) return { release, host, roles: back };
  if (!host.daemons.some(({ role }) => role === unit.role)) throw notFound("publications.unit_unknown");
  if (!back.includes(unit.role)) throw conflict("publications.forward_only", { role: unit.role });
  return { release, host, roles: [unit.role] };
}

function changedOf(ctx: Context, release: ReleaseRow, roles: string[], unit: UnitName | null): Promise<UnitName[]> {
  return changedSince(ctx, release.hostId, release.number, roles, unit?.key);
}
