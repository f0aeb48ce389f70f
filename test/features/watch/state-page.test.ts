import assert from "node:assert/strict";
import { test } from "node:test";
import { lookAtAll } from "../../../src/features/watch/look.js";
import { buildTestApp } from "../../support/app.js";
import { createHost } from "../../support/factories.js";

test("administrators read each check with what to do and since when, and choose who gets letters; members see nothing of it", async (t) => {
  const app = await buildTestApp(t);
  const { id } = await createHost(app.ctx(), { name: "web9" });
  const ada = await app.createUser("ada", { admin: true });
  await app.createUser("jeanne");
  await app.services.db.host.update({ where: { id }, data: { reachable: false, awaySince: app.clock.now(), state: { daemons: {}, error: "no answer" } } });
  await lookAtAll(app.ctx(), app.services);
  const admin = await app.as("ada");
  const page = await admin.get("/watch");
  assert.equal(page.statusCode, 200);
  assert.match(page.body, /web9 has not answered since <time datetime="[^"]+">[^<]+<\/time>: no answer/);
  assert.match(page.body, /See whether the machine is on/);
  assert.match((await admin.get("/watch", { "accept-language": "fr" })).body, /web9/);

  const overview = async () => (await admin.get("/overview")).body;
  const card = async () => /What needs you([\s\S]*?)<\/section>/.exec(await overview())?.[1] ?? "";
  assert.match(await card(), new RegExp(`href="/hosts/${id}">web9 has not answered since <time[^>]+>[^<]+</time>: no answer</a>`));
  assert.doesNotMatch(await card(), /every file is as the panel left it/, "what is well is not told there");
  assert.doesNotMatch((await (await app.as("jeanne")).get("/")).body, /What needs you/);

  assert.equal((await admin.submit("/watch", "/watch/letters", {})).statusCode, 303);
  assert.equal(await app.services.db.alertRefusal.count({ where: { userId: ada.id } }), 1);
  assert.equal((await admin.submit("/watch", "/watch/letters", { wanted: "true" })).statusCode, 303);
  assert.equal(await app.services.db.alertRefusal.count(), 0);
  const wrong = await admin.submit("/watch", "/watch/addresses", { addresses: "night" });
  assert.equal(wrong.statusCode, 422);
  assert.match(wrong.body, /“night” is no e-mail address/);
  assert.equal((await admin.submit("/watch", "/watch/addresses", { addresses: "night@example.org" })).statusCode, 303);
  assert.deepEqual(JSON.parse((await admin.get("/api/v1/watch/addresses")).body), { addresses: ["night@example.org"] });

  const told = JSON.parse((await admin.get("/api/v1/watch")).body) as { state: string; checks: { subject: string; name: string; since: string | null }[] };
  assert.equal(told.state, "failing");
  assert.ok(told.checks.find(({ subject, name }) => subject === "web9" && name === "reachable")?.since);
  const member = await app.as("jeanne");
  for (const path of ["/watch", "/api/v1/watch", "/api/v1/watch/addresses"]) assert.equal((await member.get(path)).statusCode, 404, path);
});
