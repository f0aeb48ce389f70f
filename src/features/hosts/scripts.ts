/** Of which scripts a machine is made, compared with those that this program would lay there (machines/prepare.sh makes the same sum). */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const OTHER = { web: "control", control: "web" } as const;
/** Of a process: its own files do not change. */
const known = new Map<string, string>();

/** Gives the sum of the scripts of a kind of machine with these daemons. */
export function scriptsHash(kind: "web" | "control", daemons: readonly string[], root = ROOT): string {
  const key = [root, kind, ...daemons].join(" ");
  const found = known.get(key) ?? hashOf(kind, daemons, root);
  known.set(key, found);
  return found;
}

function hashOf(kind: "web" | "control", daemons: readonly string[], root: string): string {
  const machines = filesBelow(join(root, "machines")).filter((path) => !path.startsWith(`${OTHER[kind]}/`) && !/(^|\/)(README\.md|Dockerfile)$/.test(path));
  const lines = machines.map((path) => `${sumOf(join(root, "machines", path))}  machines/${path}`);
  for (const daemon of daemons) {
    const folder = join(root, "src", "daemons", daemon, "machine");
    for (const path of filesBelow(folder)) lines.push(`${sumOf(join(folder, path))}  daemons/${daemon}/${path}`);
  }
  return createHash("sha256")
    .update(`${lines.sort().join("\n")}\n`)
    .digest("hex");
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

const sumOf = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");
