/** Contents of generated files, by their hash, on the panel's disk. What a release names can always be compared and sent again; what is no secret, shown. */
import { randomBytes } from "node:crypto";
import { access, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { type KeyRing, Secret, seal, sealedWith, unseal } from "../core/secret.js";
import { contentHash } from "./manifest.js";

export interface Store {
  /** Keeps a content and returns its hash. Written aside, synced, renamed: a hash that exists is whole. What was a secret once is kept as one. */
  put(content: string, options?: { secret?: boolean }): Promise<string>;
  /** Reads a content, to send it; a missing one is an error that names it, and so is one that no longer equals its hash. */
  get(hash: string): Promise<string>;
  /** Reads a content as people may see it; null: it is a secret. */
  show(hash: string): Promise<string | null>;
  has(hash: string): Promise<boolean>;
  /** Seals anew what is not sealed with the current key, one file after the other; gives how many, and what does not open. */
  reseal(): Promise<Resealed>;
  /** How many contents are sealed with another key than the current one. */
  countForeign(): Promise<number>;
  /** Removes what is not kept and older than an hour (a run that is under way may have just put it). Returns how many. */
  prune(kept: ReadonlySet<string>, now: Date): Promise<number>;
}

/** What a change of the key did. */
export interface Resealed {
  count: number;
  faults: string[];
}

const YOUNGEST_PRUNED_MS = 3_600_000;
const SEALED = ".sealed";

/** Opens the store below a directory, which is made at the first write. Without keys it keeps no secret. */
export function openStore(directory: string, keys?: KeyRing): Store {
  const pathOf = (hash: string): string => join(directory, hash.slice(0, 2), hash);
  const exists = (path: string): Promise<boolean> =>
    access(path).then(
      () => true,
      () => false,
    );
  /** Makes a content that is there already as young as one that was just written: somebody is about to use it again. */
  const refresh = (path: string): Promise<boolean> => {
    const now = new Date();
    return utimes(path, now, now).then(
      () => true,
      () => false,
    );
  };
  const ring = (): KeyRing => {
    if (keys === undefined) throw new Error("this store has no key for secrets");
    return keys;
  };
  const placeOf = (hash: string) => ({ table: "store", row: hash, column: "content" });

  async function write(path: string, text: string): Promise<void> {
    await mkdir(join(path, ".."), { recursive: true, mode: 0o700 });
    const aside = `${path}.${randomBytes(6).toString("hex")}`;
    const file = await open(aside, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  }

  async function read(hash: string): Promise<string> {
    try {
      return await readFile(pathOf(hash), "utf8");
    } catch (error) {
      const sealed = await readFile(`${pathOf(hash)}${SEALED}`, "utf8").catch(() => null);
      if (sealed === null) throw error;
      return unseal(ring(), placeOf(hash), sealed).reveal();
    }
  }

  /** Sealed contents whose key is another one, by their hash. */
  async function* foreign(): AsyncGenerator<{ hash: string; sealed: string }> {
    const { current } = ring();
    const folders = (await exists(directory)) ? await readdir(directory) : [];
    for (const folder of folders.sort()) {
      for (const name of await readdir(join(directory, folder))) {
        if (!name.endsWith(SEALED)) continue;
        const sealed = await readFile(join(directory, folder, name), "utf8").catch(() => null);
        if (sealed !== null && sealedWith(sealed) !== current) yield { hash: name.slice(0, -SEALED.length), sealed };
      }
    }
  }

  async function get(hash: string): Promise<string> {
    const content = await read(hash);
    if (contentHash(content) !== hash) throw new Error(`the store's copy of ${hash} was altered`);
    return content;
  }

  return {
    async put(content, { secret = false } = {}) {
      const hash = contentHash(content);
      const path = pathOf(hash);
      if (await refresh(`${path}${SEALED}`)) return hash;
      if (!secret) {
        if (!(await refresh(path))) await write(path, content);
        return hash;
      }
      await write(`${path}${SEALED}`, seal(ring(), placeOf(hash), new Secret(content)));
      // What an older version kept openly.
      await rm(path, { force: true });
      return hash;
    },
    get,
    show: async (hash) => ((await exists(`${pathOf(hash)}${SEALED}`)) ? null : get(hash)),
    has: async (hash) => (await exists(pathOf(hash))) || exists(`${pathOf(hash)}${SEALED}`),
    async reseal() {
      const done: Resealed = { count: 0, faults: [] };
      for await (const { hash, sealed } of foreign()) {
        try {
          await write(`${pathOf(hash)}${SEALED}`, seal(ring(), placeOf(hash), unseal(ring(), placeOf(hash), sealed)));
          done.count += 1;
        } catch (error) {
          done.faults.push((error as Error).message);
        }
      }
      return done;
    },
    async countForeign() {
      let count = 0;
      for await (const _ of foreign()) count += 1;
      return count;
    },
    async prune(kept, now) {
      let removed = 0;
      const folders = (await exists(directory)) ? await readdir(directory) : [];
      for (const folder of folders) {
        for (const name of await readdir(join(directory, folder))) {
          const path = join(directory, folder, name);
          if (kept.has(name.endsWith(SEALED) ? name.slice(0, -SEALED.length) : name)) continue;
          const found = await stat(path).catch(() => null);
          // Given its name meanwhile, or sealed.
          if (found === null || now.getTime() - found.mtimeMs < YOUNGEST_PRUNED_MS) continue;
          await rm(path, { force: true });
          removed += 1;
        }
      }
      return removed;
    },
  };
}
