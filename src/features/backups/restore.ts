/** Lays a backup back on a machine: proven first, what stood there put aside whole, owners and modes as they were, tables led to this version. */
import { createWriteStream } from "node:fs";
import { lchown, mkdir, mkdtemp, open, rename, rm, stat, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { providerOf, sqlitePath } from "../../core/db.js";
import type { Env } from "../../core/env.js";
import { conflict } from "../../core/errors.js";
import { migrateDatabase, migrationsFolder, readMigrations } from "../../core/migrate.js";
import { type Entry, MANIFEST, type Manifest, readArchive } from "./archive.js";
import { compact } from "./backup.js";
import { DATABASE_NAMES, loadDump, peopleIn, putDatabaseAside } from "./snapshot.js";
import { type Numbers, type Places, placeOf, placesOf, readNumbers, topsOf } from "./sources.js";
import { verifyBackup } from "./verify.js";

const PROBE_MS = 2000;

export interface RestoreOptions {
  /** Over data that people have used. */
  force?: boolean;
  places?: (env: Env) => Places;
  now?: Date;
  say(line: string): void;
}

export interface Restored {
  manifest: Manifest;
  files: number;
  /** Migrations that the older tables needed. */
  applied: string[];
  /** Where things of before are now. */
  aside: string[];
}

/** Restores. Nothing is touched before the whole archive is proven and everything that could refuse has been asked. */
export async function restoreBackup(file: string, readSettings: () => Env, options: RestoreOptions): Promise<Restored> {
  const { say, force = false, now = new Date(), places: choose = placesOf } = options;
  const { manifest, faults } = await verifyBackup(file);
  if (faults.length > 0) throw conflict("backups.damaged", { count: faults.length, first: faults[0] ?? "" });
  say(`backup of ${manifest.host}, ${manifest.madeAt}, Mutu ${manifest.version}: ${manifest.members.length} files, all unchanged`);
  await refuse(manifest, readSettings(), force);

  const mark = `restore-${compact(now)}`;
  const aside: string[] = [];
  // The settings of the machine first: they say where everything else belongs.
  let places = choose(readSettings());
  let files = await lay(file, places, mark, (name) => name.startsWith("machine/"), aside);
  const env = readSettings();
  places = choose(env);
  const url = env.databaseUrl.reveal();
  try {
    if (providerOf(url) !== manifest.provider) throw conflict("backups.other_database", { made: manifest.provider });
    // Only now it is known which database is meant: it may be on another machine, and people may use it.
    await refuseUsed(env, force);
  } catch (error) {
    for (const path of aside) await rename(path, path.slice(0, -`.before-${mark}`.length));
    throw error;
  }
  await putAside(topsOf(places), mark, aside);
  const database = await putDatabaseAside(url, mark);
  if (database !== null) aside.push(database);
  files += await lay(file, places, null, (name) => name.startsWith("panel/") && !name.startsWith("panel/database."), aside);
  await layDatabase(file, manifest, env);
  // Sockets of kept connections: nothing of it is worth keeping, but ssh makes no folder.
  await makeFolder(join(places.state, "ssh"));
  const { applied } = await migrateDatabase(url);
  for (const name of applied) say(`applied ${name}`);
  return { manifest, files: files + 1, applied, aside };
}

/** What can be known before anything is changed. */
async function refuse(manifest: Manifest, env: Env, force: boolean): Promise<void> {
  const known = readMigrations(migrationsFolder(manifest.provider)).map(({ name }) => name);
  if (!known.includes(manifest.migration)) throw conflict("backups.newer", { version: manifest.version });
  if (await isListening(env)) throw conflict("backups.panel_runs", {});
  await refuseUsed(env, force);
}

async function refuseUsed({ databaseUrl }: Env, force: boolean): Promise<void> {
  // A database of a version between two releases has no table of that name.
  const people = await peopleIn(databaseUrl.reveal()).catch(() => 1);
  if (people > 0 && !force) throw conflict("backups.data_there", {});
}

function isListening({ listen }: Env): Promise<boolean> {
  if (listen.port === 0) return Promise.resolve(false);
  const host = { "0.0.0.0": "127.0.0.1", "::": "::1" }[listen.host] ?? listen.host;
  return new Promise((resolve) => {
    const socket = createConnection({ host, port: listen.port, timeout: PROBE_MS });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.once("timeout", () => end(false));
  });
}

async function putAside(paths: readonly string[], mark: string, aside: string[]): Promise<void> {
  for (const path of paths) {
    const moved = `${path}.before-${mark}`;
    if ((await stat(path).catch(() => null)) === null) continue;
    await rename(path, moved);
    aside.push(moved);
  }
}

/** Lays files by the table of sources; with a mark, each one that differs from what lies there is put aside by itself. */
async function lay(file: string, places: Places, mark: string | null, wanted: (name: string) => boolean, aside: string[]): Promise<number> {
  const [users, groups] = [await readNumbers("/etc/passwd"), await readNumbers("/etc/group")];
  let count = 0;
  for await (const entry of readArchive(file)) {
    const path = entry.header.name === MANIFEST || !wanted(entry.header.name) ? null : placeOf(entry.header.name, places);
    if (path === null) {
      entry.content.resume();
      continue;
    }
    if (mark !== null) await putAside([path], mark, aside);
    await layFile(entry, path, users, groups);
    count += 1;
  }
  return count;
}

/** Written aside and renamed; folders that are missing get the owner of the one that they are made in. */
async function layFile({ header, content }: Entry, path: string, users: Numbers, groups: Numbers): Promise<void> {
  await makeFolder(dirname(path));
  const next = `${path}.mutu-new`;
  // Folders of the panel's are written by root here: what lies under this name, or comes there meanwhile, a link too, is neither written through nor given away.
  await rm(next, { force: true });
  const handle = await open(next, "wx", 0o600);
  try {
    await writeFile(handle, content);
    if (process.getuid?.() === 0) await handle.chown(numberOf(header.uname, header.uid, users), numberOf(header.gname, header.gid, groups));
    await handle.chmod((header.mode ?? 0o600) & 0o777);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(next, path);
}

const numberOf = (name: string | undefined, id: number | undefined, numbers: Numbers): number => numbers.idOf(name ?? "") ?? id ?? 0;

async function makeFolder(path: string): Promise<void> {
  if ((await stat(path).catch(() => null)) !== null) return;
  await makeFolder(dirname(path));
  const above = await stat(dirname(path));
  await mkdir(path, { mode: above.mode & 0o777 });
  if (process.getuid?.() === 0) await lchown(path, above.uid, above.gid);
}

async function layDatabase(file: string, { provider }: Manifest, env: Env): Promise<void> {
  const url = env.databaseUrl.reveal();
  const folder = provider === "sqlite" ? dirname(sqlitePath(url)) : env.state;
  await makeFolder(folder);
  const work = await mkdtemp(join(folder, ".restore-"));
  try {
    const copy = join(work, "database");
    for await (const { header, content } of readArchive(file)) {
      if (header.name !== DATABASE_NAMES[provider]) content.resume();
      else await pipeline(content, createWriteStream(copy, { flags: "wx", mode: 0o600, flush: true }));
    }
    if (provider === "postgresql") {
      return await loadDump(url, copy);
    }
    const owner = await stat(folder);
    if (process.getuid?.() === 0) await lchown(copy, owner.uid, owner.gid);
    await rename(copy, sqlitePath(url));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
