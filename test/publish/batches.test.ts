/** A run of any size holds a bounded part of it at once, and goes on batch by batch. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Role } from "../../src/publish/contract.js";
import { chipOf } from "../../src/publish/index.js";
import { shardOf } from "../../src/publish/manifest.js";
import { cut, pagesOf } from "../../src/publish/unit-pages.js";
import { makePanel, manifestOf, type Panel, testRole, type Words } from "./rig.js";

const site = (number: number, text = "www"): Words => ({ text, names: [`s${number}.example.org`] });
const numbers = (count: number) => Array.from({ length: count }, (_, at) => 2001 + at);
const sites = (count: number, text = "www") => Object.fromEntries(numbers(count).map((number) => [String(number), site(number, text)]));
const batch = (units: number, rows = 1_000_000) => ({ limits: { batch: { units, rows } } });

/** What each release of the last publication changed, in order. */
async function releasesOf(panel: Panel): Promise<string[][]> {
  const { id } = await panel.publication();
  const releases = await panel.ctx.db.release.findMany({ where: { publicationId: id }, orderBy: { number: "asc" }, include: { changes: true } });
  return releases.map(({ changes }) => changes.map(({ role, key, newHash }) => `${newHash === null ? "-" : "+"}${role} ${key}`).sort());
}

test("groups are cut in order, never parted, within both bounds; one that is too large stands alone", () => {
  const groups = (weights: number[]) => weights.map((weight, at) => ({ rows: [at], weight }));
  assert.deepEqual(cut([], { units: 2, rows: 10 }), []);
  assert.deepEqual(cut(groups([1, 1, 1, 1, 1]), { units: 2, rows: 10 }), [[0, 1], [2, 3], [4]]);
  assert.deepEqual(cut(groups([6, 5, 5, 40, 1]), { units: 9, rows: 10 }), [[0], [1, 2], [3], [4]]);
  assert.deepEqual(cut([{ rows: [1, 2, 3], weight: 0 }, ...groups([0])], { units: 2, rows: 10 }), [[1, 2, 3], [0]]);
  const rows = numbers(450).map((number) => ({ key: String(number) }));
  assert.deepEqual(
    pagesOf(rows, new Map([["2002", 2_600]])).map((page) => page.length),
    [1, 1, 200, 200, 48],
  );
});

test("45 units, ten at a time: one publication, five releases, each shard built once, and every chip tells the truth meanwhile", async (t) => {
  const waiting: number[] = [];
  const panel: Panel = await makePanel(t, { ...batch(10), onStep: (step) => void (step === "record" && waiting.push(1)) });
  await panel.set(sites(45));
  await panel.publisher.idle();
  const { state, id } = await panel.publication();
  assert.equal(state, "done");
  const releases = await releasesOf(panel);
  assert.deepEqual(
    releases.map((release) => release.length),
    [10, 10, 10, 10, 5],
  );
  assert.equal(waiting.length, 5);
  const shards = releases.map((release) => release.map((change) => shardOf(change.split(" ")[1] as string)));
  for (const [at, list] of shards.entries())
    for (const later of shards.slice(at + 1)) assert.ok(list.filter((shard) => later.includes(shard)).length <= 1, "neighbours share one shard at most");
  assert.equal(await panel.ctx.db.publicationPart.count({ where: { publicationId: id, result: "verified" } }), 45);
  for (const number of numbers(45)) assert.deepEqual(chipOf(await panel.unit(String(number))), { state: "verified" });
  assert.equal((await manifestOf(panel.ctx)).length, 45);
  await panel.set({ "2001": site(2001, "next") });
  await panel.publisher.idle();
  assert.ok(!panel.machine.calls().slice(-5).includes("status"), "the next run trusts what this one left");
});

test("few questions: each page of 200 is collected twice at most, and never more than a page is held", async (t) => {
  const role = testRole("web");
  const asked: number[] = [];
  const weighed: number[] = [];
  const counting: Role<Words> = {
    ...role,
    collect: (db, host, keys) => {
      asked.push(keys.length);
      return role.collect(db, host, keys);
    },
    weigh: async (_db, _host, keys) => {
      weighed.push(keys.length);
      return new Map(keys.map((key) => [key, key === "2003" ? 2_000 : 1]));
    },
  };
  const panel = await makePanel(t, { ...batch(300, 2_100), roles: [counting] as unknown as Role<never>[] });
  await panel.set(sites(700));
  await panel.publisher.idle();
  assert.equal((await panel.publication()).state, "done");
  assert.deepEqual(
    (await releasesOf(panel)).map((release) => release.length).reduce((sum, length) => sum + length),
    700,
  );
  assert.ok(Math.max(...asked) <= 200 && Math.max(...weighed) <= 200, `${asked} / ${weighed}`);
  assert.equal(
    asked.reduce((sum, length) => sum + length),
    1_400,
    "once for the order, once for its batch",
  );
  assert.ok(asked.length <= 16, `${asked}`);
  asked.length = weighed.length = 0;
  await panel.set(sites(5, "next"));
  await panel.publisher.idle();
  assert.deepEqual([asked, weighed], [[5], []], "a small change asks for nothing more");
});

