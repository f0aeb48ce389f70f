/** Tells which test files reach a module, by the imports that are written in the files. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What is imported for its types alone is not loaded. */
const IMPORT = /^(?:import|export)(?! type )[^;]*?"(\.[^"]+)\.js";$/gm;

/** Does this file import that one, itself or through what it imports? */
export function reaches(file: string, target: string, seen = new Set<string>()): boolean {
  if (file === target) return true;
  if (seen.has(file) || !existsSync(file)) return false;
  seen.add(file);
  const imports = [...readFileSync(file, "utf8").matchAll(IMPORT)].map(([, path]) => join(dirname(file), `${path}.ts`));
  return imports.some((path) => reaches(path, target, seen));
}
