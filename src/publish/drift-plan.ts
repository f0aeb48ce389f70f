/** Decides what of a hand edit goes along, and into which release: pure. */
import { type Drifted, EMPTY_SHARD, rootHash } from "../core/machine/index.js";
import type { ReleasePlan } from "./engine.js";
import { applyChanges, type FileChange, type FileEntry, ownerOf } from "./manifest.js";
import { hashShard, type LiveTree } from "./plan.js";

/** One file that is not as we left it. */
export interface Edit {
  path: string;
  kind: Drifted["kind"];
  /** The unit that it is a file of; null: of none, so that it cannot go along. */
  unit: { role: string; key: string } | null;
  /** What we left; null: nothing. */
  leftHash: string | null;
  /** What lies there; null: nothing, or nothing that is read. */
  hash: string | null;
}

/** Compares what a machine found with what we left. What equals it is no edit: the machine's own list may be what was changed. */
export function editsOf(found: readonly Drifted[], left: readonly FileEntry[], roleOf: (daemon: string) => string | undefined): Edit[] {
  const ours = new Map(left.map((file) => [file.path, file]));
  return found.flatMap(({ place, path: below, kind, hash }): Edit[] => {
    const path = `${place}/${below}`;
    const file = ours.get(path);
    if (kind === "removed" && file === undefined) return [];
    if (kind !== "strange" && file !== undefined && file.hash === hash) return [];
    if (file !== undefined) return [{ path, kind: kind === "added" ? "changed" : kind, unit: { role: file.role, key: file.key }, leftHash: file.hash, hash }];
    const unit = kind === "strange" ? null : likelyOwner(path, left, roleOf(path.split("/")[1] ?? ""));
    return [{ path, kind: kind === "changed" ? "added" : kind, unit, leftHash: null, hash }];
  });
}

/** A file that was added belongs to the unit whose name it begins with (`accounts/2001-extra.conf`), when there is exactly one. */
function likelyOwner(path: string, left: readonly FileEntry[], role: string | undefined): Edit["unit"] {
  const words = path.split("/").slice(2);
  const named = (key: string): boolean => words.some((word) => word === ownerOf(key) || new RegExp(`^${escaped(ownerOf(key))}[^A-Za-z0-9]`).test(word));
  const units = new Map(left.filter((file) => file.path.startsWith(path.slice(0, 3)) && file.role === role).map(({ key }) => [key, { role: role ?? "", key }]));
  const found = [...units.values()].filter(({ key }) => named(key));
  return found.length === 1 ? (found[0] ?? null) : null;
}

const escaped = (text: string): string => text.replace(/[^A-Za-z0-9]/g, "\\$&");

/** What goes along: edits of files that belong to a unit, as they lie there. */
export function changesOf(edits: readonly (Edit & { size: number })[]): FileChange[] {
  return edits.flatMap(({ path, unit, leftHash, hash, size, kind }): FileChange[] =>
    unit === null || kind === "strange" ? [] : [{ path, ...unit, oldHash: leftHash, newHash: hash, size: hash === null ? 0 : size }],
  );
}

/** The release that holds these changes, with the shards sent in full: nothing of it is built on what lies on the machine. Its root may be the live one. */
export function planAnew(live: LiveTree, shards: readonly string[], changes: readonly FileChange[]): ReleasePlan {
  const after = applyChanges(live.files, changes).filter(({ path }) => shards.includes(path.slice(0, 2)));
  const next = new Map(live.shards);
  const touched = shards.map((shard) => {
    const hash = hashShard(after.filter(({ path }) => path.startsWith(`${shard}/`)));
    next.set(shard, hash);
    return { shard, old: EMPTY_SHARD, new: hash };
  });
  return { base: live.root, root: rootHash(next), changes: [...changes], shards: touched, full: after };
}
