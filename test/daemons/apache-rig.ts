/** A private web machine with the real Apache (module compiled as `install` does) and PHP-FPM: sites are published through the real drivers. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { daemon as apache } from "../../src/daemons/apache/daemon.js";
import { daemon as phpFpm } from "../../src/daemons/php-fpm/daemon.js";
import type { AccountWebState, PhpState, SitePhp, WebSite, WebState } from "../../src/features/sites/role.js";
import { freePort } from "../support/free-port.js";
import { PrivateMachine, type Step, type Tree } from "./private-machine.js";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
/** Debian's own number for web servers: neither root nor an account. */
export const APACHE_USER = "www-data";
/** The unit's hash of account 2001 and so on, in these tests. */
export const hashOf = (account: number) => `hash-${account}`;

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface Asking {
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  /** Came to nginx on :443. */
  tls?: boolean;
}

export class ApacheRig {
  readonly machine: PrivateMachine;
  /** Ports of blue and green: came on :80, came on :443. */
  readonly ports: { blue: [number, number]; green: [number, number] };

  private constructor(machine: PrivateMachine, ports: ApacheRig["ports"]) {
    this.machine = machine;
    this.ports = ports;
  }

  /** Makes the machine; whoever makes it closes it. These walls are between numbers, so the tests that use them run as root. */
  static async make(extra: Record<string, string> = {}): Promise<ApacheRig> {
    assert.equal(process.getuid?.(), 0, "walls between accounts can only be tested as root");
    const found: number[] = [];
    while (found.length < 6) {
      const port = await freePort();
      if (!found.includes(port)) found.push(port);
    }
    const [a, b, c, d, e, f] = found as [number, number, number, number, number, number];
    const machine = new PrivateMachine({
      MUTU_APACHE_BLUE: `${a} ${b}`,
      MUTU_APACHE_GREEN: `${c} ${d}`,
      MUTU_APACHE_REHEARSAL: `${e} ${f}`,
      MUTU_APACHE_USER: APACHE_USER,
      MUTU_WALL_GROUP: APACHE_USER,
      MUTU_CONF_GROUP: APACHE_USER,
      MUTU_PROBE_ADDRESS: "10.77.0.1",
      MUTU_APACHE_DRAIN_SECONDS: "5",
      MUTU_APACHE_START_SECONDS: "20",
      ...extra,
    });
    const lib = join(machine.base, "daemons/apache");
    cpSync(join(REPOSITORY, "src/daemons/apache/machine"), lib, { recursive: true });
    cpSync(compileModule(), join(lib, "mod_mutu.so"));
    return new ApacheRig(machine, { blue: [a, b], green: [c, d] });
  }

  close(): void {
    this.endApache();
    this.machine.close();
  }

  /** Ends every process of this machine's Apaches at once, as a power cut does. */
  endApache(): void {
    endApache(this.machine.base);
  }

