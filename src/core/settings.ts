/** Small settings of administrators. A key's prefix is the folder that reads it: `home.webmail`. */
import type { TransactionContext } from "./context.js";
import type { Db } from "./db.js";

/** Gives a setting's value; null when it was never set, or was taken away. */
export async function readSetting(db: Db, key: string): Promise<string | null> {
  return (await db.setting.findUnique({ where: { key } }))?.value ?? null;
}

/** Writes a setting, or takes it away (null), and says so in the audit trail. */
export async function writeSetting(tx: TransactionContext, key: string, value: string | null): Promise<void> {
  const old = await readSetting(tx.db, key);
  if (old === value) return;
  if (value === null) await tx.db.setting.delete({ where: { key } });
  else await tx.db.setting.upsert({ where: { key }, create: { key, value }, update: { value } });
  const prefix = key.split(".", 1)[0] ?? key;
  tx.audit({ verb: `${prefix}.setting.changed`, accountId: null, object: { type: "setting", id: key, name: key }, old: { value: old }, new: { value } });
}
