import assert from "node:assert/strict";
import { test } from "node:test";
import { feature as auth } from "../../src/features/auth/feature.js";
import { addToken } from "../../src/features/auth/tokens.js";
import { feature as home } from "../../src/features/home/feature.js";
import { buildTestApp, type TestApp } from "../support/app.js";
import type { Scope } from "../support/database.js";

const features = [auth, home];
const form = { email: "new@example.org", name: "", appearance: "auto" };
const json = { "content-type": "application/json" };
const origin = "https://panel.test";

async function scene(t: Scope) {
  const app = await buildTestApp(t, { features });
  const user = await app.createUser("jeanne");
  return { app, user, browser: await app.as("jeanne") };
}

const emailOf = async (app: TestApp) => (await app.database.client.user.findUniqueOrThrow({ where: { login: "jeanne" } })).email;

test("a form needs our token, our origin, and both together", async (t) => {
  const { app, browser } = await scene(t);
  const token = await browser.csrf("/profile");
  const refused: [string, string | undefined, Record<string, string>][] = [
    ["no token", undefined, {}],
    ["a made-up token", "made-up", {}],
    ["another origin", token, { origin: "https://evil.test" }],
    ["a subdomain of ours", token, { origin: "https://x.panel.test" }],
    ["plain HTTP", token, { origin: "http://panel.test" }],
    ["origin null", token, { origin: "null" }],
    ["no origin", token, { origin: "" }],
  ];
  for (const [what, given, headers] of refused) {
    assert.equal((await browser.post("/profile", form, given, headers)).statusCode, 403, what);
    assert.equal(await emailOf(app), "jeanne@example.org", what);
  }
  assert.equal((await browser.post("/profile", form, token)).statusCode, 303);
  assert.equal(await emailOf(app), "new@example.org");
});

test("a token is good for its own session only", async (t) => {
  const { app, browser } = await scene(t);
  await app.createUser("mallory");
  const mallory = await app.as("mallory");
  const theirs = await mallory.csrf("/profile");
  assert.equal((await browser.post("/profile", form, theirs)).statusCode, 403);
  const beforeLogin = await app.visitor().csrf("/");
  assert.equal((await browser.post("/profile", form, beforeLogin)).statusCode, 403);
});

test("the API with a cookie needs the token too; with a key it does not, and then the cookie counts for nothing", async (t) => {
  const { app, browser, user } = await scene(t);
  const put = (headers: Record<string, string>) => browser.send("PUT", "/api/v1/profile", { payload: JSON.stringify(form), headers: { ...json, ...headers } });
  assert.equal((await put({ origin })).statusCode, 403);
  assert.equal((await put({ "x-csrf-token": await browser.csrf("/profile") })).statusCode, 403);
  assert.equal((await put({ origin, "x-csrf-token": await browser.csrf("/profile") })).statusCode, 200);

  // A made-up key beside a good cookie must not lift the check and keep the cookie.
  assert.equal((await put({ authorization: "Bearer mutu_this-key-does-not-exist-at-all" })).statusCode, 401);
  assert.equal((await put({ authorization: "Basic amVhbm5lOng=" })).statusCode, 401);

  const actor = { kind: "user" as const, userId: user.id, login: "jeanne", admin: false, address: "", memberships: new Map() };
  const { secret } = await addToken(app.ctx(actor), { name: "script" });
  assert.equal((await app.withToken(secret.reveal(), "GET", "/api/v1/profile")).statusCode, 200);
  assert.equal((await app.withToken(secret.reveal(), "DELETE", "/api/v1/profile/tokens/x")).statusCode, 403, "a key makes no security changes");
});

test("GET never changes anything that a link could ask for", async (t) => {
  const { app, browser } = await scene(t);
  for (const { method, url } of app.routes.filter((route) => route.method === "GET" && !route.url.includes(":") && !route.url.includes("*"))) {
    await browser.send(method, url);
  }
  const verbs = await app.database.client.auditEntry.findMany({ select: { verb: true } });
  assert.deepEqual([...new Set(verbs.map(({ verb }) => verb))], ["auth.user.logged_in"]);
});