  /** Calls Apache's driver without holding up the clients of a test, as root or as another number. */
  call(verb: string, env: Record<string, string>, number = 0): Promise<{ code: number | null; words: string }> {
    const driver = join(this.machine.base, "daemons/apache/driver");
    const [program, ...words] = number === 0 ? [driver, verb] : ["setpriv", `--reuid=${number}`, `--regid=${number}`, "--clear-groups", driver, verb];
    return new Promise((resolve, reject) => {
      const child = spawn(program as string, words, { cwd: "/", env: { ...this.machine.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
      let said = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += text));
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, words: said }));
    });
  }

  /** Makes an account's home with files, as the files host and the member would: inside all is the account's, above stands the wall. */
  home(account: number, files: Record<string, string> = {}): string {
    const home = join(this.machine.homes, String(account));
    mkdirSync(home, { recursive: true });
    for (const [path, content] of Object.entries(files)) this.write(account, path, content);
    execFileSync("chown", ["-hR", `${account}:${account}`, home]);
    execFileSync("chown", [`${account}:${APACHE_USER}`, home]);
    chmodSync(home, 0o710);
    return home;
  }

  /** Writes one file of a member. */
  write(account: number, path: string, content: string): void {
    const home = join(this.machine.homes, String(account));
    let folder = home;
    for (const segment of dirname(path).split("/")) {
      folder = join(folder, segment);
      mkdirSync(folder, { recursive: true });
      if (folder !== home) chownSync(folder, account, account);
    }
    writeFileSync(join(home, path), content);
    chownSync(join(home, path), account, account);
  }

  /** Publishes these accounts, with the pools that their sites need. */
  publish(states: WebState[]): Step {
    return this.machine.publish(["php-fpm", "apache"], this.tree(states));
  }

  tree(states: WebState[]): Tree {
    const tree: Tree = {};
    const host = { id: "host", name: "web1", homes: this.machine.homes, options: {} };
    for (const state of states) {
      const key = state.kind === "base" ? "base" : String(state.account.number);
      const probe = state.kind === "base" ? "" : hashOf(state.account.number);
      for (const file of apache.render({ key, state, host }, probe)) tree[`apache/${file.path}`] = file.content;
      if (state.kind === "base") continue;
      for (const pool of poolsOf(state))
        for (const file of phpFpm.render({ key: `${key}/${pool.version}`, state: pool, host }, `pool-${key}`)) tree[`php-fpm/${file.path}`] = file.content;
    }
    return tree;
  }

  /** The instance that nginx is pointed at. */
  get colour(): "blue" | "green" {
    return readFileSync(join(this.machine.live.MUTU_LIVE as string, "colour"), "utf8").trim() as "blue" | "green";
  }

  /** Asks the instance that serves, as nginx would: one connection, the client's address in X-Forwarded-For. */
  ask(host: string, asking: Asking = {}): Promise<Answer> {
    const { path = "/", method = "GET", headers = {}, tls = true } = asking;
    return askPort(this.ports[this.colour][tls ? 1 : 0], host, { path, method, headers: { "x-forwarded-for": "192.0.2.9", ...headers } });
  }

  /** Asks as the control machine does. */
  probe(host: string, path = "/.well-known/mutu-probe", tls = true): Promise<Answer> {
    return this.ask(host, { path, tls, headers: { "x-forwarded-for": "10.77.0.1" } });
  }
}

/** One request on a connection of its own. */
export function askPort(port: number, host: string, asking: { path: string; method: string; headers: Record<string, string> }): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path: asking.path, method: asking.method, headers: { host, ...asking.headers }, agent: false });
    asked.setTimeout(60_000, () => asked.destroy(new Error("no answer in 60 s")));
    asked.once("error", reject);
    asked.once("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString("utf8") }));
    });
    asked.end();
  });
}

/** State of an account as the sites feature would collect it. */
export function accountState(number: number, homes: string, sites: Partial<WebSite>[]): AccountWebState {
  const whole = sites.map((site, at) => ({ id: `s${at}`, names: [], canonical: null, forceHttps: false, hstsSeconds: null, ...site }) as WebSite);
  return { kind: "account", account: { number, login: `login${number}` }, home: `${homes}/${number}`, connectionLimit: 20, sites: whole };
}

/** PHP of an account on these machines. */
export function sitePhp(account: number, values: Record<string, string> = { memory_limit: "64M" }): SitePhp {
  return { version: "8.2", master: account % 2 === 0 ? "m02" : "m01", socket: `s${account}x7f3.sock`, values };
}

function poolsOf(state: AccountWebState): PhpState[] {
  const pools = new Map<string, PhpState>();
  for (const site of state.sites) {
    if (site.serve.kind !== "folder" || !site.serve.php) continue;
    const { version, master, socket } = site.serve.php;
    const ceilings = { memoryMb: 256, timeSeconds: 30, uploadMb: 16, workers: 2 };
    pools.set(version, { account: state.account, version, master, socket, home: state.home, envelope: `${state.account.login}@localhost`, ...ceilings });
  }
  return [...pools.values()];
}

/** Ends the Apaches of this machine (main processes and children carry its folder in their command line), and nobody else's. */
function endApache(base: string): void {
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${entry}/cmdline`, "utf8").includes(`${base}/daemons/apache/`)) process.kill(Number(entry), "SIGKILL");
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

let compiled: string | undefined;
/** Compiles mod_mutu.c without a warning, once per test process. */
export function compileModule(): string {
  if (compiled) return compiled;
  const folder = mkdtempSync(join(tmpdir(), "mutu-mod-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(REPOSITORY, "machines/web/mod_mutu.c"), join(folder, "mod_mutu.c"));
  const warnings = ["-Wc,-std=c99", "-Wc,-Wall", "-Wc,-Wextra", "-Wc,-Werror"];
  execFileSync("apxs2", ["-c", ...warnings, "mod_mutu.c"], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  compiled = join(folder, ".libs/mod_mutu.so");
  return compiled;
}
