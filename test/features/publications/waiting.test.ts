import assert from "node:assert/strict";
import { test } from "node:test";
import { publisherOf } from "../../../src/publish/index.js";
import { buildTestApp } from "../../support/app.js";
import { createAccount, createHost, joinAccount } from "../../support/factories.js";

test("a machine that is away: members whose changes wait read it on every page, others do not, administrators may try now", async (t) => {
  const app = await buildTestApp(t);
  const ctx = app.ctx();
  const { db } = app.services;
  const host = await createHost(ctx, { name: "web9" });
  const [mine, other] = [await createAccount(ctx, { host }), await createAccount(ctx, { host })];
  await joinAccount(ctx, mine, await app.createUser("jeanne", { locale: "fr" }));
  await joinAccount(ctx, other, await app.createUser("paul"));
  await app.createUser("ada", { admin: true, locale: "en" });
  const [jeanne, paul, ada] = [await app.as("jeanne"), await app.as("paul"), await app.as("ada")];
  await publisherOf(app.services).idle();
  await db.publication.deleteMany({});
  await db.publishUnit.deleteMany({});
  await db.publishUnit.create({
    data: { hostId: host.id, role: "web", key: String(mine.number), accountId: mine.id, wanted: 2, published: 1, touchedAt: app.clock.now() },
  });
  assert.doesNotMatch((await jeanne.get("/")).body, /ne répond pas/, "it answers");

  const since = app.clock.now();
  await db.host.update({ where: { id: host.id }, data: { reachable: false, awaySince: since } });
  const failed = {
    hostId: host.id,
    number: 1,
    author: "",
    state: "failed",
    startedAt: since,
    endedAt: since,
    errors: [{ step: "recover", code: "x", data: { door: "closed" } }],
  };
  await db.publication.create({ data: failed });
  for (const path of ["/", "/sites", "/publications"]) {
    const { body } = await jeanne.get(path);
    assert.match(
      body,
      /machines ne répond pas \(web9\)[\s\S]*Depuis le <time datetime="[^"]+">[\s\S]*Votre changement est gardé[\s\S]*Prochain essai au plus tard\u00a0: <time/,
      path,
    );
    assert.doesNotMatch(body, /Essayer maintenant/, path);
    assert.doesNotMatch((await paul.get(path)).body, /web9/, path);
  }
  const told = async (who: typeof ada) => JSON.parse((await who.get("/api/v1/publications/waiting")).body) as object[];
  const next = new Date(since.getTime() + 60_000).toISOString();
  assert.deepEqual(await told(jeanne), [{ host: "web9", units: 1, awaySince: since.toISOString(), nextAt: next }]);
  assert.deepEqual(await told(paul), []);

  const page = await ada.get("/watch");
  assert.match(page.body, /web9 does not answer[\s\S]*1 change waits[\s\S]*Try now/);
  const tried = await ada.submit("/watch", "/publications", { host: host.id });
  assert.equal(tried.statusCode, 303);
  await db.publishUnit.updateMany({ data: { published: 2 } });
  assert.doesNotMatch((await jeanne.get("/")).body, /web9/, "nothing waits");
});
