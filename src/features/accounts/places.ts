/** On which web machines an account stands: where its names lead, and a second one while they move. When, is the feature `moves`' to say. */
import type { TransactionContext } from "../../core/context.js";
import type { Account } from "../../generated/sqlite/client.js";
import { webHostsOf } from "./facts.js";

type Places = Pick<Account, "webHostId" | "alsoWebHostId" | "alsoWebVisited">;

/** Serves the account's sites from a second machine too; names go on leading to the first. */
export function serveAlso(tx: TransactionContext, account: Account, hostId: string): Promise<void> {
  return place(tx, account, { webHostId: account.webHostId, alsoWebHostId: hostId, alsoWebVisited: false });
}

/** Names lead to the second machine from now on; the first one goes on serving for those who come by an address of before. */
export async function exchangePlaces(tx: TransactionContext, account: Account): Promise<void> {
  if (account.alsoWebHostId === null) return;
  await place(tx, account, { webHostId: account.alsoWebHostId, alsoWebHostId: account.webHostId, alsoWebVisited: true });
}

/** Only the machine to which names lead goes on. */
export function serveOnce(tx: TransactionContext, account: Account): Promise<void> {
  return place(tx, account, { webHostId: account.webHostId, alsoWebHostId: null, alsoWebVisited: false });
}

async function place(tx: TransactionContext, account: Account, places: Places): Promise<void> {
  await tx.db.account.update({ where: { id: account.id }, data: { ...places, version: { increment: 1 } } });
  const [before, after] = [webHostsOf(account), webHostsOf(places)];
  // Only who begins or stops: a pool that waits on a machine of before would keep its site's virtual host back here.
  const hostIds = [...after.filter((id) => !before.includes(id)), ...before.filter((id) => !after.includes(id))];
  await tx.emit("accounts.placed", { accountId: account.id, hostIds, led: places.webHostId !== account.webHostId });
}
