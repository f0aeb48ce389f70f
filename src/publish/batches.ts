/**
 * Cuts what is touched on a host into batches, so that what a run holds at once has a bound, whatever a change concerns. Units of one owner stay
 * together, as one release has to carry them. Who loses something goes first, then what all share, then shard by shard, so that each is rebuilt once.
 */
import type { Context } from "../core/context.js";
import { lostOwn } from "./claims.js";
import type { HostRecord, Role } from "./contract.js";
import { collectPage, readDesired } from "./desired.js";
import type { Engine, RunUnit, UnitRow, WaitingRow } from "./engine.js";
import { type Losses, sumLosses } from "./guards.js";
import { ownerOf, shardOf } from "./manifest.js";
import { listTouched, pagesWaiting, readRows } from "./touched-rows.js";
import { cut, groupByRole, type HeldLimits, pagesOf, weigh } from "./unit-pages.js";

/** Of one batch: each becomes a release. */
export const BATCH: HeldLimits = { units: 500, rows: 8_000 };
/** Ids of rows asked for at once. */
const IDS = 500;

export interface Batches {
  /** Collects the next batch; units that must wait for another host are left out, so it may be empty. */
  next(): Promise<RunUnit[]>;
  /** Ids of what has not begun, batch by batch. */
  readonly waiting: readonly (readonly string[])[];
  /** Names that all batches together take off the host, by guarded role; empty where one batch holds everything. */
  readonly losses: Losses;
}

/** Makes the batches of what is touched when the first one is asked for; the versions of each are read when it begins. */
export function openBatches(engine: Engine, ctx: Context, host: HostRecord): Batches {
  let first: UnitRow[] | null = null;
  let lists: string[][] | null = null;
  const losses = new Map<string, Map<string, number>>();
  return {
    losses,
    async next() {
      if (lists === null) {
        first = await readFew(engine, ctx, host);
        lists = first === null ? await cutTouched(engine, ctx, host, losses) : [];
      }
      const units = await readDesired(engine, ctx, host, first ?? (await rowsOf(ctx, host, lists[0] ?? [])));
      first = null;
      lists = lists.slice(1);
      return units;
    },
    get waiting() {
      return lists ?? [];
    },
  };
}

/** All that is touched, where one batch holds it; null: it does not. */
async function readFew(engine: Engine, ctx: Context, host: HostRecord): Promise<UnitRow[] | null> {
  const { units, rows: most } = engine.limits.batch;
  const rows = await listTouched(ctx, host.id, units + 1);
  if (rows.length > units) return null;
  let sum = 0;
  for (const [role, ofRole] of groupByRole(engine.roles, rows)) for (const weight of (await weigh(ctx, host, role, ofRole)).values()) sum += weight;
  return sum > most ? null : rows;
}

/** What waits for one account: no more of a unit than its id is held. */
interface Owner {
  rows: string[];
  weight: number;
  /** Something of it is withdrawn, or it serves a name that is no longer its own: another unit may be waiting for just that name. */
  loses: boolean;
  shared: boolean;
}

/** Ids of units, batch by batch. */
async function cutTouched(engine: Engine, ctx: Context, host: HostRecord, losses: Map<string, Map<string, number>>): Promise<string[][]> {
  const owners = new Map<string, Owner>();
  for await (const waiting of pagesWaiting(ctx, host.id)) {
    for (const [role, rows] of groupByRole(engine.roles, waiting)) {
      const weights = await weigh(ctx, host, role, rows);
      for (const page of pagesOf(rows, weights)) {
        const losing = await listLosing(engine, ctx, host, role, page, losses);
        for (const row of page) {
          const name = ownerOf(row.key);
          const owner = owners.get(name) ?? { rows: [], weight: 0, loses: false, shared: true };
          owners.set(name, owner);
          owner.rows.push(row.id);
          owner.weight += weights.get(row.key) ?? 0;
          owner.loses ||= losing.has(row.id);
          owner.shared &&= row.accountId === null;
        }
      }
    }
  }
  const rank = (name: string, { loses, shared }: Owner) => `${loses ? 0 : 1}${shared ? 0 : 1} ${shardOf(name)} ${name}`;
  const ranked = [...owners].map(([name, owner]) => Object.assign(owner, { rank: rank(name, owner) }));
  return cut(
    ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1)),
    engine.limits.batch,
  );
}

/** Only for the order: each unit is read again, after its version, when its batch begins. */
async function listLosing(
  engine: Engine,
  ctx: Context,
  host: HostRecord,
  role: Role,
  page: readonly WaitingRow[],
  losses: Map<string, Map<string, number>>,
): Promise<ReadonlySet<string>> {
  const losing = new Set<string>();
  const ids = page.map(({ id }) => id);
  const units = await collectPage(ctx, host, role, await rowsOf(ctx, host, ids));
  sumLosses(engine, units, losses);
  for (const { row, desired } of units) {
    if (desired.withdrawn || lostOwn(row.claims as string[], desired.claims).length > 0) losing.add(row.id);
  }
  return losing;
}

async function rowsOf(ctx: Context, host: HostRecord, ids: readonly string[]): Promise<UnitRow[]> {
  const rows: UnitRow[] = [];
  for (let start = 0; start < ids.length; start += IDS) rows.push(...(await readRows(ctx, host.id, ids.slice(start, start + IDS))));
  return rows;
}
