/** Taking a zone over: the preview, and the act. */
import type { Context, TransactionContext } from "../../../core/context.js";
import { conflict, Refusal } from "../../../core/errors.js";
import type { Zone } from "../../../generated/sqlite/client.js";
import { changeZone, type Features } from "../zone-changes.js";
import { readTable } from "../zone-table.js";
import { changeableZone, getZone, raiseSerial, zoneObject } from "../zones.js";
import { changesNothing, type ImportPlan, planImport } from "./plan.js";
import { parseZoneFile } from "./zone-file.js";

export interface ImportInput {
  /** Of a zone file, whole. */
  text: string;
  /** What was decided, by the keys of groups; for the others what the preview proposes. */
  choices?: Readonly<Record<string, string>>;
  /** The version of the zone that the preview showed. */
  version?: number;
}

/** Shows what an import would do; changes nothing. */
export async function previewImport(ctx: Context, features: Features, key: string, { text, choices }: ImportInput): Promise<{ zone: Zone; plan: ImportPlan }> {
  const zone = await getZone(ctx, key, "dns.write");
  const file = parseZoneFile(text, zone.name);
  return { zone, plan: planImport(file, await readTable(ctx.db, features, zone), choices) };
}

/** Imports records into a zone, all of them or none; its serial passes the old server's. */
export async function importRecords(ctx: Context, features: Features, key: string, input: ImportInput): Promise<{ zone: Zone; plan: ImportPlan }> {
  // Read before the transaction: a megabyte takes a while, and the text does not depend on it.
  const file = parseZoneFile(input.text, (await getZone(ctx, key, "dns.write")).name);
  return ctx.transaction(async (tx) => {
    const zone = await changeableZone(tx, key);
    if (input.version !== undefined && input.version !== zone.version) throw conflict("dns.import_changed_meanwhile");
    const plan = planImport(file, await readTable(tx.db, features, zone), input.choices);
    if (plan.fault) throw new Refusal(409, plan.fault.code, plan.fault.data);
    const raised = plan.serial !== null && (await raiseSerial(tx, zone, plan.serial));
    if (!raised && changesNothing(plan.changes)) return { zone, plan };
    const { serialFloor: from } = zone;
    const now = await changeableZone(tx, key);
    // The preview told each doubt.
    const count = plan.changes.add.length + plan.changes.remove.length + plan.changes.turnOff.length;
    await changeZone(tx, features, now, plan.changes, { knowingly: true, what: { kind: "imported", count } });
    audit(tx, now, plan, raised ? from : null);
    return { zone: now, plan };
  });
}

function audit(tx: TransactionContext, zone: Zone, { counts, serial }: ImportPlan, from: bigint | null): void {
  const serials = from === null ? {} : { old: { serial: Number(from) } };
  tx.audit({
    verb: "dns.zone.imported",
    accountId: zone.accountId,
    object: zoneObject(zone),
    ...serials,
    new: { ...counts, ...(from === null ? {} : { serial }) },
  });
}
