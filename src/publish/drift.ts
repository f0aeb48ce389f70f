/** What another hand changed on a machine, as rows: seen, kept in the store, held for a person, and what became of it. */
import type { Context, TransactionContext } from "../core/context.js";
import type { Examination, Machine, Outcome } from "../core/machine/index.js";
import type { HostRecord } from "./contract.js";
import { recordParts } from "./drift-parts.js";
import { type Edit, editsOf } from "./drift-plan.js";
import type { Engine } from "./engine.js";
import { holdUnits, releaseHold } from "./holds.js";
import type { FileEntry } from "./manifest.js";

/** Of a file: larger ones are told with their sum only. */
const MOST_BYTES = 1_048_576;
/** States in which a row is about something that lies on the machine. */
export const LYING = ["open", "adopted"];

/** An edit with its row's id and the size of what is kept. */
export interface KeptEdit extends Edit {
  id: string;
  size: number;
  kept: boolean;
  /** Somebody wants it repaired: its unit is not held. */
  asked: boolean;
  /** Its unit was withdrawn before: no edit brings back a suspended account, so this one is put right at once. */
  withdrawn: boolean;
}

/** The published files of some shards. */
export function filesOfShards(ctx: Context, hostId: string, shards: readonly string[]): Promise<FileEntry[]> {
  return ctx.db.publishedFile.findMany({
    where: { hostId, shard: { in: [...shards] } },
    orderBy: { path: "asc" },
    select: { path: true, role: true, key: true, hash: true, size: true },
  });
}

/** The shards that an examination names, without the last one where the answer was cut within it. */
export function shardsFound({ files, parts, count }: Examination): string[] {
  const places = [...new Set(files.map(({ place }) => place))];
  const whole = count > files.length + parts.length && places.length > 1 ? places.slice(0, -1) : places;
  const lists = parts.flatMap((part) => (part.startsWith("list ") ? [part.slice(5)] : []));
  return [...new Set([...whole, ...lists])].filter((place) => place.length === 2).sort();
}

/**
 * Writes down what was found, keeps its contents, and holds the units whose files it is. Rows that were open and are not found any more
 * are closed: somebody has put the file back. Returns the edits of these shards.
 */
export async function recordDrift(engine: Engine, ctx: Context, host: HostRecord, found: Examination): Promise<{ edits: KeptEdit[]; shards: string[] }> {
  const shards = shardsFound(found);
  const left = await filesOfShards(ctx, host.id, shards);
  const roles = new Map(host.daemons.map(({ name, role }) => [name, role]));
  const edits = editsOf(
    found.files.filter(({ place }) => shards.includes(place)),
    left,
    (daemon) => roles.get(daemon),
  );
  const contents = new Map<string, number | null>();
  for (const edit of edits) contents.set(edit.path, edit.hash === null ? null : await keep(engine, host.machine, edit, left));
  const all = found.count <= found.files.length + found.parts.length;
  return ctx.transaction(async (tx) => {
    const rows = await tx.db.drift.findMany({ where: { hostId: host.id, state: { in: LYING } } });
    const kept: KeptEdit[] = [];
    for (const edit of edits) {
      const size = contents.get(edit.path) ?? null;
      const before = rows.find(({ path }) => path === edit.path);
      // A repair was asked for that no run has come to yet: it still holds.
      const asked = before?.state === "open" && before.decidedBy !== null && before.hash === edit.hash;
      const data = { ...columnsOf(edit), kept: size !== null, carried: false, lastSeenAt: tx.clock.now() };
      const { accountId, withdrawn } = await ownerOf(tx, host.id, edit.unit);
      const written = before
        ? await tx.db.drift.update({
            where: { id: before.id },
            data: { ...data, leftHash: before.leftHash, state: "open", ...(!asked && { decidedBy: null }) },
          })
        : await tx.db.drift.create({ data: { ...data, hostId: host.id, accountId, seenAt: tx.clock.now() } });
      if (!before) {
        const object = { type: "drift", id: written.id, name: `${host.name} ${edit.path}` };
        tx.audit({ verb: "drift.file.seen", accountId, object, new: { kind: edit.kind, hash: edit.hash } });
      }
      kept.push({ ...edit, id: written.id, size: size ?? 0, kept: size !== null, asked, withdrawn });
    }
    await recordParts(tx, host, found.parts);
    const seen = new Set([...edits.map(({ path }) => path), ...found.parts]);
    const back = rows.filter((row) => all && !row.carried && !seen.has(row.path));
    for (const { id } of back) await closeRow(tx, id, "gone", null);
    await holdEdited(tx, host.id, kept);
    await freeUnits(tx, host.id, back);
    return { edits: kept, shards };
  });
}

