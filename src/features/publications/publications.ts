/** What was published, by whom and how it ended. Members see the parts of their own accounts, administrators everything. */
import type { Context } from "../../core/context.js";
import { notFound } from "../../core/errors.js";
import type { Page } from "../../core/http/paging.js";
import { isAdmin, ownedBy, requireAdmin } from "../../core/ownership.js";
import {
  type DryRun,
  type FileDiff,
  type HistoryFilter,
  type PublicationRow,
  type Publisher,
  type ReleaseRow,
  readFiles,
  readPublication,
  readPublications,
  readReleases,
  type Sight,
} from "../../publish/index.js";

export const READ = "publications.read";
/** One publication makes few releases: one, and one for each unit that had to be taken back. */
const MOST_RELEASES = 100;

const sightOf = (ctx: Context): Sight => ({ own: ownedBy(ctx, READ), everything: isAdmin(ctx.actor) });

/** Lists publications, newest first; `hostId` and `accountId` narrow them down. */
export async function listPublications(ctx: Context, filter: HistoryFilter): Promise<Page<PublicationRow>> {
  return readPublications(ctx.db, sightOf(ctx), filter);
}

/** Gives one publication with the parts that this person may see; a stranger's is unknown. */
export async function getPublication(ctx: Context, id: string): Promise<PublicationRow> {
  const found = await readPublication(ctx.db, sightOf(ctx), id);
  if (found === null) throw notFound("publications.publication_unknown");
  return found;
}

/** Lists the releases that a publication made; none for members. */
export async function releasesOf(ctx: Context, publicationId: string): Promise<ReleaseRow[]> {
  if (!isAdmin(ctx.actor)) return [];
  return (await readReleases(ctx.db, { publicationId, take: MOST_RELEASES })).rows.reverse();
}

/** Gives what a publication changed, file by file; none for members: generated files name paths that they need not know. */
export async function filesOf(ctx: Context, store: Publisher["store"], publicationId: string): Promise<FileDiff[]> {
  return isAdmin(ctx.actor) ? readFiles(ctx.db, store, publicationId) : [];
}

/** Lists kept releases, newest first; for administrators. */
export async function listReleases(ctx: Context, filter: { hostId?: string; skip?: number; take: number }): Promise<Page<ReleaseRow>> {
  requireAdmin(ctx);
  const { hostId, skip, take } = filter;
  return readReleases(ctx.db, { hostId, skip, take });
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
  const object = { type: "host", id: hostId, name: host.name };
  await ctx.transaction(async (tx) => tx.audit({ verb: "publications.run.started", accountId: null, object, new: { all } }));
  const touched = all ? await publisher.touchAll(hostId) : 0;
  publisher.wake(hostId);
  return touched;
}
