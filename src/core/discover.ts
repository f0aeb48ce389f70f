/** Finds features and daemons by their folders. A folder that does not keep the promise of its name stops the boot, naming the path. */
import { existsSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Feature } from "./feature.js";
import { registerPermissions } from "./ownership.js";

const SOURCE = fileURLToPath(new URL("..", import.meta.url));
/** `.ts` below tsx, `.js` in dist/. */
const EXTENSION = extname(fileURLToPath(import.meta.url));

/** What discovery asks of every found thing. */
interface Named {
  name: string;
}

/** Finds the features, sorted by name, and registers their permissions. */
export async function discoverFeatures(source = SOURCE): Promise<Feature[]> {
  const features = await discover<Feature>(join(source, "features"), "feature");
  for (const feature of features) if (feature.permissions) registerPermissions(feature.permissions);
  return features;
}

/** Finds the daemons, sorted by name. Their contract is publish/contract.ts, which core does not know. */
export async function discoverDaemons<Daemon extends Named>(source = SOURCE): Promise<Daemon[]> {
  return discover<Daemon>(join(source, "daemons"), "daemon");
}

async function discover<Found extends Named>(folder: string, noun: string): Promise<Found[]> {
  const found: Found[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!entry.isDirectory()) continue;
    const file = join(folder, entry.name, `${noun}${EXTENSION}`);
    if (!existsSync(file)) throw new Error(`${join(folder, entry.name)} has no ${noun}${EXTENSION}`);
    found.push(await load<Found>(file, noun, entry.name));
  }
  return found;
}

async function load<Found extends Named>(file: string, noun: string, name: string): Promise<Found> {
  let module: Record<string, unknown>;
  try {
    module = await import(pathToFileURL(file).href);
  } catch (cause) {
    throw new Error(`${file} cannot be loaded: ${(cause as Error).message}`, { cause });
  }
  const thing = module[noun];
  if (typeof thing !== "object" || thing === null) throw new Error(`${file} does not export "${noun}"`);
  const given = (thing as Partial<Named>).name;
  if (given !== name) throw new Error(`${file}: the ${noun} is named "${given}", its folder "${name}"`);
  return thing as Found;
}