/** Looks outside of any run; a run that is under way may change what is looked at, so what was found of another release than ours is no drift. */
export async function lookForDrift(engine: Engine, ctx: Context, host: HostRecord): Promise<Outcome<number>> {
  const outcome = await host.machine.examine("live");
  if (!outcome.ok) return outcome;
  const { root, count } = outcome.value;
  await ctx.db.drift.updateMany({ where: { hostId: host.id, state: { in: LYING }, carried: true }, data: { lastSeenAt: ctx.clock.now() } });
  const live = await ctx.db.release.findFirst({ where: { hostId: host.id, state: "live" }, orderBy: { number: "desc" }, select: { root: true } });
  if (root === null || live?.root !== root) return { ok: true, value: 0 };
  await recordDrift(engine, ctx, host, outcome.value);
  return { ok: true, value: count };
}

const columnsOf = ({ path, kind, unit, leftHash, hash }: Edit) => ({ path, kind, role: unit?.role ?? null, key: unit?.key ?? null, leftHash, hash });

async function ownerOf(tx: TransactionContext, hostId: string, unit: Edit["unit"]): Promise<{ accountId: string | null; withdrawn: boolean }> {
  const select = { accountId: true, withdrawn: true };
  const found = unit && (await tx.db.publishUnit.findUnique({ where: { hostId_role_key: { hostId, ...unit } }, select }));
  return found ?? { accountId: null, withdrawn: false };
}

/** Closes a row; it stays on the page of what was. */
export function closeRow(tx: TransactionContext, id: string, state: "repaired" | "refused" | "gone", decidedBy: string | null): Promise<unknown> {
  return tx.db.drift.update({ where: { id }, data: { state, endedAt: tx.clock.now(), decidedBy } });
}

/** Units that stand still already for another reason go on doing so. */
async function holdEdited(tx: TransactionContext, hostId: string, edits: readonly KeptEdit[]): Promise<void> {
  const mine = edits.flatMap(({ unit, asked, withdrawn }) => (unit === null || asked || withdrawn ? [] : [unit]));
  if (mine.length === 0) return;
  const units = await tx.db.publishUnit.findMany({ where: { hostId, OR: mine.map(({ role, key }) => ({ role, key })) }, select: { id: true, hold: true } });
  const free = units.filter(({ hold }) => hold === null || hold === "drift" || hold === "adopted");
  await holdUnits(tx, free, { reason: "drift", data: {}, by: null });
}

/** Units of which nothing that was edited lies there any more go on: somebody has put their files back. */
async function freeUnits(tx: TransactionContext, hostId: string, back: readonly { role: string | null; key: string | null }[]): Promise<void> {
  for (const { role, key } of back) {
    if (role === null || key === null || (await tx.db.drift.count({ where: { hostId, role, key, state: { in: LYING } } })) > 0) continue;
    const units = await tx.db.publishUnit.findMany({ where: { hostId, role, key, hold: "drift" }, select: { id: true } });
    await releaseHold(tx, units);
  }
}

/** Takes the content into the store; returns its size, or null where it cannot be kept (too large, no text, changed again). */
async function keep(engine: Engine, machine: Machine, edit: Edit, left: readonly FileEntry[]): Promise<number | null> {
  if (edit.hash === null) return null;
  const read = await machine.drifted({ shard: edit.path.slice(0, 2), hash: edit.hash });
  if (!read.ok || read.value.length > MOST_BYTES) return null;
  const text = read.value.toString("utf8");
  if (!Buffer.from(text, "utf8").equals(read.value)) return null;
  const hash = await engine.store.put(text, { secret: await isSecret(engine, edit, left) });
  return hash === edit.hash ? read.value.length : null;
}

/** A file is a secret where the one that we left is; one that was added, where its daemon has secrets in this shard. */
async function isSecret({ store }: Engine, { path, leftHash }: Edit, left: readonly FileEntry[]): Promise<boolean> {
  const folder = path.split("/", 2).join("/");
  const like = leftHash !== null ? [leftHash] : left.filter((file) => file.path.startsWith(`${folder}/`)).map(({ hash }) => hash);
  for (const hash of like) if ((await store.has(hash)) && (await store.show(hash)) === null) return true;
  return false;
}

/** Rows that the live release does not hold yet: a run has to carry them first. */
export const countUncarried = (ctx: Context, hostId: string): Promise<number> =>
  ctx.db.drift.count({ where: { hostId, state: { in: LYING }, carried: false } });

/** Closes rows of which the machine holds something else by now: their unit was repaired, let go, withdrawn or removed. */
export async function closeOvertaken(ctx: Context, hostId: string): Promise<void> {
  const rows = await ctx.db.drift.findMany({
    where: { hostId, state: { in: LYING }, carried: true },
    select: { id: true, path: true, hash: true, decidedBy: true },
  });
  if (rows.length === 0) return;
  const files = await ctx.db.publishedFile.findMany({ where: { hostId, path: { in: rows.map(({ path }) => path) } }, select: { path: true, hash: true } });
  const lying = new Map(files.map(({ path, hash }) => [path, hash]));
  const over = rows.filter(({ path, hash }) => (lying.get(path) ?? null) !== hash);
  if (over.length === 0) return;
  await ctx.transaction(async (tx) => {
    for (const { id, decidedBy } of over) await closeRow(tx, id, "repaired", decidedBy);
  });
}
