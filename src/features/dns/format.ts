/**
 * What every daemon of the role `dns` reads: zone files (RFC 1035 §5: one record a line, all names absolute, no `$` directive, no line that goes
 * on) and the list of what zones share. The one part of this feature, beside role.ts, that daemons import. Pure.
 */
import type { DaemonOption, DaemonOptions, RenderedFile } from "../../publish/contract.js";
import { decimal, hostName, refuse } from "../../publish/words.js";
import { plainAddress } from "./addresses.js";
import { checkData } from "./record-data.js";
import { isInZone, isRecordName } from "./record-names.js";
import { presentationOf } from "./record-text.js";
import { type DnsBaseState, type DnsState, PROBE_LABEL, type RecordData, type RecordName, type Secondary, type ZoneRecord, type ZoneState } from "./role.js";

/** File names of 200 signs are what apply and the panel carry; the probe's label stands before the name. */
const MAX_ZONE = 180;
const MAX_SERIAL = 4_294_967_295;
const MAX_PORT = 65_535;
const MAX_TAG = 65_535; // RFC 4034 §5.1.1
const MAX_TTL = 2_147_483_647; // RFC 2181 §8
/** Seconds. Secondaries are told of changes; these are for when they could not be, and for how long they go on without us. */
const REFRESH = 3600;
const RETRY = 900;
const EXPIRE = 1_209_600;
/** The probe is asked of our own server: nobody needs to keep it. */
const PROBE_TTL = 0;

/** Settings that any daemon of the role has on a host; titles are below the daemon's own name. */
export function dnsOptions(daemon: string): Record<"port" | "kskDays" | "parentResolvers", DaemonOption> {
  const address = "[0-9a-f:.]{2,45}";
  return {
    // Where the panel asks; where the program listens is the machine's own file's to say.
    port: { title: `${daemon}.options.port`, hint: `${daemon}.options.port_hint`, type: "integer", default: 53, minimum: 1, maximum: MAX_PORT },
    kskDays: { title: `${daemon}.options.ksk_days`, hint: `${daemon}.options.ksk_days_hint`, type: "integer", default: 0, minimum: 0, maximum: 3650 },
    parentResolvers: {
      title: `${daemon}.options.parent_resolvers`,
      hint: `${daemon}.options.parent_resolvers_hint`,
      type: "text",
      default: "",
      pattern: `(?:${address}(?: ${address}){0,3})?`,
      maxLength: 190,
    },
  };
}

/** Renders the files of one unit. A zone's folder says whether it is signed, so that a driver need not open it. */
export function dnsFiles(state: DnsState, options: DaemonOptions, probe: string): RenderedFile[] {
  if (state.kind === "base") return [{ path: "base/shared.list", content: sharedList(state, options), secret: true }];
  return [{ path: `${state.signed ? "signed" : "plain"}/${zoneName(state.zone)}.zone`, content: zoneFile(state, probe) }];
}

/**
 * Writes what zones share, for drivers: `catalog <name>`, `key <name> <algorithm> <secret>`, `secondary <name> <address> <port> <key>`, `ksk-days <n>`,
 * `parent <address>`. Names end with their dot.
 */
export function sharedList(state: DnsBaseState, options: DaemonOptions): string {
  const keys = new Map(state.secondaries.map(({ tsig }) => [keyName(tsig.name), `${tsig.algorithm} ${keySecret(tsig)}`]));
  for (const { name, tsig } of state.secondaries)
    if (keys.get(keyName(tsig.name)) !== `${tsig.algorithm} ${keySecret(tsig)}`) refuse("key of one secret only", `${tsig.name} of ${name}`);
  const lines = [
    "# Written by Mutu. Do not edit: the next publication replaces this file.",
    `catalog ${zoneName(state.catalog)}.`,
    ...[...keys].map((words) => `key ${words.join(" ")}`).sort(),
    ...state.secondaries.map(
      ({ name, address, port, tsig }) => `secondary ${secondaryName(name)} ${ipAddress(address)} ${portNumber(port)} ${keyName(tsig.name)}`,
    ),
    ...rollOver(options),
  ];
  return `${lines.join("\n")}\n`;
}

/** Key-signing keys are only changed where somebody can be asked whether the parent zone has the new DS. */
function rollOver({ kskDays, parentResolvers }: DaemonOptions): string[] {
  const resolvers = typeof parentResolvers === "string" ? parentResolvers.split(" ").filter(Boolean) : [];
  if (resolvers.length === 0) return [];
  return [`ksk-days ${decimal(Number(kskDays ?? 0))}`, ...resolvers.map((address) => `parent ${ipAddress(address)}`)];
}

