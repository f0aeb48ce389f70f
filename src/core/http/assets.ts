/** Addresses of the files in public/: each carries the beginning of its hash, so that browsers may keep it for ever. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const HASH_LENGTH = 10;

/** Gives a function from `css/mutu.css` to `/public/css/mutu.css?v=…`; an unknown file is a programmer's fault. */
export function assetAddresses(folder: string): (path: string) => string {
  const addresses = new Map<string, string>();
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const path = relative(folder, file);
    const hash = createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, HASH_LENGTH);
    addresses.set(path, `/public/${path}?v=${hash}`);
  }
  return (path) => {
    const address = addresses.get(path);
    if (!address) throw new Error(`there is no public/${path}`);
    return address;
  };
}
