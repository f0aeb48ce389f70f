/** Decides what the next release holds: pure, so that what is shown and what is done cannot disagree. */
import { EMPTY_SHARD, rootHash, shardHash } from "../core/machine/index.js";
import type { ReleasePlan, RunUnit } from "./engine.js";
import { applyChanges, diffFiles, type FileEntry, shardsOf, unitId } from "./manifest.js";

/** What a host serves: its root, the files of the shards in question, and the hash of each shard that is not empty. */
export interface LiveTree {
  root: string | null;
  files: readonly FileEntry[];
  shards: ReadonlyMap<string, string>;
}

/** Computes the release that puts these units on the live tree; null: nothing would change. `live.files` must hold all files of every touched shard. */
export function planRelease(live: LiveTree, units: readonly Pick<RunUnit, "row" | "files">[]): ReleasePlan | null {
  const mine = new Set(units.map(({ row }) => unitId(row)));
  const before = live.files.filter((file) => mine.has(unitId(file)));
  const changes = diffFiles(
    before,
    units.flatMap((unit) => unit.files),
  );
  if (changes.length === 0) return null;
  const after = groupByShard(applyChanges(live.files, changes));
  const shards = shardsOf(changes).map((shard) => ({
    shard,
    old: live.shards.get(shard) ?? EMPTY_SHARD,
    new: hashShard(after.get(shard) ?? []),
  }));
  const next = new Map(live.shards);
  for (const { shard, new: hash } of shards) next.set(shard, hash);
  return { base: live.root, root: rootHash(next), changes, shards };
}

/** Hashes the files of one shard as `sha256sum` lists them there. */
export function hashShard(files: readonly FileEntry[]): string {
  return shardHash(files.map(({ path, hash }) => ({ path: path.slice(path.indexOf("/") + 1), hash })));
}

function groupByShard(files: readonly FileEntry[]): Map<string, FileEntry[]> {
  const groups = new Map<string, FileEntry[]>();
  for (const file of files) {
    const shard = file.path.slice(0, 2);
    const group = groups.get(shard);
    if (group === undefined) groups.set(shard, [file]);
    else group.push(file);
  }
  return groups;
}

/** How a unit changes as a whole. */
export type Change = "added" | "changed" | "removed" | "unchanged";

/** Tells how a unit's files differ from those that serve. */
export function changeOf(before: readonly FileEntry[], after: readonly FileEntry[]): Change {
  if (diffFiles(before, after).length === 0) return "unchanged";
  if (before.length === 0) return "added";
  return after.length === 0 ? "removed" : "changed";
}
