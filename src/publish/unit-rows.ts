/** Units of accounts, for the chips of what a feature shows. */
import type { Db } from "../core/db.js";
import type { PublishUnit } from "../generated/sqlite/client.js";
import type { ChipRow } from "./chip.js";

const PAGE = 500;

/** Reads the units of these accounts in these roles, with one query. */
export async function listUnitRows(
  db: Db,
  accountIds: string[],
  roles: string[],
): Promise<(ChipRow & { hostId: string; role: string; key: string; accountId: string | null; quarantinedAt: Date | null })[]> {
  return db.publishUnit.findMany({ where: { accountId: { in: accountIds }, role: { in: roles } } });
}

/** Lists the units of a host in these roles, or one of them by its key. */
export async function listUnits(db: Db, hostId: string, roles: string[], key?: string): Promise<PublishUnit[]> {
  const rows: PublishUnit[] = [];
  for (let after = ""; ; ) {
    const where = { hostId, role: { in: roles }, id: { gt: after }, ...(key !== undefined && { key }) };
    const page = await db.publishUnit.findMany({ where, orderBy: { id: "asc" }, take: PAGE });
    rows.push(...page);
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) return rows;
    after = last.id;
  }
}
