/** What was published: rows for those who may see them. The feature says who that is; ownership is a condition of the query. */
import type { Db } from "../core/db.js";
import type { OwnedBy } from "../core/ownership.js";
import type { Publication, PublicationPart, Release } from "../generated/sqlite/client.js";
import { diffChanges, type FileDiff, MOST_FILES } from "./dry-run.js";
import type { Store } from "./store.js";

/** Parts shown of one publication: a page is for reading. */
const MOST_PARTS = 500;
/** Parts shown of each publication in a list. */
const FIRST_PARTS = 3;

/** Which parts may be seen; `everything` adds publications that have none. */
export interface Sight {
  own: OwnedBy;
  everything: boolean;
}

export interface HistoryFilter {
  hostId?: string;
  accountId?: string;
  skip?: number;
  take: number;
}

/** A publication with the visible parts, and how many these are in all. */
export type PublicationRow = Publication & { parts: PublicationPart[]; total: number };
export type ReleaseRow = Release & { files: number };

const visible = ({ own, everything }: Sight) => (everything ? {} : { parts: { some: own } });
const BY_UNIT = [{ role: "asc" as const }, { key: "asc" as const }];

/** Lists publications, newest first. */
export async function readPublications(
  db: Db,
  sight: Sight,
  { hostId, accountId, skip, take }: HistoryFilter,
): Promise<{ rows: PublicationRow[]; total: number }> {
  const { own } = sight;
  const where = { AND: [visible(sight), hostId ? { hostId } : {}, accountId ? { parts: { some: { AND: [own, { accountId }] } } } : {}] };
  const [total, rows] = await Promise.all([
    db.publication.count({ where }),
    db.publication.findMany({ where, orderBy: [{ startedAt: "desc" }, { number: "desc" }], skip, take }),
  ]);
  return { total, rows: await withParts(db, own, rows, FIRST_PARTS) };
}

/** Adds the first parts of each, and how many there are. Asked one by one: a limit within a list is applied after all parts of all of it were read (50 000). */
async function withParts(db: Db, own: OwnedBy, publications: readonly Publication[], take: number): Promise<PublicationRow[]> {
  const groups = await db.publicationPart.groupBy({
    by: ["publicationId"],
    where: { AND: [own, { publicationId: { in: publications.map(({ id }) => id) } }] },
    _count: true,
  });
  const counted = new Map(groups.map(({ publicationId, _count }) => [publicationId, _count]));
  return Promise.all(
    publications.map(async (publication) => {
      const total = counted.get(publication.id) ?? 0;
      const where = { AND: [own, { publicationId: publication.id }] };
      return { ...publication, total, parts: total === 0 ? [] : await db.publicationPart.findMany({ where, orderBy: BY_UNIT, take }) };
    }),
  );
}

/** Gives one publication, or null where no part of it may be seen. */
export async function readPublication(db: Db, sight: Sight, id: string): Promise<PublicationRow | null> {
  const { own } = sight;
  const found = await db.publication.findFirst({ where: { AND: [{ id }, visible(sight)] } });
  return found === null ? null : ((await withParts(db, own, [found], MOST_PARTS))[0] ?? null);
}

/** Lists kept releases, newest first. */
export async function readReleases(
  db: Db,
  filter: { hostId?: string; publicationId?: string; skip?: number; take: number },
): Promise<{ rows: ReleaseRow[]; total: number }> {
  const { skip, take, ...where } = filter;
  const [total, rows] = await Promise.all([
    db.release.count({ where }),
    db.release.findMany({ where, orderBy: [{ createdAt: "desc" }, { number: "desc" }], skip, take }),
  ]);
  const groups = await db.releaseChange.groupBy({ by: ["releaseId"], where: { releaseId: { in: rows.map(({ id }) => id) } }, _count: true });
  const counted = new Map(groups.map(({ releaseId, _count }) => [releaseId, _count]));
  return { total, rows: rows.map((release) => ({ ...release, files: counted.get(release.id) ?? 0 })) };
}

/** When the first publication of all began; null: none has. */
export async function firstPublishedAt(db: Db): Promise<Date | null> {
  return (await db.publication.findFirst({ orderBy: { startedAt: "asc" }, select: { startedAt: true } }))?.startedAt ?? null;
}

/** Gives one kept release, or null. */
export async function readRelease(db: Db, id: string): Promise<ReleaseRow | null> {
  const found = await db.release.findUnique({ where: { id }, include: { _count: { select: { changes: true } } } });
  if (found === null) return null;
  const { _count, ...release } = found;
  return { ...release, files: _count.changes };
}

/** Gives the id of a host's release by its number, or null. */
export async function findRelease(db: Db, hostId: string, number: number): Promise<string | null> {
  return (await db.release.findUnique({ where: { hostId_number: { hostId, number } }, select: { id: true } }))?.id ?? null;
}

/** Compares what each file was before a publication with what it became. */
export async function readFiles(db: Db, store: Store, publicationId: string): Promise<FileDiff[]> {
  const orderBy = [{ release: { number: "asc" as const } }, { path: "asc" as const }];
  return diffChanges(store, await db.releaseChange.findMany({ where: { release: { publicationId } }, orderBy, take: MOST_FILES }));
}
