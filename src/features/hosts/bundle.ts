/** What a machine needs before the panel can write to it, as one tar: machines/ and each daemon's machine/ folder. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../../core/machine/index.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const TAR_SECONDS = 60;
const MAX_BYTES = 64 * 1024 * 1024;

export interface Bundle {
  tar: Buffer;
  /** SHA-256 of the install script and of the whole bundle, which the administrator sees before anything runs. */
  installHash: string;
  hash: string;
}

/** Packs the bundle, without owners and dates: the same program gives the same bytes. */
export async function packBundle(root = ROOT): Promise<Bundle> {
  const daemons = join(root, "src", "daemons");
  const folders = readdirSync(daemons)
    .filter((name) => existsSync(join(daemons, name, "machine")))
    .map((name) => `src/daemons/${name}/machine`);
  const plain = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
  const argv = ["tar", "-C", root, ...plain, "-cf", "-", "--", "machines", ...folders.sort()];
  const done = await runCommand({ argv, timeoutSeconds: TAR_SECONDS, maxOutputBytes: MAX_BYTES });
  if (done.code !== 0 || done.truncated) throw new Error(`the bundle cannot be packed: ${done.stderr.toString().trim() || "too big"}`);
  return { tar: done.stdout, hash: sha256(done.stdout), installHash: sha256(readFileSync(join(root, "machines/web/install"))) };
}

function sha256(data: Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}
