import assert from "node:assert/strict";
import { test } from "node:test";
import { feature as auth } from "../../../src/features/auth/feature.js";
import { logIn, looksLikeMailbox } from "../../../src/features/auth/login.js";
import { HOLD_SECONDS, LIMITS, purgeThrottles, WINDOW_SECONDS } from "../../../src/features/auth/throttle.js";
import { feature as home } from "../../../src/features/home/feature.js";
import { changeSettings } from "../../../src/features/home/settings.js";
import { buildTestApp, TEST_PASSWORD, type TestApp } from "../../support/app.js";
import { HOSTILE_STRINGS } from "../../support/hostile.js";

const features = [auth, home];
const from = (app: TestApp, address: string) => app.ctx({ kind: "nobody", address });
const codeOf = async (promise: Promise<unknown>) =>
  promise.then(
    () => "in",
    (error: { code?: string }) => error.code ?? "no refusal",
  );

test("the right password leads home, in the reader's language, and is written down", async (t) => {
  const app = await buildTestApp(t, { features });
  await app.createUser("jeanne", { name: "Jeanne", locale: "fr" });
  const browser = await app.as("jeanne");
  const page = await browser.get("/");
  assert.equal(page.statusCode, 200);
  assert.match(page.body, /Bonjour Jeanne/);
  const [entry] = await app.database.client.auditEntry.findMany();
  assert.equal(entry?.verb, "auth.user.logged_in");
});

test("login is led back to where the person wanted to go, but never to another site", async (t) => {
  const app = await buildTestApp(t, { features });
  await app.createUser("jeanne");
  const refused = await app.visitor().get("/profile/tokens");
  assert.equal(refused.headers.location, "/login?next=%2Fprofile%2Ftokens");
  const visitor = app.visitor();
  const form = await visitor.get(String(refused.headers.location));
  assert.match(form.body, /name="next" value="\/profile\/tokens"/);
  for (const [next, expected] of [
    ["/profile/tokens", "/profile/tokens"],
    ["//evil.test/", "/"],
    ["https://evil.test/", "/"],
    ["/\\evil.test", "/"],
    ["/.//evil.test", "/"],
    ["/..//evil.test/", "/"],
    ["/%2e//evil.test", "/"],
    ["/profile/..//evil.test", "/"],
  ] as const) {
    const answer = await app.visitor().submit("/", "/login", { login: "jeanne", password: TEST_PASSWORD, next });
    assert.equal(answer.headers.location, expected, next);
  }
});

