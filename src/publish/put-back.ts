/** Gives units the files of a kept release again, where nothing comes back with them that was withdrawn since. */
import type { Context, TransactionContext } from "../core/context.js";
import type { PublishUnit } from "../generated/sqlite/client.js";
import { lostClaims } from "./claims.js";
import type { HostRecord, Probe } from "./contract.js";
import type { Engine, Run, RunUnit } from "./engine.js";
import { holdUnits, releaseHold } from "./holds.js";
import { type FileEntry, unitId } from "./manifest.js";
import { type PastUnit, readPast, SERVED } from "./past.js";
import { daemonsOf } from "./render.js";
import type { Store } from "./store.js";
import { touch } from "./touch.js";

/** An older state of a unit, as it is served again. */
export interface Back {
  number: number;
  files: FileEntry[];
  hash: string | null;
  claims: string[];
  probes: Probe[];
}

/** Why a unit does not come back; the sentence is `publications.put_back.stays_<why>`. */
export interface Stays {
  why: "withdrawn" | "gone" | "absent" | "notice" | "moved" | "name" | "unknown" | "lost";
  /** The names that it no longer has. */
  names: string[];
}

/** Decides whether a unit may be what it was; null: it may. Pure. */
export function staysOf({ facts, files }: PastUnit, { desired, unreadable }: Pick<RunUnit, "desired" | "unreadable">): Stays | null {
  const stays = (why: Stays["why"], names: string[] = []): Stays => ({ why, names });
  if (desired.state === null) return stays("gone");
  if (desired.withdrawn || unreadable?.guessed) return stays("withdrawn");
  if (facts === null) return stays("unknown");
  if (files.length === 0 || facts.serving === "nothing") return stays("absent");
  if (facts.serving === "notice" || facts.withdrawn) return stays("notice");
  if (facts.accountId !== desired.accountId) return stays("moved");
  const lost = lostClaims(facts.claims, desired.claims);
  return lost.length > 0 ? stays("name", lost.map(toldOf)) : null;
}

/** Where a relay led is told as what it is. */
const toldOf = (claim: string): string => claim.replace(/^proxy /, "");

/** Gives each of these units its state in the release that it is put back to, and says of the others why they stay. */
export async function lookBack(store: Store, ctx: Context, hostId: string, units: readonly RunUnit[]): Promise<{ back: RunUnit[]; staying: RunUnit[] }> {
  const result = { back: [] as RunUnit[], staying: [] as RunUnit[] };
  for (const number of new Set(units.flatMap(({ row }) => row.putBackTo ?? []))) {
    const wanted = units.filter(({ row }) => row.putBackTo === number);
    const past = await readPast(
      ctx,
      hostId,
      number,
      wanted.map(({ row }) => row),
    );
    for (const unit of wanted) {
      const was = past.get(unitId(unit.row)) as PastUnit;
      let stays = staysOf(was, unit);
      const files = stays === null ? await measure(store, was.files) : null;
      if (stays === null && files === null) stays = { why: "lost", names: [] };
      const named = { unit: nameOf(was, unit), number };
      if (stays !== null || files === null || was.facts === null) {
        const said = { key: `publications.put_back.stays_${stays?.why}`, data: { ...named, names: (stays?.names ?? []).join(", ") } };
        unit.desired = { ...unit.desired, says: [...unit.desired.says, said] };
        result.staying.push(unit);
        continue;
      }
      const { hash, claims, probes } = was.facts;
      unit.back = { number, files, hash, claims, probes };
      unit.desired = { ...unit.desired, probes, says: [{ key: "publications.put_back.comes_back", data: named }] };
      result.back.push(unit);
    }
  }
  return result;
}

const MOST_NAMES = 3;

function nameOf({ facts }: PastUnit, { row, desired }: RunUnit): string {
  const names = (facts?.claims.length ? facts.claims : desired.claims).filter((claim) => !claim.includes(" "));
  if (names.length === 0) return `${row.role} ${row.key}`;
  return names.slice(0, MOST_NAMES).join(", ") + (names.length > MOST_NAMES ? ", …" : "");
}

/** Reads every content, which proves that it is whole; null: the store has lost one. */
async function measure(store: Store, files: readonly FileEntry[]): Promise<FileEntry[] | null> {
  try {
    const sizes = await Promise.all(files.map(async ({ hash }) => Buffer.byteLength(await store.get(hash))));
    return files.map((file, index) => ({ ...file, size: sizes[index] as number }));
  } catch {
    return null;
  }
}

/** The roles of a host that can be put back: those with material that only goes forward are always rendered from the present. */
export function rolesBack(engine: Pick<Engine, "daemons">, host: HostRecord): string[] {
  const roles = new Set(host.daemons.map(({ role }) => role));
  return [...roles].filter((role) => daemonsOf(engine, host, role).every(({ forwardOnly }) => !forwardOnly)).sort();
}

/** Lists the units that changed on a host since a release, in these roles. */
export async function changedSince(ctx: Context, hostId: string, number: number, roles: string[], key?: string): Promise<{ role: string; key: string }[]> {
  const release = { hostId, state: { in: SERVED }, number: { gt: number } };
  const by = ["role", "key"] as const;
  const found = await ctx.db.releaseChange.groupBy({
    by: [...by],
    where: { role: { in: roles }, ...(key !== undefined && { key }), release },
    orderBy: [{ role: "asc" }, { key: "asc" }],
  });
  return found.map(({ role, key }) => ({ role, key }));
}

/** Holds units at a release: those that changed since are given its files by the next run, the others stand still. Returns how many are held. */
export async function holdAt(
  tx: TransactionContext,
  number: number,
  units: { changed: readonly PublishUnit[]; same: readonly PublishUnit[] },
  by: string | null,
): Promise<number> {
  // What is only a notice now would stand at it.
  const same = units.same.filter(({ serving, withdrawn }) => !withdrawn && (serving === "present" || serving === "lastGood"));
  await holdUnits(tx, [...units.changed, ...same], { reason: "putBack", data: { number }, by });
  for (let start = 0; start < units.changed.length; start += ROWS_AT_ONCE) {
    const ids = units.changed.slice(start, start + ROWS_AT_ONCE).map(({ id }) => id);
    await tx.db.publishUnit.updateMany({ where: { id: { in: ids } }, data: { putBackTo: number } });
  }
  await touch(tx, units.changed, "putBack");
  return units.changed.length + same.length;
}

const ROWS_AT_ONCE = 500;

/** An older state that today's programs refuse is no state to stand at: the unit goes on, as the next run finds it. */
export async function endRefused({ ctx, units }: Run): Promise<void> {
  const refused = units.filter(({ back, fault }) => back !== null && fault !== null);
  if (refused.length === 0) return;
  await ctx.transaction(async (tx) => {
    const ids = refused.map(({ row }) => row.id);
    // Whoever holds it for something else meanwhile goes on doing so.
    const still = await tx.db.publishUnit.findMany({ where: { id: { in: ids }, hold: "putBack" }, select: { id: true, heldAt: true } });
    const mine = still.filter(({ id, heldAt }) => refused.some(({ row }) => row.id === id && row.heldAt?.getTime() === heldAt?.getTime()));
    for (const { id, role, key, accountId } of await releaseHold(tx, mine)) {
      tx.audit({ verb: "publications.hold.refused", accountId, object: { type: "unit", id, name: `${role} ${key}` }, old: { reason: "putBack" } });
    }
  });
}
