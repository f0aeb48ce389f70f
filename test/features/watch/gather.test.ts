import assert from "node:assert/strict";
import { test } from "node:test";
import type { Check, Feature } from "../../../src/core/feature.js";
import { gatherChecks, worstOf } from "../../../src/features/watch/index.js";
import { buildTestApp } from "../../support/app.js";

const check = (name: string, subject: string, state: Check["state"]): Check => ({ name, subject, state, says: { key: "shell.saved", data: {} } });
const feature = (name: string, checks: NonNullable<Feature["checks"]>): Feature => ({ name, checks });

test("checks come from every feature, in an order of their own; one that cannot tell fails alone", async (t) => {
  const features = [
    feature("one", async () => [check("disk", "web1", "ok"), check("drift", "control", "warning")]),
    feature("two", async () => Promise.reject(new Error("no such table"))),
    feature("three", () => new Promise(() => {})),
    { name: "four" },
    feature("five", async () => [check("queue", "", "ok")]),
  ];
  const { services, ctx } = await buildTestApp(t, { features });
  const gathered = await gatherChecks(ctx(), services, 50);
  assert.deepEqual(
    gathered.map(({ subject, name, state }) => `${subject} ${name} ${state}`),
    [" checks-three failing", " checks-two failing", " queue ok", "control drift warning", "web1 disk ok"],
  );
  assert.equal(gathered[1]?.says.data["reason"], "no such table");
  assert.equal(worstOf(gathered), "failing");
  assert.equal(worstOf(gathered.slice(2)), "warning");
  assert.equal(worstOf([]), "ok");
});
