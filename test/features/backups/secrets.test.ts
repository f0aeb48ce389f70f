/** A new key for everything that is sealed: nothing is lost when it is cut off, when several panels work, or when the old key leaves. */
import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { boot, type Program } from "../../../src/boot.js";
import { readEnv } from "../../../src/core/env.js";
import { createLog } from "../../../src/core/log.js";
import { parseKeyRing, Secret, seal, sealedWith, unseal } from "../../../src/core/secret.js";
import { dropOldKeys, prepareKey, rotateSecrets } from "../../../src/features/backups/rotate.js";
import { type Machine, makeMachine } from "./rig.js";

/** A panel whose settings come from its environment, so that its keys follow their file as an installed one's do. */
async function panelOf(t: TestContext, machine: Machine): Promise<Program> {
  const env = readEnv({
    MUTU_CONFIG: "/dev/null",
    MUTU_MODE: "test",
    MUTU_ORIGIN: "https://panel.test",
    MUTU_DATABASE: machine.env.databaseUrl.reveal(),
    MUTU_STATE: machine.env.state,
    MUTU_LOG_LEVEL: "silent",
  });
  const program = await boot(env, { clock: machine.clock, log: createLog("silent"), daemons: [] });
  t.after(() => program.close());
  return program;
}

/** Rows in every column that features seal, and more of one than a page holds. */
async function fill({ services }: Program): Promise<void> {
  const { db, env } = services;
  const sealed = (table: string, row: string, column: string) => seal(env.keys, { table, row, column }, new Secret(`${table} ${row} ${column}`));
  for (let at = 0; at < 205; at += 1) {
    const id = `second-${String(at).padStart(3, "0")}`;
    await db.dnsSecondary.create({
      data: { id, name: id, address: "192.0.2.1", port: 53, tsigName: id, algorithm: "hmac-sha256", secret: sealed("DnsSecondary", id, "secret") },
    });
  }
  for (const eab of [sealed("AcmeAccount", "a", "eabSecret"), null]) {
    const id = eab === null ? "b" : "a";
    await db.acmeAccount.create({ data: { id, directory: `https://${id}.test/`, key: sealed("AcmeAccount", id, "key"), thumbprint: id, eabSecret: eab } });
  }
}

async function rowsOf({ services }: Program): Promise<{ place: { table: string; row: string; column: string }; sealed: string }[]> {
  const secondaries = await services.db.dnsSecondary.findMany();
  const accounts = await services.db.acmeAccount.findMany();
  return [
    ...secondaries.map(({ id, secret }) => ({ place: { table: "DnsSecondary", row: id, column: "secret" }, sealed: secret })),
    ...accounts.flatMap(({ id, key, eabSecret }) => [
      { place: { table: "AcmeAccount", row: id, column: "key" }, sealed: key },
      ...(eabSecret === null ? [] : [{ place: { table: "AcmeAccount", row: id, column: "eabSecret" }, sealed: eabSecret }]),
    ]),
  ];
}

async function assertAllOpen(program: Program, key: string): Promise<void> {
  const rows = await rowsOf(program);
  assert.equal(rows.length, 208);
  for (const { place, sealed } of rows) {
    assert.equal(sealedWith(sealed), key);
    assert.equal(unseal(program.services.env.keys, place, sealed).reveal(), `${place.table} ${place.row} ${place.column}`);
  }
}

test("every sealed column and content gets the new key, the old one leaves when nothing needs it", async (t) => {
  const machine = await makeMachine(t);
  const program = await panelOf(t, machine);
  const other = await panelOf(t, machine);
  await fill(program);
  const { store } = program.services.publisher;
  const contents = [await store.put("one secret\n", { secret: true }), await store.put("another\n", { secret: true })];
  const open = await store.put("no secret\n");
  const file = machine.places.keys;

  await assert.rejects(
    async () => {
      await prepareKey(program.services, file);
      program.services.env.keys.refresh?.();
      const ring = { ...program.services.env.keys, current: [...program.services.env.keys.keys.keys()].at(-1) as string };
      Object.assign(program.services.env.keys, { current: ring.current });
      await dropOldKeys(program.services, file);
    },
    { code: "backups.keys_in_use" },
  );
  Object.assign(program.services.env.keys, { current: "first" });

  const rotation = await rotateSecrets(program.services, file);
  assert.deepEqual({ ...rotation, key: "" }, { key: "", resumed: false, rows: 208, contents: 2, faults: [] });
  assert.notEqual(rotation.key, "first");
  await assertAllOpen(program, rotation.key);
  assert.equal(await store.get(contents[0] as string), "one secret\n");
  assert.equal(await store.show(contents[1] as string), null);
  assert.equal(await store.get(open), "no secret\n");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual([...parseKeyRing(readFileSync(file, "utf8")).keys.keys()], [rotation.key, "first"]);

  // A panel beside it, which has known only the old key so far, opens the new values, and seals with the new key from its first one.
  await assertAllOpen(other, rotation.key);
  const hash = await other.services.publisher.store.put("of the other panel\n", { secret: true });
  assert.equal(sealedWith(readFileSync(`${machine.env.state}/store/${hash.slice(0, 2)}/${hash}.sealed`, "utf8")), rotation.key);

  assert.deepEqual(await dropOldKeys(program.services, file), ["first"]);
  assert.deepEqual(await dropOldKeys(program.services, file), []);
  await assertAllOpen(await panelOf(t, machine), rotation.key);
  const verbs = await program.services.db.auditEntry.findMany({ where: { verb: { startsWith: "backups.key." } }, orderBy: { position: "asc" } });
  assert.deepEqual(
    verbs.map(({ verb }) => verb),
    ["backups.key.changed", "backups.key.dropped"],
  );
});

