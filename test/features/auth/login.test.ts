import assert from "node:assert/strict";
import { test } from "node:test";
import { feature as auth } from "../../../src/features/auth/feature.js";
import { feature as home } from "../../../src/features/home/feature.js";
import { buildTestApp, TEST_PASSWORD } from "../../support/app.js";

const features = [auth, home];

test("the landing page lets a person in and shows home", async (t) => {
  const app = await buildTestApp(t, { features });
  await app.createUser("jeanne", { name: "Jeanne" });
  const browser = await app.as("jeanne");
  const home = await browser.get("/");
  assert.equal(home.statusCode, 200);
  assert.match(home.body, /Hello Jeanne/);
});