/** Writes a whole zone. The probe stands in a TXT record below it; the serial is the least that may be served. */
export function zoneFile(state: ZoneState, probe: string): string {
  const zone = zoneName(state.zone);
  const ttl = seconds(state.defaultTtl);
  const timers = [serial(state.serialFloor), REFRESH, RETRY, EXPIRE, seconds(state.negativeTtl)].join(" ");
  const probeName = `${PROBE_LABEL}.${zone}`;
  const lines = [
    `; Written by Mutu for zone ${zone}. Do not edit: the next publication replaces this file.`,
    `${zone}. ${ttl} IN SOA ${name(state.primary)}. ${name(state.mailbox)}. ${timers}`,
    ...leaving(state),
    ...sameTtl(state).map((record) => recordLine(record, zone, ttl)),
    `${probeName}. ${PROBE_TTL} IN TXT "${probeWord(probe)}"`,
  ];
  for (const record of state.records) if (isInZone(record.name, probeName)) refuse("name of a record: the probe's", record.name);
  return `${lines.join("\n")}\n`;
}

/** Names in a zone file that lead to an address, by records of their own. */
export function addressedNames(content: string): string[] {
  return [...new Set([...content.matchAll(/^(\S+)\. \d+ IN (?:A|AAAA|CNAME) /gm)].map(([, found]) => found as string))];
}

/** The third line, where drivers look for it. */
function leaving({ leavingKeys = [] }: ZoneState): string[] {
  for (const tag of leavingKeys) if (!Number.isSafeInteger(tag) || tag < 0 || tag > MAX_TAG) refuse("tag of a key", tag);
  return leavingKeys.length === 0 ? [] : [`; Leaving keys: ${[...leavingKeys].sort((a, b) => a - b).join(" ")}`];
}

/** It becomes the name of a file too. */
function zoneName(value: RecordName): string {
  if (value.length > MAX_ZONE) refuse("zone's name of at most 180 signs", value);
  return hostName(value);
}

/** What its type's RFC does not allow is refused. */
function recordLine(record: ZoneRecord, zone: RecordName, defaultTtl: string): string {
  const { data } = record;
  if (!isRecordName(record.name) || !isInZone(record.name, zone)) refuse(`name in the zone ${zone}`, record.name);
  const faults = checkData(data);
  if (faults[0]) refuse(`${data.type} record (${faults[0].code})`, data);
  const line = `${record.name}. ${record.ttl === null ? defaultTtl : seconds(record.ttl)} IN ${data.type} ${presentationOf(widelyKnown(data))}`;
  // Whatever a later type may bring: a line never holds anything but plain letters, so it stays one line and no directive.
  if (!/^[a-z0-9_*][ -~]*$/.test(line)) refuse("line of a zone file", line);
  return line;
}

/** Keys of services by their number where a daemon of Debian 12 does not know the word (RFC 9461, RFC 9540); it means the same (RFC 9460 §2.1). */
const NUMBERED_KEYS: Readonly<Record<string, string>> = { dohpath: "key7", ohttp: "key8" };
function widelyKnown(data: RecordData): RecordData {
  if (data.type !== "SVCB" && data.type !== "HTTPS") return data;
  const numbered = (key: string) => NUMBERED_KEYS[key] ?? key;
  const params = data.params.map(({ key, value }) => ({
    key: numbered(key),
    value: key === "mandatory" ? (value?.split(",").map(numbered).join(",") ?? null) : value,
  }));
  return { ...data, params };
}

/** RFC 2181 §5.2: records of one name and type share their TTL, the least of what they say. */
function sameTtl({ records, defaultTtl }: ZoneState): ZoneRecord[] {
  const least = new Map<string, number>();
  const setOf = ({ name, data }: ZoneRecord) => `${name} ${data.type}`;
  for (const record of records) {
    const ttl = record.ttl ?? defaultTtl;
    least.set(setOf(record), Math.min(least.get(setOf(record)) ?? ttl, ttl));
  }
  return records.map((record) => ({ ...record, ttl: least.get(setOf(record)) as number }));
}

/** With its last dot. */
function keyName(value: RecordName): string {
  return `${hostName(value)}.`;
}

/** Base64; at least 128 bits of it. */
function keySecret({ algorithm, secret }: Secondary["tsig"]): string {
  if (algorithm !== "hmac-sha256" && algorithm !== "hmac-sha512") refuse("algorithm of a key", algorithm);
  if (!/^(?:[A-Za-z0-9+/]{4}){5,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(secret)) refuse("secret of a key", "[secret]");
  return secret;
}

/** How a configuration calls it. */
function secondaryName(value: string): string {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(value)) refuse("name of a secondary", value);
  return value;
}

function ipAddress(value: string): string {
  return plainAddress(value) ?? refuse("address", value);
}

function portNumber(value: number): string {
  if (value < 1 || value > MAX_PORT) refuse("port", value);
  return decimal(value);
}

function name(value: RecordName): string {
  if (!isRecordName(value) || value.startsWith("*")) refuse("name", value);
  return value;
}

function seconds(value: number): string {
  if (!Number.isSafeInteger(value) || value < 0 || value > MAX_TTL) refuse("time to live", value);
  return String(value);
}

function serial(value: number): string {
  if (!Number.isSafeInteger(value) || value < 0 || value > MAX_SERIAL) refuse("serial", value);
  return String(value);
}

function probeWord(value: string): string {
  if (!/^[A-Za-z0-9._-]{0,200}$/.test(value)) refuse("probe", value);
  return value;
}
