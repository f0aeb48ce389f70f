/** Asks the primary itself whether it serves this very version of a zone: a TXT record carries the unit's hash. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { DNS_PORT, exchange } from "../../core/dns/index.js";
import type { Services } from "../../core/services.js";
import type { Host } from "../../generated/sqlite/client.js";
import type { Answer, HostRecord, Prober } from "../../publish/contract.js";
import { publisherOf } from "../../publish/index.js";
import { PROBE_LABEL } from "./role.js";

const OK = 200;
const NOT_THERE = 404;

export const probers: Record<string, Prober> = {
  dns: {
    reaches: (host) => dnsDaemon(host) !== undefined,
    async ask(host, { name }, _hash, timeoutMs) {
      try {
        return await askZone(host, name, timeoutMs);
      } catch (error) {
        return { error: (error as NodeJS.ErrnoException).code ?? (error as Error).message };
      }
    },
  },
};

async function askZone(host: HostRecord, zone: string, timeoutMs: number): Promise<Answer> {
  const server = await dnsServerOf(host);
  const answer = await exchange(server, { name: `${PROBE_LABEL}.${zone}`, type: "TXT" }, { timeoutMs, recursive: false });
  if (typeof answer === "string") return { error: answer };
  const texts = answer.answers.filter(({ type }) => type === "TXT").map(({ value }) => value);
  // Whoever only remembers somebody else's answer proves nothing.
  if (answer.rcode !== 0 || !answer.authoritative || texts.length !== 1) return { status: NOT_THERE, body: `rcode ${answer.rcode}` };
  return { status: OK, body: (texts[0] ?? "").replace(/^"|"$/g, "") };
}

/** Where a host's name server answers, as the control machine reaches it. */
export async function dnsServerOf(host: Pick<HostRecord, "address" | "daemons" | "options">): Promise<{ address: string; port: number }> {
  const daemon = dnsDaemon(host);
  const port = Number(host.options[daemon?.name ?? ""]?.["port"] ?? DNS_PORT);
  const address = isIP(host.address) !== 0 ? host.address : (await lookup(host.address)).address;
  return { address, port };
}

/** The name server of a host. */
export function dnsDaemon(host: Pick<HostRecord, "daemons">) {
  return host.daemons.find(({ role }) => role === "dns");
}

/** Where secondaries reach a primary: its public address, and the port of its daemon. */
export async function primaryAddress(services: Services, host: Host | null | undefined): Promise<{ address: string; port: number }> {
  const record = host ? await publisherOf(services).hosts.find(services.db, host.id) : null;
  const port = Number(record?.options[dnsDaemon(record)?.name ?? ""]?.["port"] ?? DNS_PORT);
  return { address: host?.publicIpv4 ?? host?.publicIpv6 ?? host?.address ?? "ADDRESS", port };
}
