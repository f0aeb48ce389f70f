import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefusal } from "../../../src/core/errors.js";
import { runJob } from "../../../src/core/jobs/index.js";
import { addRecord, editZone } from "../../../src/features/dns/index.js";
import { checkHealth, checkNow, getHealth, ignoreItem } from "../../../src/features/health/checks.js";
import { healthJobs } from "../../../src/features/health/jobs.js";
import { shownItems } from "../../../src/features/health/shown.js";
import { addSite } from "../../../src/features/sites/index.js";
import { createAccount, memberOf } from "../../support/factories.js";
import { HOSTILE_STRINGS } from "../../support/hostile.js";
import { ADDRESS, addScenesDomain, createHealthScene, type HealthScene } from "./scene.js";

const OURS = ["ns1.hoster.test", "ns2.hoster.test"];

async function states(scene: HealthScene, name: string): Promise<Record<string, string>> {
  const { report } = await checkHealth(scene.owner, scene.app.services, name);
  return Object.fromEntries(report.items.map(({ key, state }) => [key, state]));
}

test("DNS with us: ready, delegated, spreading, all right; and what our primary lacks", async (t) => {
  const scene = await createHealthScene(t);
  const { app, account, owner, world } = scene;
  await addSite(owner, { accountId: account.id, address: "asso.test" });
  scene.delegate("asso.test", ["ns.old.test"]);
  assert.deepEqual(await states(scene, "asso.test"), { "asso.test NS": "wrong", "asso.test A": "waiting", "www.asso.test A": "waiting" });
  assert.equal((await getHealth(owner, "asso.test")).row?.state, "waiting", "what is on its way to our servers is not missing");
  await scene.publish("asso.test");
  assert.deepEqual(await states(scene, "asso.test"), { "asso.test NS": "wrong", "asso.test A": "waiting", "www.asso.test A": "waiting" });
  assert.equal((await getHealth(owner, "asso.test")).row?.state, "waiting", "name servers that are not set yet are waited for, and no fault");

  scene.delegate("asso.test", OURS);
  scene.say("asso.test", "A", ["203.0.113.9"], 1800);
  scene.say("www.asso.test", "A", [ADDRESS]);
  assert.deepEqual(await states(scene, "asso.test"), { "asso.test NS": "ok", "asso.test A": "spreading", "www.asso.test A": "ok" });
  const apex = (await getHealth(owner, "asso.test")).report.items.find(({ key }) => key === "asso.test A");
  assert.equal(apex?.oldUntil, new Date(app.clock.now().getTime() + 1_800_000).toISOString());
  scene.say("asso.test", "A", [ADDRESS]);
  assert.deepEqual([...new Set(Object.values(await states(scene, "asso.test")))], ["ok"]);
  assert.equal((await getHealth(owner, "asso.test")).row?.state, "ok");

  scene.delegate("asso.test", [...OURS, "ns.old.test"]);
  assert.equal((await states(scene, "asso.test"))["asso.test NS"], "wrong", "a former server that is still named answers old things to some");
  scene.delegate("asso.test", OURS, [`1 13 2 ${"ab".repeat(32)}`]);
  assert.equal((await states(scene, "asso.test"))["asso.test DS"], "wrong", "the parent vouches for keys that nobody has");
  world.mood = "silent";
  const { row, report } = await checkHealth(owner, app.services, "asso.test");
  assert.deepEqual([row?.state, report.silent, row?.wrong], ["unknown", "timeout", 0]);
});

test("keys of the former servers are told to be removed before the name servers change, not to be added to", async (t) => {
  const scene = await createHealthScene(t);
  await addScenesDomain(scene, "asso.test");
  scene.delegate("asso.test", ["ns.old.test"], [`27513 13 2 ${"ab".repeat(32)}`]);
  const health = await checkHealth(scene.owner, scene.app.services, "asso.test");
  const keys = shownItems(health, (key) => key).find(({ type }) => type === "DS");
  assert.deepEqual([keys?.state, keys?.hint], ["advice", "health.hints_keys.former"]);
});

test("DNS elsewhere: the exact records, asked of the domain's own servers and of the resolver", async (t) => {
  const scene = await createHealthScene(t);
  const { account, owner } = scene;
  const id = await addScenesDomain(scene, "asso.test");
  await editZone(owner, id, { mode: "external" });
  scene.delegate("asso.test", ["ns.own.test"]);
  scene.say("ns.own.test", "A", ["127.0.0.1"]);
  assert.deepEqual(
    await states(scene, "asso.test"),
    { "asso.test A": "missing", "www.asso.test A": "missing" },
    "before there is a site, where the first one will be",
  );
  scene.say("asso.test", "A", ["203.0.113.9"]);
  scene.say("www.asso.test", "CNAME", ["asso.test"]);
  assert.deepEqual(await states(scene, "asso.test"), { "asso.test A": "wrong", "www.asso.test A": "wrong" });
  scene.say("asso.test", "A", [ADDRESS]);
  assert.deepEqual(await states(scene, "asso.test"), { "asso.test A": "ok", "www.asso.test A": "ok" }, "a name that leads on to the right address is right");
  await addSite(owner, { accountId: account.id, address: "shop.asso.test" });
  assert.deepEqual(await states(scene, "asso.test"), { "shop.asso.test A": "missing" });
});

