import assert from "node:assert/strict";
import { test } from "node:test";
import { chipOf, type UnitNews } from "../../src/publish/index.js";
import { createUnitEvents } from "../../src/publish/unit-events.js";
import { until } from "../support/until.js";
import { makePanel, type Words } from "./rig.js";

const TWO_HOSTS = { web1: [{ name: "tester", role: "web" }], files1: [{ name: "folders", role: "files" }] };

test("a site waits for its folders on another host, and goes live as soon as they are there", async (t) => {
  const panel = await makePanel(t, { hosts: TWO_HOSTS });
  const order: string[] = [];
  panel.publisher.events.listen(({ hostId, chip }) => void order.push(`${hostId} ${chip.state}`));
  await panel.machines.get("files1")?.lock();
  await panel.ctx.transaction(async () => {
    await panel.set({ "2001": { text: "folder" } }, { host: "files1", role: "files" });
    await panel.set({ "2001": { text: "www", names: ["s2001.example.org"] } });
  });
  await panel.publisher.idle();
  assert.deepEqual(chipOf(await panel.unit("2001")), { state: "waiting" });
  assert.equal(await panel.machine.live(), null);
  assert.equal((await panel.publication("files1")).state, "failed");

  await panel.machines.get("files1")?.unlock();
  await panel.publisher.run("files1");
  await panel.publisher.idle();
  assert.deepEqual(chipOf(await panel.unit("2001")), { state: "verified" });
  const told = [...new Set(order.filter((news) => !news.endsWith("waiting")))];
  assert.deepEqual(told, ["files1 verified", "web1 published", "web1 verified"]);
});

test("a host that is away delays units of others only for a while", async (t) => {
  const panel = await makePanel(t, { hosts: TWO_HOSTS });
  await panel.machines.get("files1")?.lock();
  await panel.ctx.transaction(async () => {
    await panel.set({ "2001": { text: "folder" } }, { host: "files1", role: "files" });
    await panel.set({ "2001": { text: "www", names: ["s2001.example.org"] }, "2002": { text: "www", names: ["s2002.example.org"] } });
  });
  await panel.publisher.idle();
  assert.deepEqual(chipOf(await panel.unit("2002")), { state: "verified" }, "another account does not wait at all");
  panel.ctx.clock.advance(121);
  await panel.publisher.run("web1");
  assert.deepEqual(chipOf(await panel.unit("2001")), { state: "verified" });
});

test("what is withdrawn leaves the web before its folders leave", async (t) => {
  const panel = await makePanel(t, { hosts: TWO_HOSTS });
  await panel.set({ "2001": { text: "folder" } }, { host: "files1", role: "files" });
  await panel.set({ "2001": { text: "www", names: ["s2001.example.org"] } });
  await panel.publisher.idle();
  await panel.machines.get("web1")?.lock();
  await panel.ctx.transaction(async () => {
    await panel.set({ "2001": null }, { host: "files1", role: "files" });
    await panel.set({ "2001": null });
  });
  await panel.publisher.idle();
  const folders = async () => Object.keys((await panel.machines.get("files1")?.live()) ?? {});
  assert.equal((await folders()).length, 1, "the folders wait for the site");
  await panel.machines.get("web1")?.unlock();
  await panel.publisher.run("web1");
  await panel.publisher.idle();
  assert.equal((await folders()).length, 0);
  assert.equal(Object.keys((await panel.machine.live()) ?? {}).length, 0);
});

