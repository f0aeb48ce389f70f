/** Lets go of old releases and of contents that nothing names any more. */
import type { Context } from "../core/context.js";
import type { Store } from "./store.js";

/** A release is kept while it is among the last ten of its host, or younger than thirty days (DESIGN.md). */
const KEPT_NUMBER = 10;
const KEPT_DAYS = 30;
const PAGE = 2_000;

/** Prunes releases, then contents; returns how many of each. */
export async function pruneReleases(ctx: Context, store: Store): Promise<{ releases: number; contents: number }> {
  const now = ctx.clock.now();
  const oldest = new Date(now.getTime() - KEPT_DAYS * 86_400_000);
  const hosts = await ctx.db.release.groupBy({ by: ["hostId"], _max: { number: true } });
  let releases = 0;
  for (const { hostId, _max } of hosts) {
    // A unit that is still to be put back needs every release since that one.
    const { _min } = await ctx.db.publishUnit.aggregate({ where: { hostId }, _min: { putBackTo: true } });
    const newest = Math.min((_max.number ?? 0) - KEPT_NUMBER, (_min.putBackTo ?? Number.MAX_SAFE_INTEGER) - 1);
    const { count } = await ctx.db.release.deleteMany({
      where: { hostId, number: { lte: newest }, createdAt: { lt: oldest }, state: { notIn: ["live", "verified", "staged"] } },
    });
    releases += count;
  }
  const kept = new Set<string>();
  for await (const { hash } of pages((page) => ctx.db.publishedFile.findMany({ ...page, select: { id: true, hash: true } }))) kept.add(hash);
  for await (const { oldHash, newHash } of pages((page) => ctx.db.releaseChange.findMany({ ...page, select: { id: true, oldHash: true, newHash: true } })))
    for (const hash of [oldHash, newHash]) if (hash !== null) kept.add(hash);
  return { releases, contents: await store.prune(kept, now) };
}

/** Reads all rows, some at a time, by their ids: what is held is what is kept of them. */
async function* pages<Row extends { id: string }>(
  read: (page: { where: { id: { gt: string } }; orderBy: { id: "asc" }; take: number }) => Promise<Row[]>,
): AsyncGenerator<Row> {
  for (let after = ""; ; ) {
    const rows = await read({ where: { id: { gt: after } }, orderBy: { id: "asc" }, take: PAGE });
    yield* rows;
    const last = rows.at(-1);
    if (rows.length < PAGE || last === undefined) return;
    after = last.id;
  }
}
