import assert from "node:assert/strict";
import { test } from "node:test";
import { chipOf, type UnitNews } from "../../src/publish/index.js";
import { createUnitEvents } from "../../src/publish/unit-events.js";
import { until } from "../support/until.js";
import { makePanel } from "./rig.js";

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
