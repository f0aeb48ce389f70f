/** The chip of a zone: what its primary serves. */
import type { Db } from "../../core/db.js";
import type { Zone } from "../../generated/sqlite/client.js";
import { type Chip, chipOf, listUnitRows } from "../../publish/index.js";

/** Gives the chip of each zone by its id, with one question for all of them. A zone that is kept elsewhere has none. */
export async function chipsOf(db: Db, zones: readonly Pick<Zone, "id" | "accountId" | "dnsHostId" | "name" | "mode">[]): Promise<Map<string, Chip>> {
  const hosted = zones.filter(({ mode }) => mode === "hosted");
  const rows = await listUnitRows(db, [...new Set(hosted.map(({ accountId }) => accountId))], ["dns"]);
  const units = new Map(rows.map((row) => [`${row.hostId} ${row.key}`, chipOf(row)]));
  return new Map(hosted.map((zone) => [zone.id, units.get(`${zone.dnsHostId} ${zone.name}`) ?? { state: "waiting" }]));
}
