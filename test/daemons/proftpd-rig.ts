/** A private machine with ProFTPD at work, and the real clients that members have. */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { daemon } from "../../src/daemons/proftpd/daemon.js";
import type { FtpLogin, FtpState } from "../../src/features/ftp/role.js";
import { freePort } from "../support/free-port.js";
import { PRIVILEGED, PrivateMachine, type Tree } from "./private-machine.js";

export const PASSWORD = "correct horse";
/** SHA-512-crypt of it. */
export const HASH = spawnSync("openssl", ["passwd", "-6", "-salt", "mututest", "-stdin"], { input: PASSWORD, encoding: "utf8" }).stdout.trim();
/** What install does: the module for the ProFTPD that is here, once for a test file. */
let modules = "";
function compileModule(): string {
  if (modules !== "") return modules;
  modules = mkdtempSync("/tmp/mutu-proftpd-module-");
  chmodSync(modules, 0o755);
  const source = fileURLToPath(new URL("../../src/daemons/proftpd/machine/mod_mutu_root.c", import.meta.url));
  const argv = ["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-I/usr/include/proftpd", "-o", join(modules, "mod_mutu_root.so"), source];
  const done = spawnSync("gcc", argv, { encoding: "utf8" });
  if (done.status !== 0) throw new Error(done.stderr);
  process.on("exit", () => rmSync(modules, { recursive: true, force: true }));
  return modules;
}

/** Passive ports of the suite, away from those that the kernel gives to clients. */
const PASSIVE = "20100 20400";

export interface Clients {
  code: number | null;
  out: string;
}

/** `{ name: settings }` of one account; the folder is below its home. */
export type Logins = Record<string, Partial<Omit<FtpLogin, "name" | "folder">> & { folder?: string }>;

export class FtpMachine {
  readonly machine: PrivateMachine;
  readonly ftp: number;
  readonly sftp: number;
  /** The private key of a member, and its public line. */
  readonly keyFile: string;
  readonly key: string;
  tree: Tree = {};

