/** What of an account still answers although it should go: held by a guard, or on its way. */
import type { Db } from "../core/db.js";

/** Counts an account's units that serve and are to change: those that a guard holds, and the others. */
export async function countLeaving(db: Db, accountId: string): Promise<{ held: number; waiting: number }> {
  const serves = { accountId, serving: { not: "nothing" } };
  const [held, waiting] = await Promise.all([
    db.publishUnit.count({ where: { ...serves, hold: "guard" } }),
    db.publishUnit.count({ where: { ...serves, hold: null, withdrawn: false, wanted: { gt: db.publishUnit.fields.published } } }),
  ]);
  return { held, waiting };
}
