/** The chip of a login: the state of its account's logins on the host. */
import type { Db } from "../../core/db.js";
import { type Chip, chipOf, listUnitRows, worstChip } from "../../publish/index.js";
import { hostsServing } from "../hosts/index.js";

export interface ChipLogin {
  id: string;
  accountId: string;
  account: { number: number; filesHostId: string };
}

/** `noDaemon`: the host of the files has no FTP daemon, so nothing is served however well it is published. */
export type LoginChip = Chip | { state: "noDaemon" };

/** Gives the chip of each login, with one query for all of them. */
export async function chipsOf(db: Db, logins: readonly ChipLogin[]): Promise<Map<string, LoginChip>> {
  const served = new Set((await hostsServing(db, "ftp")).map(({ id }) => id));
  const rows = await listUnitRows(db, [...new Set(logins.map(({ accountId }) => accountId))], ["ftp"]);
  const units = new Map(rows.map((row) => [`${row.hostId} ${row.key}`, chipOf(row)]));
  return new Map<string, LoginChip>(
    logins.map(({ id, account }): [string, LoginChip] => {
      if (!served.has(account.filesHostId)) return [id, { state: "noDaemon" }];
      const unit = units.get(`${account.filesHostId} ${account.number}`);
      return [id, worstChip(unit ? [unit] : [])];
    }),
  );
}
