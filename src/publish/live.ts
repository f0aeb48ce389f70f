/** Reads what serves, as far as the run's units need it: all files of the shards that they touch. */
import type { Run } from "./engine.js";
import { type FileEntry, shardOf, type UnitId, unitId } from "./manifest.js";

/** Fills `run.live.files` and each unit's files of before. */
export async function loadLive(run: Run): Promise<void> {
  run.live.files = await readShards(run, run.host.id, [...new Set(run.units.map((unit) => shardOf(unit.row.key)))]);
  const byUnit = new Map<UnitId, FileEntry[]>();
  for (const file of run.live.files) {
    const files = byUnit.get(unitId(file));
    if (files === undefined) byUnit.set(unitId(file), [file]);
    else files.push(file);
  }
  for (const unit of run.units) unit.before = byUnit.get(unitId(unit.row)) ?? [];
}

/** Lists the published files of some shards, sorted by path. */
async function readShards({ ctx }: Pick<Run, "ctx">, hostId: string, shards: string[]): Promise<FileEntry[]> {
  return ctx.db.publishedFile.findMany({
    where: { hostId, shard: { in: shards } },
    orderBy: { path: "asc" },
    select: { path: true, role: true, key: true, hash: true, size: true },
  });
}
