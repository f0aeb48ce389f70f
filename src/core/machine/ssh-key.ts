/** One key pair per host: what a stolen key opens is one machine's forced command. */
import { chmod, mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { runCommand } from "./command.js";

const KEYGEN_SECONDS = 20;

/** Makes the key pair of a host if it has none and returns the public half, one line. */
export async function ensureKeyPair(keyFile: string, comment: string): Promise<string> {
  const existing = await readFile(`${keyFile}.pub`, "utf8").catch(() => null);
  if (existing !== null) return existing.trim();
  await mkdir(dirname(keyFile), { recursive: true, mode: 0o700 });
  const argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", keyFile];
  const made = await runCommand({ argv, timeoutSeconds: KEYGEN_SECONDS });
  if (made.code !== 0) throw new Error(`ssh-keygen: ${made.stderr.toString().trim() || made.stdout.toString().trim()}`);
  await chmod(keyFile, 0o600);
  return (await readFile(`${keyFile}.pub`, "utf8")).trim();
}

/** The line of authorized_keys that gives this key apply and nothing else, from these addresses only. */
export function authorizedKey(publicKey: string, options: { from: string[]; command: string }): string {
  for (const text of [options.command, ...options.from]) {
    if (!/^[A-Za-z0-9_./:, -]+$/.test(text)) throw new Error(`Not allowed in authorized_keys: ${text}`);
  }
  return `restrict,from="${options.from.join(",")}",command="${options.command}" ${publicKey}`;
}
