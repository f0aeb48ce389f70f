/** Which units a change of logins concerns: the account's logins, and the folders that they need. */
import type { TransactionContext } from "../../core/context.js";
import { touch } from "../../publish/index.js";
import { type AccountFacts, placeOf } from "../accounts/index.js";

const PAGE = 500;

/** Marks the logins of an account; `folders` when a folder is asked for that may not be there yet. */
export async function touchLogins(tx: TransactionContext, account: Pick<AccountFacts, "id" | "number" | "filesHostId">, folders = false): Promise<void> {
  const unit = { hostId: account.filesHostId, key: String(account.number), accountId: account.id };
  await touch(tx, [...(folders ? [{ ...unit, role: "files" }] : []), { ...unit, role: "ftp" }]);
}

/** Marks an account whose state changed; one that never had a login has no unit. */
export async function touchAccountLogins(tx: TransactionContext, accountId: string): Promise<void> {
  if ((await tx.db.ftpLogin.count({ where: { accountId } })) === 0) return;
  await touchLogins(tx, await placeOf(tx.db, accountId));
}

/** Marks every account with logins on a host: its daemon has just come. */
export async function touchHost(tx: TransactionContext, hostId: string): Promise<void> {
  for (let after = -1; ; ) {
    const accounts = await tx.db.ftpLogin.findMany({
      where: { account: { filesHostId: hostId, number: { gt: after } } },
      distinct: ["accountId"],
      orderBy: { account: { number: "asc" } },
      take: PAGE,
      select: { accountId: true, account: { select: { number: true } } },
    });
    const last = accounts.at(-1);
    if (!last) return;
    await touch(
      tx,
      accounts.map(({ accountId, account }) => ({ hostId, role: "ftp", key: String(account.number), accountId })),
    );
    after = last.account.number;
  }
}
