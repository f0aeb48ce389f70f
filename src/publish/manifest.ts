/** The tree of a release: which file belongs to which unit, in which of the 256 shards. Pure. */
import { createHash } from "node:crypto";
import type { UnitKey } from "./contract.js";

/** One file of a host's tree. */
export interface FileEntry {
  /** `<shard>/<daemon>/<path>` */
  path: string;
  role: string;
  key: UnitKey;
  /** sha256 of the content, which lies in the store. */
  hash: string;
  /** Bytes. */
  size: number;
}

/** One difference between what is live and what should be. */
export interface FileChange {
  path: string;
  role: string;
  key: UnitKey;
  oldHash: string | null;
  newHash: string | null;
  size: number;
}

/** Names a unit on its host: `web 2001`. */
export type UnitId = string;

export const unitId = (unit: { role: string; key: UnitKey }): UnitId => `${unit.role} ${unit.key}`;

/** Hashes content, hexadecimal sha256. */
export const contentHash = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");

/** Tells who owns a unit: what stands before the slash of its key. */
export const ownerOf = (key: UnitKey): string => key.split("/", 1)[0] as string;

/** Tells in which shard an owner's files lie: the first two hexadecimal digits of its hash. */
export const shardOf = (key: UnitKey): string => contentHash(ownerOf(key)).slice(0, 2);

/** Sorts by bytes, as LC_ALL=C does; paths are ASCII by protocol. */
export const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);

/** Compares what is live with what should be: the changes, sorted by path. */
export function diffFiles(live: readonly FileEntry[], wanted: readonly FileEntry[]): FileChange[] {
  const before = new Map(live.map((file) => [file.path, file]));
  const changes: FileChange[] = [];
  for (const { path, role, key, hash, size } of wanted) {
    const old = before.get(path);
    before.delete(path);
    const sameOwner = old?.role === role && old.key === key;
    if (old?.hash !== hash || !sameOwner) changes.push({ path, role, key, oldHash: old?.hash ?? null, newHash: hash, size });
  }
  for (const { path, role, key, hash } of before.values()) changes.push({ path, role, key, oldHash: hash, newHash: null, size: 0 });
  return changes.sort(byPath);
}

/** Applies changes to a tree; the result is sorted by path. */
export function applyChanges(live: readonly FileEntry[], changes: readonly FileChange[]): FileEntry[] {
  const files = new Map(live.map((file) => [file.path, file]));
  for (const { path, role, key, newHash, size } of changes) {
    if (newHash === null) files.delete(path);
    else files.set(path, { path, role, key, hash: newHash, size });
  }
  return [...files.values()].sort(byPath);
}

/** Lists the shards that changes touch, sorted. */
export const shardsOf = (changes: readonly { path: string }[]): string[] => [...new Set(changes.map(({ path }) => path.slice(0, 2)))].sort();
