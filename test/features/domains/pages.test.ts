import assert from "node:assert/strict";
import { test } from "node:test";
import { buildTestApp } from "../../support/app.js";
import type { Scope } from "../../support/database.js";
import { createAccount, createHost, joinAccount } from "../../support/factories.js";
import { HOSTILE_STRINGS } from "../../support/hostile.js";

async function createPanel(t: Scope) {
  const panel = await buildTestApp(t);
  const ctx = panel.ctx();
  const host = await createHost(ctx);
  const account = await createAccount(ctx, { host, plan: { maxDomains: 2 } });
  const neighbour = await createAccount(ctx, { host });
  await joinAccount(ctx, account, await panel.createUser("jeanne"));
  await joinAccount(ctx, neighbour, await panel.createUser("paul"));
  await panel.createUser("root", { admin: true });
  return { ctx, account, neighbour, jeanne: await panel.as("jeanne"), paul: await panel.as("paul"), root: await panel.as("root") };
}

test("A member hosts a domain, sees where its records and its health are, removes it and takes it back", async (t) => {
  const { jeanne, account, ctx } = await createPanel(t);
  const added = await jeanne.submit("/domains/new", "/domains", { accountId: account.id, name: "Café-Club.test" });
  assert.equal(added.statusCode, 303, added.body.slice(0, 2000));
  const path = String(added.headers.location);
  const page = await jeanne.get(path);
  for (const words of ["café-club.test", "xn--caf-club-d1a.test", `${path}/health`, `${path}/records`]) assert.ok(page.body.includes(words), words);
  assert.ok((await jeanne.get("/domains?q=CAFÉ")).body.includes(path));
  const nothing = (await jeanne.get("/domains?q=nowhere")).body;
  assert.ok(nothing.includes("Nothing matches “nowhere”") && !nothing.includes("No domain"), "a search that finds nothing is no empty list");
  assert.equal((await jeanne.get(`${path}/delete`)).statusCode, 200);
  assert.equal((await jeanne.submit(`${path}/delete`, `${path}/delete`)).statusCode, 303);
  assert.ok((await jeanne.get("/domains/bin")).body.includes(path));
  assert.equal((await jeanne.submit(path, `${path}/restore`)).statusCode, 303);
  assert.equal((await jeanne.submit(`${path}/delete`, `${path}/delete`)).statusCode, 303);
  assert.equal((await jeanne.submit(path, `${path}/release`)).statusCode, 303);
  assert.equal(await ctx.db.claim.count(), 0);
});

test("Another account cannot take, see or touch the name; consent opens what lies below", async (t) => {
  const { jeanne, paul, root, account, neighbour } = await createPanel(t);
  const path = String((await jeanne.submit("/domains/new", "/domains", { accountId: account.id, name: "club.test" })).headers.location);
  const add = (name: string) => paul.submit("/domains/new", "/domains", { accountId: neighbour.id, name });
  assert.equal((await add("club.test")).statusCode, 409);
  const below = await add("blog.club.test");
  assert.equal(below.statusCode, 409);
  assert.ok(below.body.includes("Its consent is needed"));
  for (const url of [path, `${path}/delete`]) assert.equal((await paul.get(url)).statusCode, 404);
  const token = await paul.csrf("/domains/new");
  for (const part of ["delete", "restore", "release"]) assert.equal((await paul.post(`${path}/${part}`, {}, token)).statusCode, 404);
  assert.equal((await root.submit("/domains/consents", "/domains/consents", { accountId: neighbour.id, name: "blog.club.test" })).statusCode, 303);
  assert.equal((await add("blog.club.test")).statusCode, 303);
  // The owner of the domain no longer answers for the name that was given away, nor by a wildcard that covers it.
  const site = (address: string) => jeanne.submit("/sites/new", "/sites", { accountId: account.id, address });
  assert.equal((await site("blog.club.test")).statusCode, 409);
  assert.equal((await site("*.club.test")).statusCode, 409);
  assert.equal((await site("club.test")).statusCode, 303);
});

test("Names are refused at the field: forbidden, of the panel, suffixes, too many, hostile", async (t) => {
  const { jeanne, root, account } = await createPanel(t);
  assert.equal((await root.submit("/domains/forbidden", "/domains/forbidden", { name: "bank.test", reason: "phishing" })).statusCode, 303);
  const token = await jeanne.csrf("/domains/new");
  const add = (name: string) => jeanne.post("/domains", { accountId: account.id, name }, token);
  for (const name of ["bank.test", "my.bank.test", "panel.test", "co.uk", "x.lan", "1.2.3.4", "*.club.test"])
    assert.equal((await add(name)).statusCode, 422, name);
  for (const bad of HOSTILE_STRINGS) assert.equal((await add(`a${bad}b.test`)).statusCode, 422, JSON.stringify(bad));
  for (const name of ["one.test", "two.test"]) assert.equal((await add(name)).statusCode, 303);
  const full = await add("three.test");
  assert.equal(full.statusCode, 422);
  assert.ok(full.body.includes("Your plan allows 2 domains"));
  assert.ok(full.body.includes('value="three.test"'));
  assert.equal((await root.submit("/domains/forbidden", "/domains/forbidden/bank.test/delete")).statusCode, 303);
});

test("The API does what pages do", async (t) => {
  const { jeanne, paul, account } = await createPanel(t);
  const made = await jeanne.api("POST", "/api/v1/domains", { accountId: account.id, name: "club.test" });
  assert.equal(made.statusCode, 201, made.body);
  assert.equal((await jeanne.api("GET", "/api/v1/domains/club.test")).json().id, made.json().id);
  assert.equal((await paul.api("GET", "/api/v1/domains/club.test")).statusCode, 404);
  assert.equal((await paul.api("DELETE", "/api/v1/domains/club.test")).statusCode, 404);
  const gone = await jeanne.api("DELETE", "/api/v1/domains/club.test");
  assert.equal(gone.json().state, "bin");
  assert.ok(gone.json().releaseAt);
  assert.equal((await jeanne.api("POST", "/api/v1/domains/club.test/restore")).json().state, "live");
  assert.equal((await jeanne.api("GET", "/api/v1/domains")).json().total, 1);
  assert.equal((await jeanne.api("GET", "/api/v1/consents")).statusCode, 404);
});
