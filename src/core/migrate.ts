/** Brings the tables of a database to what this version of the program expects. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { SqlDriverAdapter, SqlMigrationAwareDriverAdapterFactory } from "@prisma/driver-adapter-utils";
import { type Provider, providerOf, sqlitePath } from "./db.js";
import { readSchema, type SchemaFile, startSchemaEngine } from "./schema.js";
import { openSqlite, PrismaSqlite } from "./sqlite.js";

const NO_FILTERS = { externalTables: [], externalEnums: [] };
// pg_type.oid of "char" and text
const CHAR_TYPE = 18;
const TEXT_TYPE = 25;

type PrismaPgAdapter = Awaited<ReturnType<import("@prisma/adapter-pg").PrismaPg["connect"]>>;

/** What a migration did. */
export interface MigrationResult {
  applied: string[];
  /** The copy of the SQLite file that was made before; null when there was nothing to do, or nothing to copy. */
  copy: string | null;
}

/** One migration as it stands in `prisma/<provider>/migrations/<name>/migration.sql`. */
export interface Migration {
  name: string;
  script: string;
}

/** Gives the folder of migrations of one database. */
export function migrationsFolder(provider: Provider): string {
  return fileURLToPath(new URL(`../../prisma/${provider}/migrations`, import.meta.url));
}

/** Applies every migration that the database has not seen. A SQLite file is copied aside first. */
export async function migrateDatabase(url: string, folder = migrationsFolder(providerOf(url)), now = new Date()): Promise<MigrationResult> {
  const provider = providerOf(url);
  const adapter = await adapterOf(url);
  const pending = await pendingMigrations(adapter, folder);
  if (pending.length === 0) return { applied: [], copy: null };
  if (provider === "postgresql") return { applied: await applyByEngine(provider, adapter, folder), copy: null };
  const copy = copySqlite(sqlitePath(url), `${pending[0]?.name}-${compact(now)}`);
  return { applied: await applyWithoutForeignKeys(sqlitePath(url), folder), copy };
}

/** Gives the SQL that would lead from a database to the models; empty when it has them already. */
export async function schemaDifference(url: string): Promise<string> {
  const provider = providerOf(url);
  const engine = await startSchemaEngine(provider, await adapterOf(url));
  const files: SchemaFile[] = readSchema(provider);
  try {
    const result = await engine.diff({
      from: { tag: "schemaDatasource", files, configDir: "" },
      to: { tag: "schemaDatamodel", files },
      script: true,
      exitCode: true,
      shadowDatabaseUrl: null,
      filters: NO_FILTERS,
    });
    return result.exitCode === 0 ? "" : (result.stdout ?? "");
  } finally {
    engine.free();
  }
}

