/** Names the program that renders: another version may write other files of the same rows. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("..", import.meta.url));
/** What state, rendering and hashes are made by. */
const FOLDERS = ["core", "daemons", "features", "publish"];
/** Drivers and golden files render nothing. */
const LEFT_OUT = /(^|\/)(machine|golden)(\/|$)|\.(md|map)$|\.d\.ts$/;

let known: Promise<string> | null = null;

/** Hashes the files of this program, once for each process. */
export function programFingerprint(): Promise<string> {
  known ??= hashProgram();
  return known;
}

async function hashProgram(): Promise<string> {
  const sum = createHash("sha256");
  for (const folder of FOLDERS) {
    const entries = await readdir(join(PROGRAM, folder), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(PROGRAM.length));
    for (const file of files.filter((path) => !LEFT_OUT.test(path)).sort()) {
      sum
        .update(`${file}\n`)
        .update(
          createHash("sha256")
            .update(await readFile(join(PROGRAM, file)))
            .digest("hex"),
        )
        .update("\n");
    }
  }
  return sum.digest("hex");
}
