/** A private web machine for driver tests: a MUTU_ROOT of its own in which releases are laid as apply would, and drivers called as apply calls them. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Machine, openMachine } from "../../src/core/machine/index.js";

const DAEMONS = fileURLToPath(new URL("../../src/daemons/", import.meta.url));
export const PRIVILEGED = process.getuid?.() === 0;
/** Debian always has it: stands for Apache's and nginx's own users. */
export const DAEMON_USER = "www-data";
/** Reason to leave out what only root can show (files and processes of other numbers). */
export const NEEDS_ROOT = PRIVILEGED ? false : "shows what only root can do";

/** `<daemon>/<path>` → content, of one shard each (the shard is made from the file's name: tests need no real one). */
export type Tree = Record<string, string>;

export class PrivateMachine {
  readonly base: string;
  readonly root: string;
  readonly homes: string;
  readonly env: Record<string, string>;
  #number = 0;
  #tree: Tree = {};
  #steps: { n: number; tree: Tree }[] = [];

  constructor(extra: Record<string, string> = {}) {
    this.base = mkdtempSync("/tmp/mutu-m-");
    chmodSync(this.base, 0o755);
    this.root = join(this.base, "r");
    this.homes = join(this.base, "homes");
    for (const folder of ["run", "releases", "activations", "tls", "incoming"]) mkdirSync(join(this.root, folder), { recursive: true, mode: 0o755 });
    mkdirSync(this.homes, { mode: 0o711 });
    // Copied as install does: the checkout may lie where other users cannot pass.
    for (const name of readdirSync(DAEMONS)) {
      const source = join(DAEMONS, name, "machine");
      if (existsSync(source)) cpSync(source, join(this.base, "daemons", name), { recursive: true });
    }
    this.env = {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      MUTU_HOST: "web1",
      MUTU_ROOT: this.root,
      MUTU_START: "direct",
      MUTU_PRIVILEGED: PRIVILEGED ? "yes" : "no",
      MUTU_APACHE_USER: DAEMON_USER,
      MUTU_NGINX_USER: DAEMON_USER,
      MUTU_KNOT_USER: DAEMON_USER,
      MUTU_BIND_USER: DAEMON_USER,
      MUTU_WALL_USER: DAEMON_USER,
      MUTU_WALL_GROUP: DAEMON_USER,
      MUTU_HOMES: this.homes,
      MUTU_DRIVERS: join(this.base, "daemons"),
      ...extra,
    };
  }

