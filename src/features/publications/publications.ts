/** What was published, by whom and how it ended. Members see the parts of their own accounts, administrators everything. */
import type { Context } from "../../core/context.js";
import { notFound } from "../../core/errors.js";
import type { Page } from "../../core/http/paging.js";
import { isAdmin, ownedBy, requireAdmin } from "../../core/ownership.js";
import type { Publication, PublicationPart, Release } from "../../generated/sqlite/client.js";
import { type DryRun, diffChanges, type FileDiff, type Publisher } from "../../publish/index.js";

export const READ = "publications.read";
/** Parts and files shown of one publication: a page is for reading, the API gives the rest by unit. */
const MOST_PARTS = 500;
const MOST_FILES = 200;

export type ShownPublication = Publication & { parts: PublicationPart[]; total: number };

/** Condition of the parts that this person may see, and of the publications that hold one. */
function visible(ctx: Context) {
  const own = ownedBy(ctx, READ);
  return { own, publications: isAdmin(ctx.actor) ? {} : { parts: { some: own } } };
}

/** Lists publications, newest first; `hostId` narrows them to one machine. */
export async function listPublications(
  ctx: Context,
  filter: { hostId?: string; accountId?: string; skip?: number; take: number },
): Promise<Page<ShownPublication>> {
  const { own, publications } = visible(ctx);
  const { hostId, accountId, skip, take } = filter;
  const where = { AND: [publications, hostId ? { hostId } : {}, accountId ? { parts: { some: { AND: [own, { accountId }] } } } : {}] };
  const parts = { where: own, orderBy: [{ role: "asc" as const }, { key: "asc" as const }], take: 3 };
  const [total, rows] = await Promise.all([
    ctx.db.publication.count({ where }),
    ctx.db.publication.findMany({
      where,
      orderBy: [{ startedAt: "desc" }, { number: "desc" }],
      skip,
      take,
      include: { parts, _count: { select: { parts: { where: own } } } },
    }),
  ]);
  return { total, rows: rows.map(({ _count, ...row }) => ({ ...row, total: _count.parts })) };
}

/** Gives one publication with the parts that this person may see; a stranger's is unknown. */
export async function getPublication(ctx: Context, id: string): Promise<ShownPublication> {
  const { own, publications } = visible(ctx);
  const found = await ctx.db.publication.findFirst({
    where: { AND: [{ id }, publications] },
    include: { parts: { where: own, orderBy: [{ role: "asc" }, { key: "asc" }], take: MOST_PARTS }, _count: { select: { parts: { where: own } } } },
  });
  if (found === null) throw notFound("publications.publication_unknown");
  const { _count, ...publication } = found;
  return { ...publication, total: _count.parts };
}

/** Lists the releases that a publication made; for administrators. */
export async function releasesOf(ctx: Context, publicationId: string): Promise<Release[]> {
  if (!isAdmin(ctx.actor)) return [];
  return ctx.db.release.findMany({ where: { publicationId }, orderBy: { number: "asc" } });
}

/** Gives what a publication changed, file by file; for administrators: generated files name paths that members need not know. */
export async function filesOf(ctx: Context, store: Publisher["store"], publicationId: string): Promise<FileDiff[]> {
  if (!isAdmin(ctx.actor)) return [];
  const changes = await ctx.db.releaseChange.findMany({
    where: { release: { publicationId } },
    orderBy: [{ release: { number: "asc" } }, { path: "asc" }],
    take: MOST_FILES,
  });
  return diffChanges(store, changes);
}

export type ShownRelease = Release & { files: number };

/** Lists kept releases, newest first; for administrators. */
export async function listReleases(ctx: Context, filter: { hostId?: string; skip?: number; take: number }): Promise<Page<ShownRelease>> {
  requireAdmin(ctx);
  const { hostId, skip, take } = filter;
  const where = hostId ? { hostId } : {};
  const [total, rows] = await Promise.all([
    ctx.db.release.count({ where }),
    ctx.db.release.findMany({ where, orderBy: [{ createdAt: "desc" }, { number: "desc" }], skip, take, include: { _count: { select: { changes: true } } } }),
  ]);
  return { total, rows: rows.map(({ _count, ...release }) => ({ ...release, files: _count.changes })) };
}

/** Plans what would be published now and changes nothing; for administrators. */
export async function planNow(ctx: Context, publisher: Publisher, hostId: string): Promise<DryRun> {
  requireAdmin(ctx);
  return publisher.dryRun(hostId);
}

/** Publishes what is touched on a host, or everything; for administrators. Returns how many units were touched for it. */
export async function publishNow(ctx: Context, publisher: Publisher, hostId: string, all: boolean): Promise<number> {
  requireAdmin(ctx);
  const host = await publisher.hosts.find(ctx.db, hostId);
  if (host === null) throw notFound("publications.host_unknown");
  await ctx.transaction(async (tx) =>
    tx.audit({ verb: "publications.run.started", accountId: null, object: { type: "host", id: hostId, name: host.name }, new: { all } }),
  );
  const touched = all ? await publisher.touchAll(hostId) : 0;
  publisher.wake(hostId);
  return touched;
}
