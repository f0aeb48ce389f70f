/** Shows what a run would do: the same desired state, rendering and plan, and no word to the machine. */
import { openBatches } from "./batches.js";
import type { Desired, HostRecord } from "./contract.js";
import { type DiffLine, diffLines } from "./diff.js";
import type { Engine, Run } from "./engine.js";
import { runErrorOf } from "./failure.js";
import { loadLive } from "./live.js";
import type { Lease } from "./lock.js";
import { type Change, changeOf, planRelease } from "./plan.js";
import { renderUnits, settleCollisions } from "./render.js";
import { standingOf } from "./selection.js";
import type { Store } from "./store.js";

/** A file's change, readable. */
export interface FileDiff {
  path: string;
  role: string;
  key: string;
  /** It holds a secret, now or before: that it changed is all that is told. */
  secret: boolean;
  lines: DiffLine[];
}

export interface DryRun {
  units: { role: string; key: string; accountId: string | null; change: Change; says: Desired<unknown>["says"]; code: string | null }[];
  files: FileDiff[];
}

/** Files of which the lines are shown: a page is for reading. */
export const MOST_FILES = 200;

/** Plans what is touched now, against what the database believes to be live. */
export async function dryRun(engine: Engine, host: HostRecord): Promise<DryRun> {
  const ctx = engine.services.context({ kind: "system", name: "publish" });
  const [release, shards] = await Promise.all([
    ctx.db.release.findFirst({ where: { hostId: host.id, state: "live" }, orderBy: { number: "desc" }, select: { root: true } }),
    ctx.db.publishedShard.findMany({ where: { hostId: host.id } }),
  ]);
  const live = { root: release?.root ?? null, files: [], shards: new Map(shards.map(({ shard, hash }) => [shard, hash])) };
  const budget = { rounds: 0, rehearsals: { left: 0 } };
  const run: Run = {
    engine,
    ctx,
    host,
    lease: NO_LEASE,
    publicationId: "",
    waiting: [],
    units: [],
    live,
    budget,
    errors: [],
    removed: {},
    leaving: new Map(),
    steps: [],
    trusting: false,
  };
  const shown: DryRun = { units: [], files: [] };
  const batches = openBatches(engine, ctx, host);
  do {
    run.units = (await batches.next()).filter((unit) => standingOf(unit) !== "stands");
    await loadLive(run);
    await renderUnits(engine, host, run.units);
    await settleCollisions(run);
    const changes = planRelease(run.live, run.units)?.changes ?? [];
    shown.files.push(...(await diffChanges(engine.store, changes.slice(0, MOST_FILES - shown.files.length))));
    for (const { row, desired, before, files, fault } of run.units) {
      const { role, key } = row;
      shown.units.push({ role, key, accountId: desired.accountId, change: changeOf(before, files), says: desired.says, code: fault?.code ?? null });
    }
  } while (batches.rest.length > 0);
  return shown;
}

const nothing = (): never => {
  throw new Error("a dry run holds no lease");
};
const NO_LEASE: Lease = {
  hostId: "",
  fence: 0,
  lost: new AbortController().signal,
  assertHeld: nothing,
  assertHeldIn: nothing,
  raise: nothing,
  release: nothing,
};

interface Changed {
  path: string;
  role: string;
  key: string;
  oldHash: string | null;
  newHash: string | null;
}

/** Reads both contents of each change, one after the other, and compares them. A content that was pruned shows as one line that says so. */
export async function diffChanges(store: Store, changes: readonly Changed[]): Promise<FileDiff[]> {
  const read = (hash: string | null): Promise<string | null> =>
    hash === null ? Promise.resolve("") : store.show(hash).catch((error: unknown) => `${runErrorOf("diff", error).output[0] ?? hash}\n`);
  const diffs: FileDiff[] = [];
  for (const { path, role, key, oldHash, newHash } of changes) {
    const [before, after] = [await read(oldHash), await read(newHash)];
    const secret = before === null || after === null;
    diffs.push({ path, role, key, secret, lines: secret ? [] : diffLines(before, after) });
  }
  return diffs;
}
