/** What units were in a kept release: their files, walked back from those that serve, and the facts that belong to them. */
import type { Context } from "../core/context.js";
import type { UnitOutcome } from "./adopt.js";
import type { Probe } from "./contract.js";
import { applyChanges, type FileChange, type FileEntry, type UnitId, unitId } from "./manifest.js";

/** A unit as it was. `facts` null: no kept release tells which names its files serve. */
export interface PastUnit {
  files: FileEntry[];
  facts: PastFacts | null;
}

export interface PastFacts {
  serving: string;
  withdrawn?: boolean;
  accountId: string | null;
  hash: string | null;
  claims: string[];
  probes: Probe[];
}

/** Releases that really served, or that tell of a machine that lost everything. */
export const SERVED = ["live", "past", "wiped"];

/** Units asked for at once; SQLite takes 999 parameters. */
const PAGE = 400;

type Named = { role: string; key: string };
type Change = FileChange & { release: { id: string; number: number } };

/** Reads these units as they were in a release of a host. The cost follows the number of units and of their changes, not the host's size. */
export async function readPast(ctx: Context, hostId: string, number: number, units: readonly Named[]): Promise<Map<UnitId, PastUnit>> {
  const past = new Map<UnitId, PastUnit>();
  const told = releaseReader(ctx);
  for (const [role, keys] of pagesByRole(units)) {
    const [live, changes] = await Promise.all([
      ctx.db.publishedFile.findMany({ where: { hostId, role, key: { in: keys } }, select: { path: true, role: true, key: true, hash: true, size: true } }),
      ctx.db.releaseChange.findMany({
        where: { role, key: { in: keys }, release: { hostId, state: { in: SERVED } } },
        orderBy: [{ release: { number: "desc" } }, { path: "asc" }],
        include: { release: { select: { id: true, number: true } } },
      }),
    ]);
    const [liveOf, changesOf] = [groupByKey(live), groupByKey(changes)];
    for (const key of keys) {
      const mine: Change[] = changesOf.get(key) ?? [];
      const files = mine.filter((change) => change.release.number > number).reduce(goBack, liveOf.get(key) ?? []);
      past.set(unitId({ role, key }), { files, facts: await factsOf(role, key, mine) });
    }
  }
  return past;

  /** The release that last changed its files tells; where none is kept, the next one tells what it found. */
  async function factsOf(role: string, key: string, mine: readonly Change[]): Promise<PastFacts | null> {
    const last = mine.find((change) => change.release.number <= number);
    const next = mine.findLast((change) => change.release.number > number);
    const release = (last ?? next)?.release;
    if (release === undefined) return rowFacts(ctx, hostId, role, key);
    const outcome = (await told(release.id)).get(unitId({ role, key }));
    return (last === undefined ? outcome?.was : outcome) ?? null;
  }
}

/** The numbers of a host's releases may be few and their rows long: each is read once, and few are held. */
function releaseReader(ctx: Context): (id: string) => Promise<ReadonlyMap<UnitId, UnitOutcome>> {
  const held = new Map<string, ReadonlyMap<UnitId, UnitOutcome>>();
  return async (id) => {
    const known = held.get(id);
    if (known !== undefined) return known;
    const { units } = await ctx.db.release.findUniqueOrThrow({ where: { id }, select: { units: true } });
    const outcomes = new Map((units as unknown as UnitOutcome[]).map((outcome) => [unitId(outcome), outcome]));
    if (held.size >= 8) held.delete(held.keys().next().value as string);
    held.set(id, outcomes);
    return outcomes;
  };
}

/** No kept release changed it: it is what it was. */
async function rowFacts(ctx: Context, hostId: string, role: string, key: string): Promise<PastFacts | null> {
  const select = { serving: true, withdrawn: true, accountId: true, hash: true, claims: true, probes: true };
  const row = await ctx.db.publishUnit.findUnique({ where: { hostId_role_key: { hostId, role, key } }, select });
  return row as unknown as PastFacts | null;
}

/** Undoes one change. */
function goBack(files: FileEntry[], { path, role, key, oldHash, newHash, size }: Change): FileEntry[] {
  return applyChanges(files, [{ path, role, key, oldHash: newHash, newHash: oldHash, size }]);
}

function groupByKey<Row extends { key: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.key);
    if (group === undefined) groups.set(row.key, [row]);
    else group.push(row);
  }
  return groups;
}

function* pagesByRole(units: readonly Named[]): Generator<[role: string, keys: string[]]> {
  for (const role of new Set(units.map((unit) => unit.role))) {
    const keys = units.filter((unit) => unit.role === role).map(({ key }) => key);
    for (let start = 0; start < keys.length; start += PAGE) yield [role, keys.slice(start, start + PAGE)];
  }
}
