/** Writes into the database what a machine now serves. The same rows whether the run went through or its panel died half way. */
import type { Context, TransactionContext } from "../core/context.js";
import type { Probe } from "./contract.js";
import type { RunUnit, UnitRow } from "./engine.js";
import type { Level } from "./fallback.js";
import type { Lease } from "./lock.js";
import { type FileChange, shardsOf } from "./manifest.js";
import type { PastFacts } from "./past.js";
import { hashShard } from "./plan.js";
import { newsOf, type UnitNews } from "./unit-events.js";

/** What a unit became, kept with the release. */
export interface UnitOutcome {
  id: string;
  role: string;
  key: string;
  accountId: string | null;
  /** The row did not name this account when its version was read. Otherwise the row's word stands: the unit may have passed to another account since. */
  named?: boolean;
  /** The version that was read before the state. */
  taken: number;
  serving: Level;
  hash: string | null;
  claims: string[];
  probes: Probe[];
  /** Missing in releases of older versions. */
  withdrawn?: boolean;
  code: string | null;
  data: Record<string, string>;
  /** False as long as this version is neither proven nor given up: the unit then stays touched. */
  done: boolean;
  verified: boolean;
  /** Number of the release that it was put back to. */
  backTo?: number;
  /** What its files of before served: known even when the release that brought them is no longer kept. Releases of older versions lack it. */
  was?: PastFacts;
}

/** Sums up a unit; at its last good files it keeps the facts that belong to them. */
export function outcomeOf(unit: RunUnit, done: boolean): UnitOutcome {
  const { row, desired, level, fault } = unit;
  const facts = {
    present: { hash: unit.hash, claims: unit.back?.claims ?? desired.claims, probes: desired.probes },
    lastGood: { hash: row.hash, claims: row.claims as string[], probes: row.probes as Probe[] },
    notice: { hash: null, claims: desired.claims, probes: [] },
    nothing: { hash: null, claims: [], probes: [] },
  }[level];
  const withdrawn = level === "lastGood" ? row.withdrawn : desired.withdrawn || desired.state === null;
  const empty = unit.files.length === 0 && level === "present";
  return {
    id: row.id,
    role: row.role,
    key: row.key,
    accountId: desired.accountId,
    named: desired.accountId !== row.accountId,
    taken: row.wanted,
    serving: empty ? "nothing" : level,
    ...facts,
    withdrawn,
    code: fault?.code ?? null,
    data: fault?.data ?? {},
    done,
    verified: unit.verified,
    ...(unit.back !== null && { backTo: unit.back.number }),
    was: wasOf(row),
  };
}

function wasOf({ serving, accountId, hash, withdrawn, ...row }: UnitRow): PastFacts {
  return { serving, accountId, hash, withdrawn, claims: row.claims as string[], probes: row.probes as Probe[] };
}

/** Rows written at once; above it SQLite's and PostgreSQL's limits on parameters come near. */
const ROWS_AT_ONCE = 500;

/** Makes a release the live one: manifest, shards, units and the release's own state, in one transaction. */
export async function adoptRelease(ctx: Context, lease: Lease, releaseId: string, outcomes: readonly UnitOutcome[]): Promise<UnitNews[]> {
  return ctx.transaction(async (tx) => {
    await lease.assertHeldIn(tx);
    const release = await tx.db.release.findUniqueOrThrow({ where: { id: releaseId } });
    const changes = await tx.db.releaseChange.findMany({ where: { releaseId } });
    await moveManifest(tx, release.hostId, changes);
    await tx.db.release.updateMany({ where: { hostId: release.hostId, state: "live" }, data: { state: "past" } });
    await tx.db.release.update({ where: { id: releaseId }, data: { state: "live" } });
    return settleUnits(tx, outcomes);
  });
}

