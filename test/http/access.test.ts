import assert from "node:assert/strict";
import { test } from "node:test";
import type { Feature } from "../../src/core/feature.js";
import { feature as auth } from "../../src/features/auth/feature.js";
import { feature as home } from "../../src/features/home/feature.js";
import { buildTestApp } from "../support/app.js";

const withPages = (pages: Feature["pages"]): Feature[] => [auth, home, { name: "careless", pages }];
const withApi = (api: Feature["api"]): Feature[] => [auth, home, { name: "careless", api }];

test("a page without an access policy stops the boot, naming the route", async (t) => {
  const features = withPages((app) => void app.get("/open-door", async () => "welcome"));
  await assert.rejects(buildTestApp(t, { features }), /GET \/open-door declares no access policy/);
});

test("so does a route of the API", async (t) => {
  const features = withApi((app) => void app.delete("/everything", { schema: { response: { 204: {} } } }, async () => null));
  await assert.rejects(buildTestApp(t, { features }), /DELETE \/api\/v1\/everything declares no access policy/);
});

test("a permission that nobody declared stops the boot", async (t) => {
  const features = withPages((app) => void app.get("/typo", { config: { access: { permission: "sites.wrtie" } } }, async () => "x"));
  await assert.rejects(buildTestApp(t, { features }), /permission "sites\.wrtie" is declared by no feature/);
});

test("a route of the API that does not list the fields of its answer stops the boot", async (t) => {
  const features = withApi((app) => void app.get("/leak", { config: { access: "user" } }, async () => ({ passwordHash: "x" })));
  await assert.rejects(buildTestApp(t, { features }), /GET \/api\/v1\/leak declares no response schema/);
});

test("administration shows itself to administrators only, and a demoted one loses it at the next request", async (t) => {
  const app = await buildTestApp(t, { features: [auth, home] });
  const boss = await app.createUser("boss", { admin: true });
  await app.createUser("other", { admin: true });
  await app.createUser("member");
  const [admin, member] = [await app.as("boss"), await app.as("member")];
  assert.equal((await admin.get("/users")).statusCode, 200);
  assert.equal((await member.get("/users")).statusCode, 404);
  assert.doesNotMatch((await member.get("/")).body, /href="\/users"/);

  // Straight in the table: the session row stays, and still opens nothing any more.
  await app.database.client.user.update({ where: { id: boss.id }, data: { admin: false } });
  assert.equal((await admin.get("/users")).statusCode, 404);
  assert.equal((await admin.get("/profile")).statusCode, 200);

  await app.database.client.user.update({ where: { id: boss.id }, data: { disabledAt: new Date() } });
  assert.equal((await admin.get("/profile")).statusCode, 303);
});
