/** A file that holds a secret: sealed in the store, sent to the machine, and shown nowhere. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Daemon } from "../../src/publish/contract.js";
import { readFiles } from "../../src/publish/history.js";
import { pruneReleases } from "../../src/publish/index.js";
import { contentHash } from "../../src/publish/manifest.js";
import { openStore } from "../../src/publish/store.js";
import { makePanel, type Panel, testDaemon, type Words } from "./rig.js";

const KEY = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldCE=";
const OTHER = "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXI=";
const ring = () => ({ current: "test", keys: new Map([["test", randomBytes(32)]]) });

/** What the renderer takes as the unit's key, as a feature would give it in the state; null: it has none. */
let current: string | null = KEY;
const keyed = (): Daemon<Words>[] => {
  const plain = testDaemon("tester", "web");
  const render: Daemon<Words>["render"] = (unit, probe) => [
    ...plain.render(unit, probe),
    ...(current === null ? [] : [{ path: `keys/${unit.key}.key`, content: `key ${current}\n`, secret: true as const }]),
  ];
  return [{ ...plain, render }];
};
async function panelOf(t: Parameters<typeof makePanel>[0]): Promise<Panel> {
  current = KEY;
  return makePanel(t, { daemons: keyed() as unknown as Daemon<never>[] });
}
const site = (text: string): Words => ({ text, names: ["club.example.org"] });

/** Everything that the database and the store hold, as one text. */
async function everythingOf({ ctx, services }: Panel): Promise<string> {
  const rows = await Promise.all([
    ctx.db.publication.findMany({ include: { parts: true } }),
    ctx.db.release.findMany({ include: { changes: true } }),
    ctx.db.publishUnit.findMany(),
    ctx.db.publishedFile.findMany(),
  ]);
  const store = join(services.env.state, "store");
  const files = readdirSync(store, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return JSON.stringify(rows) + files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8")).join("\n");
}

test("the machine has it; the database, the store, a dry run, a release's lines and an export do not", async (t) => {
  const panel = await panelOf(t);
  await panel.set({ "2001": site("open") });
  await panel.publisher.idle();
  assert.equal((await panel.machine.live())?.["tester/keys/2001.key"], `key ${KEY}\n`);
  await panel.machine.lock();
  current = OTHER;
  await panel.set({ "2001": site("next") });
  await panel.publisher.idle();
  const dry = await panel.publisher.dryRun("web1");
  assert.deepEqual(
    dry.files.map(({ path, secret, lines }) => [path.slice(3), secret, lines.length > 0]),
    [
      ["tester/accounts/2001.conf", false, true],
      ["tester/keys/2001.key", true, false],
    ],
  );
  await panel.machine.unlock();
  await panel.publisher.run("web1");
  assert.equal((await panel.machine.live())?.["tester/keys/2001.key"], `key ${OTHER}\n`);
  const { id } = await panel.publication();
  const shown = await readFiles(panel.ctx.db, panel.publisher.store, id);
  assert.deepEqual(shown.find(({ path }) => path.endsWith(".key"))?.lines, []);
  const all = JSON.stringify([dry, shown]) + (await everythingOf(panel));
  for (const key of [KEY, OTHER])
    for (const form of [key, Buffer.from(key).toString("base64"), Buffer.from(key).toString("hex")]) assert.ok(!all.includes(form));
  current = null;
  await panel.set({ "2001": site("last") });
  await panel.publisher.idle();
  const last = await readFiles(panel.ctx.db, panel.publisher.store, (await panel.publication()).id);
  assert.deepEqual(
    last.map(({ secret }) => secret),
    [false, true],
    "that it went is told, what went is not",
  );
});

test("a program that quotes the secret is kept without it", async (t) => {
  const panel = await panelOf(t);
  await panel.machine.fail("rehearse", `bad key '${KEY}' for club.example.org. in line 1\n`);
  await panel.set({ "2001": site("open") });
  await panel.publisher.idle();
  const all = await everythingOf(panel);
  assert.ok(!all.includes(KEY));
  assert.match(all, /bad key '\[secret\]=?' for club\.example\.org\. in line 1/);
});

test("the store seals, opens, refuses another key's hand, and keeps as a secret what was one", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "mutu-store-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const keys = ring();
  const store = openStore(directory, keys);
  const hash = await store.put(`key ${KEY}\n`);
  assert.equal(await store.show(hash), `key ${KEY}\n`, "nobody said that it is one");
  assert.equal(await store.put(`key ${KEY}\n`, { secret: true }), hash);
  assert.equal(await store.put(`key ${KEY}\n`), hash);
  assert.deepEqual([await store.show(hash), await store.get(hash), await store.has(hash)], [null, `key ${KEY}\n`, true]);
  const files = readdirSync(join(directory, hash.slice(0, 2)));
  assert.deepEqual(files, [`${hash}.sealed`], "what was kept openly is gone");
  const path = join(directory, hash.slice(0, 2), files[0] as string);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.ok(!readFileSync(path, "utf8").includes(KEY));
  await assert.rejects(openStore(directory, ring()).get(hash), /changed or belongs elsewhere/);
  await assert.rejects(openStore(directory).put("key other\n", { secret: true }), /no key/);
  await assert.rejects(store.get(contentHash("nobody put this")), /ENOENT/);
  assert.equal(await store.prune(new Set([hash]), new Date(Date.now() + 7_200_000)), 0);
  assert.equal(await store.prune(new Set(), new Date(Date.now() + 7_200_000)), 1);
});

test("an old content that a run is about to use again is not pruned beside it", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "mutu-store-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const store = openStore(directory, ring());
  const both = [{ secret: true }, { secret: false }];
  const hashes = await Promise.all(both.map((options) => store.put(`of long ago ${options.secret}\n`, options)));
  const names = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const long = new Date(Date.now() - 7_200_000);
  for (const { parentPath, name } of names) utimesSync(join(parentPath, name), long, long);
  assert.deepEqual(await Promise.all(both.map((options) => store.put(`of long ago ${options.secret}\n`, options))), hashes);
  assert.equal(await store.prune(new Set(), new Date()), 0);
  for (const { parentPath, name } of names) utimesSync(join(parentPath, name), long, long);
  assert.equal(await store.prune(new Set(), new Date()), 2);
});

test("pruning keeps what is live, sealed or not", async (t) => {
  const panel = await panelOf(t);
  await panel.set({ "2001": site("open") });
  await panel.publisher.idle();
  assert.deepEqual(await pruneReleases(panel.ctx, panel.publisher.store), { releases: 0, contents: 0 });
  const file = await panel.ctx.db.publishedFile.findFirstOrThrow({ where: { path: { endsWith: ".key" } } });
  assert.equal(await panel.publisher.store.get(file.hash), `key ${KEY}\n`);
});
