/** Daemons found by folder, as the application finds them, for tests that hold for each of them. */
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Daemon } from "../../src/publish/contract.js";

export const daemonsRoot = join(dirname(fileURLToPath(import.meta.url)), "../../src/daemons");

/** Names every folder under src/daemons. */
export function daemonNames(): string[] {
  const folders = readdirSync(daemonsRoot, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map((entry) => entry.name).sort();
}

/** Loads what `src/daemons/<name>/daemon.ts` exports. */
export async function loadDaemon(name: string): Promise<Daemon> {
  const module = (await import(pathToFileURL(join(daemonsRoot, name, "daemon.ts")).href)) as { daemon: Daemon };
  return module.daemon;
}