test("an account on two web machines: each carries what its sites stand on itself, so one that is away holds nothing of the other back", async (t) => {
  const both = [
    { name: "tester", role: "web" },
    { name: "folders", role: "files" },
  ];
  const panel = await makePanel(t, { hosts: { web1: both, web2: both } });
  const { ctx, publisher } = panel;
  const everywhere = async (role: string, words: Words | null) => {
    for (const host of ["web1", "web2"]) await panel.set({ "2001": words }, { host, role });
  };
  const change = (words: { web: Words | null; pool: Words | null }) =>
    ctx.transaction(async () => {
      await everywhere("files", words.pool);
      await everywhere("web", words.web);
    });
  await change({ web: { text: "www", names: ["s2001.example.org"] }, pool: { text: "pool" } });
  await publisher.idle();
  await panel.machines.get("web2")?.lock();
  await change({ web: { text: "next", names: ["s2001.example.org"] }, pool: { text: "more" } });
  await publisher.idle();
  assert.deepEqual(chipOf(await panel.unit("2001")), { state: "verified" });
  // Its suspension: the pool of the site goes, on the machine that is well at once.
  await change({ web: { text: "closed", names: ["s2001.example.org"], withdrawn: true }, pool: null });
  await publisher.idle();
  const pool = await panel.unit("2001", { role: "files" });
  assert.deepEqual([pool.serving, pool.published], ["nothing", pool.wanted]);
  assert.deepEqual(chipOf(await panel.unit("2001", { host: "web2" })), { state: "waiting" });
  await panel.machines.get("web2")?.unlock();
  await publisher.run("web2");
  const there = await panel.unit("2001", { host: "web2", role: "files" });
  assert.deepEqual([there.serving, there.published], ["nothing", there.wanted]);
});

test("folders for a web machine without any of its own are still waited for, and leave after it, whoever else has the site", async (t) => {
  const hosts = { ...TWO_HOSTS, files1: [...TWO_HOSTS.files1, { name: "tester", role: "web" }] };
  const panel = await makePanel(t, { hosts });
  const site: Words = { text: "www", names: ["s2001.example.org"] };
  const change = (words: Words | null, folders: Words | null) =>
    panel.ctx.transaction(async () => {
      await panel.set({ "2001": folders }, { host: "files1", role: "files" });
      for (const host of ["web1", "files1"]) await panel.set({ "2001": words }, { host });
    });
  await panel.machines.get("files1")?.lock();
  await change(site, { text: "folder" });
  await panel.publisher.idle();
  assert.equal(await panel.machine.live(), null, "web1 has no folders of its own");
  await panel.machines.get("files1")?.unlock();
  await panel.publisher.run("files1");
  await panel.publisher.idle();
  assert.deepEqual(chipOf(await panel.unit("2001")), { state: "verified" });
  await panel.machines.get("web1")?.lock();
  await change(null, null);
  await panel.publisher.idle();
  assert.deepEqual(
    [(await panel.unit("2001", { host: "files1", role: "files" })).serving, (await panel.unit("2001", { host: "files1" })).serving],
    ["present", "nothing"],
    "web1 may still read them",
  );
  await panel.machines.get("web1")?.unlock();
  await panel.publisher.run("web1");
  await panel.publisher.idle();
  assert.equal((await panel.unit("2001", { host: "files1", role: "files" })).serving, "nothing");
});

test("open pages hear of changes that another process made", async (t) => {
  const panel = await makePanel(t);
  const elsewhere = createUnitEvents(panel.ctx.db, (error) => assert.fail(String(error)));
  t.after(() => elsewhere.close());
  const heard: UnitNews[] = [];
  const stop = elsewhere.listen((news) => void heard.push(news));
  await panel.set({ "2001": { text: "www", names: ["s2001.example.org"] } });
  await until(() => heard.some((news) => news.key === "2001" && news.chip.state === "verified"));
  assert.ok(heard.every((news) => news.hostId === "web1" && news.accountId === "2001"));
  stop();
});

test("touching all renders every unit again, also those that should be gone", async (t) => {
  const panel = await makePanel(t);
  await panel.set({ "2001": { text: "www", names: ["s2001.example.org"] }, "2002": { text: "www", names: ["s2002.example.org"] } });
  await panel.publisher.idle();
  await panel.ctx.db.setting.delete({ where: { key: "web.2002" } });
  assert.equal(await panel.publisher.touchAll("web1"), 2);
  await panel.publisher.idle();
  assert.deepEqual(Object.keys((await panel.machine.live()) ?? {}), ["tester/accounts/2001.conf"]);
});
