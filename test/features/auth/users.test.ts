import assert from "node:assert/strict";
import { test } from "node:test";
import { feature as auth } from "../../../src/features/auth/feature.js";
import { addUser, changeUser, disableUser, enableUser, prepareUser, renewPassword } from "../../../src/features/auth/users.js";
import { feature as home } from "../../../src/features/home/feature.js";
import { buildTestApp, type TestApp } from "../../support/app.js";
import { HOSTILE_STRINGS } from "../../support/hostile.js";

const features = [auth, home];

async function asAdmin(app: TestApp) {
  await app.createUser("boss", { admin: true });
  return app.as("boss");
}

test("an administrator adds a person, whose password is shown once and works", async (t) => {
  const app = await buildTestApp(t, { features });
  const admin = await asAdmin(app);
  const made = await admin.submit("/users/new", "/users", { login: "Jeanne", email: "Jeanne@Example.org", name: "Jeanne d’Arc" });
  assert.equal(made.statusCode, 200);
  assert.equal(made.headers["cache-control"], "no-store");
  const password = /class="secret">([^<]+)</.exec(made.body)?.[1] ?? "";
  const jeanne = await app.as("jeanne", password);
  assert.equal((await jeanne.get("/users")).statusCode, 404);
  const list = await admin.get("/users?q=ARC");
  assert.match(list.body, /jeanne@example\.org/);
  assert.doesNotMatch(list.body, new RegExp(password));
  assert.match((await admin.get("/users?q=nothing-like-it")).body, /Nothing matches “nothing-like-it”/);
});

test("the API does the same, and never tells a hash", async (t) => {
  const app = await buildTestApp(t, { features });
  const admin = await asAdmin(app);
  const made = await admin.api("POST", "/api/v1/users", { login: "jeanne", email: "jeanne@example.org" });
  assert.equal(made.statusCode, 201);
  const { user, password } = made.json() as { user: { id: string }; password: string };
  await app.as("jeanne", password);
  for (const url of ["/api/v1/users", `/api/v1/users/${user.id}`, "/api/v1/profile", "/api/v1/profile/sessions", "/api/v1/profile/tokens"]) {
    const answer = await admin.api("GET", url);
    assert.equal(answer.statusCode, 200, url);
    assert.doesNotMatch(answer.body, /argon2|passwordHash|"hash"|userId/, url);
  }
  const taken = await admin.api("POST", "/api/v1/users", { login: "JEANNE", email: "other@example.org" });
  assert.equal(taken.statusCode, 409);
  assert.deepEqual(
    (taken.json() as { error: { fields: { field: string; code: string }[] } }).error.fields.map(({ field, code }) => [field, code]),
    [["login", "auth.login_taken"]],
  );
  assert.equal((await admin.api("PUT", `/api/v1/users/${user.id}`, { email: "new@example.org", name: "J", admin: false })).statusCode, 200);
  assert.equal((await admin.api("GET", "/api/v1/users/unknown")).statusCode, 404);
});

test("what is wrong is said at the field, with what was typed", async (t) => {
  const app = await buildTestApp(t, { features });
  const admin = await asAdmin(app);
  const answer = await admin.submit("/users/new", "/users", { login: "9 lives", email: "not an address", name: "Kept", admin: "true" });
  assert.equal(answer.statusCode, 422);
  assert.match(answer.body, /2 to 32 lower-case letters/);
  assert.match(answer.body, /does not look like an e-mail address/);
  assert.match(answer.body, /value="Kept"/);
  assert.match(answer.body, /name="admin" value="true" checked/);
});

