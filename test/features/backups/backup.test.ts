/** A backup holds what no publication makes again, proves itself, and comes back whole: on the database that this run of tests uses. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Program } from "../../../src/boot.js";
import { openDatabase } from "../../../src/core/db.js";
import { migrateDatabase } from "../../../src/core/migrate.js";
import { writeSetting } from "../../../src/core/settings.js";
import { backupInto } from "../../../src/features/backups/backup.js";
import { restoreBackup } from "../../../src/features/backups/restore.js";
import { verifyBackup } from "../../../src/features/backups/verify.js";
import { testProvider } from "../../support/database.js";
import { createEmptyPostgresqlDatabase } from "../../support/postgresql.js";
import { filesOf, type Machine, makeMachine } from "./rig.js";

const OPTIONS = { version: "0.1.0" };

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "mutu-archives-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An address of a database that holds nothing yet. */
async function emptyUrl(t: TestContext, machineFolder: string): Promise<string> {
  return testProvider === "postgresql" ? createEmptyPostgresqlDatabase(t) : `file:${join(machineFolder, "var/lib/mutu-panel/mutu.db")}`;
}

/** From migrations, as an installed panel has it, and not from the models as other tests do. */
async function migratedMachine(t: TestContext): Promise<Machine> {
  const url = testProvider === "postgresql" ? await createEmptyPostgresqlDatabase(t) : `file:${join(folderFor(t), "mutu.db")}`;
  await migrateDatabase(url);
  return makeMachine(t, url);
}

async function furnish(machine: Machine, program: Program): Promise<{ open: string; secret: string }> {
  machine.write("var/lib/mutu-panel/tls/certificate.pem", "the certificate");
  machine.write("var/lib/mutu-panel/tls/key.pem", "its key");
  machine.write("var/lib/mutu-panel/hosts/web1/id_ed25519", "the panel's key");
  machine.write("etc/mutu/panel.conf", "MUTU_ORIGIN=https://panel.test\n", 0o640);
  machine.write("etc/mutu/sftp-keys/ed25519", "a host key of SFTP");
  machine.write("etc/ssh/ssh_host_ed25519_key", "a host key of SSH");
  machine.write("etc/ssh/sshd_config", "Debian's own", 0o644);
  machine.write("var/lib/mutu/tls/ftp.example.org.pem", "a certificate", 0o640);
  machine.write("var/lib/mutu-knot/backup/20261127T000000Z/keys/data.mdb", "yesterday's keys of zones");
  machine.write("var/lib/mutu-knot/backup/20261128T000000Z/keys/data.mdb", "the newest keys of zones");
  const open = await program.services.publisher.store.put("what a release names\n");
  const secret = await program.services.publisher.store.put("key of a transfer\n", { secret: true });
  await program.services.context({ kind: "system", name: "test" }).transaction((tx) => writeSetting(tx, "home.webmail", "https://mail.example.org"));
  await program.services.db.user.create({ data: { login: "ada", email: "ada@example.org", search: "ada", passwordHash: "x" } });
  return { open, secret };
}

/** Debian 13 keeps /tmp in memory: a database's copy is not made there. Of PostgreSQL the password alone is, for as long as its program runs. */
async function withoutTemporary<Value>(act: () => Promise<Value>): Promise<Value> {
  if (testProvider !== "sqlite") return act();
  const { TMPDIR } = process.env;
  process.env["TMPDIR"] = "/nonexistent";
  try {
    return await act();
  } finally {
    if (TMPDIR === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = TMPDIR;
  }
}

test("a backup of a working panel: nothing is missing, nobody else reads it, and it proves itself", async (t) => {
  const machine = await migratedMachine(t);
  const program = await machine.open();
  t.after(() => program.close());
  const { open, secret } = await furnish(machine, program);
  const folder = folderFor(t);
  const { file, manifest } = await withoutTemporary(() => backupInto(program.services, folder, { ...OPTIONS, places: machine.places }));
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), [file.slice(folder.length + 1)], "nothing is left beside it");
  const inStore = (hash: string) => `panel/store/${hash.slice(0, 2)}/${hash}`;
  assert.deepEqual(manifest.members.map(({ name }) => name).sort(), [
    "machine/etc/mutu/panel.conf",
    "machine/etc/mutu/sftp-keys/ed25519",
    "machine/etc/ssh/ssh_host_ed25519_key",
    "machine/var/lib/mutu-knot/backup/20261128T000000Z/keys/data.mdb",
    "machine/var/lib/mutu/tls/ftp.example.org.pem",
    testProvider === "sqlite" ? "panel/database.sqlite" : "panel/database.pgdump",
    "panel/hosts/web1/id_ed25519",
    "panel/keys",
    ...[inStore(open), `${inStore(secret)}.sealed`].sort(),
    "panel/tls/certificate.pem",
    "panel/tls/key.pem",
  ]);
  const proof = await verifyBackup(file);
  assert.deepEqual(proof.faults, []);
  assert.deepEqual(proof.manifest, manifest);
  assert.equal(manifest.migration, "0002_since_first");
});

