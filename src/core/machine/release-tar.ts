/** The one stream of `stage`: a manifest, then the files that are new or changed. */
import type { Readable } from "node:stream";
import { pack as createPack } from "tar-stream";

/** What changes between two releases. Paths are `<shard>/<daemon>/<path>`. */
export interface ReleaseChange {
  /** Root on which this builds; null on a fresh machine. */
  base: string | null;
  root: string;
  /** Every touched shard with its hash before and after. */
  shards: { name: string; oldHash: string; newHash: string }[];
  deletes: string[];
  /** `read` is called when its turn comes, so that a large release is never in memory as a whole. */
  puts: { path: string; hash: string; read(): Promise<Buffer | string> | Buffer | string }[];
}

/** Writes the manifest as apply reads it; sorted, so the same change gives the same bytes. */
export function renderManifest(change: ReleaseChange): string {
  const sorted = <T>(items: readonly T[], key: (item: T) => string): T[] => [...items].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return [
    `base ${change.base ?? "none"}`,
    `root ${change.root}`,
    ...sorted(change.shards, ({ name }) => name).map(({ name, oldHash, newHash }) => `shard ${name} ${oldHash} ${newHash}`),
    ...sorted(change.deletes, (path) => path).map((path) => `delete ${path}`),
    ...sorted(change.puts, ({ path }) => path).map(({ path, hash }) => `put ${path} ${hash}`),
    "",
  ].join("\n");
}

/** Packs a change for `stage`. The stream fails when a file cannot be read; apply then refuses the cut-off tar. */
export function packRelease(change: ReleaseChange): Readable {
  const pack = createPack();
  const entry = (name: string, content: Buffer | string): Promise<void> =>
    new Promise((resolve, reject) => {
      const header = { name, type: "file" as const, mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) };
      // the entry is a stream of its own: when the pack is cut off, its error would otherwise be nobody's and end the process
      pack.entry(header, content, (error) => (error ? reject(error) : resolve())).on("error", reject);
    });
  const write = async (): Promise<void> => {
    await entry("manifest", renderManifest(change));
    for (const put of change.puts) {
      if (pack.destroyed) return;
      await entry(`files/${put.path}`, await put.read());
    }
    pack.finalize();
  };
  write().catch((error: Error) => pack.destroy(error));
  return pack as unknown as Readable;
}
