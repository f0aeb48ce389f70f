/** The names of what lies on a machine. One implementation for the engine and for the protocol; a test compares it with what apply computes. */
import { createHash } from "node:crypto";

/** sha256 of the empty string: the hash of a shard without files. */
export const EMPTY_SHARD = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** The 256 shard names, sorted. */
export const SHARDS: readonly string[] = Array.from({ length: 256 }, (_, number) => number.toString(16).padStart(2, "0"));

/** One file of a shard: its path below the shard (`apache/accounts/2001.conf`) and the sha256 of its content. */
export interface ShardEntry {
  path: string;
  hash: string;
}

/** Names a shard by its files, in the order of LC_ALL=C (paths are ASCII, so comparing code units is comparing bytes). */
export function shardHash(entries: Iterable<ShardEntry>): string {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
  return sha256(sorted.map(({ path, hash }) => `${hash}  ${path}\n`).join(""));
}

/** Names a release by its shards; a shard that is not given is empty. */
export function rootHash(shards: ReadonlyMap<string, string>): string {
  return sha256(SHARDS.map((name) => `${name} ${shards.get(name) ?? EMPTY_SHARD}\n`).join(""));
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
