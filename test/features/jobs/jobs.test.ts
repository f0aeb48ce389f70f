import assert from "node:assert/strict";
import { test } from "node:test";
import { buildTestApp } from "../../support/app.js";

test("an administrator sees jobs, runs one by hand and finds its run", async (t) => {
  const app = await buildTestApp(t);
  await app.createUser("admin", { admin: true });
  const admin = await app.as("admin");
  assert.match((await admin.get("/jobs")).body, /audit\.verify/);
  const ran = await admin.submit("/jobs", "/jobs/audit.verify/run");
  assert.equal(ran.statusCode, 303);
  assert.match((await admin.get("/jobs/audit.verify")).body, /entries/);
  const runs = JSON.parse((await admin.get("/api/v1/jobs/audit.verify/runs")).body) as { total: number };
  assert.equal(runs.total, 1);
});

test("an unknown job is not found; the search finds by name", async (t) => {
  const app = await buildTestApp(t);
  await app.createUser("admin", { admin: true });
  const admin = await app.as("admin");
  assert.equal((await admin.get("/jobs/none.such")).statusCode, 404);
  assert.equal((await admin.submit("/jobs", "/jobs/none.such/run")).statusCode, 404);
  const found = JSON.parse((await admin.get("/api/v1/jobs?q=audit.verify")).body) as { items: { name: string }[] };
  assert.deepEqual(
    found.items.map(({ name }) => name),
    ["audit.verify"],
  );
});

test("jobs do not show themselves to members", async (t) => {
  const app = await buildTestApp(t);
  await app.createUser("jeanne");
  const member = await app.as("jeanne");
  assert.equal((await member.get("/jobs")).statusCode, 404);
});
