/** PHP pools of an account: one per version that its sites use. */
import { randomBytes } from "node:crypto";
import type { TransactionContext } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import type { AccountFacts } from "../accounts/index.js";
import { findHost } from "../hosts/index.js";

const SOCKET_BYTES = 16;
const DEFAULT_MASTERS = 16;

/** Makes the pools match the versions in use; gives the versions whose pool appeared or went. */
export async function settlePools(tx: TransactionContext, account: AccountFacts): Promise<string[]> {
  const sites = await tx.db.site.findMany({
    where: { accountId: account.id, state: "live", kind: "folder", phpVersion: { not: null } },
    select: { phpVersion: true },
  });
  const wanted = new Set(sites.map(({ phpVersion }) => phpVersion ?? ""));
  const there = await tx.db.phpPool.findMany({ where: { accountId: account.id } });
  const gone = there.filter(({ version }) => !wanted.has(version)).map(({ version }) => version);
  const missing = [...wanted].filter((version) => !there.some((pool) => pool.version === version));
  await tx.db.phpPool.deleteMany({ where: { accountId: account.id, version: { in: gone } } });
  const masters = (await findHost(tx.db, account.webHostId))?.phpMasters ?? DEFAULT_MASTERS;
  for (const version of missing) {
    const data = { accountId: account.id, version, master: masterOf(account.number, masters), socket: socketName() };
    await tx.db.phpPool.create({ data });
  }
  return [...gone, ...missing].sort();
}

/** Spreads accounts over the masters by their number: neighbours in number share none. */
export function masterOf(number: number, masters: number): string {
  return `m${String(number % masters).padStart(2, "0")}`;
}

/** 128 random bits: no neighbour can name the socket (HOSTING.md 1). */
function socketName(): string {
  return `${randomBytes(SOCKET_BYTES).toString("hex")}.sock`;
}

/** PHP versions that an account uses. */
export async function pooledVersions(db: Db, accountId: string): Promise<string[]> {
  const pools = await db.phpPool.findMany({ where: { accountId }, select: { version: true }, orderBy: { version: "asc" } });
  return pools.map(({ version }) => version);
}
