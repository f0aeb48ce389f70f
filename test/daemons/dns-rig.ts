/** A name server of its own for driver tests: zones as states, rendered by the daemon under test, laid and called as apply would, asked with dig. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { DnsBaseState, DnsState, RecordData, Secondary, ZoneState } from "../../src/features/dns/role.js";
import type { Daemon, DaemonOptions } from "../../src/publish/contract.js";
import { loadDaemon } from "../support/daemons.js";
import { freePort } from "../support/free-port.js";
import { PrivateMachine, type Tree, until } from "./private-machine.js";

export const CATALOG = "catalog.mutu.test";
export const SECRET = Buffer.alloc(32, 7).toString("base64");
export const KEY: Secondary["tsig"] = { name: "ns2.mutu.test", algorithm: "hmac-sha256", secret: SECRET };
/** For dig's -y. */
export const TSIG = `${KEY.algorithm}:${KEY.name}:${SECRET}`;

/** A zone with a name server of its own and whatever else is given. */
export function zoneOf(zone: string, records: [name: string, data: RecordData, ttl?: number][] = [], more: Partial<ZoneState> = {}): ZoneState {
  const own: ZoneState["records"] = [
    { name: zone, ttl: null, data: { type: "NS", target: `ns1.${zone}` } },
    { name: `ns1.${zone}`, ttl: null, data: { type: "A", address: "192.0.2.53" } },
  ];
  return {
    kind: "zone",
    zone,
    primary: `ns1.${zone}`,
    mailbox: `hostmaster.${zone}`,
    serialFloor: 1,
    defaultTtl: 3600,
    negativeTtl: 300,
    signed: true,
    records: [...own, ...records.map(([name, data, ttl]) => ({ name, ttl: ttl ?? null, data }))],
    ...more,
  };
}

/** What all zones share; the secondary listens where nobody does, unless told otherwise. */
export function baseOf(port = 9, more: Partial<DnsBaseState> = {}): DnsBaseState {
  return { kind: "base", catalog: CATALOG, secondaries: [{ name: "ns2", address: "127.0.0.1", port, tsig: KEY }], ...more };
}

/** `<daemon>/<path>` → content of these states. */
export function renderStates(daemon: Daemon, states: readonly DnsState[], options: DaemonOptions = {}): Tree {
  const host = { id: "h", name: "control", homes: "/srv", options: { [daemon.name]: options } };
  const files = states.flatMap((state) => {
    const unit = { key: state.kind === "base" ? "base" : state.zone, state, host };
    return daemon.render(unit, probeOf(daemon.render(unit, "").map(({ content }) => content)));
  });
  return Object.fromEntries(files.map(({ path, content }) => [`${daemon.name}/${path}`, content]));
}

const probeOf = (contents: string[]): string => createHash("sha256").update(contents.join("")).digest("hex");

export class NameServer {
  readonly machine: PrivateMachine;
  readonly daemon: Daemon;
  readonly port: number;
  options: DaemonOptions = {};

  private constructor(machine: PrivateMachine, daemon: Daemon, port: number) {
    [this.machine, this.daemon, this.port] = [machine, daemon, port];
    // knotc keeps a history where there is a home.
    machine.env["HOME"] = machine.base;
  }

  static async raise(name: string, extra: Record<string, string> = {}): Promise<NameServer> {
    const [port, control] = [await freePort(), await freePort()];
    const key = name.toUpperCase();
    const ports = { [`MUTU_${key}_PORT`]: String(port), [`MUTU_${key}_ADDRESSES`]: "127.0.0.1", [`MUTU_${key}_CONTROL`]: String(control) };
    return new NameServer(new PrivateMachine({ ...ports, ...extra }), await loadDaemon(name), port);
  }

  /** Files of these states, as the engine would lay them: the probe is the hash of what is rendered without it. */
  tree(states: readonly DnsState[]): Tree {
    return renderStates(this.daemon, states, this.options);
  }

  publish(states: readonly DnsState[]): void {
    this.machine.publish([this.daemon.name], this.tree(states));
  }

  call(verb: string, env: Record<string, string> = {}) {
    return this.machine.driver(this.daemon.name, verb, env);
  }

  /** dig's answer section, or its whole words when `+…` options ask for more. */
  dig(...words: string[]): string {
    const out = spawnSync("dig", ["@127.0.0.1", "-p", String(this.port), "+time=2", "+tries=2", "+noall", "+answer", ...words], { encoding: "utf8" });
    return `${out.stdout}${out.stderr}`.trim();
  }

  short(name: string, type: string): string {
    return this.dig("+short", name, type);
  }

  serial(zone: string): number {
    return Number(this.short(zone, "SOA").split(" ")[2] ?? Number.NaN);
  }

  /** `NOERROR`, `REFUSED`, `NXDOMAIN`… */
  status(name: string, type = "SOA"): string {
    return /status: ([A-Z]+)/.exec(this.dig("+comments", name, type))?.[1] ?? "none";
  }

  /** The whole zone by transfer with the key, a record a line, signatures and what signing adds left out. */
  transfer(zone: string, ...words: string[]): string[] {
    const lines = this.dig("-y", TSIG, zone, "AXFR", ...words).split("\n");
    return lines.filter((line) => line !== "" && !line.startsWith(";") && !/\sIN\s+(RRSIG|NSEC|DNSKEY|CDS|CDNSKEY|TYPE65534)\s/.test(line));
  }

  async gone(): Promise<void> {
    await until("the server is away", () => this.status("mutu.test") === "none");
  }

  path(...parts: string[]): string {
    return join(this.machine.root, ...parts);
  }

  close(): void {
    this.machine.close();
  }
}