test("a folder into which others write is refused; older archives leave, never the last one", async (t) => {
  const machine = await makeMachine(t);
  const program = await machine.open();
  t.after(() => program.close());
  await furnish(machine, program);
  const folder = folderFor(t);
  const options = { ...OPTIONS, places: machine.places, plain: true };
  chmodSync(folder, 0o777);
  await assert.rejects(backupInto(program.services, folder, options), { code: "backups.folder_open" });
  chmodSync(folder, 0o700);
  writeFileSync(join(folder, "notes.txt"), "somebody's");
  const files: string[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    files.push((await backupInto(program.services, folder, { ...options, keep: 2 })).file);
    machine.clock.advance(86_400);
  }
  assert.deepEqual(readdirSync(folder).sort(), [...files.slice(2).map((file) => file.slice(folder.length + 1)), "notes.txt"].sort());
});

test("what was cut off, changed, or put in is told, and nothing of it is restored", async (t) => {
  const machine = await makeMachine(t);
  const program = await machine.open();
  t.after(() => program.close());
  await furnish(machine, program);
  const { file } = await backupInto(program.services, folderFor(t), { ...OPTIONS, places: machine.places });
  const whole = readFileSync(file);
  const restore = () => restoreBackup(file, () => machine.env, { say: () => {}, places: () => machine.places, force: true });
  const before = filesOf(machine.folder);

  truncateSync(file, Math.floor(whole.length / 2));
  await assert.rejects(verifyBackup(file), /unexpected end of file/);
  const tar = gunzipSync(whole);
  // The manifest's block and everything behind it.
  writeFileSync(file, gzipSync(Buffer.concat([tar.subarray(0, tar.indexOf("manifest.json")), Buffer.alloc(1024)])));
  await assert.rejects(restore(), /cut off/);
  const at = tar.indexOf("its key");
  const changed = Buffer.from(tar);
  changed.write("our key", at);
  writeFileSync(file, gzipSync(changed));
  assert.deepEqual((await verifyBackup(file)).faults, ["panel/tls/key.pem was changed"]);
  await assert.rejects(restore(), { code: "backups.damaged" });
  const shown = (files: Record<string, string>) => Object.fromEntries(Object.entries(files).filter(([path]) => !path.includes("mutu.db")));
  assert.deepEqual(shown(filesOf(machine.folder)), shown(before));
});

