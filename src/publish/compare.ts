/**
 * Renders every unit of a host and compares it with what serves, without touching anything: page by page, keeping of each only its files' paths and
 * hashes. What differs although nobody touched it was forgotten by somebody, or is rendered by another program than before.
 */
import type { Context } from "../core/context.js";
import type { COMPARED } from "./cause.js";
import type { HostRecord, Role } from "./contract.js";
import { collectPage } from "./desired.js";
import type { Engine, RunUnit, UnitRow } from "./engine.js";
import { contentHash, type FileEntry, type UnitId, unitId } from "./manifest.js";
import { changeOf } from "./plan.js";
import { renderUnits } from "./render.js";
import type { Store } from "./store.js";
import { touch } from "./touch.js";
import { COLUMNS } from "./touched-rows.js";
import { pagesOf, weigh } from "./unit-pages.js";

/** Units asked for at once, and touched in one transaction. */
const PAGE = 200;

/** A unit that would change although nothing waits for it. */
export interface Different {
  role: string;
  key: string;
  accountId: string | null;
  /** It cannot be rendered at all: why. Null: other files than those that serve. */
  code: string | null;
}

/** What a comparison found on one host. */
export interface Comparison {
  /** Units that were rendered. Those that wait already, are held, or are known to fail were not. */
  units: number;
  different: Different[];
}

export interface CompareOptions {
  /** Also those that failed as they stand: another program may render them rightly. */
  failed: boolean;
}

/** Compares all units of the roles that this host's daemons fill; what exists and should not is among the different. */
export async function compareHost(engine: Engine, ctx: Context, host: HostRecord, { failed }: CompareOptions): Promise<Comparison> {
  const found: Comparison = { units: 0, different: [] };
  const dry: Engine = { ...engine, store: hashOnly(engine.store) };
  for (const name of new Set(host.daemons.map((daemon) => daemon.role))) {
    const role = engine.roles.get(name);
    if (role === undefined) continue;
    const seen = new Set<string>();
    for (let after = ""; ; ) {
      const keys = await role.keys(ctx.db, host, after, PAGE);
      for (const key of keys) seen.add(key);
      await compareKeys(dry, ctx, host, role, keys, failed, found);
      const last = keys.at(-1);
      if (keys.length < PAGE || last === undefined) break;
      after = last;
    }
    found.different.push(...(await listOrphans(ctx, host.id, name, seen)));
  }
  return found;
}

/** Touches what was found, where it still stands as it was compared; a change of somebody's that came meanwhile is on its way already. */
export async function touchDifferent(ctx: Context, hostId: string, different: readonly Different[], cause: (typeof COMPARED)[number]): Promise<number> {
  let touched = 0;
  for (let start = 0; start < different.length; start += PAGE) {
    const page = different.slice(start, start + PAGE);
    touched += await ctx.transaction(async (tx) => {
      const rows = await tx.db.publishUnit.findMany({
        where: { hostId, key: { in: page.map(({ key }) => key) } },
        select: { role: true, key: true, wanted: true, published: true, hold: true },
      });
      const busy = new Set(rows.flatMap((row) => (row.wanted > row.published || row.hold !== null ? [unitId(row)] : [])));
      const units = page.filter((unit) => !busy.has(unitId(unit))).map(({ role, key, accountId }) => ({ hostId, role, key, accountId }));
      await touch(tx, units, cause);
      return units.length;
    });
  }
  return touched;
}

async function compareKeys(engine: Engine, ctx: Context, host: HostRecord, role: Role, keys: string[], failed: boolean, found: Comparison): Promise<void> {
  const hostId = host.id;
  const select = { ...COLUMNS, hold: true, quarantineCode: true, failedVersion: true };
  const rows = await ctx.db.publishUnit.findMany({ where: { hostId, role: role.name, key: { in: keys } }, orderBy: { key: "asc" }, select });
  const known = new Set(rows.map(({ key }) => key));
  found.different.push(
    ...(await listMissing(
      ctx,
      host,
      role,
      keys.filter((key) => !known.has(key)),
    )),
  );
  const still = rows.filter(({ hold, wanted, published, quarantineCode }) => hold === null && wanted <= published && (failed || quarantineCode === null));
  const failing = new Map(still.flatMap(({ id, quarantineCode }) => (quarantineCode === null ? [] : [[id, quarantineCode] as const])));
  for (const page of pagesOf<UnitRow>(still, await weigh(ctx, host, role, still))) {
    const units = await collectPage(ctx, host, role, page);
    await loadBefore(ctx, hostId, role.name, units);
    await renderUnits(engine, host, units);
    found.units += units.length;
    for (const { row, desired, before, files, fault } of units) {
      const code = fault?.code ?? null;
      // Of what failed before only what no longer does is news.
      const same = changeOf(before, files) === "unchanged" && (code === null || failing.has(row.id));
      if (!same) found.different.push({ role: row.role, key: row.key, accountId: row.accountId ?? desired.accountId, code });
    }
  }
}

async function loadBefore(ctx: Context, hostId: string, role: string, units: RunUnit[]): Promise<void> {
  const files: FileEntry[] = await ctx.db.publishedFile.findMany({
    where: { hostId, role, key: { in: units.map(({ row }) => row.key) } },
    orderBy: { path: "asc" },
    select: { path: true, role: true, key: true, hash: true, size: true },
  });
  const byUnit = new Map<UnitId, FileEntry[]>(units.map((unit) => [unitId(unit.row), unit.before]));
  for (const file of files) byUnit.get(unitId(file))?.push(file);
}

/** What should exist and was never touched; its account is known by its state alone. */
async function listMissing(ctx: Context, host: HostRecord, role: Role, keys: string[]): Promise<Different[]> {
  if (keys.length === 0) return [];
  const collected = await role.collect(ctx.db, host, keys).catch(() => []);
  const accounts = new Map(collected.map(({ key, accountId }) => [key, accountId]));
  return keys.map((key) => ({ role: role.name, key, accountId: accounts.get(key) ?? null, code: null }));
}

/** What is served, or was to be, and no longer exists for its role. */
async function listOrphans(ctx: Context, hostId: string, role: string, seen: ReadonlySet<string>): Promise<Different[]> {
  const where = { hostId, role, serving: { not: "nothing" }, hold: null, wanted: { lte: ctx.db.publishUnit.fields.published } };
  const served = await ctx.db.publishUnit.findMany({ where, orderBy: { key: "asc" }, select: { key: true, accountId: true } });
  return served.filter(({ key }) => !seen.has(key)).map(({ key, accountId }) => ({ role, key, accountId, code: null }));
}

/** A store that keeps nothing: what is compared is written down only when it is published. */
function hashOnly(store: Store): Store {
  return { ...store, put: async (content) => contentHash(content) };
}