test("people ignore what may stay as it is; a stranger cannot, and what is not there is no item", async (t) => {
  const scene = await createHealthScene(t);
  const { app, ctx, owner } = scene;
  const id = await addScenesDomain(scene, "asso.test");
  await editZone(owner, id, { mode: "external" });
  scene.delegate("asso.test", ["ns.own.test"]);
  assert.equal((await checkHealth(owner, app.services, id)).row?.wrong, 2);
  const stranger = app.ctx(memberOf(await createAccount(ctx)));
  const reader = app.ctx(memberOf(scene.account, "reader"));
  for (const who of [stranger, reader]) {
    await assert.rejects(ignoreItem(who, id, "asso.test A", true), (error) => isRefusal(error) && error.status === 404);
  }
  await assert.rejects(getHealth(stranger, id), (error) => isRefusal(error) && error.status === 404);
  await assert.rejects(ignoreItem(owner, id, "asso.test MX", true), (error) => isRefusal(error) && error.code === "health.item_unknown");
  await ignoreItem(owner, id, "asso.test A", true);
  await ignoreItem(owner, id, "www.asso.test A", true);
  const health = await getHealth(owner, id);
  assert.deepEqual([health.row?.state, health.ignored[0]?.byName], ["ok", "owner-asso"]);
  assert.equal((await checkHealth(owner, app.services, id)).row?.state, "ok", "it stays ignored");
  await ignoreItem(owner, id, "asso.test A", false);
  assert.equal((await getHealth(owner, id)).row?.wrong, 1);
});

test("the job asks about what is due, a batch at a time, and a domain that cannot be checked does not stop the others", async (t) => {
  const scene = await createHealthScene(t);
  const { app, ctx, owner } = scene;
  for (const name of ["a.test", "b.test", "c.test"]) {
    await addScenesDomain(scene, name);
    await scene.publish(name);
    scene.delegate(name, OURS);
  }
  const [job] = healthJobs;
  assert.ok(job);
  assert.equal((await runJob(app.services, job)).summary, "3");
  assert.equal((await runJob(app.services, job)).summary, "0", "not again before its time");
  app.clock.advance(2 * 86_400);
  await addRecord(owner, app.services.features, "a.test", { name: "x", type: "TXT", value: '"y"' });
  assert.equal((await runJob(app.services, job)).summary, "3");
  const next = await ctx.db.domainHealth.findMany({ orderBy: { nextAt: "asc" } });
  assert.equal(new Set(next.map(({ nextAt }) => nextAt.getTime())).size, 3, "spread");
  await addRecord(owner, app.services.features, "b.test", { name: "x", type: "TXT", value: '"y"' });
  assert.equal((await runJob(app.services, job)).summary, "1", "a zone that was changed is asked about soon");
});

test("who presses the button many times at once makes one check", async (t) => {
  const scene = await createHealthScene(t);
  const id = await addScenesDomain(scene, "asso.test");
  const before = scene.world.asked.length;
  await checkNow(scene.owner, scene.app.services, id);
  const once = scene.world.asked.length - before;
  const all = await Promise.all(Array.from({ length: 8 }, () => checkNow(scene.owner, scene.app.services, id)));
  assert.ok(scene.world.asked.length - before <= 3 * once, "one more, and what it asks twice");
  assert.deepEqual([...new Set(all.map(({ zone }) => zone.name))], ["asso.test"]);
});

test("what strangers' servers say cannot leave its place on the page", async (t) => {
  const scene = await createHealthScene(t);
  const { app, account, owner } = scene;
  const id = await addScenesDomain(scene, "asso.test");
  await addRecord(owner, app.services.features, id, { name: "@", type: "TXT", value: '"v=spf1 -all"' });
  await scene.publish("asso.test");
  scene.delegate("asso.test", OURS);
  const texts = HOSTILE_STRINGS.map((one) => Buffer.from(one.slice(0, 250)));
  scene.say("asso.test", "TXT", [...texts, Buffer.from("\u202e<img src=x onerror=alert(1)>{{csrf}}")]);
  const user = await app.createUser("marie");
  await scene.ctx.db.membership.create({ data: { userId: user.id, accountId: account.id, role: "owner" } });
  const marie = await app.as(user);
  const page = await marie.submit(`/domains/${id}/health`, `/domains/${id}/health/check`);
  const { body } = await marie.get(String(page.headers.location));
  assert.match(body, /onerror&#x3D;alert/, "it is shown");
  assert.doesNotMatch(body, /<img src=x/);
  assert.doesNotMatch(body, /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
});
