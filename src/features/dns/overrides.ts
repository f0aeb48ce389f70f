/** Derived records that somebody turns off knowingly, and gives back. */
import type { Context } from "../../core/context.js";
import { conflict, invalid, notFound } from "../../core/errors.js";
import { parseOwner } from "./record-names.js";
import type { RecordName, RecordType } from "./role.js";
import type { DerivedKey } from "./schemas.js";
import { changeZone, type Features } from "./zone-changes.js";
import { readTable, replaces, type TableRow, type ZoneTable } from "./zone-table.js";
import { changeableZone } from "./zones.js";

/** Turns the derived records of one name and type off. */
export async function turnOff(ctx: Context, features: Features, key: string, { name: typed, type }: DerivedKey): Promise<{ name: RecordName }> {
  return ctx.transaction(async (tx) => {
    const zone = await changeableZone(tx, key);
    const name = ownerIn(zone.name, typed);
    const { before } = await changeZone(tx, features, zone, { turnOff: [{ name, type }] }, { knowingly: true, what: { kind: "off", name, type } });
    const rows = derivedRows(before, name, type);
    if (rows.length === 0) throw notFound("dns.derived_unknown");
    if (!rows.every(({ optional }) => optional)) throw conflict("dns.derived_required", { name });
    if (rows.every(({ state }) => state === "off")) throw conflict("dns.derived_off_already", { name, type });
    const object = { type: "record", id: `${zone.id} ${name} ${type}`, name: `${name} ${type}` };
    tx.audit({ verb: "dns.derived.turned_off", accountId: zone.accountId, object, old: { value: rows.map(({ value }) => value).join(", ") } });
    return { name };
  });
}

/** Gives derived records back: own records that stand in their place go into the bin. */
export async function giveBack(
  ctx: Context,
  features: Features,
  key: string,
  { name: typed, type }: DerivedKey,
): Promise<{ name: RecordName; removed: number }> {
  return ctx.transaction(async (tx) => {
    const zone = await changeableZone(tx, key);
    const name = ownerIn(zone.name, typed);
    const standing = standingInPlace(await readTable(tx.db, features, zone), name, type);
    const remove = standing.flatMap(({ id }) => id ?? []);
    const { after } = await changeZone(tx, features, zone, { giveBack: [{ name, type }], remove }, { knowingly: true, what: { kind: "back", name, type } });
    const rows = derivedRows(after, name, type);
    if (rows.length === 0) throw notFound("dns.derived_unknown");
    const object = { type: "record", id: `${zone.id} ${name} ${type}`, name: `${name} ${type}` };
    const told = { value: rows.map(({ value }) => value).join(", "), removed: standing.map(({ value }) => value).join(", ") };
    tx.audit({ verb: "dns.derived.given_back", accountId: zone.accountId, object, new: told });
    return { name, removed: remove.length };
  });
}

/** The own records to which a derived one yields. */
export function standingInPlace(table: ZoneTable, name: RecordName, type: RecordType): TableRow[] {
  const derived = derivedRows(table, name, type);
  return table.rows.filter((row) => row.id !== null && row.name === name && derived.some((one) => replaces(row.data, one.data)));
}

/** The derived records of one name and type. */
export function derivedRows({ rows }: ZoneTable, name: RecordName, type: RecordType): TableRow[] {
  return rows.filter((row) => row.derived !== null && row.name === name && row.data.type === type);
}

function ownerIn(zone: RecordName, typed: string): RecordName {
  const name = parseOwner(typed, zone);
  if (name === null) throw invalid("dns.name_invalid", {}, "name");
  return name;
}
