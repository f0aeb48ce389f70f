/** Files that another hand changed on a machine: who looks, what is kept, what is put right. For administrators; members read the chip of their unit. */
import type { Context } from "../../core/context.js";
import { conflict, notFound } from "../../core/errors.js";
import type { Page } from "../../core/http/paging.js";
import type { Outcome } from "../../core/machine/index.js";
import { requireAdmin } from "../../core/ownership.js";
import {
  adoptDrift,
  countDrift,
  type DriftFilter,
  type DriftRow,
  diffDrift,
  diffWanted,
  type FileDiff,
  findDrift,
  type Publisher,
  readDrift,
  repairDrift,
} from "../../publish/index.js";

/** Units that one act puts right at most. */
const MOST_ROWS = 10_000;

/** Lists files that were changed by hand, the latest first. */
export async function listDrift(ctx: Context, filter: DriftFilter): Promise<Page<DriftRow>> {
  requireAdmin(ctx);
  return readDrift(ctx.db, filter);
}

/** Counts what lies on each machine. */
export async function countByHost(ctx: Context): ReturnType<typeof countDrift> {
  requireAdmin(ctx);
  return countDrift(ctx.db);
}

/** A file with what differs from what we left (null: its content was not kept), and from what would be written now. */
export interface ShownDrift {
  row: DriftRow;
  diff: FileDiff | null;
  /** null: the same, it lies there no longer, or it cannot be told. */
  instead: FileDiff | null;
}

/** Gives one file. */
export async function getDrift(ctx: Context, publisher: Publisher, id: string): Promise<ShownDrift> {
  requireAdmin(ctx);
  const row = await known(ctx, id);
  const lies = row.state === "open" || row.state === "adopted";
  return { row, diff: await diffDrift(publisher.store, row), instead: lies ? await diffWanted(publisher, row) : null };
}

/** Keeps what was edited in a unit, until somebody lets it go on. Returns how many files that are. */
export async function adopt(ctx: Context, id: string): Promise<number> {
  requireAdmin(ctx);
  return ctx.transaction(async (tx) => {
    const row = await known(tx, id);
    const rows = await adoptDrift(tx, row, byOf(ctx));
    if (rows.length === 0) throw conflict("drift.not_held");
    tx.audit({ verb: "drift.unit.adopted", accountId: row.accountId, object: objectOf(row), new: { files: paths(rows) } });
    return rows.length;
  });
}

/** Puts a unit right, or what is no unit's: the run that follows writes its files anew. Returns how many files were changed by hand. */
export async function repair(ctx: Context, publisher: Publisher, id: string): Promise<number> {
  requireAdmin(ctx);
  const { hostId, files } = await ctx.transaction(async (tx) => {
    const row = await known(tx, id);
    const rows = await repairDrift(tx, row, byOf(ctx));
    if (rows.length === 0) throw conflict("drift.not_held");
    tx.audit({ verb: "drift.unit.repaired", accountId: row.accountId, object: objectOf(row), old: { files: paths(rows) } });
    return { hostId: row.hostId, files: rows.length };
  });
  publisher.wake(hostId);
  return files;
}

/** What a repair of a whole machine or account is about. */
export interface Place {
  hostId?: string;
  accountId?: string;
}

/** Counts the files that `repairAll` would put right: those that nobody has adopted. */
export async function countRepairs(ctx: Context, place: Place): Promise<number> {
  requireAdmin(ctx);
  return (await openRows(ctx, place)).length;
}

/** Puts right whatever waits on a machine or of an account; what was adopted stays. Refused when it is not as many files as were announced. */
export async function repairAll(ctx: Context, publisher: Publisher, place: Place, count: number): Promise<number> {
  requireAdmin(ctx);
  if (place.hostId === undefined && place.accountId === undefined) throw notFound("drift.place_unknown");
  const { hosts, files } = await ctx.transaction(async (tx) => {
    const rows = await openRows(tx, place);
    if (rows.length !== count) throw conflict("drift.count_changed", { count: rows.length });
    const done = new Set<string>();
    for (const row of rows) {
      if (done.has(row.id)) continue;
      const repaired = await repairDrift(tx, row, byOf(ctx));
      for (const { id } of repaired) done.add(id);
      if (repaired.length > 0) tx.audit({ verb: "drift.unit.repaired", accountId: row.accountId, object: objectOf(row), old: { files: paths(repaired) } });
    }
    return { hosts: new Set(rows.map(({ hostId }) => hostId)), files: done.size };
  });
  for (const hostId of hosts) publisher.wake(hostId);
  return files;
}

/** What became of a look at one machine. */
export interface Look {
  host: string;
  outcome: Outcome<number>;
}

/** Hashes everything on the machines anew; what is found is held, and carried into releases by runs of their own. */
export async function look(ctx: Context, publisher: Publisher, hostId?: string): Promise<Look[]> {
  requireAdmin(ctx);
  const hosts = (await publisher.hosts.list(ctx.db)).filter(({ id }) => hostId === undefined || id === hostId);
  if (hosts.length === 0) throw notFound("drift.place_unknown");
  const looks: Look[] = [];
  for (const { id, name } of hosts) looks.push({ host: name, outcome: await publisher.look(id) });
  return looks;
}

async function known({ db }: Pick<Context, "db">, id: string): Promise<DriftRow> {
  const row = await findDrift(db, id);
  if (row === null) throw notFound("drift.file_unknown");
  return row;
}

const openRows = async ({ db }: Pick<Context, "db">, place: Place): Promise<DriftRow[]> =>
  (await readDrift(db, { ...place, lying: true, take: MOST_ROWS })).rows.filter(({ state }) => state === "open");

const objectOf = ({ id, role, key, path }: DriftRow) => ({ type: "drift", id, name: role === null ? path : `${role} ${key ?? ""}`.trim() });
const paths = (rows: readonly DriftRow[]): string[] => rows.map(({ path }) => path);
const byOf = ({ actor }: Context): string => (actor.kind === "user" ? actor.login : actor.kind === "system" ? actor.name : "");
