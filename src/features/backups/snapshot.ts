/** The panel's database as one file, of one moment: SQLite by VACUUM INTO, PostgreSQL by pg_dump. Never a copy beside a WAL. */
import { mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { providerOf, sqlitePath } from "../../core/db.js";
import { runCommand } from "../../core/machine/index.js";
import { openSqlite } from "../../core/sqlite.js";

/** Under which name a database stands in the archive. */
export const DATABASE_NAMES = { sqlite: "panel/database.sqlite", postgresql: "panel/database.pgdump" } as const;
const DUMP_SECONDS = 3600;
/** Words of Prisma's addresses that libpq does not know. */
const NOT_LIBPQ = ["schema", "connection_limit", "pool_timeout", "pgbouncer", "connect_timeout_ms"];

/** Writes the database into a new file. */
export async function takeSnapshot(url: string, file: string): Promise<void> {
  if (providerOf(url) === "postgresql")
    return postgresql(url, (target) => ["pg_dump", "--format=custom", "--no-owner", "--no-privileges", `--file=${file}`, `--dbname=${target}`]);
  const connection = openSqlite(sqlitePath(url));
  try {
    connection.exec(`VACUUM INTO '${file.replaceAll("'", "''")}'`);
  } finally {
    connection.close();
  }
}

/** Does a database hold tables already? One that does not exist, or was never migrated, does not. */
export async function holdsTables(url: string): Promise<boolean> {
  return (await tablesOf(url)) > 0;
}

async function tablesOf(url: string): Promise<number> {
  if (providerOf(url) === "postgresql") {
    const { rows } = await query(url, "SELECT count(*)::int AS n FROM information_schema.tables WHERE table_schema = 'public'");
    return Number(rows[0]?.["n"]);
  }
  if ((await stat(sqlitePath(url)).catch(() => null)) === null) return 0;
  const connection = openSqlite(sqlitePath(url));
  try {
    const [row] = connection.prepare("SELECT count(*) AS n FROM sqlite_master").all() as { n: number }[];
    return Number(row?.n);
  } finally {
    connection.close();
  }
}

/** How many people a database knows: none is a database that nobody has used yet. */
export async function peopleIn(url: string): Promise<number> {
  const sql = 'SELECT count(*) AS n FROM "User"';
  if (!(await holdsTables(url))) return 0;
  if (providerOf(url) === "postgresql") return Number((await query(url, sql)).rows[0]?.["n"]);
  const connection = openSqlite(sqlitePath(url));
  try {
    const [row] = connection.prepare(sql).all() as { n: number }[];
    return Number(row?.n);
  } finally {
    connection.close();
  }
}

/** Puts what stands in the database aside, under a name that it gives; null: there was nothing. */
export async function putDatabaseAside(url: string, mark: string): Promise<string | null> {
  if (providerOf(url) === "postgresql") {
    if (!(await holdsTables(url))) return null;
    const schema = `before_${mark.toLowerCase().replaceAll(/[^a-z0-9]/g, "_")}`;
    await query(url, `ALTER SCHEMA public RENAME TO "${schema}"; CREATE SCHEMA public`);
    return `schema ${schema}`;
  }
  const path = sqlitePath(url);
  let aside: string | null = null;
  for (const end of ["", "-wal", "-shm"]) {
    const moved = await rename(`${path}${end}`, `${path}.before-${mark}${end}`).then(
      () => true,
      () => false,
    );
    if (moved && end === "") aside = `${path}.before-${mark}`;
  }
  return aside;
}

/** Reads a snapshot into an empty PostgreSQL database. A SQLite file is simply laid in its place. */
export async function loadDump(url: string, file: string): Promise<void> {
  // With its name the schema itself, which is there already, is not made again.
  await postgresql(url, (target) => [
    "pg_restore",
    "--no-owner",
    "--no-privileges",
    "--exit-on-error",
    "--single-transaction",
    "--schema=public",
    `--dbname=${target}`,
    file,
  ]);
}

/** Runs SQL at the database itself, for what no model tells. */
export async function query(url: string, sql: string): Promise<{ rows: Record<string, unknown>[] }> {
  const { PrismaPg } = await import("@prisma/adapter-pg");
  const adapter = await new PrismaPg({ connectionString: url }).connect();
  try {
    const answer = await adapter.underlyingDriver().query(sql);
    return Array.isArray(answer) ? { rows: [] } : answer;
  } finally {
    await adapter.dispose();
  }
}

/** A password goes by a file of its own, which libpq reads, never by words that every process sees. */
async function postgresql(url: string, argv: (target: string) => string[]): Promise<void> {
  const target = new URL(url);
  const password = decodeURIComponent(target.password);
  target.password = "";
  for (const word of NOT_LIBPQ) target.searchParams.delete(word);
  const folder = await mkdtemp(join(tmpdir(), "mutu-pg-"));
  try {
    const passwords = join(folder, "pgpass");
    await writeFile(passwords, `*:*:*:*:${password.replaceAll(/[\\:]/g, "\\$&")}\n`, { mode: 0o600 });
    const env = { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C", HOME: folder, PGPASSFILE: passwords };
    const [program = ""] = argv("");
    const done = await runCommand({ argv: argv(target.href), env, timeoutSeconds: DUMP_SECONDS });
    if (done.code !== 0) throw new Error(`${program} failed: ${done.stderr.toString().trim() || "it took too long"}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