/** Lists the migrations of a folder in their order. */
export function readMigrations(folder: string): Migration[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => ({ name: entry.name, script: readFileSync(`${folder}/${entry.name}/migration.sql`, "utf8") }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function adapterOf(url: string): Promise<SqlMigrationAwareDriverAdapterFactory> {
  if (providerOf(url) === "sqlite") return new PrismaSqlite(sqlitePath(url));
  const { PrismaPg } = await import("@prisma/adapter-pg");
  const factory = new PrismaPg({ connectionString: url });
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: async () => withCatalogueTypes(await factory.connect()),
    connectToShadowDb: () => factory.connectToShadowDb(),
  };
}

/** Reads PostgreSQL's one-byte type `"char"` of the catalogue as text, which the adapter does not know and the engine asks for. */
function withCatalogueTypes(adapter: PrismaPgAdapter): SqlDriverAdapter {
  const pool = adapter.underlyingDriver();
  const query = pool.query.bind(pool) as (...words: unknown[]) => Promise<{ fields?: { dataTypeID: number }[] }>;
  const patched = async (...words: unknown[]) => {
    const result = await query(...words);
    for (const field of result.fields ?? []) if (field.dataTypeID === CHAR_TYPE) field.dataTypeID = TEXT_TYPE;
    return result;
  };
  return Object.assign(adapter, { client: Object.assign(pool, { query: patched }) });
}

async function pendingMigrations(factory: SqlMigrationAwareDriverAdapterFactory, folder: string): Promise<Migration[]> {
  const connection = await factory.connect();
  try {
    const applied = await appliedMigrations(connection);
    const ours = readMigrations(folder);
    refuseForeign(applied, ours);
    return ours.filter((migration) => !applied.has(migration.name));
  } finally {
    await connection.dispose();
  }
}

/** Names and checksums of what a database has seen. */
async function appliedMigrations(connection: SqlDriverAdapter): Promise<Map<string, string>> {
  const sql = "SELECT migration_name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL";
  // A fresh database has no such table; a database that cannot be read fails a moment later, at the engine.
  const { rows } = await connection.queryRaw({ sql, args: [], argTypes: [] }).catch(() => ({ rows: [] as unknown[][] }));
  return new Map(rows.map(([name, checksum]) => [String(name), String(checksum)]));
}

/** Tables of a newer program, or of a day between two releases, are not ours to change. */
function refuseForeign(applied: ReadonlyMap<string, string>, ours: readonly Migration[]): void {
  const known = new Map(ours.map(({ name, script }) => [name, createHash("sha256").update(script).digest("hex")]));
  for (const [name, checksum] of applied) {
    if (!known.has(name))
      throw new Error(`the database is of a newer version of Mutu ("${name}"): install that one, or put an older backup back. Nothing was changed`);
    if (known.get(name) === checksum) continue;
    throw new Error(
      `the database was made by a version between two releases ("${name}" was another then), from which nothing leads here: begin with an empty one. Nothing was changed`,
    );
  }
}

/** A migration that makes a table anew would delete the rows of its children while foreign keys are enforced: they are checked at the end instead. */
async function applyWithoutForeignKeys(path: string, folder: string): Promise<string[]> {
  const connection = openSqlite(path);
  connection.exec("PRAGMA foreign_keys=OFF");
  try {
    const applied = await applyByEngine("sqlite", new PrismaSqlite(path, { connection }), folder);
    const broken = connection.prepare("PRAGMA foreign_key_check").all();
    if (broken.length > 0) throw new Error(`the migration left ${broken.length} rows without their parent: put the copy of the file back`);
    return applied;
  } finally {
    connection.close();
  }
}

async function applyByEngine(provider: Provider, adapter: SqlMigrationAwareDriverAdapterFactory, folder: string): Promise<string[]> {
  const engine = await startSchemaEngine(provider, adapter);
  try {
    const migrationDirectories = readMigrations(folder).map(({ name, script }) => ({
      path: name,
      migrationFile: { path: "migration.sql", content: { tag: "ok", value: script } },
    }));
    const lockfile = { path: "migration_lock.toml", content: `provider = "${provider}"\n` };
    const migrationsList = { baseDir: folder, lockfile, shadowDbInitScript: "", migrationDirectories };
    return (await engine.applyMigrations({ migrationsList, filters: NO_FILTERS })).appliedMigrationNames;
  } finally {
    engine.free();
  }
}

/** Copies by VACUUM INTO: a plain copy beside a WAL would miss what stands in it. */
function copySqlite(path: string, before: string): string | null {
  const connection = openSqlite(path);
  try {
    const [tables] = connection.prepare("SELECT count(*) AS n FROM sqlite_master").all() as { n: number }[];
    if (!tables || Number(tables.n) === 0) return null;
    // A restoration may be led on within the second of the migration that came before it.
    let copy = `${path}.before-${before}`;
    for (let more = 2; existsSync(copy); more += 1) copy = `${path}.before-${before}-${more}`;
    connection.exec(`VACUUM INTO '${copy.replaceAll("'", "''")}'`);
    return copy;
  } finally {
    connection.close();
  }
}

/** Writes a time as `20261122T100000Z`. */
function compact(time: Date): string {
  return time.toISOString().replaceAll(/[-:]|\.\d+/g, "");
}
