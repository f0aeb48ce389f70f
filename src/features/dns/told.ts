/** Where the world is told addresses of names: in zones of ours, and how long what was told stays in caches. */
import type { Db } from "../../core/db.js";
import type { Zone } from "../../generated/sqlite/client.js";
import { parentsOf } from "../domains/index.js";
import { chipsOf } from "./chips.js";
import { isReady, readSettings } from "./settings.js";

/** SQLite takes 999 values in one question. */
const NAMES_AT_ONCE = 100;

export interface ToldNames {
  /** Zones of ours that tell of them, and are published. */
  zones: Zone[];
  /** The longest time for which what they tell is kept in caches. */
  seconds: number;
  /** Names of which somebody else tells. */
  elsewhere: string[];
}

/** Finds the zones that tell the addresses of these names. */
export async function zonesTelling(db: Db, names: readonly string[]): Promise<ToldNames> {
  const settings = await readSettings(db);
  if (!isReady(settings)) return { zones: [], seconds: 0, elsewhere: [...names] };
  const zones = new Map<string, Zone>();
  const elsewhere: string[] = [];
  for (let at = 0; at < names.length; at += NAMES_AT_ONCE) {
    const page = names.slice(at, at + NAMES_AT_ONCE).map((name) => ({ name, line: lineOf(name) }));
    const wanted = [...new Set(page.flatMap(({ line }) => line))];
    const found = await db.zone.findMany({ where: { name: { in: wanted }, domain: { state: "live" } } });
    const known = new Map(found.map((zone) => [zone.name, zone]));
    for (const { name, line } of page) {
      const zone = line.flatMap((one) => known.get(one) ?? [])[0];
      if (zone?.mode === "hosted" && zone.dnsHostId !== null) zones.set(zone.id, zone);
      else elsewhere.push(name);
    }
  }
  const all = [...zones.values()];
  return { zones: all, seconds: Math.max(0, ...all.map(({ defaultTtl }) => defaultTtl ?? settings.defaultTtl)), elsewhere };
}

/** Names of those of these zones whose present state was not yet seen at their primary. */
export async function unseenZones(db: Db, zones: readonly Zone[]): Promise<string[]> {
  const chips = await chipsOf(db, zones);
  return zones.filter(({ id }) => chips.get(id)?.state !== "verified").map(({ name }) => name);
}

/** A name and those above it, the nearest first. */
function lineOf(name: string): string[] {
  const exact = name.replace(/^\*\./, "");
  return [exact, ...parentsOf(exact)];
}
