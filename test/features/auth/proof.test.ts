/** Changes of security need a fresh proof: a login of a few minutes ago, or the password again (SECURITY.md 11). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { feature as auth } from "../../../src/features/auth/feature.js";
import { FRESH_MINUTES } from "../../../src/features/auth/proof.js";
import { LIMITS } from "../../../src/features/auth/throttle.js";
import { feature as home } from "../../../src/features/home/feature.js";
import { buildTestApp, TEST_PASSWORD } from "../../support/app.js";

const features = [auth, home];
type Fields = Record<string, string>;

async function scene(t: Parameters<typeof buildTestApp>[0]) {
  const app = await buildTestApp(t, { features });
  await app.createUser("boss", { admin: true, email: "boss@example.org" });
  const jeanne = await app.createUser("jeanne", { email: "jeanne@example.org" });
  const browser = await app.as("boss");
  return { app, browser, jeanne, db: app.database.client, stale: () => app.clock.advance(FRESH_MINUTES * 60) };
}

/** What each act sends on its page, and how it is seen that it happened. */
const ACTS: Record<string, { page: (id: string) => string; url: (id: string) => string; fields: Fields; done: string }> = {
  "an API key": { page: () => "/profile/tokens", url: () => "/profile/tokens", fields: { name: "backup" }, done: "auth.token.added" },
  "one's own address": { page: () => "/profile", url: () => "/profile", fields: { email: "new@example.org", appearance: "auto" }, done: "auth.user.changed" },
  "a new administrator": {
    page: () => "/users/new",
    url: () => "/users",
    fields: { login: "mallory", email: "m@example.org", admin: "true" },
    done: "auth.user.added",
  },
  "rights of administration": {
    page: (id) => `/users/${id}`,
    url: (id) => `/users/${id}`,
    fields: { email: "jeanne@example.org", admin: "true" },
    done: "auth.user.changed",
  },
  "somebody's address": { page: (id) => `/users/${id}`, url: (id) => `/users/${id}`, fields: { email: "evil@example.org" }, done: "auth.user.changed" },
  "somebody's new password": { page: (id) => `/users/${id}`, url: (id) => `/users/${id}/password`, fields: {}, done: "auth.user.password_made" },
};

for (const [what, { page, url, fields, done }] of Object.entries(ACTS)) {
  test(`${what}: at once after the login; later only with the password, which the page asks for`, async (t) => {
    const { browser, jeanne, db, stale } = await scene(t);
    const happened = () => db.auditEntry.count({ where: { verb: done } });
    const send = (more: Fields = {}) => browser.submit(page(jeanne.id), url(jeanne.id), { ...fields, ...more });
    assert.doesNotMatch((await browser.get(page(jeanne.id))).body, /name="proof"/);
    stale();
    const asking = (await browser.get(page(jeanne.id))).body;
    assert.equal(asking.match(/name="proof"/g)?.length, 1);
    const without = await send();
    assert.equal(without.statusCode, 422);
    assert.match(without.body, /type your own password as well/);
    assert.match(without.body, /name="proof"/);
    const wrong = await send({ proof: "not my password" });
    assert.equal(wrong.statusCode, 422);
    assert.doesNotMatch(wrong.body, /not my password/);
    assert.equal(await happened(), 0);
    assert.ok((await send({ proof: TEST_PASSWORD })).statusCode < 400);
    assert.equal(await happened(), 1);
  });
}

test("a fresh login needs no password, and what is no change of security never does", async (t) => {
  const { browser, jeanne, stale } = await scene(t);
  assert.equal((await browser.submit("/profile/tokens", "/profile/tokens", { name: "backup" })).statusCode, 200);
  stale();
  assert.equal((await browser.submit("/profile", "/profile", { email: "boss@example.org", name: "The boss", appearance: "dark" })).statusCode, 303);
  const user = `/users/${jeanne.id}`;
  assert.equal((await browser.submit(user, user, { email: " Jeanne@Example.org", name: "Jeanne" })).statusCode, 303);
  assert.equal((await browser.submit("/users/new", "/users", { login: "paul", email: "p@example.org" })).statusCode, 200);
});

test("the API asks the same of a browser, and refuses keys", async (t) => {
  const { app, browser, jeanne, stale } = await scene(t);
  const { secret } = (await browser.api("POST", "/api/v1/profile/tokens", { name: "backup" })).json() as { secret: string };
  stale();
  const email = "new@example.org";
  const calls: ["POST" | "PUT", string, Record<string, unknown>][] = [
    ["POST", "/api/v1/profile/tokens", { name: "another" }],
    ["PUT", "/api/v1/profile", { email }],
    ["POST", "/api/v1/users", { login: "mallory", email, admin: true }],
    ["PUT", `/api/v1/users/${jeanne.id}`, { email }],
    ["PUT", `/api/v1/users/${jeanne.id}`, { email: "jeanne@example.org", admin: true }],
    ["POST", `/api/v1/users/${jeanne.id}/password`, {}],
  ];
  for (const [method, url, body] of calls) {
    const asked = await browser.api(method, url, body);
    assert.equal(asked.statusCode, 422, `${method} ${url}: ${asked.body}`);
    assert.deepEqual(
      (asked.json() as { error: { fields: { field: string; code: string }[] } }).error.fields.map(({ field, code }) => [field, code]),
      [["proof", "auth.proof_needed"]],
    );
    assert.equal((await app.withToken(secret, method, url, { ...body, proof: TEST_PASSWORD })).statusCode, 403, `${method} ${url} with a key`);
  }
  for (const [method, url, body] of calls) {
    const done = await browser.api(method, url, { ...body, proof: TEST_PASSWORD });
    assert.ok(done.statusCode < 300, `${method} ${url}: ${done.body}`);
  }
});

test("the question for the password is no place to guess it", async (t) => {
  const { browser, stale, app } = await scene(t);
  stale();
  const guess = (proof: string) => browser.submit("/profile/tokens", "/profile/tokens", { name: "backup", proof });
  for (let time = 0; time < LIMITS.pair; time += 1) assert.equal((await guess(`guess ${time}`)).statusCode, 422);
  assert.equal((await guess(TEST_PASSWORD)).statusCode, 429);
  assert.equal(await app.database.client.apiToken.count(), 0);
});
