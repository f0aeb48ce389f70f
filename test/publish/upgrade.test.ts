/** The first issue's last commit, with its data (first-issue/make.ts made it by its own program), led to today: nothing is lost, every site answers all the way. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { boot } from "../../src/boot.js";
import { selfSigned } from "../../src/core/http/certificate.js";
import { createLog } from "../../src/core/log.js";
import { migrateDatabase, schemaDifference } from "../../src/core/migrate.js";
import { parseKeyRing } from "../../src/core/secret.js";
import { openSqlite } from "../../src/core/sqlite.js";
import { loadDump, query } from "../../src/features/backups/snapshot.js";
import { applyChange } from "../../src/publish/index.js";
import { testEnv } from "../support/app.js";
import { createEmptyPostgresqlDatabase } from "../support/postgresql.js";
import { layMachine, readServed, serve } from "./first-issue/machine.js";

const HERE = join(import.meta.dirname, "first-issue");
const DAEMONS = ["homes", "php-fpm", "apache", "nginx"];
const APPLY = join(import.meta.dirname, "../../machines/apply");
/** What make.ts made: four accounts, each with a site that moved on, one that leads to it, and one in the bin. */
const SITES = ["amis", "lecture", "velo"].flatMap((word) => [`${word}-asso.org`, `www.${word}-asso.org`, `ancien.${word}-asso.org`]);
const COUNTS = { User: 1, Account: 4, Membership: 4, Domain: 4, Site: 12, Host: 1, HostDaemon: 4, PublishUnit: 13 };

function unpack(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "mutu-first-"));
  t.after(() => {
    execFileSync("chmod", ["-R", "u+w", folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  execFileSync("tar", ["-C", folder, "-xJf", join(HERE, "state.tar.xz")]);
  return folder;
}

type Rows = (sql: string) => Promise<Record<string, unknown>[]>;

/** Every row of every table of that day, without what only the machine's place in this test decides. */
async function everything(rows: Rows, tables: readonly string[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of tables) counts[table] = Number((await rows(`SELECT count(*) AS n FROM "${table}"`))[0]?.["n"]);
  return counts;
}

function sqliteRows(file: string): Rows {
  return async (sql) => {
    const connection = openSqlite(file);
    try {
      return connection.prepare(sql).all() as Record<string, unknown>[];
    } finally {
      connection.close();
    }
  };
}

test("SQLite of the first issue: migrated, nothing lost; the plan is empty, and what differs goes to one account first; no site is away", async (t) => {
  const folder = unpack(t);
  const [state, root] = [join(folder, "state"), join(folder, "machine/root")];
  const url = `file:${join(state, "mutu.db")}`;
  const rows = sqliteRows(join(state, "mutu.db"));
  const { key, certificate: cert } = selfSigned(["test"], [], new Date());
  const { server, port } = await serve(root, { key, cert });
  t.after(() => void server.close());
  const machineFile = layMachine(join(folder, "machine"), DAEMONS);
  // The machine lies elsewhere than it did then.
  await rows(`UPDATE "Host" SET "machineFile" = '${machineFile}', "applyFile" = '${APPLY}', "httpsPort" = ${port} RETURNING id`);

  const tables = (await rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_prisma%'")).map(({ name }) =>
    String(name),
  );
  const before = await everything(rows, tables);
  assert.deepEqual({ ...before, ...COUNTS }, before, "the fixture is what make.ts made");
  const { applied, copy } = await migrateDatabase(url);
  assert.deepEqual(applied, ["0002_since_first"]);
  assert.ok(copy !== null);
  assert.equal(await schemaDifference(url), "");
  assert.deepEqual(await everything(rows, tables), before);

  const env = testEnv(url, { state, keys: parseKeyRing(readFileSync(join(state, "keys"), "utf8")) });
  const program = await boot(env, { log: createLog("silent") });
  t.after(() => program.close());
  const { publisher, db } = program.services;
  const ctx = program.services.context({ kind: "system", name: "test" });
  const live = readServed(root);
  const kept = () => SITES.every((name) => readServed(root).has(name));
  assert.ok(kept());

  // Where today's program writes the same files the plan is empty; otherwise a person is asked, as for any new renderer.
  let already = 0;
  let { change, different } = await publisher.compareAll();
  assert.equal(change?.state, different === 0 ? undefined : "waiting");
  if (change === null || change.accountId === null) {
    assert.equal(await db.publication.count({ where: { cause: { not: "change" } } }), 0, "nothing was published");
    // What all sites share differs, and is no account's: it waits for the word alone.
    if (change !== null) await applyChange(ctx, "ada");
    if (change !== null) assert.equal((await publisher.advanceRenderer())?.state, "done");
    already = await db.publication.count({ where: { cause: "renderer" } });
    // Then as if it wrote others: every site has another hash, and no unit is touched.
    await rows('UPDATE "Site" SET "memoryMb" = 64 RETURNING id');
    ({ change, different } = await publisher.compareAll());
  }
  assert.deepEqual([change?.state, await db.publication.count({ where: { cause: "renderer" } })], ["waiting", already + 1]);
  const changed = SITES.filter((name) => readServed(root).get(name)?.site !== live.get(name)?.site);
  assert.ok(changed.length > 0 && changed.length <= 3, `one account's sites: ${changed}`);
  assert.ok(kept());

  await applyChange(ctx, "ada");
  assert.equal((await publisher.advanceRenderer())?.state, "done");
  assert.ok(kept());
  for (const name of SITES) assert.equal(await statusOf(port, name), 200, name);
  const units = await db.publishUnit.findMany({ where: { serving: { not: "nothing" } } });
  assert.equal(units.filter(({ quarantineCode }) => quarantineCode !== null).length, 0);
  assert.ok(units.every(({ wanted, verified }) => wanted === verified));
  assert.equal((await publisher.compareAll()).different, 0, "and then the plan is empty");
});

function statusOf(port: number, name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, servername: name, path: "/.well-known/mutu-probe", headers: { host: name }, rejectUnauthorized: false };
    get(options, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    }).on("error", reject);
  });
}

test("PostgreSQL of the first issue: migrated, nothing lost", async (t) => {
  const url = await createEmptyPostgresqlDatabase(t);
  await loadDump(url, join(HERE, "database.pgdump"));
  const rows: Rows = async (sql) => (await query(url, sql)).rows;
  const listed = await rows("SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_name NOT LIKE '_prisma%'");
  const tables = listed.map(({ name }) => String(name));
  const before = await everything(rows, tables);
  assert.deepEqual({ ...before, ...COUNTS }, before);
  assert.deepEqual((await migrateDatabase(url)).applied, ["0002_since_first"]);
  assert.equal(await schemaDifference(url), "");
  assert.deepEqual(await everything(rows, tables), before);
});
