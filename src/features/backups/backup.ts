/** Makes a backup while the panel goes on working: the database of one moment, then everything else, which only grows meanwhile. */
import { randomBytes } from "node:crypto";
import { createWriteStream, fstatSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { providerOf } from "../../core/db.js";
import { conflict } from "../../core/errors.js";
import { withoutJob } from "../../core/jobs/index.js";
import { migrationsFolder, readMigrations } from "../../core/migrate.js";
import type { Services } from "../../core/services.js";
import { writeSetting } from "../../core/settings.js";
import { type Manifest, writeArchive } from "./archive.js";
import { DATABASE_NAMES, takeSnapshot } from "./snapshot.js";
import { listSources, type Places, placesOf, type Source } from "./sources.js";

/** Holds `{ at, file, bytes }` of the last one, for the check. */
export const LAST_BACKUP = "backups.last";
const PRUNE = "publications.prune";
const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;
const FILE = /^mutu-[a-z0-9-]+-\d{8}T\d{6}Z\.tar(\.gz)?$/;

export interface BackupOptions {
  version: string;
  places?: Places;
  /** Not compressed. */
  plain?: boolean;
  /** Where the database's copy lies until it is in the archive; the system's folder for such things when left out, which may be memory. */
  work?: string;
  /** How many archives stay in the folder; all of them when left out. */
  keep?: number;
}

export interface Backup {
  file: string;
  manifest: Manifest;
  /** Older archives that were removed. */
  removed: string[];
}

/** Writes a backup into a folder: aside, synced, renamed, 0600. A folder into which others may write is refused: one could change it. */
export async function backupInto(services: Services, folder: string, options: BackupOptions): Promise<Backup> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await stat(folder)).mode & OTHERS_WRITE) throw conflict("backups.folder_open", { folder });
  const now = services.clock.now();
  const name = `mutu-${hostname().split(".", 1)[0]?.toLowerCase()}-${compact(now)}.tar${options.plain ? "" : ".gz"}`;
  const file = join(folder, name);
  const aside = join(folder, `.${name}.${randomBytes(4).toString("hex")}`);
  try {
    const manifest = await backupTo(services, createWriteStream(aside, { flags: "wx", mode: 0o600, flush: true }), { work: folder, ...options });
    await rename(aside, file);
    const bytes = (await stat(file)).size;
    await services.context({ kind: "system", name: "backup" }).transaction(async (tx) => {
      await writeSetting(tx, LAST_BACKUP, JSON.stringify({ at: now.toISOString(), file, bytes }));
    });
    return { file, manifest, removed: await removeOlder(folder, options.keep) };
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

/** Writes a backup into a stream. */
export async function backupTo(services: Services, out: Writable, options: BackupOptions): Promise<Manifest> {
  const { env } = services;
  const places = options.places ?? placesOf(env);
  const url = env.databaseUrl.reveal();
  const provider = providerOf(url);
  const work = await mkdtemp(join(options.work ?? tmpdir(), ".mutu-backup-"));
  try {
    const made = await withoutJob(services, PRUNE, async () => {
      const madeAt = services.clock.now().toISOString();
      const snapshot = join(work, "database");
      await takeSnapshot(url, snapshot);
      const notIn: string[] = [];
      async function* everything(): AsyncGenerator<Source> {
        yield { name: DATABASE_NAMES[provider], path: snapshot };
        yield* listSources(places, notIn);
      }
      const migration = await lastMigration(services, provider);
      const head = () => ({ version: options.version, migration, provider, madeAt, host: hostname(), notIn });
      return writeArchive(out, everything(), head, { plain: options.plain });
    });
    if (made === null) throw conflict("backups.pruning", {});
    return made.value;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The newest that the database itself has seen: before an upgrade that is not the program's. Tables made from the models alone (tests) are the program's. */
async function lastMigration(services: Services, provider: Manifest["provider"]): Promise<string> {
  const sql = 'SELECT max("migration_name") AS "name" FROM "_prisma_migrations" WHERE "finished_at" IS NOT NULL';
  const rows = await services.db.$queryRawUnsafe<{ name: string | null }[]>(sql).catch(() => []);
  return rows[0]?.name ?? readMigrations(migrationsFolder(provider)).at(-1)?.name ?? "";
}

/** May an archive go to this descriptor? It holds every key of the hosting. */
export function refuseOpenOutput(descriptor: number): void {
  const found = fstatSync(descriptor);
  if (found.isCharacterDevice()) throw conflict("backups.to_terminal", {});
  if (found.isFile() && found.mode & OTHERS) throw conflict("backups.file_open", {});
}

async function removeOlder(folder: string, keep: number | undefined): Promise<string[]> {
  if (keep === undefined) return [];
  const archives = (await readdir(folder)).filter((name) => FILE.test(name)).sort((a, b) => (stampOf(a) < stampOf(b) ? 1 : -1));
  const old = archives.slice(Math.max(keep, 1));
  for (const name of old) await rm(join(folder, name));
  return old;
}

const stampOf = (name: string): string => /\d{8}T\d{6}Z/.exec(name)?.[0] ?? "";

/** Writes a time as `20261128T100000Z`. */
export function compact(time: Date): string {
  return time.toISOString().replaceAll(/[-:]|\.\d+/g, "");
}
