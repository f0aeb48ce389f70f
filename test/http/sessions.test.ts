import assert from "node:assert/strict";
import { test } from "node:test";
import type { Feature } from "../../src/core/feature.js";
import { SESSION_COOKIE } from "../../src/core/http/sessions.js";
import { feature as auth } from "../../src/features/auth/feature.js";
import { feature as home } from "../../src/features/home/feature.js";
import { buildTestApp, TEST_PASSWORD } from "../support/app.js";

const features = [auth, home];

test("visitors get no session; logging in sets a cookie that only we can read, over HTTPS", async (t) => {
  const app = await buildTestApp(t, { features });
  await app.createUser("jeanne");
  const visitor = app.visitor();
  await visitor.get("/");
  assert.equal(visitor.cookies.has(SESSION_COOKIE), false);
  assert.equal(await app.database.client.session.count(), 0);

  const answer = await visitor.submit("/", "/login", { login: "jeanne", password: TEST_PASSWORD });
  const cookie = [answer.headers["set-cookie"]].flat().find((line) => String(line).startsWith(`${SESSION_COOKIE}=`));
  assert.match(String(cookie), /; Path=\//);
  for (const flag of ["HttpOnly", "Secure", "SameSite=Lax"]) assert.ok(String(cookie).includes(flag), flag);
  assert.doesNotMatch(String(cookie), /Domain=/i);
});

test("the database holds a hash, not the id of the cookie", async (t) => {
  const app = await buildTestApp(t, { features });
  await app.createUser("jeanne");
  const browser = await app.as("jeanne");
  const id = browser.cookies.get(SESSION_COOKIE) ?? "";
  assert.ok(id.length >= 43);
  assert.doesNotMatch(JSON.stringify(await app.database.client.session.findMany()), new RegExp(id));
});

test("an id planted before the login is worth nothing after it", async (t) => {
  const app = await buildTestApp(t, { features });
  await app.createUser("jeanne");
  const victim = app.visitor();
  victim.cookies.set(SESSION_COOKIE, "planted-by-somebody-else-0123456789abcdefghi");
  await victim.submit("/", "/login", { login: "jeanne", password: TEST_PASSWORD });
  assert.notEqual(victim.cookies.get(SESSION_COOKIE), "planted-by-somebody-else-0123456789abcdefghi");
  const attacker = app.visitor();
  attacker.cookies.set(SESSION_COOKIE, "planted-by-somebody-else-0123456789abcdefghi");
  assert.equal((await attacker.get("/profile")).statusCode, 303);
});

test("logging in again changes the id, and the one before is dead", async (t) => {
  const app = await buildTestApp(t, { features });
  await app.createUser("jeanne");
  const browser = await app.as("jeanne");
  const first = browser.cookies.get(SESSION_COOKIE) ?? "";
  await browser.post("/login", { login: "jeanne", password: TEST_PASSWORD }, await browser.csrf("/profile"));
  assert.notEqual(browser.cookies.get(SESSION_COOKIE), first);
  const thief = app.visitor();
  thief.cookies.set(SESSION_COOKIE, first);
  assert.equal((await thief.get("/profile")).statusCode, 303);
  assert.equal((await browser.get("/profile")).statusCode, 200);
});

test("a session ends with log-out, when idle for a day, and after two weeks in any case", async (t) => {
  const app = await buildTestApp(t, { features });
  await app.createUser("jeanne");
  const [leaving, idle, busy] = [await app.as("jeanne"), await app.as("jeanne"), await app.as("jeanne")];
  const id = leaving.cookies.get(SESSION_COOKIE) ?? "";
  assert.equal((await leaving.submit("/", "/logout")).statusCode, 303);
  leaving.cookies.set(SESSION_COOKIE, id);
  assert.equal((await leaving.get("/profile")).statusCode, 303);

  const halfDay = 12 * 3600;
  for (let day = 0; day < 13; day += 1) {
    for (const _ of [1, 2]) {
      app.clock.advance(halfDay);
      assert.equal((await busy.get("/profile")).statusCode, 200, `day ${day}`);
    }
  }
  assert.equal((await idle.get("/profile")).statusCode, 303);
  app.clock.advance(halfDay);
  await busy.get("/profile");
  app.clock.advance(halfDay);
  assert.equal((await busy.get("/profile")).statusCode, 303);
});

test("a session that ends while a request of it changes it does not come back", async (t) => {
  const slow: Feature = {
    name: "slow",
    pages: (app, services) =>
      void app.get("/slow", { config: { access: "user" } }, async (request) => {
        await services.db.session.deleteMany({});
        request.session.accountId = "another";
        return "done";
      }),
  };
  const app = await buildTestApp(t, { features: [...features, slow] });
  await app.createUser("jeanne");
  const browser = await app.as("jeanne");
  assert.equal((await browser.get("/slow")).statusCode, 200);
  assert.equal(await app.database.client.session.count(), 0);
});
