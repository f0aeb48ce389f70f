/** Contents of generated files, by their hash, on the panel's disk. What a release names can always be shown, compared and sent again. */
import { randomBytes } from "node:crypto";
import { access, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { contentHash } from "./manifest.js";

export interface Store {
  /** Keeps a content and returns its hash. Written aside, synced, renamed: a hash that exists is whole. */
  put(content: string): Promise<string>;
  /** Reads a content; a missing one is an error that names it, and so is one that no longer equals its hash. */
  get(hash: string): Promise<string>;
  has(hash: string): Promise<boolean>;
  /** Removes what is not kept and older than an hour (a run that is under way may have just written it). Returns how many. */
  prune(kept: ReadonlySet<string>, now: Date): Promise<number>;
}

const YOUNGEST_PRUNED_MS = 3_600_000;

/** Opens the store below a directory, which is made at the first write. */
export function openStore(directory: string): Store {
  const pathOf = (hash: string): string => join(directory, hash.slice(0, 2), hash);
  const exists = (path: string): Promise<boolean> =>
    access(path).then(
      () => true,
      () => false,
    );

  return {
    async put(content) {
      const hash = contentHash(content);
      const path = pathOf(hash);
      if (await exists(path)) return hash;
      await mkdir(join(directory, hash.slice(0, 2)), { recursive: true, mode: 0o700 });
      const aside = `${path}.${randomBytes(6).toString("hex")}`;
      const file = await open(aside, "wx", 0o600);
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(aside, path);
      return hash;
    },
    async get(hash) {
      const content = await readFile(pathOf(hash), "utf8");
      if (contentHash(content) !== hash) throw new Error(`the store's copy of ${hash} was altered`);
      return content;
    },
    has: (hash) => exists(pathOf(hash)),
    async prune(kept, now) {
      let removed = 0;
      const folders = (await exists(directory)) ? await readdir(directory) : [];
      for (const folder of folders) {
        for (const name of await readdir(join(directory, folder))) {
          const path = join(directory, folder, name);
          if (kept.has(name)) continue;
          if (now.getTime() - (await stat(path)).mtimeMs < YOUNGEST_PRUNED_MS) continue;
          await rm(path, { force: true });
          removed += 1;
        }
      }
      return removed;
    },
  };
}
