/**
 * A database of its own for each test, with the tables of the models as they stand now (no migration needed while developing).
 * MUTU_TEST_DATABASE=postgresql takes PostgreSQL instead of SQLite: a private throw-away server, see postgresql.ts.
 */
import { createHash, randomUUID } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type Database, openDatabase, type Provider } from "../../src/core/db.js";
import { schemaScript } from "../../src/core/schema.js";
import { openSqlite } from "../../src/core/sqlite.js";
import { createPostgresqlDatabase } from "./postgresql.js";

/** Which database this run of tests uses. */
export const testProvider: Provider = process.env["MUTU_TEST_DATABASE"] === "postgresql" ? "postgresql" : "sqlite";

/** Made once for each process. */
let postgresqlScript: Promise<string> | undefined;

/** Something that can be told to clean up at its end: a test, or the file's `after`. */
export type Scope = Pick<TestContext, "after">;

/** Makes a database with the current tables, opened, and gone after the test. */
export async function createTestDatabase(t: Scope): Promise<Database & { url: string }> {
  const url = await createTestDatabaseUrl(t);
  const database = await openDatabase(url);
  t.after(() => database.close());
  return { ...database, url };
}

/** Makes a database with the current tables and gives its address only. */
export async function createTestDatabaseUrl(t: Scope, provider: Provider = testProvider): Promise<string> {
  if (provider === "postgresql") {
    postgresqlScript ??= schemaScript("postgresql");
    return createPostgresqlDatabase(t, await postgresqlScript);
  }
  const folder = mkdtempSync(join(tmpdir(), "mutu-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "mutu.db");
  copyFileSync(await sqliteTemplate(), file);
  return `file:${file}`;
}

/** A SQLite file with the tables, kept by the hash of the models, so that a test only copies it. */
async function sqliteTemplate(): Promise<string> {
  const folder = join(tmpdir(), `mutu-test-templates-${process.getuid?.() ?? 0}`);
  const file = join(folder, `${modelsHash()}.db`);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const aside = join(folder, `${randomUUID()}.tmp`);
  const connection = openSqlite(aside);
  connection.exec("PRAGMA journal_mode=DELETE");
  connection.exec(await schemaScript("sqlite"));
  connection.close();
  renameSync(aside, file);
  return file;
}

/** Hash of all models: the name of what is kept between tests. */
export function modelsHash(): string {
  const models = new URL("../../prisma/models/", import.meta.url);
  const hash = createHash("sha256");
  for (const name of readdirSync(models).sort()) hash.update(name).update(readFileSync(new URL(name, models)));
  return hash.digest("hex").slice(0, 24);
}
