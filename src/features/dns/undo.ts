/** The last change of a zone's records, taken back as a whole: also an edit, or an import. */
import type { Context } from "../../core/context.js";
import { conflict } from "../../core/errors.js";
import type { Zone } from "../../generated/sqlite/client.js";
import { type ChangeWords, changeZone, type Features, type StoredUndo } from "./zone-changes.js";
import { changeableZone, zoneObject } from "./zones.js";

const UNDO_DAYS = 30;
const DAY_MS = 86_400_000;

export interface LastChange {
  what: ChangeWords;
  at: Date;
}

/** Gives the last change that can be taken back; null: there is none, or it is too long ago for its bin. */
export function lastChangeOf({ undo, undoAt }: Pick<Zone, "undo" | "undoAt">, now: Date): LastChange | null {
  const stored = undo as unknown as Partial<StoredUndo>;
  const fresh = undoAt !== null && now.getTime() - undoAt.getTime() < UNDO_DAYS * DAY_MS;
  return fresh && stored.what ? { what: stored.what, at: undoAt } : null;
}

/** Takes the last change back; doing it again brings it back. `at`: the moment of the change that was meant, as ISO 8601. */
export async function undoChange(ctx: Context, features: Features, key: string, at?: string): Promise<{ zone: Zone; what: ChangeWords }> {
  return ctx.transaction(async (tx) => {
    const zone = await changeableZone(tx, key);
    const last = lastChangeOf(zone, tx.clock.now());
    if (!last) throw conflict("dns.nothing_to_undo", { name: zone.name });
    if (at !== undefined && at !== last.at.toISOString()) throw conflict("dns.undo_outdated");
    const { inverse } = zone.undo as unknown as StoredUndo;
    await changeZone(tx, features, zone, inverse, { knowingly: true, what: { ...last.what, kind: "undone" } });
    tx.audit({ verb: "dns.zone.undone", accountId: zone.accountId, object: zoneObject(zone), new: { ...last.what } });
    return { zone, what: last.what };
  });
}