test("cut off at any moment, it goes on with the same key", async (t) => {
  const machine = await makeMachine(t);
  const program = await panelOf(t, machine);
  await fill(program);
  const { store } = program.services.publisher;
  await store.put("a secret\n", { secret: true });
  const file = machine.places.keys;
  // Killed between two values: what is behind it has the new key, the rest the old one.
  let left = 100;
  const killed = {
    ...program.services,
    db: new Proxy(program.services.db, {
      get(db, name) {
        if (name !== "$executeRawUnsafe") return Reflect.get(db, name);
        return (...words: [string]) => {
          left -= 1;
          if (left < 0) throw new Error("killed");
          return db.$executeRawUnsafe(...words);
        };
      },
    }),
  };
  const first = await rotateSecrets(killed, file);
  assert.ok(first.faults.length > 0 && first.rows === 100);
  const again = await rotateSecrets(program.services, file);
  assert.deepEqual(again, { key: first.key, resumed: true, rows: 108, contents: 0, faults: [] });
  await assertAllOpen(program, first.key);
  assert.equal([...parseKeyRing(readFileSync(file, "utf8")).keys.keys()].length, 2, "no third key");
});

test("what does not open is told and keeps its key in the file", async (t) => {
  const machine = await makeMachine(t);
  const program = await panelOf(t, machine);
  await fill(program);
  const file = machine.places.keys;
  const [taken] = await program.services.db.dnsSecondary.findMany({ take: 2, orderBy: { id: "asc" } });
  // Moved to another row, it does not open.
  await program.services.db.dnsSecondary.update({ where: { id: "second-001" }, data: { secret: taken?.secret as string } });
  const { rows, faults } = await rotateSecrets(program.services, file);
  assert.equal(rows, 207);
  assert.deepEqual(faults, ["DnsSecondary second-001 secret: the sealed value was changed or belongs elsewhere"]);
  await assert.rejects(dropOldKeys(program.services, file), { code: "backups.keys_in_use" });
});

test("a prepared key seals nothing until it is rotated to, and is made once", async (t) => {
  const machine = await makeMachine(t);
  const program = await panelOf(t, machine);
  const file = machine.places.keys;
  const id = await prepareKey(program.services, file);
  machine.clock.advance(60);
  assert.equal(await prepareKey(program.services, file), id);
  assert.equal(parseKeyRing(readFileSync(file, "utf8")).current, "first");
  assert.equal((await rotateSecrets(program.services, file)).key, id);
  // A file that somebody spoils while the panel runs: it goes on with what it knows.
  writeFileSync(file, "not a key file\n");
  program.services.env.keys.refresh?.();
  assert.equal(program.services.env.keys.current, id);
});

test("every column that a feature seals is told by its feature", async (t) => {
  const machine = await makeMachine(t);
  const program = await panelOf(t, machine);
  const told = program.services.features.flatMap(({ sealed = [] }) => sealed.map(({ table }) => table));
  const { readdirSync } = await import("node:fs");
  const folder = new URL("../../../src/features/", import.meta.url).pathname;
  const sealing = new Set<string>();
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".ts") || path.startsWith("backups/")) continue;
    for (const [, table = ""] of readFileSync(`${folder}${path}`, "utf8").matchAll(/return \{ table: "(\w+)", row: /g)) sealing.add(table);
  }
  assert.ok(sealing.size >= 3);
  assert.deepEqual([...sealing].sort(), [...told].sort());
});

test("a key that was prepared is the one that seals next, however the key of before is called", async (t) => {
  const machine = await makeMachine(t);
  const file = machine.places.keys;
  writeFileSync(file, readFileSync(file, "utf8").replace(/^first /m, "prod "));
  const program = await panelOf(t, machine);
  const prepared = await prepareKey(program.services, file);
  assert.equal(await prepareKey(program.services, file), prepared, "asked for again");
  assert.equal((await rotateSecrets(program.services, file)).key, prepared);
  const next = await prepareKey(program.services, file);
  assert.notEqual(next, prepared);
  assert.equal((await rotateSecrets(program.services, file)).key, next);
});
