/** Which units a change of sites concerns. */
import type { TransactionContext } from "../../core/context.js";
import { type Touched, touch } from "../../publish/index.js";
import { type AccountFacts, placeOf, webHostsOf } from "../accounts/index.js";
import { hostsWithRole } from "../hosts/index.js";
import type {} from "./events.js";

export interface Concerned {
  web?: boolean;
  files?: boolean;
  /** PHP versions whose pool changes. */
  php?: string[];
}

/** Marks units of one account. */
export async function touchAccount(tx: TransactionContext, account: AccountFacts, { web, files, php = [] }: Concerned): Promise<void> {
  const accountId = account.id;
  const key = String(account.number);
  const units: Touched[] = webHostsOf(account).flatMap((hostId) => webUnits(account, hostId, { web, php }));
  if (files) units.push({ hostId: account.filesHostId, role: "files", key, accountId });
  if (units.length > 0) await touch(tx, units);
}

function webUnits({ id: accountId, number }: Pick<AccountFacts, "id" | "number">, hostId: string, { web, php = [] }: Concerned): Touched[] {
  const pools = php.map((version) => ({ hostId, role: "php", key: `${number}/${version}`, accountId }));
  return web ? [...pools, { hostId, role: "web", key: String(number), accountId }] : pools;
}

/** Marks all that an account has on these web machines, also on one that it leaves. */
export async function touchPlaces(tx: TransactionContext, accountId: string, hostIds: readonly string[]): Promise<void> {
  const account = await placeOf(tx.db, accountId);
  const pools = await tx.db.phpPool.findMany({ where: { accountId }, orderBy: { version: "asc" } });
  const all = { web: true, php: pools.map(({ version }) => version) };
  await touch(
    tx,
    hostIds.flatMap((hostId) => webUnits(account, hostId, all)),
  );
}

/** Tells the addresses of sites, those of domains in the bin left out. */
export async function tellSites(tx: TransactionContext, siteIds: readonly string[]): Promise<void> {
  const sites = await tx.db.site.findMany({
    where: { id: { in: [...siteIds] } },
    include: { addresses: { where: { domain: { state: "live" } }, orderBy: [{ position: "asc" }, { name: "asc" }] } },
    orderBy: { id: "asc" },
  });
  for (const { id: siteId, accountId, addresses } of sites) await tx.emit("sites.changed", { siteId, accountId, names: addresses.map(({ name }) => name) });
}

/** Marks everything of an account: its plan or its state changed. */
export async function touchWhole(tx: TransactionContext, accountId: string): Promise<void> {
  const account = await placeOf(tx.db, accountId);
  const pools = await tx.db.phpPool.findMany({ where: { accountId }, orderBy: { version: "asc" } });
  await touchAccount(tx, account, { web: true, files: true, php: pools.map(({ version }) => version) });
}

/** Marks the fixed part of every web host: the highest plan changed, or a host appeared. */
export async function touchBase(tx: TransactionContext, hostId?: string): Promise<void> {
  const hosts = hostId ? [{ id: hostId }] : await hostsWithRole(tx.db, "web");
  await touch(
    tx,
    hosts.map(({ id }) => ({ hostId: id, role: "web", key: "base", accountId: null })),
  );
}
