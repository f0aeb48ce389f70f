import assert from "node:assert/strict";
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openDatabase } from "../../src/core/db.js";
import { migrateDatabase, migrationsFolder, schemaDifference } from "../../src/core/migrate.js";
import { openSqlite } from "../../src/core/sqlite.js";
import { createTestDatabaseUrl } from "../support/database.js";
import { createEmptyPostgresqlDatabase } from "../support/postgresql.js";

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "mutu-migrate-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test("migrated SQLite has exactly the tables of the models; a second run does nothing", async (t) => {
  const url = `file:${join(folder(t), "a.db")}`;
  const { applied, copy } = await migrateDatabase(url);
  assert.ok(applied.length > 0);
  assert.equal(copy, null, "an empty file needs no copy");
  assert.equal(await schemaDifference(url), "", "run: npm run migration -- initial --squash");
  assert.deepEqual(await migrateDatabase(url), { applied: [], copy: null });
});

test("migrated PostgreSQL has exactly the tables of the models; a second run does nothing", async (t) => {
  const url = await createEmptyPostgresqlDatabase(t);
  assert.ok((await migrateDatabase(url)).applied.length > 0);
  assert.equal(await schemaDifference(url), "", "run: npm run migration -- initial --squash");
  assert.deepEqual(await migrateDatabase(url), { applied: [], copy: null });
});

test("the difference is seen when there is one", async (t) => {
  const url = `file:${join(folder(t), "a.db")}`;
  await migrateDatabase(url);
  const connection = openSqlite(url.slice(5));
  connection.exec('ALTER TABLE "Setting" ADD COLUMN "odd" TEXT');
  connection.close();
  assert.match(await schemaDifference(url), /new_Setting/);
});

test("tables of tests equal the tables of migrations", async (t) => {
  assert.equal(await schemaDifference(await createTestDatabaseUrl(t)), "");
});

/** The program's migrations and one more, in a folder of their own. */
function withOneMore(t: TestContext, script: string): string {
  const all = join(folder(t), "migrations");
  cpSync(migrationsFolder("sqlite"), all, { recursive: true });
  mkdirSync(join(all, "9999_more"));
  writeFileSync(join(all, "9999_more/migration.sql"), script);
  return all;
}

test("a SQLite file is copied before a migration, and the copy holds what was there", async (t) => {
  const url = `file:${join(folder(t), "a.db")}`;
  await migrateDatabase(url);
  const database = await openDatabase(url);
  await database.client.setting.create({ data: { key: "before", value: "1" } });
  await database.close();

  const more = withOneMore(t, 'ALTER TABLE "Setting" ADD COLUMN "odd" TEXT; DELETE FROM "Setting";');
  const { applied, copy } = await migrateDatabase(url, more, new Date("2026-11-22T10:00:00Z"));
  assert.deepEqual(applied, ["9999_more"]);
  assert.equal(copy, `${url.slice(5)}.before-9999_more-20261122T100000Z`);
  assert.ok(existsSync(copy));
  // Laid back and led on again within the same second: the first copy stays what it was.
  for (const part of ["", "-wal", "-shm"]) rmSync(`${url.slice(5)}${part}`, { force: true });
  copyFileSync(copy, url.slice(5));
  assert.equal((await migrateDatabase(url, more, new Date("2026-11-22T10:00:00Z"))).copy, `${copy}-2`);
  const kept = await openDatabase(`file:${copy}`);
  t.after(() => kept.close());
  assert.equal(await kept.client.setting.count(), 1);
});

test("making a table anew does not delete its children, and an orphan is told", async (t) => {
  const url = `file:${join(folder(t), "a.db")}`;
  const parents = withOneMore(
    t,
    `CREATE TABLE parent (id INTEGER PRIMARY KEY);
     CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parent (id) ON DELETE CASCADE);
     INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1);`,
  );
  await migrateDatabase(url, parents);
  const anew = (rows: string) => {
    mkdirSync(join(parents, `9999_more_${rows.length}`));
    const script = `CREATE TABLE new_parent (id INTEGER PRIMARY KEY, name TEXT); ${rows} DROP TABLE parent; ALTER TABLE new_parent RENAME TO parent;`;
    writeFileSync(join(parents, `9999_more_${rows.length}/migration.sql`), script);
  };
  anew("INSERT INTO new_parent (id) SELECT id FROM parent;");
  await migrateDatabase(url, parents);
  const connection = openSqlite(url.slice(5));
  assert.equal(connection.prepare("SELECT * FROM child").all().length, 1);
  connection.close();

  anew(`${" ".repeat(60)};`);
  await assert.rejects(migrateDatabase(url, parents), /1 rows without their parent/);
});

test("tables of a newer version, or of a day between two releases, are left alone", async (t) => {
  const url = `file:${join(folder(t), "a.db")}`;
  await migrateDatabase(url, withOneMore(t, "CREATE TABLE later (id INTEGER PRIMARY KEY)"));
  await assert.rejects(migrateDatabase(url), /newer version of Mutu \("9999_more"\)/);
  await assert.rejects(migrateDatabase(url, withOneMore(t, "CREATE TABLE other (id INTEGER PRIMARY KEY)")), /between two releases \("9999_more"/);
});
