/** The world above our zones, on the lab: a registry that signs the zone `org` and publishes what it is told, and a resolver that trusts its key and validates. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LabNode } from "./lab/node.js";
import { run, until } from "./lab/run.js";
import { dig, makeRoom } from "./names-rig.js";

const PARENT = "org";
/** Seconds: of every record of the registry, and what a resolver remembers at most. */
const TTL = 2;
const SOCKET = "/run/second/knot.sock";

export class Registry {
  readonly node: LabNode;

  private constructor(node: LabNode) {
    this.node = node;
  }

  /** Starts it; `delegated` leads to a name server at that address. */
  static async start(node: LabNode, delegated: string, server: LabNode): Promise<Registry> {
    const conf = [
      ...["server:", `  listen: [ ${node.ip}@53 ]`, "  rundir: /run/second", "database:", "  storage: /var/lib/second"],
      ...["policy:", "  - id: lab", "    algorithm: ecdsap256sha256"],
      ...["zone:", `  - domain: ${PARENT}`, "    file: /var/lib/second/org.zone", "    zonefile-load: difference-no-serial", "    journal-content: all"],
      ...["    zonefile-sync: -1", "    dnssec-signing: on", "    dnssec-policy: lab"],
    ];
    const zone = [
      `${PARENT}. ${TTL} SOA ns.${PARENT}. h.${PARENT}. 1 3600 900 1209600 ${TTL}`,
      ...[`${PARENT}. ${TTL} NS ns.${PARENT}.`, `ns.${PARENT}. ${TTL} A ${node.ip}`],
      ...[`${delegated}. ${TTL} NS ns1.hosting.${PARENT}.`, `ns1.hosting.${PARENT}. ${TTL} A ${server.ip}`],
    ];
    await makeRoom(node, "knot");
    await node.writeFile("/var/lib/second/org.zone", `${zone.join("\n")}\n`);
    await node.writeFile("/etc/second.conf", `${conf.join("\n")}\n`);
    await node.must(["sh", "-c", "knotd -c /etc/second.conf -d </dev/null >/dev/null 2>&1"]);
    const registry = new Registry(node);
    await until("the registry's key", async () => (await registry.keys()).length > 0 || undefined);
    return registry;
  }

  /** What a registrar's form does: these DS records, in place of all others, from one answer to the next. */
  async setDs(zone: string, records: readonly string[]): Promise<void> {
    const had = await this.ds(zone);
    const lines = [
      `zone-begin ${PARENT}`,
      ...had.map(() => `zone-unset ${PARENT} ${zone}. DS`).slice(0, 1),
      ...records.map((ds) => `zone-set ${PARENT} ${zone}. ${TTL} DS ${ds}`),
      `zone-commit ${PARENT}`,
    ];
    const said = await this.node.must(["sh", "-c", `HOME=/nonexistent knotc -s ${SOCKET}`], { input: `${lines.join("\n")}\n` });
    if (said.includes("error")) throw new Error(said);
    await until("the registry's new answer", async () => (await this.ds(zone)).length === records.length || undefined);
  }

  /** The DS records that it answers now. */
  async ds(zone: string): Promise<string[]> {
    return lines(await dig(this.node, this.node, "+short", zone, "DS"));
  }

  /** Its key-signing keys. */
  async keys(): Promise<string[]> {
    return lines(await dig(this.node, this.node, "+short", PARENT, "DNSKEY")).flatMap((line) => /^257 3 13 (.*)$/.exec(line)?.[1]?.replaceAll(" ", "") ?? []);
  }
}

const lines = (text: string) => text.split("\n").filter(Boolean);

/** A resolver as visitors have one: it validates from the registry's key alone, and remembers for as long as it may. */
export async function startResolver(node: LabNode, registry: Registry): Promise<void> {
  const [key] = await registry.keys();
  const conf = `options {
  directory "/var/lib/second"; pid-file "/run/second/pid"; session-keyfile none;
  listen-on { ${node.ip}; }; listen-on-v6 { none; };
  recursion yes; allow-recursion { any; }; allow-query-cache { any; }; dnssec-validation yes; empty-zones-enable no; servfail-ttl 0; querylog yes;
};
logging { channel queries { file "/var/log/second.log"; print-time yes; }; category queries { queries; }; };
trust-anchors { "${PARENT}." static-key 257 3 13 "${key}"; };
controls { };
zone "${PARENT}" { type static-stub; server-addresses { ${registry.node.ip}; }; };
`;
  await makeRoom(node, "named");
  await node.writeFile("/etc/second.conf", conf);
  await node.must(["sh", "-c", "named -c /etc/second.conf </dev/null >/dev/null 2>&1"]);
}

/** How often this machine has asked the resolver for the DS records of a zone. */
export async function questionsForDs(resolver: LabNode, from: LabNode, zone: string): Promise<number> {
  const log = await resolver.readFile("/var/log/second.log");
  return log.split("\n").filter((line) => line.includes(` ${from.ip}#`) && line.includes(`query: ${zone} IN DS `)).length;
}

/** Asks a resolver again and again, as visitors would, and notes every answer that is not the one, verified. */
export class Visitors {
  readonly wrong: string[] = [];
  answers = 0;
  #going = true;
  readonly #end: Promise<void>;

  constructor(from: LabNode, resolver: LabNode, name: string, address: string) {
    this.#end = this.#ask(from, resolver, name, address);
  }

  async #ask(from: LabNode, resolver: LabNode, name: string, address: string): Promise<void> {
    while (this.#going) {
      const answer = await dig(from, resolver, "+dnssec", "+comments", name, "A");
      const verified = /status: NOERROR/.test(answer) && /;; flags:[^;]* ad[ ;]/.test(answer) && answer.includes(address);
      if (verified) this.answers += 1;
      else this.wrong.push(`${new Date().toISOString()} ${answer}`);
    }
  }

  async stop(): Promise<void> {
    this.#going = false;
    await this.#end;
  }
}

/** Has delv verify a name from the registry's key, remembering nothing of before. */
export async function verify(from: LabNode, directory: string, resolver: LabNode, registry: Registry, name: string): Promise<string> {
  const [key] = await registry.keys();
  const anchors = join(directory, "registry.anchors");
  writeFileSync(anchors, `trust-anchors { "${PARENT}." static-key 257 3 13 "${key}"; };\n`);
  const { stdout, stderr } = await run(from.networkArgv(["delv", `@${resolver.ip}`, "-a", anchors, `+root=${PARENT}`, name, "A"]));
  return stdout + stderr;
}
