import assert from "node:assert/strict";
import { test } from "node:test";
import { addDomain, domainNamed } from "../../../src/features/domains/index.js";
import { challengeRecord } from "../../../src/features/transfers/proofs.js";
import { joinAccount } from "../../support/factories.js";
import { createScene } from "./scene.js";

test("an owner offers a domain by its page, the other one accepts on the home page's word and gives it back", async (t) => {
  const { app, ctx, giver, taker } = await createScene(t);
  const { id } = await addDomain(ctx, { accountId: giver.id, name: "club.test" });
  const [from, to] = [await app.createUser("gerda"), await app.createUser("theo")];
  await joinAccount(ctx, giver, from);
  await joinAccount(ctx, taker, to);
  const gerda = await app.as(from);
  const theo = await app.as(to);

  assert.match((await gerda.get(`/domains/${id}`)).body, new RegExp(`/domains/${id}/transfer`));
  const wrong = await gerda.submit(`/domains/${id}/transfer`, `/domains/${id}/transfer`, { to: "nobody-there" });
  assert.equal(wrong.statusCode, 422);
  assert.match(wrong.body, /No account has the login nobody-there/);
  const sent = await gerda.submit(`/domains/${id}/transfer`, `/domains/${id}/transfer`, { to: "taker" });
  assert.equal(sent.statusCode, 303);
  const page = String(sent.headers.location);
  assert.doesNotMatch((await gerda.get(page)).body, /\/accept/);

  assert.match((await theo.get("/")).body, /Association giver offers you club\.test/);
  const accepted = await theo.submit(page, `${page}/accept`);
  assert.equal(accepted.statusCode, 303, accepted.body);
  assert.equal((await domainNamed(ctx.db, "club.test"))?.accountId, taker.id);
  assert.doesNotMatch((await theo.get("/")).body, /offers you/);
  assert.equal((await gerda.get(`/domains/${id}`)).statusCode, 404);
  assert.equal((await theo.submit(page, `${page}/undo`)).statusCode, 303);
  assert.equal((await domainNamed(ctx.db, "club.test"))?.accountId, giver.id);
  assert.match((await gerda.get("/domains/transfers")).body, /given back/);
});

test("a request shows its record to the asker alone, is checked by a button, and waits on the holder's home page once proven", async (t) => {
  const { app, ctx, world, giver, taker } = await createScene(t);
  await addDomain(ctx, { accountId: giver.id, name: "club.test" });
  const [from, to] = [await app.createUser("gerda"), await app.createUser("theo")];
  await joinAccount(ctx, giver, from);
  await joinAccount(ctx, taker, to);
  const gerda = await app.as(from);
  const theo = await app.as(to);
  const sent = await theo.submit("/domains/transfers/requests/new?name=club.test", "/domains/transfers/requests", { accountId: taker.id, name: "club.test" });
  const page = String(sent.headers.location);
  const shown = (await theo.get(page)).body;
  const { token } = await ctx.db.nameRequest.findFirstOrThrow();
  assert.match(shown, /_mutu-challenge\.club\.test/);
  assert.ok(shown.includes(token));
  assert.equal((await gerda.get(page)).statusCode, 404);
  assert.doesNotMatch((await gerda.get("/")).body, /asks for this name/);

  const early = await theo.submit(page, `${page}/check`);
  assert.match((await theo.get(String(early.headers.location))).body, /not there yet/);
  world.records.push({ type: "TXT", name: challengeRecord("club.test", token).name, ttl: 1, data: token });
  app.clock.advance(10);
  await theo.submit(page, `${page}/check`);
  assert.match((await gerda.get("/")).body, /club\.test: somebody asks for this name/);
  const holders = (await gerda.get(page)).body;
  assert.ok(!holders.includes(token) && /Give the domain/.test(holders) && /Object/.test(holders));
  await gerda.submit(page, `${page}/object`);
  const admin = await app.as(await app.createUser("root", { admin: true }));
  assert.match((await admin.get("/")).body, /somebody asks for this name/);
  await admin.submit(page, `${page}/grant`);
  assert.equal((await domainNamed(ctx.db, "club.test"))?.accountId, taker.id);
});
