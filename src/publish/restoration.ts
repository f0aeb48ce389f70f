/**
 * After a restoration machines may be ahead of the database: they serve releases that it does not know. What lies there cannot be told from here, but what
 * the database believed to be live is known file by file: it is sent in full, and from there the run goes on as any other. Fences, numbers of activations and
 * serials of zones only grow on the machine; only the tree goes back to the moment of the backup, as everything else of the panel did.
 */
import { EMPTY_SHARD, type MachineStatus, packRelease, SHARDS } from "../core/machine/index.js";
import { readSetting, writeSetting } from "../core/settings.js";
import type { Run } from "./engine.js";
import { errorOf, RunFailure } from "./failure.js";
import { retryBusy } from "./patience.js";

const PAGE = 2_000;
const markOf = (hostId: string): string => `backups.restored.${hostId}`;

/** Notes that a restoration made the database older than its machines may be: each of them may be led back once. */
export async function markRestored(tx: Parameters<typeof writeSetting>[0], hostIds: readonly string[], madeAt: string): Promise<void> {
  for (const hostId of hostIds) await writeSetting(tx, markOf(hostId), madeAt);
}

/** The machine stands where the database says: from here on an unknown root is not the restoration's. */
export async function forgetRestored({ ctx, host }: Run): Promise<void> {
  if ((await readSetting(ctx.db, markOf(host.id))) === null) return;
  await ctx.transaction((tx) => writeSetting(tx, markOf(host.id), null));
}

/** Leads a machine from a root that nobody knows to the one that the database knows; false: no restoration explains it, or nothing was live then. */
export async function returnToKnown(run: Run, status: MachineStatus, live: string, known: string | undefined): Promise<boolean> {
  const { ctx, host, lease } = run;
  if (known === undefined || (await readSetting(ctx.db, markOf(host.id))) === null) return false;
  const words = { fence: lease.fence, base: live, root: known };
  const outcome = await retryBusy<unknown>(run, async () =>
    status.kept.includes(known) ? host.machine.activate(words) : host.machine.publish(words, packRelease(await wholeTree(run, live, known))),
  );
  if (!outcome.ok) throw new RunFailure(errorOf("recover", outcome.failure));
  const settled = await retryBusy<unknown>(run, () => host.machine.settle({ fence: lease.fence, root: known }));
  if (!settled.ok) throw new RunFailure(errorOf("recover", settled.failure));
  ctx.log.warn({ host: host.name, from: live, to: known }, "the database is older than this machine: it was led back to what the backup knew");
  await forgetRestored(run);
  return true;
}

/** Every file of what was live, every shard announced as built from nothing: no word about what lies there now. */
async function wholeTree({ ctx, host, engine }: Run, base: string, root: string): Promise<Parameters<typeof packRelease>[0]> {
  const hostId = host.id;
  const hashes = new Map((await ctx.db.publishedShard.findMany({ where: { hostId } })).map(({ shard, hash }) => [shard, hash]));
  const puts: Parameters<typeof packRelease>[0]["puts"] = [];
  for (let after = ""; ; ) {
    const rows = await ctx.db.publishedFile.findMany({
      where: { hostId, path: { gt: after } },
      orderBy: { path: "asc" },
      take: PAGE,
      select: { path: true, hash: true },
    });
    for (const { path, hash } of rows) puts.push({ path, hash, read: () => engine.store.get(hash) });
    const last = rows.at(-1);
    if (rows.length < PAGE || last === undefined) break;
    after = last.path;
  }
  const shards = SHARDS.map((name) => ({ name, oldHash: EMPTY_SHARD, newHash: hashes.get(name) ?? EMPTY_SHARD }));
  return { base, root, shards, deletes: [], puts };
}
