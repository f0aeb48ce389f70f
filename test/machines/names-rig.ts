/** Name servers on the lab: a control machine of ours that publishes zones, and two secondaries as anybody would run them, a Knot and a BIND. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Machine, openMachine, packRelease } from "../../src/core/machine/index.js";
import type { DnsState, Secondary } from "../../src/features/dns/role.js";
import type { Daemon } from "../../src/publish/contract.js";
import { renderStates } from "../daemons/dns-rig.js";
import { changeBetween, rootOf, type Tree } from "./apply-rig.js";
import type { LabNode } from "./lab/node.js";
import { must, run, until } from "./lab/run.js";

const secret = (name: string) => createHash("sha256").update(name).digest("base64");
export const keyOf = (name: string): Secondary["tsig"] => ({ name: `${name}.key.test`, algorithm: "hmac-sha256", secret: secret(name) });
export const dashY = (name: string): string => `hmac-sha256:${keyOf(name).name}:${keyOf(name).secret}`;

/** A control machine whose releases are laid by the real door, as root. */
export class Primary {
  readonly node: LabNode;
  readonly daemon: Daemon;
  states: readonly DnsState[] = [];
  #tree: Tree | null = null;
  #fence = 0;
  readonly #door: readonly string[];

  constructor(node: LabNode, daemon: Daemon, door: readonly string[] = ["/usr/local/lib/mutu/apply"]) {
    [this.node, this.daemon, this.#door] = [node, daemon, door];
  }

  /** Made anew for each use: after a reboot the way into the node is another. */
  get machine(): Machine {
    return openMachine({ kind: "direct", argv: this.node.argv(this.#door) });
  }

  /** The same machine, its tree and its fence, by another door. */
  through(door?: readonly string[]): Primary {
    const other = new Primary(this.node, this.daemon, door);
    [other.#tree, other.#fence, other.states] = [this.#tree, this.#fence, this.states];
    return other;
  }

  get catalog(): string {
    return `catalog.${this.daemon.name}.test`;
  }

  /** Publishes and settles; returns the milliseconds that a member waits for. */
  async publish(states: readonly DnsState[]): Promise<number> {
    const files = renderStates(this.daemon, states);
    const tree: Tree = Object.fromEntries(Object.entries(files).map(([path, content]) => [`${shardOf(path)}/${path}`, content]));
    const change = changeBetween(this.#tree, tree);
    this.#fence += 1;
    const started = performance.now();
    const words = { fence: this.#fence, base: change.base, root: change.root };
    accepted(await this.machine.publish(words, packRelease(change)));
    const ms = performance.now() - started;
    accepted(await this.machine.settle({ fence: this.#fence, root: rootOf(tree) }));
    [this.#tree, this.states] = [tree, states];
    return ms;
  }
}

function accepted(outcome: { ok: boolean; failure?: unknown }): void {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure, null, 2));
}

/** The shard of a file's owner, as the engine chooses it: the zone, or `base`. */
function shardOf(path: string): string {
  const name = path.split("/").at(-1) as string;
  const owner = name.endsWith(".zone") ? name.slice(0, -".zone".length) : "base";
  return createHash("sha256").update(owner).digest("hex").slice(0, 2);
}

/**
 * The panel's door as the panel has it: its user, the capabilities and mounts of its unit, sudo's one line. A unit of its own, because
 * systemd-run needs dbus, which a small machine does not have.
 */
export async function panelDoor(node: LabNode): Promise<string[]> {
  const service = await node.readFile("/etc/systemd/system/mutu-panel.service");
  const kept = service
    .split("\n")
    .filter((line) => /^(?:User|Group|UMask|CapabilityBoundingSet|AmbientCapabilities|Protect\w+|Private\w+|ReadWritePaths|InaccessiblePaths)=/.test(line));
  const unit = ["[Service]", "Type=oneshot", ...kept, "StandardInput=file:/run/door/in", "StandardOutput=truncate:/run/door/out"];
  await node.writeFile("/run/door/unit", `${unit.join("\n")}\n`);
  const script = `set -eu
cat >/run/door/in
{ cat /run/door/unit; echo "ExecStart=/usr/bin/sudo -n /usr/local/lib/mutu/apply $*"; } >/run/systemd/system/door.service
systemctl daemon-reload
systemctl start door 2>/dev/null || :
cat /run/door/out
exit "$(systemctl show -p ExecMainStatus --value door)"
`;
  await node.writeFile("/run/door/door", script, { mode: "755" });
  return ["sh", "/run/door/door"];
}

/** Whom the primaries tell: names are those of keys too. */
export function secondariesOf(nodes: readonly LabNode[]): Secondary[] {
  return nodes.map((node) => ({ name: node.name, address: node.ip, port: 53, tsig: keyOf(node.name) }));
}

/** A primary as its secondaries know it. */
export interface Followed {
  name: string;
  address: string;
  catalog: string;
}

export const followed = ({ daemon, node, catalog }: Primary): Followed => ({ name: daemon.name, address: node.ip, catalog });

/** Starts a Knot that follows the primaries' catalogs and knows nothing else. */
export async function startKnotSecondary(node: LabNode, key: Secondary["tsig"], primaries: readonly Followed[]): Promise<void> {
  const each = <T>(text: (primary: Followed) => T) => primaries.map(text);
  const conf = [
    "server:",
    `  listen: [ ${node.ip}@53 ]`,
    "  rundir: /run/second",
    "database:",
    "  storage: /var/lib/second",
    "log:",
    "  - target: /var/log/second.log",
    "    any: info",
    "key:",
    `  - id: ${key.name}`,
    `    algorithm: ${key.algorithm}`,
    `    secret: ${key.secret}`,
    "remote:",
    ...each(({ name, address }) => `  - id: ${name}\n    address: ${address}\n    key: ${key.name}`),
    "acl:",
    ...each(({ name, address }) => `  - id: ${name}\n    address: ${address}\n    key: ${key.name}\n    action: notify`),
    "template:",
    ...each(({ name }) => `  - id: ${name}\n    storage: /var/lib/second\n    master: ${name}\n    acl: ${name}`),
    "zone:",
    ...each(({ name, catalog }) => `  - domain: ${catalog}\n    master: ${name}\n    acl: ${name}\n    catalog-role: interpret\n    catalog-template: ${name}`),
  ];
  await makeRoom(node, "knot");
  await node.writeFile("/etc/second.conf", `${conf.join("\n")}\n`);
  await node.must(["sh", "-c", "knotd -c /etc/second.conf -d </dev/null >/dev/null 2>&1"]);
}

/** The same with BIND. */
export async function startBindSecondary(node: LabNode, key: Secondary["tsig"], primaries: readonly Followed[]): Promise<void> {
  const conf = `key "${key.name}" { algorithm ${key.algorithm}; secret "${key.secret}"; };
options {
  directory "/var/lib/second"; pid-file "/run/second/pid"; session-keyfile none;
  listen-on { ${node.ip}; }; listen-on-v6 { none; };
  recursion no; dnssec-validation no; allow-transfer { none; }; notify no;
  allow-notify { key "${key.name}"; };
  serial-query-rate 1000; transfers-in 100; transfers-per-ns 50;
  catalog-zones { ${primaries.map(({ catalog, address }) => `zone "${catalog}" default-primaries { ${address} key "${key.name}"; } in-memory no zone-directory "/var/lib/second" min-update-interval 1;`).join(" ")} };
};
controls { };
logging { channel log { file "/var/log/second.log"; severity info; print-time yes; }; category default { log; }; };
${primaries.map(({ catalog, address }) => `zone "${catalog}" { type secondary; primaries { ${address} key "${key.name}"; }; file "/var/lib/second/${catalog}"; };`).join("\n")}
`;
  await makeRoom(node, "named");
  await node.writeFile("/etc/second.conf", conf);
  await node.must(["sh", "-c", "named -c /etc/second.conf </dev/null >/dev/null 2>&1"]);
}

/** Debian's own service listens on the same port, and the kernel would deal questions to both. */
export async function makeRoom(node: LabNode, service: string): Promise<void> {
  await node.must(["systemctl", "stop", service]);
  await node.must(["mkdir", "-p", "/run/second", "/var/lib/second"]);
}

/** dig as asked from one machine of another; the host's program in that machine's network. */
export async function dig(from: LabNode, to: LabNode, ...words: string[]): Promise<string> {
  const { stdout, stderr } = await run(from.networkArgv(["dig", `@${to.ip}`, "+time=1", "+tries=1", "+noall", "+answer", ...words]));
  return `${stdout}${stderr}`.trim();
}

/** Waits until a server gives this short answer; returns the milliseconds since `since`. */
export async function answered(from: LabNode, to: LabNode, name: string, type: string, wanted: string, since: number, timeoutMs = 10_000): Promise<number> {
  let seen = "";
  try {
    await until(
      `${name} ${type} at ${to.name}`,
      async () => {
        seen = await dig(from, to, "+short", name, type);
        return seen === wanted || undefined;
      },
      timeoutMs,
    );
  } catch (error) {
    throw new Error(`${(error as Error).message}; last answer: ${seen}`);
  }
  return performance.now() - since;
}

/** Verifies a name with delv, from the keys of the zone as the primary tells them: a trust anchor made here and now. */
export async function delv(from: LabNode, directory: string, zone: string, server: LabNode, primary: LabNode, name: string, type: string): Promise<string> {
  const keys = (await dig(from, primary, zone, "DNSKEY")).split("\n").flatMap((line) => /\sDNSKEY\s+257 3 13 (.*)$/.exec(line)?.[1] ?? []);
  if (keys.length === 0) throw new Error(`${zone} has no key`);
  const anchors = join(directory, `${zone}.anchors`);
  writeFileSync(anchors, `trust-anchors {\n${keys.map((key) => `  "${zone}." static-key 257 3 13 "${key.replaceAll(" ", "")}";`).join("\n")}\n};\n`);
  return must(from.networkArgv(["delv", `@${server.ip}`, "-a", anchors, `+root=${zone}`, name, type]));
}
