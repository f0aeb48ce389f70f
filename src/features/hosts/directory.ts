/** Hosts as the publication engine sees them: a door to each, and where their sites are asked. */
import { join } from "node:path";
import type { TransactionContext } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import type { Env } from "../../core/env.js";
import { type Door, openMachine } from "../../core/machine/index.js";
import type { Host, HostDaemon } from "../../generated/sqlite/client.js";
import type { DaemonOptions, HostDirectory, HostRecord } from "../../publish/contract.js";
import type {} from "./events.js";
import { noteReach } from "./reach.js";
import { readState } from "./state.js";

const SSH_PORT = 22;
const APPLY = "/usr/local/lib/mutu/apply";
const WITH_DAEMONS = { daemons: { orderBy: { daemon: "asc" } } } as const;

export type HostWithDaemons = Host & { daemons: HostDaemon[] };

/** Files of the panel for one host: its key pair, the pinned key of the machine, the socket of the kept connection. */
export function hostFiles(env: Pick<Env, "state">, host: { name: string }): { keyFile: string; knownHostsFile: string; controlPath: string } {
  const folder = join(env.state, "hosts", host.name);
  // A Unix socket's path is short: 90 letters at most.
  const controlPath = join(env.state, "ssh", host.name);
  return { keyFile: join(folder, "id_ed25519"), knownHostsFile: join(folder, "known_hosts"), controlPath };
}

/** Gives the door of a host. */
export function doorOf(env: Env, host: Host): Door {
  if (host.door === "direct") return { kind: "direct", argv: ["/bin/sh", host.applyFile ?? APPLY, "-c", host.machineFile ?? "/etc/mutu/machine.conf"] };
  if (host.door === "sudo") return { kind: "sudo", ...(host.applyFile ? { apply: host.applyFile } : {}) };
  return { kind: "ssh", address: host.address, port: host.port ?? SSH_PORT, user: host.user ?? "root", ...hostFiles(env, host) };
}

/** Makes the directory that the engine reads. */
export function hostDirectory(env: Env): HostDirectory {
  return {
    async list(db) {
      const hosts = await db.host.findMany({ orderBy: { name: "asc" }, include: WITH_DAEMONS });
      return hosts.map((host) => recordOf(env, host));
    },
    async find(db, hostId) {
      const host = await db.host.findUnique({ where: { id: hostId }, include: WITH_DAEMONS });
      return host && recordOf(env, host);
    },
    noteReach,
  };
}

function recordOf(env: Env, host: HostWithDaemons): HostRecord {
  const web = host.daemons.some(({ role }) => role === "web");
  return {
    id: host.id,
    name: host.name,
    homes: host.homes,
    address: host.address,
    options: Object.fromEntries(host.daemons.map(({ daemon, options }) => [daemon, (options ?? {}) as DaemonOptions])),
    machine: openMachine(doorOf(env, host)),
    daemons: host.daemons.map(({ daemon, role }) => ({ name: daemon, role })),
    web: web ? { address: host.address, httpPort: host.httpPort, httpsPort: host.httpsPort } : null,
  };
}

/** The hosts that have a daemon of this role, with how many accounts each carries. */
export async function hostsWithRole(db: Db, role: string) {
  const hosts = await db.host.findMany({
    where: { daemons: { some: { role } } },
    orderBy: { name: "asc" },
    include: { _count: { select: { webAccounts: { where: { purgedAt: null } }, filesAccounts: { where: { purgedAt: null } } } } },
  });
  return hosts.map(({ _count, ...host }) => ({ ...host, accounts: { web: _count.webAccounts, files: _count.filesAccounts } }));
}

/** A host's daemon of one role: its settings as they are kept, and what it said when the machine was last asked. */
export interface ServingHost {
  id: string;
  name: string;
  address: string;
  daemon: string;
  options: DaemonOptions;
  lines: readonly (readonly [string, string])[];
}

/** The hosts that have a daemon of this role, by name, with that daemon. */
export async function hostsServing(db: Db, role: string): Promise<ServingHost[]> {
  const rows = await db.hostDaemon.findMany({ where: { role }, orderBy: [{ host: { name: "asc" } }, { daemon: "asc" }], include: { host: true } });
  return rows.map(({ daemon, options, host }) => ({
    id: host.id,
    name: host.name,
    address: host.address,
    daemon,
    options: (options ?? {}) as DaemonOptions,
    lines: readState(host.state)?.daemons[daemon] ?? [],
  }));
}

/** Gives a host by its id, or null. */
export async function findHost(db: Db, id: string): Promise<Host | null> {
  return db.host.findUnique({ where: { id } });
}

/** Names and addresses by which machines are reached: nobody may host them. */
export async function hostAddresses(db: Db): Promise<string[]> {
  const [hosts, names] = await Promise.all([db.host.findMany({ select: { address: true } }), db.hostName.findMany({ select: { name: true } })]);
  const addresses = hosts.map(({ address }) => address.toLowerCase()).filter((address) => /[a-z]/.test(address) && !address.includes(":"));
  return [...new Set([...addresses, ...names.map(({ name }) => name)])];
}

/** Says by which names people reach a host for one purpose, instead of those said before. */
export async function setHostNames(tx: TransactionContext, hostId: string, purpose: string, names: readonly string[]): Promise<void> {
  const wanted = [...new Set(names)];
  await tx.db.hostName.deleteMany({ where: { hostId, purpose } });
  await tx.db.hostName.createMany({ data: wanted.map((name) => ({ hostId, purpose, name })) });
  await tx.emit("hosts.named", { hostId, purpose, names: wanted });
}

/** Gives a host by its name, or null. */
export async function hostNamed(db: Db, name: string): Promise<Host | null> {
  return db.host.findUnique({ where: { name } });
}

/** Every address and name by which machines of the hosting are reached: the panel must not be led there by strangers. */
export async function machineAddresses(db: Db): Promise<string[]> {
  const hosts = await db.host.findMany({ select: { address: true, publicIpv4: true, publicIpv6: true } });
  return hosts.flatMap(({ address, publicIpv4, publicIpv6 }) => [address, publicIpv4, publicIpv6].filter((one) => one !== null));
}
