/** Units of accounts, for the chips of what a feature shows. */
import type { Db } from "../core/db.js";
import type { ChipRow } from "./chip.js";

/** Reads the units of these accounts in these roles, with one query. */
export async function listUnitRows(
  db: Db,
  accountIds: string[],
  roles: string[],
): Promise<(ChipRow & { hostId: string; role: string; key: string; accountId: string | null })[]> {
  return db.publishUnit.findMany({ where: { accountId: { in: accountIds }, role: { in: roles } } });
}
