/** What administrators decide for all zones. One row, so that an act or a publication reads it with one question. */
import type { Context, TransactionContext } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import { type FieldError, invalidFields } from "../../core/errors.js";
import { requireAdmin } from "../../core/ownership.js";
import { readSetting, writeSetting } from "../../core/settings.js";
import { findHost } from "../hosts/index.js";
import { plainAddress } from "./addresses.js";
import { isHostName, isRecordName } from "./record-names.js";
import { TTL_SECONDS } from "./record-types.js";
import type { RecordName } from "./role.js";
import type { SettingsInput } from "./schemas.js";

const KEY = "dns.settings";
const MAX_NAME_SERVERS = 8;
const MAX_ADDRESSES = 4;

export interface NameServer {
  name: RecordName;
  /** Served where the name lies in one of our zones; otherwise who keeps that zone says it. */
  addresses: string[];
}

export interface DnsSettings {
  /** Empty: nothing is published yet, for a zone without name server is none. The first is the primary of the SOA. */
  nameServers: NameServer[];
  /** Mailbox of the SOA as a name: hostmaster.example.org. */
  mailbox: RecordName;
  defaultTtl: number;
  negativeTtl: number;
  /** New zones are signed. */
  signed: boolean;
  /** Primary of new zones; null: the first host that answers names. */
  hostId: string | null;
  catalog: RecordName;
  maxRecords: number;
  /** Certificate authorities that the hosting uses, as CAA records name them. */
  issuers: string[];
}

export const DEFAULT_SETTINGS: DnsSettings = {
  nameServers: [],
  mailbox: "",
  defaultTtl: 3600,
  negativeTtl: 300,
  signed: true,
  hostId: null,
  // RFC 9432 §5.1: a catalog zone is never asked by name, so its own name lies where nobody's does.
  catalog: "catalog.invalid",
  maxRecords: 2000,
  issuers: ["letsencrypt.org"],
};

/** Reads the settings. */
export async function readSettings(db: Db): Promise<DnsSettings> {
  const stored = await readSetting(db, KEY);
  return stored === null ? DEFAULT_SETTINGS : { ...DEFAULT_SETTINGS, ...(JSON.parse(stored) as Partial<DnsSettings>) };
}

/** Tells whether zones can be published. */
export function isReady({ nameServers }: DnsSettings): boolean {
  return nameServers.length > 0;
}

/** Changes the settings, once every one of them is sound; the caller marks what follows from them. */
export async function writeSettings(tx: TransactionContext, input: SettingsInput): Promise<{ old: DnsSettings; now: DnsSettings }> {
  requireAdmin(tx);
  const old = await readSettings(tx.db);
  const now = parseSettings(old, input);
  if (now.hostId !== null && !(await findHost(tx.db, now.hostId))) throw invalidFields([{ field: "hostId", code: "hosts.host_unknown" }]);
  await writeSetting(tx, KEY, JSON.stringify(now));
  return { old, now };
}

/** The settings as administrators may see them. */
export async function getSettings(ctx: Context): Promise<DnsSettings> {
  requireAdmin(ctx);
  return readSettings(ctx.db);
}

/** Gives the mailbox of the SOA as an address, and back: RFC 1035 §8, `hostmaster.example.org`. */
export function mailboxAddress(mailbox: RecordName): string {
  return mailbox.replace(".", "@");
}

/** Lays what was sent over what is there. Pure. */
export function parseSettings(old: DnsSettings, input: SettingsInput): DnsSettings {
  const faults: FieldError[] = [];
  const fault = (field: string, code: string, data: FieldError["data"] = {}) => void faults.push({ field, code: `dns.${code}`, data });
  const ttl = (field: "defaultTtl" | "negativeTtl"): number => {
    const value = input[field] ?? old[field];
    if (value < TTL_SECONDS.min || value > TTL_SECONDS.max) fault(field, "ttl_range", { ...TTL_SECONDS });
    return value;
  };
  const nameServers = input.nameServers === undefined ? old.nameServers : parseNameServers(input.nameServers, fault);
  const mailbox = input.hostmaster === undefined ? old.mailbox : parseMailbox(input.hostmaster, fault);
  if (mailbox === "" && nameServers.length > 0 && faults.length === 0) fault("hostmaster", "hostmaster_invalid");
  const catalog = (input.catalog ?? old.catalog).trim().toLowerCase().replace(/\.$/, "");
  if (!isRecordName(catalog) || !catalog.includes(".")) fault("catalog", "name_invalid");
  const issuers =
    input.issuers === undefined
      ? old.issuers
      : input.issuers
          .toLowerCase()
          .split(/[\s,]+/)
          .filter(Boolean);
  if (!issuers.every(isHostName)) fault("issuers", "caa_issuer_invalid");
  const settings = {
    nameServers,
    mailbox,
    defaultTtl: ttl("defaultTtl"),
    negativeTtl: ttl("negativeTtl"),
    signed: input.signed ?? old.signed,
    hostId: input.hostId === undefined ? old.hostId : input.hostId || null,
    catalog,
    maxRecords: input.maxRecords ?? old.maxRecords,
    issuers,
  };
  if (faults.length > 0) throw invalidFields(faults);
  return settings;
}

type Fault = (field: string, code: string, data?: FieldError["data"]) => void;

/** One a line: its name, then its addresses. */
function parseNameServers(typed: string, fault: Fault): NameServer[] {
  const lines = typed
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);
  const servers = lines.map((line) => {
    const [name = "", ...words] = line.split(/[\s,]+/);
    const addresses = words.map(plainAddress);
    return { name: name.toLowerCase().replace(/\.$/, ""), addresses: addresses.filter((one) => one !== null), sound: !addresses.includes(null) };
  });
  const sound = servers.every((one) => one.sound && one.addresses.length <= MAX_ADDRESSES && isHostName(one.name) && one.name.includes("."));
  if (!sound || servers.length > MAX_NAME_SERVERS || new Set(servers.map(({ name }) => name)).size < servers.length)
    fault("nameServers", "name_servers_invalid");
  return servers.map(({ name, addresses }) => ({ name, addresses }));
}

/** RFC 1035 §8: the first dot of the name stands for the @, so no dot may stand before it. */
function parseMailbox(typed: string, fault: Fault): RecordName {
  const [, local = "", domain = ""] = /^([a-z0-9_-]{1,63})@(.+)$/.exec(typed.trim().toLowerCase().replace(/\.$/, "")) ?? [];
  if (typed.trim() === "") return "";
  if (!isRecordName(local) || !isHostName(domain) || !domain.includes(".")) fault("hostmaster", "hostmaster_invalid");
  return `${local}.${domain}`;
}