test("who loses something goes first: removed, suspended, or a name given up that another one takes", async (t) => {
  const panel = await makePanel(t, batch(10));
  await panel.set(sites(40));
  await panel.publisher.idle();
  await panel.set({
    ...sites(40, "next"),
    "2017": null,
    "2023": { ...site(2023), withdrawn: true },
    "2031": { text: "next", names: ["other.example.org"] },
    "2005": { text: "next", names: ["s2005.example.org", "s2031.example.org"] },
    base: { text: "shared" },
  });
  await panel.ctx.db.publishUnit.update({ where: { hostId_role_key: { hostId: "web1", role: "web", key: "base" } }, data: { accountId: null } });
  await panel.publisher.idle();
  const [first = [], ...others] = await releasesOf(panel);
  for (const change of ["-web 2017", "+web 2031", "+web base"]) assert.ok(first.includes(change), `${change} in ${first}`);
  assert.ok(others.flat().length > 20 && !others.flat().includes("+web 2031"));
  assert.equal((await panel.publication()).state, "done");
});

test("units of one owner are carried by one release, whatever their roles", async (t) => {
  const hosts = {
    web1: [
      { name: "folders", role: "files" },
      { name: "tester", role: "web" },
    ],
  };
  const panel = await makePanel(t, { ...batch(7), hosts });
  const folders = Object.fromEntries(numbers(20).map((number) => [String(number), { text: "folder" }]));
  await panel.ctx.transaction(async () => {
    await panel.set(folders, { role: "files" });
    await panel.set(sites(20));
  });
  await panel.publisher.idle();
  const releases = await releasesOf(panel);
  assert.equal(releases.flat().length, 40);
  assert.ok(releases.length >= 6);
  for (const release of releases)
    for (const change of release.filter((one) => one.startsWith("+web"))) assert.ok(release.includes(change.replace("+web", "+files")), change);
});

test("a batch that is refused ends the run: those before serve, those after wait, and the next run takes them up", async (t) => {
  const panel = await makePanel(t, batch(10));
  const order = numbers(30)
    .map(String)
    .sort((a, b) => (shardOf(a) + a < shardOf(b) + b ? -1 : 1));
  const second = order.slice(10, 20);
  await panel.set({ ...sites(30), ...Object.fromEntries(second.map((key) => [key, site(Number(key), "POISON")])) });
  await panel.publisher.idle();
  const { state, id } = await panel.publication();
  assert.equal(state, "refused");
  const chips = await Promise.all(order.map(async (key) => chipOf(await panel.unit(key)).state));
  assert.deepEqual(chips, [...Array(10).fill("verified"), ...Array(20).fill("waiting")]);
  const parts = await panel.ctx.db.publicationPart.groupBy({ by: ["result"], where: { publicationId: id }, _count: true, orderBy: { result: "asc" } });
  assert.deepEqual(
    parts.map(({ result, _count }) => [result, _count]),
    [
      ["pending", 20],
      ["verified", 10],
    ],
  );
  await panel.set(Object.fromEntries(second.map((key) => [key, site(Number(key))])));
  await panel.publisher.idle();
  assert.equal((await panel.publication()).state, "done");
  assert.equal((await manifestOf(panel.ctx)).length, 30);
});

test("a bad unit in a later batch falls back alone, and the publication says so", async (t) => {
  const panel = await makePanel(t, batch(10));
  await panel.set({ ...sites(30), "2030": site(2030, "POISON") });
  await panel.publisher.idle();
  assert.equal((await panel.publication()).state, "partial");
  assert.equal(chipOf(await panel.unit("2030")).state, "failed");
  assert.equal(await panel.ctx.db.publishUnit.count({ where: { quarantineCode: null, verified: 1 } }), 29);
});

test("a dry run of many shows each unit, and the lines of some", async (t) => {
  const panel = await makePanel(t, batch(100));
  await panel.machine.lock();
  await panel.set(sites(250));
  await panel.publisher.idle();
  const { units, files } = await panel.publisher.dryRun("web1");
  assert.deepEqual([units.length, files.length], [250, 200]);
});

test("a fault that grows batch by batch is ours: refused once it is more than chance, and nobody of the batches before stays blamed", async (t) => {
  const panel = await makePanel(t, batch(10));
  await panel.set(sites(40));
  await panel.publisher.idle();
  const order = numbers(40)
    .map(String)
    .sort((a, b) => (shardOf(a) + a < shardOf(b) + b ? -1 : 1));
  // Four of each ten: no batch alone is more than five.
  const poisoned = order.filter((_, at) => at % 10 < 4);
  await panel.set(Object.fromEntries(order.map((key) => [key, site(Number(key), poisoned.includes(key) ? "POISON" : "next")])));
  await panel.publisher.idle();
  const { state, errors, id } = await panel.publication();
  assert.equal(state, "refused");
  assert.match(JSON.stringify(errors), /failing_alike.*"accounts":"8"/);
  assert.equal(await panel.ctx.db.publishUnit.count({ where: { quarantineCode: { not: null } } }), 0, "nobody is blamed");
  assert.equal(await panel.ctx.db.publicationPart.count({ where: { publicationId: id, result: "failed" } }), 0);
  const chips = await Promise.all(order.map(async (key) => chipOf(await panel.unit(key)).state));
  assert.deepEqual(
    chips.map((chip, at) => (at < 10 && !poisoned.includes(order[at] as string) ? chip === "verified" : chip === "waiting")).filter((right) => !right),
    [],
  );
  await panel.set(Object.fromEntries(order.map((key) => [key, site(Number(key), "mended")])));
  await panel.publisher.idle();
  assert.deepEqual([(await panel.publication()).state, await panel.ctx.db.publishUnit.count({ where: { verified: 3 } })], ["done", 40]);
});
