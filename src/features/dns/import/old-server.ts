/** The zone as the old server gives it: which server may be asked, and what its answer means to who asked. */
import { networkInterfaces } from "node:os";
import type { Context } from "../../../core/context.js";
import type { Db } from "../../../core/db.js";
import type { Resolver } from "../../../core/dns/index.js";
import { invalid, invalidFields, tooMany } from "../../../core/errors.js";
import { isAdmin, requireAdmin } from "../../../core/ownership.js";
import { Secret } from "../../../core/secret.js";
import type { Services } from "../../../core/services.js";
import { readSetting, writeSetting } from "../../../core/settings.js";
import { parseName } from "../../domains/index.js";
import { machineAddresses } from "../../hosts/index.js";
import { plainAddress } from "../addresses.js";
import { isRecordName } from "../record-names.js";
import { readSettings } from "../settings.js";
import { getZone } from "../zones.js";
import { Fault } from "./fault.js";
import { mayReach, parseNetwork, type ReachRules } from "./reach.js";
import type { TransferInput } from "./schemas.js";
import { transferZone } from "./transfer.js";
import type { TsigKey } from "./tsig.js";

const KEY = "dns.transfer_networks";
const DNS_PORT = 53;
const MAX_ADDRESSES = 4;
const AT_ONCE = 4;
const MIN_SECRET_BYTES = 8;

let underWay = 0;

/** Asks a server for a domain's zone and gives it as text; nothing is changed. Outside of any transaction. */
export async function fetchZone(ctx: Context, { resolver }: Pick<Services, "resolver">, key: string, input: TransferInput): Promise<string> {
  const zone = await getZone(ctx, key, "dns.write");
  const port = input.port ?? DNS_PORT;
  // Another port than 53 would let strangers knock at whatever listens anywhere.
  if (port !== DNS_PORT && !isAdmin(ctx.actor)) throw invalid("dns.transfer_port", {}, "port");
  const tsig = parseKey(input);
  if (underWay >= AT_ONCE) throw tooMany("dns.transfer_busy");
  underWay += 1;
  try {
    const addresses = await allowedAddresses(ctx.db, resolver, input.server);
    return await askEach(addresses, input.server, (address) => transferZone(zone.name, { address, port, tsig }, ctx.clock));
  } finally {
    underWay -= 1;
  }
}

/** The networks that may be asked although they are the hosting's own. */
export async function listTransferNetworks(ctx: Context): Promise<string[]> {
  requireAdmin(ctx);
  return readNetworks(ctx.db);
}

/** Sets these networks: one a line, or by commas. */
export async function setTransferNetworks(ctx: Context, typed: string): Promise<string[]> {
  requireAdmin(ctx);
  const words = typed.split(/[\s,]+/).filter(Boolean);
  const networks = words.map(parseNetwork);
  const wrong = networks.indexOf(null);
  if (wrong >= 0) throw invalid("dns.network_invalid", { network: (words[wrong] ?? "").slice(0, 60) }, "networks");
  const list = [...new Set(networks.filter((one) => one !== null))].sort();
  await ctx.transaction((tx) => writeSetting(tx, KEY, list.length > 0 ? JSON.stringify(list) : null));
  return list;
}

async function readNetworks(db: Db): Promise<string[]> {
  const stored = await readSetting(db, KEY);
  return stored === null ? [] : (JSON.parse(stored) as string[]);
}

/** Gives the addresses of a server that may be asked. What is checked here is what is asked: the name is not looked up again. */
async function allowedAddresses(db: Db, resolver: Resolver, typed: string): Promise<string[]> {
  const server = typed.trim();
  const known = plainAddress(server);
  const name = known === null ? parseName(server) : null;
  if (known === null && name === null) throw invalid("dns.transfer_server", {}, "server");
  const addresses = known === null ? await addressesOf(resolver, name ?? "") : [known];
  if (addresses.length === 0) throw invalid("dns.transfer_unresolved", { server: name ?? "" }, "server");
  const rules = await reachRules(db, resolver);
  const allowed = addresses.filter((address) => mayReach(address, rules)).slice(0, MAX_ADDRESSES);
  if (allowed.length === 0) throw invalid("dns.transfer_forbidden", { server }, "server");
  return allowed;
}

async function reachRules(db: Db, resolver: Resolver): Promise<ReachRules> {
  const [allowed, machines, { nameServers }] = await Promise.all([readNetworks(db), machineAddresses(db), readSettings(db)]);
  const names = machines.filter((machine) => plainAddress(machine) === null && parseName(machine) !== null);
  const resolved = await Promise.all(names.map((name) => addressesOf(resolver, name)));
  const here = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  return { allowed, own: [...here, ...machines, ...resolved.flat(), ...nameServers.flatMap(({ addresses }) => addresses)] };
}

async function addressesOf(resolver: Resolver, name: string): Promise<string[]> {
  const seen = await Promise.all([resolver.ask(name, "A"), resolver.ask(name, "AAAA")]);
  return seen.flatMap((one) => (one.state === "found" ? one.records.flatMap(({ value }) => plainAddress(value) ?? []) : []));
}

/** Asks one address after the other as long as nobody answers there. */
async function askEach(addresses: readonly string[], server: string, ask: (address: string) => Promise<string>): Promise<string> {
  let last: unknown;
  for (const address of addresses) {
    try {
      return await ask(address);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      last = error;
      if (error.code !== "unreachable" && error.code !== "timeout") break;
    }
  }
  throw refusalOf(last as Fault, server);
}

const TOLD: Readonly<Record<string, string>> = {
  unreachable: "transfer_unreachable",
  timeout: "transfer_timeout",
  cut: "transfer_cut",
  refused: "transfer_refused",
  not_served: "transfer_not_served",
  failed: "transfer_failed",
  transfer_large: "transfer_large",
  tsig_missing: "transfer_unsigned",
  tsig_wrong: "transfer_signature",
  tsig_error: "transfer_key",
};

function refusalOf({ code, data }: Fault, server: string) {
  return invalid(`dns.${TOLD[code] ?? "transfer_garbled"}`, { server: server.slice(0, 100), ...data }, code.startsWith("tsig") ? "tsigSecret" : "server");
}

function parseKey({ tsigName, tsigAlgorithm, tsigSecret }: TransferInput): TsigKey | null {
  if (!tsigName && !tsigSecret) return null;
  const name = (tsigName ?? "").trim().toLowerCase().replace(/\.$/, "");
  const secret = (tsigSecret ?? "").trim();
  const faults = [];
  if (!isRecordName(name)) faults.push({ field: "tsigName", code: "dns.tsig_name" });
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(secret) && secret.length % 4 === 0;
  if (!isBase64 || Buffer.from(secret, "base64").length < MIN_SECRET_BYTES) faults.push({ field: "tsigSecret", code: "dns.tsig_secret" });
  if (faults.length > 0) throw invalidFields(faults);
  return { name, algorithm: tsigAlgorithm ?? "hmac-sha256", secret: new Secret(secret) };
}