test("who exists cannot be told from the answer, nor from its duration", async (t) => {
  const app = await buildTestApp(t, { features });
  const { user } = await realUser(app, "jeanne");
  await realUser(app, "gone");
  await app.database.client.user.update({ where: { login: "gone" }, data: { disabledAt: new Date() } });
  const bodies = new Map<string, string>();
  const times = new Map<string, number[]>();
  const logins = [user.login, "gone", "nobody"];
  await codeOf(logIn(from(app, "192.0.2.200"), { login: "warm", password: "up" }));
  for (let round = 0; round < 4; round += 1) {
    for (const login of logins) {
      const visitor = app.visitor();
      const token = await visitor.csrf("/");
      const begun = performance.now();
      const answer = await visitor.post("/login", { login, password: "not this one" }, token);
      times.set(login, [...(times.get(login) ?? []), performance.now() - begun]);
      assert.equal(answer.statusCode, 422);
      bodies.set(login, answer.body.replaceAll(login, "LOGIN").replace(/name="_csrf" value="[^"]*"/g, ""));
    }
  }
  assert.equal(bodies.get("nobody"), bodies.get(user.login));
  assert.equal(bodies.get("nobody"), bodies.get("gone"));
  const best = (login: string) => Math.min(...(times.get(login) ?? []));
  // argon2 takes 30 ms and more; an answer without it would be several times as quick.
  for (const login of logins) assert.ok(best(login) > best(user.login) / 3, `${login}: ${best(login)} ms beside ${best(user.login)} ms`);
});

/** A user whose password costs what it costs in production. */
async function realUser(app: TestApp, login: string) {
  const { addUser } = await import("../../../src/features/auth/users.js");
  return addUser(app.ctx(), { login, email: `${login}@example.org` });
}

test("guessing is held after five failures of one login at one address, and let go afterwards", async (t) => {
  const app = await buildTestApp(t, { features });
  await app.createUser("jeanne");
  const guess = (address: string, password = "wrong") => codeOf(logIn(from(app, address), { login: "jeanne", password }));
  for (let number = 0; number < LIMITS.pair; number += 1) assert.equal(await guess("192.0.2.1"), "auth.wrong_login");
  assert.equal(await guess("192.0.2.1", TEST_PASSWORD), "auth.too_many_attempts", "also with the right password");
  assert.equal(await guess("192.0.2.2", TEST_PASSWORD), "in", "the member elsewhere is not locked out");
  app.clock.advance(HOLD_SECONDS + 1);
  assert.equal(await guess("192.0.2.1", TEST_PASSWORD), "in");
});

test("guesses sent all at once are held like guesses sent one by one", async (t) => {
  const app = await buildTestApp(t, { features });
  await app.createUser("jeanne");
  const guesses = Array.from({ length: LIMITS.pair * 3 }, () => codeOf(logIn(from(app, "192.0.2.1"), { login: "jeanne", password: "wrong" })));
  const codes = await Promise.all(guesses);
  assert.equal(codes.filter((code) => code === "auth.wrong_login").length, LIMITS.pair);
  assert.equal(codes.filter((code) => code === "auth.too_many_attempts").length, LIMITS.pair * 2);
});

test("a member who logs in often uses up nobody's attempts", async (t) => {
  const app = await buildTestApp(t, { features });
  await app.createUser("jeanne");
  const right = { login: "jeanne", password: TEST_PASSWORD };
  for (let number = 0; number < LIMITS.address + 1; number += 1) assert.equal(await codeOf(logIn(from(app, "192.0.2.1"), right)), "in");
  assert.equal(await app.database.client.loginThrottle.count({ where: { failures: { gt: 0 } } }), 0);
});

test("logins that do not exist are held alike", async (t) => {
  const app = await buildTestApp(t, { features });
  const guess = () => codeOf(logIn(from(app, "192.0.2.1"), { login: "nobody", password: "x" }));
  for (let number = 0; number < LIMITS.pair; number += 1) assert.equal(await guess(), "auth.wrong_login");
  assert.equal(await guess(), "auth.too_many_attempts");
});

test("one address that tries many logins is held, a whole IPv6 network at once", async (t) => {
  const app = await buildTestApp(t, { features });
  await app.createUser("jeanne");
  for (let number = 0; number < LIMITS.address; number += 1) {
    assert.equal(await codeOf(logIn(from(app, `2001:db8:1:2::${number.toString(16)}`), { login: `nobody${number}`, password: "x" })), "auth.wrong_login");
  }
  const right = { login: "jeanne", password: TEST_PASSWORD };
  assert.equal(await codeOf(logIn(from(app, "2001:db8:1:2:ffff::1"), right)), "auth.too_many_attempts");
  assert.equal(await codeOf(logIn(from(app, "2001:db8:1:3::1"), right)), "in");
});

test("a success forgives the login's failures; old ones are forgotten and their rows removed", async (t) => {
  const app = await buildTestApp(t, { features });
  await app.createUser("jeanne");
  const guess = (password: string) => codeOf(logIn(from(app, "192.0.2.1"), { login: "jeanne", password }));
  for (let round = 0; round < 3; round += 1) {
    for (let number = 0; number < LIMITS.pair - 1; number += 1) assert.equal(await guess("wrong"), "auth.wrong_login");
    assert.equal(await guess(TEST_PASSWORD), "in");
  }
  for (let number = 0; number < LIMITS.pair - 1; number += 1) await guess("wrong");
  app.clock.advance(WINDOW_SECONDS + 1);
  assert.equal(await guess("wrong"), "auth.wrong_login");
  assert.equal(await guess(TEST_PASSWORD), "in");
  app.clock.advance(WINDOW_SECONDS + HOLD_SECONDS + 1);
  assert.ok((await purgeThrottles(app.ctx().db, app.clock.now())) > 0);
  assert.equal(await app.database.client.loginThrottle.count(), 0);
});

test("a name typed at login that nobody has is kept nowhere: it may be a password", async (t) => {
  const app = await buildTestApp(t, { features });
  const typed = "<script>alert(1)</script>";
  const visitor = app.visitor();
  const answer = await visitor.submit("/", "/login", { login: typed, password: "x" });
  assert.doesNotMatch(answer.body, /<script>alert/);
  assert.match(answer.body, /&lt;script&gt;alert/);
  assert.doesNotMatch(JSON.stringify(await app.database.client.loginThrottle.findMany()), /script/);
  await visitor.submit("/", "/login", { login: "CorrectHorseBattery", password: "jeanne" });
  assert.doesNotMatch(JSON.stringify(await app.database.client.auditPayload.findMany()), /script|horse/i);
  assert.deepEqual(
    (await app.database.client.auditEntry.findMany()).map(({ verb, objectId }) => [verb, objectId]),
    [
      ["auth.user.login_unknown", ""],
      ["auth.user.login_unknown", ""],
    ],
  );
});

test("a wrong password for a name that somebody has is kept with that name, as it is stored", async (t) => {
  const app = await buildTestApp(t, { features });
  const { id } = await app.createUser("jeanne");
  await app.visitor().submit("/", "/login", { login: " JEANNE ", password: "x" });
  const [entry] = await app.database.client.auditEntry.findMany({ include: { payload: true } });
  assert.deepEqual([entry?.verb, entry?.objectId], ["auth.user.login_failed", id]);
  assert.equal((JSON.parse(entry?.payload?.payload ?? "{}") as { object: string }).object, "jeanne");
});

test("hostile logins and passwords are refused, never broken by", async (t) => {
  const app = await buildTestApp(t, { features });
  const visitor = app.visitor();
  const token = await visitor.csrf("/");
  for (const [index, text] of HOSTILE_STRINGS.entries()) {
    const address = { "x-forwarded-for": `198.51.100.${index % 250}` };
    const answer = await visitor.post("/login", { login: text || " ", password: text || "x" }, token, address);
    assert.equal(answer.statusCode, 422, JSON.stringify(text));
  }
});

test("a mailbox at the account's door is led to the mail door, and nothing is checked", async (t) => {
  const app = await buildTestApp(t, { features });
  const submit = () => app.visitor({ language: "fr" }).submit("/", "/login", { login: "jeanne@asso.org", password: "her mail password" });
  const without = await submit();
  assert.equal(without.statusCode, 422);
  assert.match(without.body, /On dirait une boîte aux lettres/);
  assert.match(without.body, /jeanne@asso\.org est une adresse électronique/);
  assert.match(without.body, /Aucun webmail n’est encore en place/);
  await changeSettings(app.ctx(), { webmailUrl: "https://webmail.example.org/" });
  assert.match((await submit()).body, /href="https:\/\/webmail\.example\.org\/"/);
  assert.equal(await app.database.client.loginThrottle.count(), 0);
  for (const login of ["a@b.org", " a@b.org "]) assert.ok(looksLikeMailbox(login));
  for (const login of ["jeanne", "a@b", "a b@c.org", "@", ""]) assert.ok(!looksLikeMailbox(login), login);
});
