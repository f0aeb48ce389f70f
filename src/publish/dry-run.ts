/** Shows what a run would do: the same desired state, rendering and plan, and no word to the machine. */
import type { Desired, HostRecord } from "./contract.js";
import { readDesired } from "./desired.js";
import { type DiffLine, diffLines } from "./diff.js";
import type { Engine, Run } from "./engine.js";
import { runErrorOf } from "./failure.js";
import { loadLive } from "./live.js";
import type { Lease } from "./lock.js";
import { type Change, changeOf, planRelease } from "./plan.js";
import { renderUnits, settleCollisions } from "./render.js";
import type { Store } from "./store.js";

/** A file's change, readable. */
export interface FileDiff {
  path: string;
  role: string;
  key: string;
  lines: DiffLine[];
}

export interface DryRun {
  units: { role: string; key: string; accountId: string | null; change: Change; says: Desired<unknown>["says"]; code: string | null }[];
  files: FileDiff[];
}

/** Plans what is touched now, against what the database believes to be live. */
export async function dryRun(engine: Engine, host: HostRecord): Promise<DryRun> {
  const ctx = engine.services.context({ kind: "system", name: "publish" });
  const units = await readDesired(engine, ctx, host);
  const [release, shards] = await Promise.all([
    ctx.db.release.findFirst({ where: { hostId: host.id, state: "live" }, orderBy: { number: "desc" } }),
    ctx.db.publishedShard.findMany({ where: { hostId: host.id } }),
  ]);
  const live = { root: release?.root ?? null, files: [], shards: new Map(shards.map(({ shard, hash }) => [shard, hash])) };
  const budget = { rounds: 0, rehearsals: { left: 0 } };
  const run: Run = { engine, ctx, host, lease: NO_LEASE, publicationId: "", touched: [], units, live, budget, errors: [], steps: [], trusting: false };
  await loadLive(run);
  await renderUnits(engine, host, units);
  await settleCollisions(run);
  const plan = planRelease(run.live, units);
  return {
    units: units.map(({ row, desired, before, files, fault }) => ({
      role: row.role,
      key: row.key,
      accountId: desired.accountId,
      change: changeOf(before, files),
      says: desired.says,
      code: fault?.code ?? null,
    })),
    files: await diffChanges(engine.store, plan?.changes ?? []),
  };
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

/** Reads both contents of each change and compares them. A content that was pruned shows as one line that says so. */
export async function diffChanges(store: Store, changes: readonly Changed[]): Promise<FileDiff[]> {
  const read = (hash: string | null): Promise<string> =>
    hash === null ? Promise.resolve("") : store.get(hash).catch((error: unknown) => `${runErrorOf("diff", error).output[0] ?? hash}\n`);
  return Promise.all(
    changes.map(async ({ path, role, key, oldHash, newHash }) => ({ path, role, key, lines: diffLines(await read(oldHash), await read(newHash)) })),
  );
}
