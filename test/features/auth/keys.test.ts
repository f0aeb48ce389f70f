import assert from "node:assert/strict";
import { test } from "node:test";
import { feature as auth } from "../../../src/features/auth/feature.js";
import { addToken, listTokens, revokeToken } from "../../../src/features/auth/tokens.js";
import { feature as home } from "../../../src/features/home/feature.js";
import { buildTestApp, type TestApp } from "../../support/app.js";

const features = [auth, home];
const actorOf = (user: { id: string; login: string }) => ({
  kind: "user" as const,
  userId: user.id,
  login: user.login,
  admin: false,
  address: "",
  memberships: new Map(),
});
const status = async (app: TestApp, key: string) => (await app.withToken(key, "GET", "/api/v1/profile")).statusCode;

test("a key is made on the page, shown once, stored as a hash, and works until it is revoked", async (t) => {
  const app = await buildTestApp(t, { features });
  await app.createUser("jeanne");
  const browser = await app.as("jeanne");
  const made = await browser.submit("/profile/tokens", "/profile/tokens", { name: "backup", days: "30" });
  const key = /class="secret">([^<]+)</.exec(made.body)?.[1] ?? "";
  assert.match(key, /^mutu_[\w-]{43}$/);
  assert.doesNotMatch((await browser.get("/profile/tokens")).body, new RegExp(key));
  assert.doesNotMatch(JSON.stringify(await app.database.client.apiToken.findMany()), new RegExp(key));
  assert.equal(await status(app, key), 200);
  const { id } = await app.database.client.apiToken.findFirstOrThrow();
  assert.equal((await browser.submit("/profile/tokens", `/profile/tokens/${id}/delete`)).statusCode, 303);
  assert.equal(await status(app, key), 401);
});

test("a key ends at its hour, and with its owner", async (t) => {
  const app = await buildTestApp(t, { features });
  const user = await app.createUser("jeanne");
  const short = (await addToken(app.ctx(actorOf(user)), { name: "short", days: 1 })).secret.reveal();
  const long = (await addToken(app.ctx(actorOf(user)), { name: "long" })).secret.reveal();
  app.clock.advance(86_399);
  assert.equal(await status(app, short), 200);
  app.clock.advance(2);
  assert.equal(await status(app, short), 401);
  assert.equal(await status(app, long), 200);
  await app.database.client.user.update({ where: { id: user.id }, data: { disabledAt: new Date() } });
  assert.equal(await status(app, long), 401);
});

test("keys and sessions of others do not exist", async (t) => {
  const app = await buildTestApp(t, { features });
  const [jeanne, mallory] = [await app.createUser("jeanne"), await app.createUser("mallory")];
  const { token } = await addToken(app.ctx(actorOf(jeanne)), { name: "mine" });
  assert.deepEqual(await listTokens(app.ctx(actorOf(mallory))), []);
  await assert.rejects(revokeToken(app.ctx(actorOf(mallory)), token.id), { status: 404 });
  await app.as("jeanne");
  const { id } = await app.database.client.session.findFirstOrThrow();
  const browser = await app.as("mallory");
  assert.equal((await browser.submit("/profile/sessions", `/profile/sessions/${id}/delete`)).statusCode, 404);
  assert.equal(await app.database.client.session.count({ where: { userId: jeanne.id } }), 1);
});

test("a person sees where they are logged in, and ends a session from another one", async (t) => {
  const app = await buildTestApp(t, { features });
  const user = await app.createUser("jeanne");
  const [here, there] = [await app.as("jeanne"), await app.as("jeanne")];
  const page = await here.get("/profile/sessions");
  assert.equal(page.body.match(/Firefox on Linux/g)?.length, 2);
  assert.equal(page.body.match(/This browser/g)?.length, 1);
  const action = /action="(\/profile\/sessions\/[^"]+\/delete)"/.exec(page.body)?.[1] ?? "";
  assert.equal((await here.submit("/profile/sessions", action)).statusCode, 303);
  assert.equal((await there.get("/profile")).statusCode, 303);
  assert.equal((await here.get("/profile")).statusCode, 200);
  assert.equal(await app.database.client.session.count({ where: { userId: user.id } }), 1);
});

test("a person has at most twenty keys", async (t) => {
  const app = await buildTestApp(t, { features });
  const ctx = app.ctx(actorOf(await app.createUser("jeanne")));
  for (let number = 0; number < 20; number += 1) await addToken(ctx, { name: `key ${number}` });
  await assert.rejects(addToken(ctx, { name: "one more" }), { code: "auth.too_many_tokens", status: 409 });
});

test("an administrator's key makes no administrator: it would outlive the key", async (t) => {
  const app = await buildTestApp(t, { features });
  await app.createUser("root", { admin: true });
  const { id } = await app.createUser("jeanne");
  const browser = await app.as("root");
  const { secret } = (await browser.api("POST", "/api/v1/profile/tokens", { name: "stolen" })).json();
  const mallory = { login: "mallory", email: "mallory@example.org", admin: true };
  const made = await app.withToken(secret, "POST", "/api/v1/users", mallory);
  assert.equal(made.statusCode, 403, made.body);
  const raised = await app.withToken(secret, "PUT", `/api/v1/users/${id}`, { email: "jeanne@example.org", admin: true });
  assert.equal(raised.statusCode, 403, raised.body);
  assert.equal(await app.database.client.user.count({ where: { admin: true } }), 1);
  assert.equal((await app.withToken(secret, "POST", "/api/v1/users", { ...mallory, admin: false })).statusCode, 201);
});
