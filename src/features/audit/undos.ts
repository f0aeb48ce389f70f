/** Takes one change of the trail back, for who may see the entry and may make the change. */
import { findAudit } from "../../core/audit-trail.js";
import type { Context } from "../../core/context.js";
import { conflict, notFound } from "../../core/errors.js";
import { accountsWith } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";
import { undoOf } from "../../core/undo.js";

/** Undoes an entry by its position; the act that does it is audited as itself, and this one beside it. */
export async function undoEntry(ctx: Context, services: Services, position: number): Promise<{ verb: string; object: string }> {
  return ctx.transaction(async (tx) => {
    const entry = await findAudit(tx.db, accountsWith(tx.actor, "audit.read"), position);
    if (entry === null) throw notFound("audit.entry_unknown");
    const { verb, accountId, objectId, content } = entry;
    const undo = undoOf(services, verb, tx.actor);
    if (undo === null) throw conflict("audit.not_undoable");
    if (content === null) throw conflict("audit.entry_erased");
    await undo(tx, { position, verb, accountId, objectId, object: content.object, old: content.old ?? {}, new: content.new ?? {} }, services);
    tx.audit({ verb: "audit.entry.undone", accountId, object: { type: "entry", id: String(position), name: content.object }, new: { entry: position, verb } });
    return { verb, object: content.object };
  });
}
