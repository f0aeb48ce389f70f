/** The chip of a site: the worst of the units that it stands on. */
import type { Db } from "../../core/db.js";
import { type Chip, chipOf, listUnitRows, worstChip } from "../../publish/index.js";

/** What of a site decides which units it stands on. */
export interface ChipSite {
  id: string;
  accountId: string;
  kind: string;
  phpVersion: string | null;
  account: { number: number; webHostId: string; alsoWebHostId: string | null; alsoWebVisited: boolean; filesHostId: string };
}

/** Gives the chip of each site, with one query for all of them. */
export async function chipsOf(db: Db, sites: readonly ChipSite[]): Promise<Map<string, Chip>> {
  const accountIds = [...new Set(sites.map(({ accountId }) => accountId))];
  const rows = await listUnitRows(db, accountIds, ["web", "php", "files"]);
  const units = new Map(rows.map((row) => [`${row.hostId} ${row.role} ${row.key}`, chipOf(row)]));
  return new Map(sites.map((site) => [site.id, worstChip(keysOf(site).flatMap((key) => units.get(key) ?? []))]));
}

/** Where visitors come to: a second machine counts while caches may still lead there. */
function keysOf({ account, kind, phpVersion }: ChipSite): string[] {
  const { webHostId, alsoWebHostId, alsoWebVisited, filesHostId, number } = account;
  const web = alsoWebHostId !== null && alsoWebVisited ? [webHostId, alsoWebHostId] : [webHostId];
  const units = web.map((host) => `${host} web ${number}`);
  if (kind !== "folder") return units;
  const pools = phpVersion ? web.map((host) => `${host} php ${number}/${phpVersion}`) : [];
  return [...units, `${filesHostId} files ${number}`, ...pools];
}
