/** A zone as the text that other programs and providers read (RFC 1035 §5). Pure. */
import { presentationOf } from "./record-text.js";
import type { RecordName, ZoneRecord } from "./role.js";
import type { ZoneTable } from "./zone-table.js";

const NAME_WIDTH = 30;
const TTL_WIDTH = 8;
const TYPE_WIDTH = 6;
/** Times of the SOA (RFC 1912 §2.2), for who reads the text; what is served stands with the daemon. */
const REFRESH = 3600;
const RETRY = 900;
const EXPIRE = 1_209_600;

/** Writes what a zone serves. Names of other zones are absolute, so that nothing depends on who reads it. */
export function zoneText({ zone, settings, served }: ZoneTable): string {
  const ttl = zone.defaultTtl ?? settings.defaultTtl;
  const primary = settings.nameServers[0]?.name ?? zone.name;
  const soa = `${primary}. ${settings.mailbox || zone.name}. ${zone.serialFloor} ${REFRESH} ${RETRY} ${EXPIRE} ${settings.negativeTtl}`;
  const lines = [`$ORIGIN ${zone.name}.`, `$TTL ${ttl}`, line("@", null, "SOA", soa), ...served.map((record) => recordLine(record, zone.name))];
  return `${lines.join("\n")}\n`;
}

function recordLine({ name, ttl, data }: ZoneRecord, zone: RecordName): string {
  return line(name === zone ? "@" : name.slice(0, -zone.length - 1), ttl, data.type, presentationOf(data));
}

function line(name: string, ttl: number | null, type: string, data: string): string {
  return `${name.padEnd(NAME_WIDTH)} ${String(ttl ?? "").padEnd(TTL_WIDTH)} IN ${type.padEnd(TYPE_WIDTH)} ${data}`;
}

/** Names the file of a download. */
export function zoneFileName(zone: RecordName): string {
  return `${zone}.zone`;
}
