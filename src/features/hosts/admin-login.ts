/** The administrator's own SSH login to a machine, used from the administrator's terminal and never kept. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runForeground } from "../../core/machine/foreground.js";
import { runCommand } from "../../core/machine/index.js";

const SECONDS = 60;

/** Where and how the administrator logs in. */
export interface AdminAddress {
  user: string;
  address: string;
  port: number;
  /** A configuration file of ssh(1) instead of the administrator's own. */
  configFile?: string;
}

export interface AdminLogin {
  /** Runs a command as root and gives what it wrote; `input` goes to its standard input. */
  run(words: readonly string[], input?: Buffer): Promise<string>;
  /** The same on the terminal, for what takes long. */
  show(words: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Reads `user@address` or `user@address:port`; null when it is neither. */
export function parseAdminAddress(text: string): AdminAddress | null {
  const [, user, bracketed, plain, port] = /^([a-z_][a-z0-9_-]{0,31})@(?:\[([0-9a-f:.]+)\]|([A-Za-z0-9.-]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = bracketed ?? plain;
  if (!user || !address || Number(port ?? 22) > 65_535) return null;
  return { user, address, port: Number(port ?? 22) };
}

/** Logs in once, on the terminal (a password or a key's passphrase may be asked for); everything after goes through that connection. */
export async function openAdminLogin({ user, address, port, configFile }: AdminAddress): Promise<AdminLogin> {
  const folder = await mkdtemp(join(tmpdir(), "mutu-ssh-"));
  const config = configFile ? (["-F", configFile] as const) : [];
  const ssh = ["ssh", ...config, "-o", `ControlPath=${folder}/c`, "-p", String(port), "-l", user] as [string, ...string[]];
  const opened = await runForeground([...ssh, "-o", "ControlMaster=yes", "-o", "ControlPersist=yes", "-fN", "--", address], process.env);
  if (opened !== 0) {
    await rm(folder, { recursive: true, force: true });
    throw new Error(`ssh ${user}@${address} failed: try it in another terminal first`);
  }
  const remote = (words: readonly string[]) => (user === "root" ? words : ["sudo", ...words]).map(quote).join(" ");
  return {
    async run(words, input) {
      const done = await runCommand({ argv: [...ssh, "--", address, remote(words)], timeoutSeconds: SECONDS, ...(input ? { stdin: input } : {}) });
      if (done.code !== 0) throw new Error(`on ${address}: ${done.stderr.toString().trim() || `exit ${done.code}`}`);
      return done.stdout.toString();
    },
    async show(words) {
      const code = await runForeground([...ssh, "--", address, remote(words)], process.env);
      if (code !== 0) throw new Error(`on ${address}: the command ended with ${code}`);
    },
    async close() {
      await runCommand({ argv: [...ssh, "-O", "exit", "--", address], timeoutSeconds: SECONDS });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** ssh(1) gives the other side one line for its shell: each word is quoted, and only words that cannot end a quote are let through. */
function quote(word: string): string {
  if (!/^[A-Za-z0-9+/=@._:, -]*$/.test(word)) throw new Error(`not a word for a remote command: ${word}`);
  return `'${word}'`;
}
