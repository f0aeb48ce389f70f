import assert from "node:assert/strict";
import { test } from "node:test";
import { Secret } from "../../../src/core/secret.js";
import { feature as auth } from "../../../src/features/auth/feature.js";
import { checkPassword, hashPassword, makePassword, verifyPassword } from "../../../src/features/auth/passwords.js";
import { addToken } from "../../../src/features/auth/tokens.js";
import { feature as home } from "../../../src/features/home/feature.js";
import { buildTestApp, TEST_PASSWORD } from "../../support/app.js";

const features = [auth, home];
const NEW = "quatre mots bien à moi";

test("passwords are argon2id with the parameters of the design", async () => {
  const hash = await hashPassword(new Secret("a password of mine"));
  assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.equal(await verifyPassword(hash, new Secret("a password of mine")), true);
  assert.equal(await verifyPassword(hash, new Secret("a password of mine ")), false);
  assert.equal(await verifyPassword(null, new Secret("anything")), false);
});

test("many at once all end: they wait for their turn", async () => {
  const hash = await hashPassword(new Secret("x"));
  const results = await Promise.all(Array.from({ length: 12 }, (_, index) => verifyPassword(hash, new Secret(index % 2 ? "x" : "y"))));
  assert.deepEqual(
    results,
    Array.from({ length: 12 }, (_, index) => index % 2 === 1),
  );
});

test("made passwords pass our own rule, and no two are alike", () => {
  const made = new Set(Array.from({ length: 200 }, () => makePassword().reveal()));
  assert.equal(made.size, 200);
  for (const password of made) {
    assert.match(password, /^([a-z2-9]{4}-){4}[a-z2-9]{4}$/);
    checkPassword(new Secret(password), "jeanne", "password");
  }
});

test("easy passwords are refused with the reason", () => {
  const cases: [string, string][] = [
    ["short", "auth.password_short"],
    ["é".repeat(11), "auth.password_short"],
    ["x".repeat(201), "auth.password_long"],
    ["i am JEANNE of course", "auth.password_login"],
    ["aaaaaaaaaaaaaaaa", "auth.password_common"],
    ["motdepasse123456789", "auth.password_common"],
    ["Azerty0123456789", "auth.password_common"],
    ["passwordpassword1", "auth.password_common"],
  ];
  for (const [password, code] of cases) {
    assert.throws(() => checkPassword(new Secret(password), "jeanne", "password"), { code }, password);
  }
  for (const password of [NEW, "correct horse battery staple", "🦊🐻🐼🐨🐯🦁 and friends"]) checkPassword(new Secret(password), "jeanne", "password");
});

test("changing the password needs the present one, and ends every other session and every key", async (t) => {
  const app = await buildTestApp(t, { features });
  const user = await app.createUser("jeanne");
  const [here, there] = [await app.as("jeanne"), await app.as("jeanne")];
  const actor = { kind: "user" as const, userId: user.id, login: "jeanne", admin: false, address: "", memberships: new Map() };
  const { secret } = await addToken(app.ctx(actor), { name: "script" });
  const change = (fields: Record<string, string>) =>
    here.submit("/profile/password", "/profile/password", { current: TEST_PASSWORD, password: NEW, again: NEW, ...fields });

  const cases: [Record<string, string>, RegExp][] = [
    [{ current: "not this" }, /This is not your current password/],
    [{ again: "another one altogether" }, /The two passwords are not the same/],
    [{ password: "short", again: "short" }, /At least 12 characters/],
    [{ password: TEST_PASSWORD, again: TEST_PASSWORD }, /This is your current password/],
  ];
  for (const [fields, sentence] of cases) {
    const answer = await change(fields);
    assert.equal(answer.statusCode, 422);
    assert.match(answer.body, sentence);
    assert.doesNotMatch(answer.body, new RegExp(NEW));
  }
  assert.equal((await there.get("/profile")).statusCode, 200);

  assert.equal((await change({})).statusCode, 303);
  assert.equal((await here.get("/profile")).statusCode, 200);
  assert.equal((await there.get("/profile")).statusCode, 303);
  assert.equal((await app.withToken(secret.reveal(), "GET", "/api/v1/profile")).statusCode, 401);
  await assert.rejects(app.as("jeanne"), /422/);
  await app.as("jeanne", NEW);
});

test("a stolen session is no place to guess the password", async (t) => {
  const app = await buildTestApp(t, { features });
  await app.createUser("jeanne");
  const browser = await app.as("jeanne");
  const guess = (current: string) => browser.submit("/profile/password", "/profile/password", { current, password: NEW, again: NEW });
  for (let number = 0; number < 5; number += 1) assert.equal((await guess(`guess ${number}`)).statusCode, 422);
  assert.equal((await guess(TEST_PASSWORD)).statusCode, 429);
});

test("no password is in the audit trail nor in the log", async (t) => {
  const lines: string[] = [];
  const app = await buildTestApp(t, { features, logTo: { write: (line) => void lines.push(line) } });
  await app.createUser("jeanne");
  const browser = await app.as("jeanne");
  await browser.submit("/profile/password", "/profile/password", { current: TEST_PASSWORD, password: NEW, again: NEW });
  await app.visitor().submit("/", "/login", { login: "jeanne", password: "mistyped secret" });
  const everything = JSON.stringify([await app.database.client.auditPayload.findMany(), lines]);
  assert.ok(lines.length > 3);
  for (const secret of [TEST_PASSWORD, NEW, "mistyped secret", [...browser.cookies.values()][0] ?? "?"]) assert.ok(!everything.includes(secret), secret);
});
