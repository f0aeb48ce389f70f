/** Lets go of old releases and of contents that nothing names any more. */
import type { Context } from "../core/context.js";
import type { Store } from "./store.js";

/** A release is kept while it is among the last ten of its host, or younger than thirty days (DESIGN.md). */
const KEPT_NUMBER = 10;
const KEPT_DAYS = 30;

/** Prunes releases, then contents; returns how many of each. */
export async function pruneReleases(ctx: Context, store: Store): Promise<{ releases: number; contents: number }> {
  const now = ctx.clock.now();
  const oldest = new Date(now.getTime() - KEPT_DAYS * 86_400_000);
  const hosts = await ctx.db.release.groupBy({ by: ["hostId"], _max: { number: true } });
  let releases = 0;
  for (const { hostId, _max } of hosts) {
    const { count } = await ctx.db.release.deleteMany({
      where: { hostId, number: { lte: (_max.number ?? 0) - KEPT_NUMBER }, createdAt: { lt: oldest }, state: { notIn: ["live", "verified", "staged"] } },
    });
    releases += count;
  }
  const [files, changes] = await Promise.all([
    ctx.db.publishedFile.findMany({ distinct: ["hash"], select: { hash: true } }),
    ctx.db.releaseChange.findMany({ distinct: ["oldHash", "newHash"], select: { oldHash: true, newHash: true } }),
  ]);
  const kept = new Set([...files.map(({ hash }) => hash), ...changes.flatMap(({ oldHash, newHash }) => [oldHash ?? "", newHash ?? ""])]);
  return { releases, contents: await store.prune(kept, now) };
}
