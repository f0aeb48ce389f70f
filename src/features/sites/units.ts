/** Which units a change of sites concerns. */
import type { TransactionContext } from "../../core/context.js";
import { type Touched, touch } from "../../publish/index.js";
import { type AccountFacts, placeOf } from "../accounts/index.js";
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
  const units: Touched[] = php.map((version) => ({ hostId: account.webHostId, role: "php", key: `${key}/${version}`, accountId }));
  if (web) units.push({ hostId: account.webHostId, role: "web", key, accountId });
  if (files) units.push({ hostId: account.filesHostId, role: "files", key, accountId });
  if (units.length > 0) await touch(tx, units);
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