test("restored on another machine: every file, mode and row is back; what lay there is kept aside", async (t) => {
  const machine = await migratedMachine(t);
  const program = await machine.open();
  const { open, secret } = await furnish(machine, program);
  const { file, manifest } = await backupInto(program.services, folderFor(t), { ...OPTIONS, places: machine.places });
  await program.close();

  const blank = await makeMachine(t, "file:/nonexistent");
  const url = await emptyUrl(t, blank.folder);
  const env = { ...blank.env, databaseUrl: { reveal: () => url } } as unknown as typeof blank.env;
  blank.write("etc/mutu/panel.conf", "made by install\n", 0o644);
  symlinkSync("/etc/passwd", join(blank.folder, "etc/mutu/link"));
  // What the panel's user could have laid there for root to write through.
  blank.write("victim", "not ours");
  symlinkSync(join(blank.folder, "victim"), `${blank.places.keys}.mutu-new`);
  const lines: string[] = [];
  const restored = await restoreBackup(file, () => env, { say: (line) => lines.push(line), places: () => blank.places, now: new Date("2026-11-28T12:00:00Z") });
  assert.equal(restored.files, manifest.members.length);
  assert.deepEqual(restored.applied, []);
  assert.match(lines[0] ?? "", new RegExp(`${manifest.members.length} files, all unchanged`));

  const back = filesOf(blank.folder);
  for (const [path, content] of Object.entries(filesOf(machine.folder))) {
    if (path.includes("sshd_config") || path.includes("20261127")) assert.equal(back[path], undefined, path);
    else if (!path.includes("mutu.db")) assert.equal(back[path], content, path);
  }
  assert.equal(back["victim"], "600 not ours");
  assert.equal(back["etc/mutu/panel.conf.before-restore-20261128T120000Z"], "644 made by install\n");
  assert.ok(
    restored.aside.some((path) => path.endsWith("keys.before-restore-20261128T120000Z")),
    "the key file that install made",
  );

  assert.ok(existsSync(join(blank.places.state, "ssh")), "where ssh keeps its sockets");
  const database = await openDatabase(url);
  t.after(() => database.close());
  assert.equal((await database.client.user.findFirstOrThrow()).login, "ada");
  assert.equal((await database.client.setting.findUniqueOrThrow({ where: { key: "home.webmail" } })).value, "https://mail.example.org");
  await database.close();

  // Sealed contents open with the keys that came along.
  const { parseKeyRing } = await import("../../../src/core/secret.js");
  const { openStore } = await import("../../../src/publish/store.js");
  const store = openStore(join(blank.places.state, "store"), parseKeyRing(readFileSync(blank.places.keys, "utf8")));
  assert.equal(await store.get(open), "what a release names\n");
  assert.equal(await store.get(secret), "key of a transfer\n");

  // People use this machine now: a second restoration wants a word.
  await assert.rejects(
    restoreBackup(file, () => env, { say: () => {}, places: () => blank.places }),
    { code: "backups.data_there" },
  );
  const again = await restoreBackup(file, () => env, { say: () => {}, places: () => blank.places, force: true, now: new Date("2026-11-28T13:00:00Z") });
  assert.ok(
    again.aside.some((path) =>
      testProvider === "postgresql" ? path.startsWith("schema before_") : path === `${url.slice(5)}.before-restore-20261128T130000Z`,
    ),
  );
  assert.ok(existsSync(`${blank.places.state}/store.before-restore-20261128T130000Z`));
});

test("a database that only the restored settings name is not put aside either while people use it: the settings go back", async (t) => {
  const machine = await migratedMachine(t);
  const program = await machine.open();
  await furnish(machine, program);
  const { file } = await backupInto(program.services, folderFor(t), { ...OPTIONS, places: machine.places });
  await program.close();

  const blank = await makeMachine(t, "file:/nonexistent");
  blank.write("etc/mutu/panel.conf", "made by install\n", 0o644);
  const conf = join(blank.folder, "etc/mutu/panel.conf");
  // Settings of the backup name the database that people use, on a machine that is still there.
  const settings = () => (readFileSync(conf, "utf8") === "made by install\n" ? blank.env : { ...blank.env, databaseUrl: machine.env.databaseUrl });
  await assert.rejects(restoreBackup(file, settings, { say: () => {}, places: () => blank.places }), { code: "backups.data_there" });
  assert.equal(readFileSync(conf, "utf8"), "made by install\n");
  assert.ok(existsSync(blank.places.keys));
  const again = await machine.open();
  t.after(() => again.close());
  assert.ok((await again.services.db.user.count()) > 0, "nobody took the tables away");
});

test("a backup of a newer version is refused before anything is touched", async (t) => {
  const machine = await makeMachine(t);
  const program = await machine.open();
  await furnish(machine, program);
  const { file } = await backupInto(program.services, folderFor(t), { ...OPTIONS, places: machine.places, plain: true });
  await program.close();
  const tar = readFileSync(file);
  const at = tar.lastIndexOf("0002_since_first");
  // Of the same length, so that the tar's own sums hold.
  tar.write("0003_since_third".slice(0, 16), at);
  writeFileSync(file, tar);
  const before = filesOf(machine.folder);
  await assert.rejects(
    restoreBackup(file, () => machine.env, { say: () => {}, places: () => machine.places, force: true }),
    { code: "backups.newer" },
  );
  assert.deepEqual(filesOf(machine.folder), before);
});
