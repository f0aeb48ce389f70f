/** One machine of the lab: its own root, processes, address, and systemd as pid 1. */

import type { ChildProcess, SpawnOptions } from "node:child_process";
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RunOptions, RunResult } from "./run.js";
import { must, run, spawnBound, until } from "./run.js";

/** A folder or file of the host seen in the node. */
export interface Bind {
  mode: "ro" | "rw";
  source: string;
  target: string;
}

export interface NodeSetup {
  name: string;
  ip: string;
  /** Value for overlay's lowerdir. */
  lower: string;
  /** Folder of this lab. */
  directory: string;
  /** Process that holds the node's network, also while it reboots. */
  netHolder: number;
  /** Folder in a cgroup2 tree, below which this lab makes its own. */
  cgroup: string;
  hosts: string;
  binds: readonly Bind[];
  /** `systemd`, or the argv of another pid 1. */
  init: string;
}

export interface ExecOptions extends RunOptions {
  /** Runs as this number (and group) without any supplementary group. */
  uid?: number;
}

/** A web machine starts all that its release names before it says that it is up; how long that may take is for the tests of booting to say. */
const BOOT_MS = 120_000;
const BOOT_SCRIPT = fileURLToPath(new URL("./node-boot.sh", import.meta.url));
const ENVIRONMENT = ["env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "TERM=dumb", "LANG=C.UTF-8"];

export class LabNode {
  readonly name: string;
  readonly ip: string;
  /** Milliseconds from power to "running", of the last boot. */
  bootMs = 0;
  readonly #setup: NodeSetup;
  #pid = 0;
  #outer: ChildProcess | undefined;

  constructor(setup: NodeSetup) {
    this.#setup = setup;
    this.name = setup.name;
    this.ip = setup.ip;
    for (const part of ["root", "upper", "work"]) mkdirSync(join(setup.directory, setup.name, part), { recursive: true });
  }

  /** The host's number of the node's pid 1; 0 while it is off. */
  get pid(): number {
    return this.#pid;
  }

  /** Path on the host of a path in the node (while it runs). */
  hostPath(path: string): string {
    return `/proc/${this.#pid}/root${path}`;
  }

  /** Powers the machine on and waits until systemd says that it is up. */
  async boot(): Promise<void> {
    const started = performance.now();
    const { directory, name, netHolder } = this.#setup;
    // A reboot empties the packet filter; the network itself is the lab's and stays.
    await run(["nsenter", `--net=/proc/${netHolder}/ns/net`, "nft", "flush", "ruleset"]);
    mkdirSync(this.#setup.cgroup, { recursive: true });
    const conf = join(directory, name, "conf");
    writeFileSync(conf, this.#conf());
    const log = openSync(join(directory, name, "log"), "w");
    this.#outer = spawnBound(
      [
        ...["nsenter", `--net=/proc/${netHolder}/ns/net`, "--"],
        ...["unshare", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child=KILL", "--propagation", "private", "--"],
        ...["sh", BOOT_SCRIPT, conf],
      ],
      log,
    );
    closeSync(log);
    const outer = this.#outer;
    this.#pid = await until(`${name}: its first process`, () => {
      if (outer.exitCode !== null) throw this.#bootFailure();
      const children = readIfThere(`/proc/${outer.pid}/task/${outer.pid}/children`).trim();
      return children === "" ? undefined : Number(children.split(" ")[0]);
    });
    await until(`${name}: its root`, () => {
      if (outer.exitCode !== null) throw this.#bootFailure();
      return existsSync(this.hostPath("/run/lab-ready")) || undefined;
    });
    await this.#waitForInit();
    this.bootMs = Math.round(performance.now() - started);
  }

  async #waitForInit(): Promise<void> {
    if (this.#setup.init !== "systemd") {
      await until(`${this.name}: its init`, () => existsSync(this.hostPath("/run/mutu-supervisor")) || undefined);
      return;
    }
    const isUp = async () => {
      const { stdout } = await this.exec(["systemctl", "is-system-running"]);
      return ["running", "degraded"].includes(stdout.trim()) || undefined;
    };
    await until(`${this.name}: systemd`, isUp, BOOT_MS);
  }

  /** Cuts the power and boots again from the same disk. */
  async reboot(): Promise<void> {
    await this.stop();
    await this.boot();
  }

  /** Cuts the power: the kernel ends every process of the node and drops its mounts. */
  async stop(): Promise<void> {
    const pid = this.#pid;
    if (pid === 0) return;
    this.#pid = 0;
    const outer = this.#outer!;
    const gone = outer.exitCode !== null || outer.signalCode !== null ? Promise.resolve() : new Promise((resolve) => outer.once("exit", resolve));
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await gone;
    removeCgroups(this.#setup.cgroup);
  }

  /** argv that runs in the node: all of its namespaces, its root, a clean environment. */
  argv(argv: readonly string[], uid?: number): string[] {
    if (this.#pid === 0) throw new Error(`${this.name} is off`);
    const as = uid === undefined ? [] : ["setpriv", "--reuid", `${uid}`, "--regid", `${uid}`, "--clear-groups", "--"];
    return ["nsenter", "-t", `${this.#pid}`, "-m", "-u", "-i", "-n", "-p", "-C", "--", ...ENVIRONMENT, ...as, ...argv];
  }

  /** argv that runs with the host's files and this node's network: the test runner's own programs as seen from this machine. */
  networkArgv(argv: readonly string[]): string[] {
    return ["nsenter", `--net=/proc/${this.#setup.netHolder}/ns/net`, "--", ...argv];
  }

  /** Runs a command in the node to its end; a non-zero status is an answer, not an error. */
  exec(argv: readonly string[], options: ExecOptions = {}): Promise<RunResult> {
    return run(this.argv(argv, options.uid), options);
  }

  /** Runs a command in the node that must succeed; returns its standard output. */
  must(argv: readonly string[], options: ExecOptions = {}): Promise<string> {
    return must(this.argv(argv, options.uid), options);
  }

  /** Starts a command in the node that goes on; the caller ends it (as does the end of the node). */
  spawn(argv: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const full = this.argv(argv);
    return spawn(full[0]!, full.slice(1), options);
  }

  /** Starts a program of the host in this node's network (the panel of a test, a browser). */
  spawnInNetwork(argv: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const full = this.networkArgv(argv);
    return spawn(full[0]!, full.slice(1), options);
  }

  /** Writes a file of the node, aside and renamed, as root. */
  async writeFile(path: string, content: string | Buffer, options: { mode?: string; owner?: string } = {}): Promise<void> {
    const script = 'mkdir -p "${1%/*}" && cat > "$1.lab-new" && chmod "$2" "$1.lab-new" && chown "$3" "$1.lab-new" && mv "$1.lab-new" "$1"';
    await this.must(["sh", "-c", script, "write", path, options.mode ?? "644", options.owner ?? "root:root"], { input: content });
  }

  readFile(path: string): Promise<string> {
    return this.must(["cat", "--", path]);
  }

  /** `ssh-ed25519 AAAA…` of this machine's sshd. */
  async hostKey(): Promise<string> {
    return (await this.readFile("/etc/ssh/ssh_host_ed25519_key.pub")).split(" ").slice(0, 2).join(" ").trim();
  }

  #conf(): string {
    const { name, lower, directory, cgroup, hosts, binds, init } = this.#setup;
    const own = join(directory, name);
    const values = {
      ...{ NODE: name, CGROUP: cgroup, LOWER: lower, UPPER: join(own, "upper"), WORK: join(own, "work"), ROOT: join(own, "root") },
      ...{ HOSTS: hosts, INIT: init, BINDS: binds.map((bind) => [bind.mode, bind.source, bind.target].join("\t")).join("\n") },
    };
    return Object.entries(values)
      .map(([key, value]) => `${key}='${value.replaceAll("'", "'\\''")}'\n`)
      .join("");
  }

  #bootFailure(): Error {
    return new Error(`${this.name} did not boot: ${readIfThere(join(this.#setup.directory, this.name, "log"))}`);
  }
}

/** Removes a cgroup and those below it; a cgroup folder holds no files of its own, so rmdir is the whole of it. */
export function removeCgroups(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) removeCgroups(join(folder, entry.name));
  try {
    rmdirSync(folder);
  } catch {
    // A process that is still leaving keeps it; the next lab's sweep takes it.
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
