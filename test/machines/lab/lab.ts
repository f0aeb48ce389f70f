/**
 * Two (or more) real machines on this one, from kernel namespaces: own root file systems, processes, addresses, systemd as pid 1.
 * They are prepared by the project's own install scripts. Needs root; uses neither the host's network nor its files but the cache of layers.
 */

import type { ChildProcess } from "node:child_process";
import { chmodSync, closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import type { FetchOptions, FetchResult } from "./fetch.js";
import { fetchFrom } from "./fetch.js";
import type { MachineKind } from "./layers.js";
import { makeLayers, REPOSITORY } from "./layers.js";
import type { Bind } from "./node.js";
import { LabNode, removeCgroups } from "./node.js";
import { must, spawnBound, until } from "./run.js";

export interface NodeRequest {
  name: string;
  /** Default: `control` when the name begins so, else `web`. */
  kind?: MachineKind;
  /** `files` (default): installed. `packages`: Debian with the packages only, as `mutu hosts add` meets it. */
  prepared?: "files" | "packages";
  /** Drivers that the machine gets; default: those in src/daemons that belong to its kind. */
  daemons?: string;
  /** systemd (default), or `container`: what docker-compose.yml runs as pid 1, on the packages alone. */
  init?: "systemd" | "container";
  binds?: readonly Bind[];
}

export interface LabRequest {
  nodes: readonly (string | NodeRequest)[];
}

export interface Lab {
  /** Temporary folder of this lab, on the host. */
  directory: string;
  /** Members' files, on the host; /srv/mutu/homes in every node. */
  homes: string;
  nodes: ReadonlyMap<string, LabNode>;
  /** The node of that name; throws when there is none. */
  node(name: string): LabNode;
  /** Private key (path on the host) that the web machines' door knows, and its public half. */
  panelKey: { path: string; public: string };
  /** Asks over HTTP(S) as a client on `from` (default: the first node), the name resolved to `to`. */
  fetch(to: LabNode, url: string, options?: FetchOptions & { from?: LabNode }): Promise<FetchResult>;
  /** Milliseconds that layers and machines took. */
  times: { layersMs: number; raiseMs: number };
  /** Powers everything off and removes every file of this lab. */
  close(): Promise<void>;
}

const NET = "10.77.0";
const PREFIX = "mutu-lab-";
const CONTAINER_START = "/usr/local/sbin/lab-container";
// In the order of MUTU_DAEMONS.
const DAEMONS: Record<MachineKind, readonly string[]> = { control: ["homes"], web: ["php-fpm", "apache", "nginx"] };

/** Raises machines that see each other, the first one being the middle of their network. Close it in the end. */
export async function raiseLab(request: LabRequest): Promise<Lab> {
  const started = performance.now();
  sweep();
  const requests = request.nodes.map((node) => (typeof node === "string" ? { name: node } : node));
  const directory = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  chmodSync(directory, 0o755);
  const homes = join(directory, "homes");
  mkdirSync(homes);
  chmodSync(homes, 0o711);
  // Where containers hand each other public keys.
  const keys = join(directory, "keys");
  mkdirSync(keys);
  const holders: ChildProcess[] = [];
  const nodes = new Map<string, LabNode>();
  const close = async () => {
    await Promise.all([...nodes.values()].map((node) => node.stop()));
    for (const holder of holders) holder.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const panelKey = await makeKey(directory);
    const lowers: string[] = [];
    // One after the other: they share the base, and two apt at once gain nothing on two cores.
    for (const node of requests) lowers.push(await lowerOf(node));
    const layersMs = Math.round(performance.now() - started);

    const hosts = ["127.0.0.1 localhost", ...requests.map((node, index) => `${NET}.${index + 1} ${node.name}`)].join("\n");
    for (const [index, wanted] of requests.entries()) {
      const start = wanted.init === "container" ? containerStart(wanted, directory) : null;
      const holder = await holdNetwork(directory);
      holders.push(holder);
      nodes.set(
        wanted.name,
        new LabNode({
          ...{ name: wanted.name, ip: `${NET}.${index + 1}`, lower: lowers[index]!, directory, netHolder: holder.pid!, hosts },
          cgroup: join(cgroupRoot(), `${directory.slice(directory.lastIndexOf("/") + 1)}-${wanted.name}`),
          binds: [
            { mode: "rw", source: homes, target: "/srv/mutu/homes" },
            ...kindBinds(wanted, keys),
            ...(start ? [start.bind] : []),
            ...(wanted.binds ?? []),
          ],
          init: start?.init ?? "systemd",
        }),
      );
    }
    await wire(holders.map((holder) => holder.pid!));
    await Promise.all([...nodes.values()].map((node) => node.boot()));
    for (const [index, wanted] of requests.entries()) {
      if (kindOf(wanted) === "web" && wanted.prepared !== "packages" && wanted.init !== "container") await admit([...nodes.values()][index]!, panelKey.public);
    }
    const node = (name: string) => {
      const found = nodes.get(name);
      if (!found) throw new Error(`the lab has no node ${name}`);
      return found;
    };
    const times = { layersMs, raiseMs: Math.round(performance.now() - started) - layersMs };
    const first = [...nodes.values()][0]!;
    return { directory, homes, nodes, node, panelKey, times, close, fetch: (to, url, options = {}) => fetchFrom(options.from ?? first, to.ip, url, options) };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Puts another panel's public key into a web machine's door, with the same restrictions. */
export async function admit(node: LabNode, publicKey: string): Promise<void> {
  const line = (await node.readFile("/etc/mutu/door.keys")).replace(/ssh-ed25519 .*/, publicKey.trim());
  await node.writeFile("/etc/mutu/door.keys", line);
}

// The key in the cached layer is nobody's: each lab has its own.
const PLACEHOLDER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA lab";

function kindOf(node: NodeRequest): MachineKind {
  return node.kind ?? (node.name.startsWith("control") ? "control" : "web");
}

function daemonsOf(node: NodeRequest): string {
  return node.daemons ?? DAEMONS[kindOf(node)].filter((daemon) => existsSync(join(REPOSITORY, "src/daemons", daemon, "machine/driver"))).join(" ");
}

async function lowerOf(node: NodeRequest): Promise<string> {
  const kind = kindOf(node);
  const daemons = daemonsOf(node);
  const common = ["--host", node.name, "--daemons", daemons];
  const web = ["--control-address", `${NET}.1`, "--panel-key", PLACEHOLDER_KEY];
  return makeLayers({
    kind,
    daemons,
    prepared: node.prepared ?? (node.init === "container" ? "packages" : "files"),
    installArgs: kind === "web" ? [...common, ...web] : common,
  });
}

/** The control machine runs the panel from the checkout, which it cannot change; containers find the bundle and their keys. */
function kindBinds(node: NodeRequest, keys: string): Bind[] {
  const checkout = REPOSITORY.replace(/\/$/, "");
  const control = kindOf(node) === "control";
  const binds: Bind[] = control ? [{ mode: "ro", source: checkout, target: "/opt/mutu" }] : [];
  if (node.init !== "container") return binds;
  if (!control) binds.push({ mode: "ro", source: checkout, target: "/usr/local/share/mutu" });
  return [...binds, { mode: control ? "rw" : "ro", source: keys, target: "/run/mutu-keys" }];
}

/** ENTRYPOINT of machines/<kind>/Dockerfile, as a script with the environment of docker-compose.yml, under its capabilities. */
function containerStart(node: NodeRequest, directory: string): { init: string; bind: Bind } {
  const kind = kindOf(node);
  const source = join(directory, `${node.name}-start`);
  writeFileSync(source, `#!/bin/sh\n${(kind === "web" ? webContainer(node) : controlContainer(node)).join("\n")}\n`, { mode: 0o755 });
  const rights = `setpriv --bounding-set=-all,${composeRights(kind)} --inh-caps=-all`;
  return { init: `${rights} ${CONTAINER_START}`, bind: { mode: "ro", source, target: CONTAINER_START } };
}

function webContainer(node: NodeRequest): string[] {
  return [`export MUTU_HOST=${node.name} MUTU_CONTROL_ADDRESS=${NET}.1`, "exec /usr/local/share/mutu/machines/web/container"];
}

function controlContainer(node: NodeRequest): string[] {
  // The second one of a lab has keys of its own.
  const keys = node.name === "control" ? [] : ["export MUTU_KEYS_FOLDER=/run/own-keys"];
  return [
    `export MUTU_HOST=${node.name} MUTU_ORIGIN=https://${node.name} MUTU_WEB_HOSTS=web1 MUTU_FTP_PASSIVE='50000 50099'`,
    `export MUTU_DAEMONS='${daemonsOf(node)}'`,
    ...keys,
    "exec /opt/mutu/machines/control/container",
  ];
}

/** What a container of this kind may, as setpriv writes it. */
function composeRights(kind: MachineKind): string {
  const { services } = parse(readFileSync(join(REPOSITORY, "docker-compose.yml"), "utf8")) as { services: Record<string, { cap_add: string[] }> };
  return (services[kind === "web" ? "web1" : "control"]?.cap_add ?? []).map((right) => `+${right.toLowerCase()}`).join(",");
}

async function makeKey(directory: string): Promise<{ path: string; public: string }> {
  const path = join(directory, "panel-key");
  await must(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "panel", "-f", path]);
  return { path, public: readFileSync(`${path}.pub`, "utf8").trim() };
}

/** A process that does nothing but own a network namespace, so that the wires outlive a reboot. */
async function holdNetwork(directory: string): Promise<ChildProcess> {
  const log = openSync(join(directory, "net.log"), "a");
  const holder = spawnBound(["unshare", "--net", "--", "sleep", "infinity"], log);
  closeSync(log);
  const ours = readlinkNet("self");
  await until("a network namespace", () => {
    const theirs = readlinkNet(`${holder.pid}`);
    return (theirs !== "" && theirs !== ours) || undefined;
  });
  return holder;
}

/** A bridge in the first node's network, one wire to each further node. Nothing is added to the host's. */
async function wire(holders: readonly number[]): Promise<void> {
  const script = `set -eu
net=$1 first=$2; shift 2
in_first() { nsenter --net=/proc/$first/ns/net ip "$@"; }
in_first link add br0 type bridge
in_first addr add $net.1/24 dev br0
in_first link set br0 up
in_first link set lo up
i=1
for holder; do
  i=$((i + 1))
  in_first link add v$i type veth peer name eth0 netns $holder
  in_first link set v$i master br0 up
  nsenter --net=/proc/$holder/ns/net ip addr add $net.$i/24 dev eth0
  nsenter --net=/proc/$holder/ns/net ip link set eth0 up
  nsenter --net=/proc/$holder/ns/net ip link set lo up
done`;
  await must(["sh", "-c", script, "wire", NET, ...holders.map(String)]);
}

function readlinkNet(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return "";
  }
}

/** Where a cgroup2 tree of the host can be written: the unified one, or the one beside the old controllers. */
function cgroupRoot(): string {
  const mount = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .find((fields) => fields[2] === "cgroup2" && fields[3]?.startsWith("rw"));
  if (mount) return mount[1]!;
  throw new Error("no writable cgroup2 on this host: mount -t cgroup2 none /sys/fs/cgroup");
}

/** Takes away what a killed test runner left: its machines are gone with it, its folders and cgroups are not. */
function sweep(): void {
  for (const root of [tmpdir(), cgroupRoot()]) {
    for (const name of readdirSync(root)) {
      const runner = /^mutu-lab-(\d+)-/.exec(name)?.[1];
      if (runner === undefined || existsSync(`/proc/${runner}`)) continue;
      if (root === tmpdir()) rmSync(join(root, name), { recursive: true, force: true });
      else removeCgroups(join(root, name));
    }
  }
}
