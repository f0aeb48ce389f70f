/** Shows what a run would do: the same desired state, rendering and plan, and no word to the machine. */
import { openBatches } from "./batches.js";
import type { Desired, HostRecord } from "./contract.js";
import { collectUnits } from "./desired.js";
import { type DiffLine, diffLines } from "./diff.js";
import type { Engine, Run, UnitRow } from "./engine.js";
import { runErrorOf } from "./failure.js";
import { loadLive } from "./live.js";
import type { Lease } from "./lock.js";
import { type Change, changeOf, planRelease } from "./plan.js";
import { renderUnits, settleCollisions } from "./render.js";
import { sortHeld } from "./selection.js";
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

export interface PlannedUnit {
  role: string;
  key: string;
  accountId: string | null;
  change: Change;
  says: Desired<unknown>["says"];
  code: string | null;
  /** Of a unit that is put back: whether its older state comes back; null: it is not about that. */
  comesBack: boolean | null;
}

export interface DryRun {
  units: PlannedUnit[];
  files: FileDiff[];
}

/** Files of which the lines are shown: a page is for reading. */
export const MOST_FILES = 200;
/** Lines shown of all of them together. */
const MOST_LINES = 20_000;

/** Plans what is touched now, or these rows as if they were, against what the database believes to be live. */
export async function dryRun(engine: Engine, host: HostRecord, supposed: readonly UnitRow[] | null = null): Promise<DryRun> {
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
    waiting: null,
    units: [],
    live,
    budget,
    errors: [],
    earlier: { units: 0, failed: [] },
    removed: {},
    leaving: new Map(),
    steps: [],
    trusting: false,
  };
  const shown: DryRun = { units: [], files: [] };
  const batches = supposed === null ? openBatches(engine, ctx, host) : { next: () => collectUnits(engine, ctx, host, supposed), waiting: [] };
  do {
    run.units = (await sortHeld(engine, ctx, host.id, await batches.next())).going;
    await loadLive(run);
    await renderUnits(engine, host, run.units);
    await settleCollisions(run);
    const changes = planRelease(run.live, run.units)?.changes ?? [];
    shown.files.push(...(await diffChanges(engine.store, changes.slice(0, MOST_FILES - shown.files.length))));
    for (const { row, desired, before, files, fault, back } of run.units) {
      const { role, key, putBackTo } = row;
      const comesBack = putBackTo === null ? null : back !== null;
      shown.units.push({ role, key, accountId: desired.accountId, change: changeOf(before, files), says: desired.says, code: fault?.code ?? null, comesBack });
    }
  } while (batches.waiting.length > 0);
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
  let left = MOST_LINES;
  for (const { path, role, key, oldHash, newHash } of changes) {
    const [before, after] = [await read(oldHash), await read(newHash)];
    const secret = before === null || after === null;
    const lines = secret ? [] : diffLines(before, after);
    diffs.push({ path, role, key, secret, lines: lines.length > left ? [...lines.slice(0, left), { mark: "@", text: "" }] : lines });
    left -= Math.min(left, lines.length);
  }
  return diffs;
}