/** Goes back over a release's changes: the machine returned to its parent. */
export async function revertRelease(ctx: Context, lease: Lease, releaseId: string): Promise<void> {
  await ctx.transaction(async (tx) => {
    await lease.assertHeldIn(tx);
    const { hostId, parentRoot } = await tx.db.release.update({ where: { id: releaseId }, data: { state: "rolledBack" } });
    const changes = await tx.db.releaseChange.findMany({ where: { releaseId } });
    const backwards = changes.map((change) => ({ ...change, oldHash: change.newHash, newHash: change.oldHash }));
    await moveManifest(tx, hostId, backwards);
    const parent = parentRoot === null ? null : await tx.db.release.findFirst({ where: { hostId, root: parentRoot }, orderBy: { number: "desc" } });
    if (parent !== null) await tx.db.release.update({ where: { id: parent.id }, data: { state: "live" } });
    for (const { role, key } of uniqueUnits(changes)) {
      await tx.db.publishUnit.updateMany({ where: { hostId, role, key }, data: { wanted: { increment: 1 } } });
    }
  });
}

function uniqueUnits(changes: readonly FileChange[]): { role: string; key: string }[] {
  return [...new Map(changes.map(({ role, key }) => [`${role} ${key}`, { role, key }])).values()];
}

async function moveManifest(tx: TransactionContext, hostId: string, changes: readonly FileChange[]): Promise<void> {
  const files = changes.flatMap(({ path, role, key, newHash, size }) =>
    newHash === null ? [] : [{ hostId, path, shard: path.slice(0, 2), role, key, hash: newHash, size }],
  );
  for (const page of pages(changes)) {
    await tx.db.publishedFile.deleteMany({ where: { hostId, path: { in: page.map((change) => change.path) } } });
  }
  for (const page of pages(files)) await tx.db.publishedFile.createMany({ data: page });
  const shards = shardsOf(changes);
  const rows = await tx.db.publishedFile.findMany({
    where: { hostId, shard: { in: shards } },
    select: { path: true, role: true, key: true, hash: true, size: true },
  });
  await tx.db.publishedShard.deleteMany({ where: { hostId, shard: { in: shards } } });
  const filled = shards.flatMap((shard) => {
    const inside = rows.filter((row) => row.path.startsWith(`${shard}/`));
    return inside.length === 0 ? [] : [{ hostId, shard, hash: hashShard(inside) }];
  });
  await tx.db.publishedShard.createMany({ data: filled });
}

/** Writes what units became, and returns their chips. `published` only grows: a version taken earlier never undoes a later one. */
export async function settleUnits(tx: TransactionContext, outcomes: readonly UnitOutcome[]): Promise<UnitNews[]> {
  const news: UnitNews[] = [];
  for (const outcome of outcomes) {
    const { id, accountId, named, taken, serving, hash, claims, probes, withdrawn, code, data, done, verified, backTo } = outcome;
    const facts = {
      ...(named && { accountId }),
      serving,
      hash,
      claims,
      probes: probes.map(({ kind, name }) => ({ kind, name })),
      ...(withdrawn !== undefined && { withdrawn }),
    };
    // It has these files now, and stands at them; another release may have been asked for meanwhile.
    if (done && backTo !== undefined) await tx.db.publishUnit.updateMany({ where: { id, putBackTo: backTo }, data: { putBackTo: null } });
    const failed = { quarantineCode: code, quarantineData: data, quarantinedAt: tx.clock.now(), failedVersion: taken };
    const well = { quarantineCode: null, quarantinedAt: null, failedVersion: null };
    const numbers = done ? { published: taken, ...(verified ? { verified: taken } : {}), ...(code === null ? well : failed) } : {};
    const unit = await tx.db.publishUnit.update({ where: { id }, data: { ...facts, ...numbers } });
    // A person's word that came after this version was taken is for the one that waits.
    if (done && unit.letGoAt !== null && unit.wanted <= taken) await tx.db.publishUnit.update({ where: { id }, data: { letGoAt: null } });
    news.push(newsOf(unit));
  }
  return news;
}

function* pages<T>(rows: readonly T[]): Generator<T[]> {
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) yield rows.slice(start, start + ROWS_AT_ONCE);
}
