/** Changes of accounts that can be taken back; for administrators, as the acts are. */

import type { TransactionContext } from "../../core/context.js";
import { changedFrom, refuseChanged, type Undo, type UndoEntry } from "../../core/undo.js";
import { editAccount } from "./accounts.js";
import { accountFor } from "./own.js";
import { restoreAccount, resumeAccount, suspendAccount } from "./states.js";

/** By the verb of the entry. */
export const accountUndos: Record<string, Undo> = {
  async "accounts.account.edited"(tx, entry) {
    await refuseOther(tx, entry);
    await editAccount(tx, entry.objectId, changedFrom(entry) as { name?: string; planId?: string });
  },
  async "accounts.account.suspended"(tx, entry) {
    await refuseOther(tx, entry);
    await resumeAccount(tx, entry.objectId);
  },
  async "accounts.account.resumed"(tx, entry) {
    await refuseOther(tx, entry);
    const reason = entry.old["suspendedReason"];
    await suspendAccount(tx, entry.objectId, typeof reason === "string" ? reason : "");
  },
  async "accounts.account.removed"(tx, entry) {
    await refuseOther(tx, entry);
    await restoreAccount(tx, entry.objectId);
  },
};

async function refuseOther(tx: TransactionContext, entry: UndoEntry): Promise<void> {
  const account = await accountFor(tx, entry.objectId, "accounts.write");
  const names = Object.keys(changedFrom(entry));
  const pick = (values: Readonly<Record<string, unknown>>) => Object.fromEntries(names.map((name) => [name, values[name]]));
  refuseChanged(pick(entry.new), pick(account as unknown as Record<string, unknown>));
}