  private constructor(machine: PrivateMachine, ftp: number, sftp: number) {
    Object.assign(this, { machine, ftp, sftp });
    this.machine = machine;
    this.ftp = ftp;
    this.sftp = sftp;
    this.keyFile = join(machine.base, "member");
    spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", this.keyFile]);
    this.key = readFileSync(`${this.keyFile}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
    writeFileSync(join(machine.base, "askpass"), `#!/bin/sh\nprintf '%s\\n' "$MUTU_TEST_PASSWORD"\n`, { mode: 0o755 });
  }

  static async raise(extra: Record<string, string> = {}): Promise<FtpMachine> {
    const ftp = await freePort();
    const sftp = await freePort();
    const machine = new PrivateMachine({
      MUTU_PROFTPD_PORT: `${ftp}`,
      MUTU_PROFTPD_SFTP_PORT: `${sftp}`,
      MUTU_PROFTPD_ADDRESSES: "127.0.0.1 ::1",
      MUTU_PROFTPD_USER: "nobody",
      MUTU_PROFTPD_PASSIVE: PASSIVE,
      MUTU_PROFTPD_MODULES: PRIVILEGED ? compileModule() : "",
      ...extra,
    });
    return new FtpMachine(machine, ftp, sftp);
  }

  get run(): string {
    return join(this.machine.root, "run/proftpd");
  }

  homeOf(number: number): string {
    return join(this.machine.homes, `${number}`);
  }

  /** A home as the homes' driver leaves it, for these tests: its account may write in it. */
  layHome(number: number, ...folders: string[]): string {
    const home = this.homeOf(number);
    for (const folder of ["", ...folders]) {
      mkdirSync(join(home, folder), { recursive: true });
      if (PRIVILEGED) chownSync(join(home, folder), folder === "" ? 0 : number, number);
      chmodSync(join(home, folder), folder === "" ? 0o770 : 0o755);
    }
    return home;
  }

  /** The list of an account, as rendered. */
  list(number: number, logins: Logins, probe = ""): Tree {
    const home = this.homeOf(number);
    const all = Object.entries(logins).map(([name, { folder = "", ...rest }]) => ({
      ...{ name, hash: HASH as string | null, readOnly: false, expiresAt: null, networks: [], keys: [] },
      ...rest,
      folder: folder === "" ? home : `${home}/${folder}`,
    }));
    const state: FtpState = { account: { number, login: `a${number}` }, home, logins: all };
    const files = daemon.render({ key: `${number}`, state, host: { id: "h", name: "control", homes: this.machine.homes, options: {} } }, probe);
    return Object.fromEntries(files.map(({ path, content }) => [`proftpd/${path}`, content]));
  }

  /** Publishes accounts: those given are changed, `null` removes one, all others stay. */
  publish(accounts: Record<number, Logins | null>, probe = ""): void {
    const tree = { ...this.tree };
    for (const [number, logins] of Object.entries(accounts)) {
      delete tree[`proftpd/accounts/${number}.logins`];
      if (logins) Object.assign(tree, this.list(Number(number), logins, probe));
    }
    this.machine.publish(["proftpd"], tree);
    this.tree = tree;
  }

  /** curl over FTPS; the path is below the login's folder. */
  curl(name: string, path: string, argv: string[] = [], password = PASSWORD): Promise<Clients> {
    const url = `ftp://127.0.0.1:${this.ftp}/${path}`;
    return client(["curl", "-sS", "-k", "--ssl-reqd", "--max-time", "30", "-u", `${name}:${password}`, ...argv, url]);
  }

  lftp(name: string, commands: string[], password = PASSWORD): Promise<Clients> {
    const set = ["set ssl:verify-certificate no", "set ftp:ssl-force yes", "set ftp:ssl-protect-data yes", "set net:max-retries 1", "set net:timeout 20"];
    const script = [...set, `open -u "${name}","${password}" ftp://127.0.0.1:${this.ftp}`, ...commands].join("; ");
    return client(["lftp", "-c", script], { HOME: this.machine.base, LANG: "C.UTF-8" });
  }

  /** OpenSSH's sftp: a batch of commands (`-` before one lets it fail) by key, or by password. */
  sftpAs(name: string, commands: string[], by: "key" | "password" = "key", password = PASSWORD): Promise<Clients> {
    const plain = ["-P", `${this.sftp}`, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-F", "none"];
    const way = by === "key" ? ["-o", "PreferredAuthentications=publickey", "-i", this.keyFile] : ["-o", "PreferredAuthentications=password"];
    // BatchMode asks nobody, so it is switched off where a password is asked for.
    const batch = ["-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "NumberOfPasswordPrompts=1", "-b", "-", "-o", "BatchMode=no"];
    const env = { SSH_ASKPASS: join(this.machine.base, "askpass"), SSH_ASKPASS_REQUIRE: "force", DISPLAY: "none", MUTU_TEST_PASSWORD: password };
    const options = by === "password" ? ["-o", "BatchMode=no", ...plain, ...way, ...batch] : [...plain, ...way, ...batch];
    return client(["sftp", ...options, `${name}@127.0.0.1`], env, `${commands.join("\n")}\n`);
  }

  status(): string[] {
    return this.machine.driver("proftpd", "status", this.machine.live).words.split("\n");
  }

  close(): void {
    this.machine.driver("proftpd", "halt", this.machine.live);
    this.machine.close();
  }
}

export function client(argv: string[], env: Record<string, string> = {}, input = ""): Promise<Clients> {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0] as string, argv.slice(1), { env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/nonexistent", ...env }, timeout: 60_000 });
    let out = "";
    child.stdout.on("data", (bytes: Buffer) => (out += bytes));
    child.stderr.on("data", (bytes: Buffer) => (out += bytes));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out }));
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