  /** Calls a driver as apply does: no standard input, its words captured. */
  driver(daemon: string, verb: string, more: Record<string, string> = {}) {
    const path = join(this.base, "daemons", daemon, "driver");
    const out = spawnSync(path, [verb], { cwd: "/", env: { ...this.env, ...more }, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8", timeout: 120_000 });
    return { code: out.status, words: `${out.stdout}${out.stderr}` };
  }

  /** Lays the next release (the whole tree is given) and returns what drivers are told. */
  stage(tree: Tree): Step {
    const n = this.#number + 1;
    const release = join(this.root, "releases", `root${n}`);
    mkdirSync(release, { recursive: true });
    // As apply does: a shard without a change is the one of before, so that ten thousand accounts are laid once.
    const changes = new Set(Object.keys({ ...this.#tree, ...tree }).flatMap((path) => (this.#tree[path] === tree[path] ? [] : [shardOf(path)])));
    const before = join(this.root, "releases", `root${this.#number}`);
    for (const [path, content] of Object.entries(tree)) {
      const shard = shardOf(path);
      if (!changes.has(shard)) continue;
      const file = join(release, shard, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    for (const shard of existsSync(before) ? readdirSync(before) : [])
      if (!changes.has(shard)) symlinkSync(realpathSync(join(before, shard)), join(release, shard));
    const next = join(this.root, "activations", String(n));
    mkdirSync(next, { recursive: true });
    symlinkSync(`../../releases/root${n}`, join(next, "release"));
    writeFileSync(join(next, "root"), `root${n}\n`);
    writeFileSync(join(next, "number"), `${n}\n`);
    const changed = join(next, "changed");
    const lines: string[] = [];
    for (const path of Object.keys({ ...this.#tree, ...tree }).sort()) {
      const [was, is] = [this.#tree[path], tree[path]];
      if (was === is) continue;
      lines.push(`${was === undefined ? "A" : is === undefined ? "D" : "M"} ${shardOf(path)}/${path}\n`);
    }
    writeFileSync(changed, lines.join(""));
    const live = this.#steps.length > 0 ? join(this.root, "activations", String(this.#steps.at(-1)?.n)) : "";
    const env = { MUTU_RELEASE: release, MUTU_NEXT: next, MUTU_LIVE: live, MUTU_CHANGED: changed };
    return { n, tree, next, env };
  }

  /** Everything apply does for one release, for these daemons in order; throws with the program's words. */
  publish(daemons: string[], tree: Tree, write?: (next: string) => void): Step {
    const step = this.stage(tree);
    write?.(step.next);
    for (const verb of ["rehearse", "prepare"]) for (const daemon of daemons) this.#must(daemon, verb, step);
    this.switchTo(step);
    for (const daemon of daemons) this.#must(daemon, "commit", step);
    for (const daemon of [...daemons].reverse()) this.#must(daemon, "settle", step);
    return step;
  }

  switchTo(step: Step): void {
    symlinkSync(`activations/${step.n}`, join(this.root, "live.new"));
    renameSync(join(this.root, "live.new"), join(this.root, "live"));
    this.#steps.push(step);
    this.#tree = step.tree;
    this.#number = step.n;
  }

  get live(): Record<string, string> {
    return { MUTU_LIVE: join(this.root, "activations", String(this.#number)) };
  }

  #must(daemon: string, verb: string, step: Step): void {
    const { code, words } = this.driver(daemon, verb, step.env);
    if (code !== 0) throw new Error(`${daemon} ${verb}: ${code}\n${words}`);
  }

  /** The real apply over this machine, for what it does beside publications (a release laid here has no index: status and certificates only). */
  apply(daemons: string[]): Machine {
    const conf = join(this.base, "machine.conf");
    const keys = { ...this.env, MUTU_DAEMONS: daemons.join(" ") };
    const lines = Object.entries(keys).filter(([key]) => key.startsWith("MUTU_"));
    writeFileSync(conf, lines.map(([key, value]) => `${key}=${value}\n`).join(""), { mode: 0o644 });
    return openMachine({ kind: "direct", argv: [fileURLToPath(new URL("../../machines/apply", import.meta.url)), "-c", conf] });
  }

  /** Ends what the drivers started, by the pids that they wrote, and removes the folders. */
  close(): void {
    for (const pid of this.pids()) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {}
    }
    rmSync(this.base, { recursive: true, force: true });
  }

  /** Main processes and their children, found by the configuration in their title. */
  pids(): number[] {
    const found: number[] = [];
    for (const entry of readdirSync("/proc")) {
      if (!/^\d+$/.test(entry)) continue;
      try {
        if (readFileSync(`/proc/${entry}/cmdline`, "utf8").includes(this.root)) found.push(Number(entry));
      } catch {}
    }
    const all = new Set(found);
    for (const pid of found) for (const child of childrenOf(pid)) all.add(child);
    return [...all];
  }
}

export interface Step {
  n: number;
  tree: Tree;
  next: string;
  env: Record<string, string>;
}

/** Pids of the children of a process. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function shardOf(path: string): string {
  const name = path.split("/").pop() ?? "";
  let sum = 7;
  for (const letter of name.split(".")[0] ?? "") sum = (sum * 31 + letter.charCodeAt(0)) % 256;
  return sum.toString(16).padStart(2, "0");
}

/** Waits until a condition holds, at most a minute; the last error tells why not. */
export async function until<T>(what: string, ask: () => T | Promise<T>, seconds = 60): Promise<NonNullable<T>> {
  const end = Date.now() + seconds * 1000;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const answer = await ask();
      if (answer) return answer as NonNullable<T>;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited in vain for: ${what}`, { cause: last });
}

/** The states of a daemon's golden cases, to be read by the real program too. */
export function goldenFiles(daemon: string, wanted: (name: string) => boolean = () => true): Tree[] {
  const golden = join(DAEMONS, daemon, "golden");
  return readdirSync(golden)
    .filter(wanted)
    .map((one) => {
      const files = join(golden, one, "files");
      const paths = existsSync(files) ? (readdirSync(files, { recursive: true }) as string[]).filter((path) => statSync(join(files, path)).isFile()) : [];
      return Object.fromEntries(paths.map((path) => [`${daemon}/${path}`, readFileSync(join(files, path), "utf8")]));
    });
}