test("hostile logins, names and addresses are refused or shown as text", async (t) => {
  const app = await buildTestApp(t, { features });
  const admin = await asAdmin(app);
  const token = await admin.csrf("/users/new");
  for (const text of HOSTILE_STRINGS) {
    const login = await admin.post("/users", { login: `a${text}`, email: "a@example.org" }, token);
    assert.equal(login.statusCode, 422, `login ${JSON.stringify(text)}`);
    const email = await admin.post("/users", { login: "fine", email: `${text}@example.org${text}` }, token);
    assert.equal(email.statusCode, 422, `email ${JSON.stringify(text)}`);
    if (/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(text.trim())) {
      const name = await admin.post("/users", { login: "fine", email: "a@example.org", name: text }, token);
      assert.equal(name.statusCode, 422, `name ${JSON.stringify(text)}`);
    }
  }
  await admin.post("/users", { login: "fine", email: "a@example.org", name: `<img src=x onerror="alert(1)">{{7*7}}` }, token);
  const list = await admin.get("/users");
  assert.match(list.body, /&lt;img src&#x3D;x/);
  assert.doesNotMatch(list.body, /<img/);
});

test("disabling ends sessions at once; enabling lets in again; nothing is deleted", async (t) => {
  const app = await buildTestApp(t, { features });
  const admin = await asAdmin(app);
  const jeanne = await app.createUser("jeanne");
  const browser = await app.as("jeanne");
  assert.equal((await admin.submit(`/users/${jeanne.id}`, `/users/${jeanne.id}/disable`)).statusCode, 303);
  assert.equal((await browser.get("/profile")).statusCode, 303);
  await assert.rejects(app.as("jeanne"), /422/);
  await admin.submit(`/users/${jeanne.id}`, `/users/${jeanne.id}/enable`);
  await app.as("jeanne");
  const renewed = await admin.submit(`/users/${jeanne.id}`, `/users/${jeanne.id}/password`);
  await assert.rejects(app.as("jeanne"), /422/);
  await app.as("jeanne", /class="secret">([^<]+)</.exec(renewed.body)?.[1]);
});

test("the last administrator can neither be disabled nor demoted, and nobody disables themselves", async (t) => {
  const app = await buildTestApp(t, { features });
  const boss = await app.createUser("boss", { admin: true });
  const actor = { kind: "user" as const, userId: boss.id, login: "boss", admin: true, address: "", memberships: new Map() };
  await assert.rejects(disableUser(app.ctx(), boss.id), { code: "auth.last_admin", status: 409 });
  await assert.rejects(changeUser(app.ctx(), boss.id, { email: "b@example.org", admin: false }), { code: "auth.last_admin" });
  await assert.rejects(disableUser(app.ctx(actor), boss.id), { code: "auth.self_disable" });
  const second = await app.createUser("second", { admin: true });
  await disableUser(app.ctx(actor), second.id);
  await assert.rejects(disableUser(app.ctx(), boss.id), { code: "auth.last_admin" });
  await enableUser(app.ctx(actor), second.id);
  await disableUser(app.ctx(), boss.id);
});

test("losing administration ends the sessions that had it", async (t) => {
  const app = await buildTestApp(t, { features });
  const admin = await asAdmin(app);
  const second = await app.createUser("second", { admin: true });
  const browser = await app.as("second");
  assert.equal((await admin.submit(`/users/${second.id}`, `/users/${second.id}`, { email: "s@example.org" })).statusCode, 303);
  assert.equal((await browser.get("/users")).statusCode, 303);
  assert.equal((await (await app.as("second")).get("/users")).statusCode, 404);
});

test("members cannot manage people, whatever door they take", async (t) => {
  const app = await buildTestApp(t, { features });
  const user = await app.createUser("jeanne");
  const actor = { kind: "user" as const, userId: user.id, login: "jeanne", admin: false, address: "", memberships: new Map() };
  const ctx = app.ctx(actor);
  for (const act of [
    () => addUser(ctx, { login: "x2", email: "x@example.org" }),
    () => renewPassword(ctx, user.id),
    () => disableUser(ctx, user.id),
    () => changeUser(ctx, user.id, { email: "x@example.org", admin: true }),
  ]) {
    await assert.rejects(act(), { status: 404 });
  }
  assert.equal((await app.database.client.user.findUniqueOrThrow({ where: { id: user.id } })).admin, false);
});

test("of two people prepared with one login only one is made", async (t) => {
  const app = await buildTestApp(t, { features });
  const ctx = app.ctx();
  const prepared = await Promise.all([1, 2].map((number) => prepareUser(ctx, { login: "twin", email: `twin${number}@example.org` })));
  const results = await Promise.allSettled(prepared.map((one) => ctx.transaction((tx) => one.save(tx))));
  assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});

test("a person changes only their own name, language and appearance", async (t) => {
  const app = await buildTestApp(t, { features });
  await app.createUser("jeanne");
  const browser = await app.as("jeanne");
  const saved = await browser.submit("/profile", "/profile", {
    name: "Jeanne",
    email: "j@example.org",
    locale: "fr",
    appearance: "dark",
    admin: "true",
    login: "root",
  });
  assert.equal(saved.statusCode, 303);
  const page = await browser.get("/profile");
  assert.match(page.body, /<html lang="fr" data-bs-theme="dark">/);
  assert.match(page.body, /Votre profil est enregistré/);
  assert.doesNotMatch((await browser.get("/profile")).body, /Votre profil est enregistré/, "said once");
  const row = await app.database.client.user.findFirstOrThrow();
  assert.deepEqual([row.login, row.admin, row.name, row.email], ["jeanne", false, "Jeanne", "j@example.org"]);
});
