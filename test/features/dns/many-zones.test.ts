/** A change that concerns every zone of a large hosting, in a panel that has no more memory than its unit gives it. */
// This file may take 600 seconds.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { makeMachine } from "../../publish/machine.js";
import type { Orders, Told } from "./many-zones-process.js";

const home = resolve(import.meta.dirname, "../../..");
const TIMEOUT_MS = 400_000;

/** Runs the process under the very flags of the panel's unit. */
async function run(t: Parameters<typeof makeMachine>[0], orders: Omit<Orders, "door">): Promise<Told> {
  const { door } = await makeMachine(t, "ns1", ["knot"]);
  const unit = readFileSync(resolve(home, "machines/control/units/mutu-panel.service"), "utf8");
  const flags = /^ExecStart=\S+ node ((?:--\S+ )*)dist/m.exec(unit)?.[1]?.trim().split(" ") ?? [];
  assert.ok(flags.some((flag) => flag.startsWith("--max-old-space-size=")));
  const program = resolve(import.meta.dirname, "many-zones-process.ts");
  const output = execFileSync(process.execPath, [...flags, "--import", "tsx", program, JSON.stringify({ ...orders, door })], {
    ...{ cwd: home, encoding: "utf8", timeout: TIMEOUT_MS, env: { ...process.env, MUTU_TEST_LOG: "error" } },
  });
  return JSON.parse(output) as Told;
}

test("two and a half thousand zones are published within the panel's heap, and what touches all of them again is shown within it", async (t) => {
  const { states, faults, published, waiting, releases, heapLimitMb, seconds } = await run(t, { zones: 2_500, large: 0, again: false });
  assert.ok(heapLimitMb < 140, `${heapLimitMb} MB: the flags hold`);
  assert.deepEqual(states, ["done"], JSON.stringify(faults));
  assert.deepEqual([published, waiting], [0, 2_501], "every zone waits again");
  assert.ok(releases >= 6 && releases <= 7, `${releases} releases`);
  t.diagnostic(JSON.stringify(seconds));
});

test("twenty zones of two thousand records are more than one batch, although they are few", async (t) => {
  const { states, published, releases } = await run(t, { zones: 22, large: 20, again: true });
  assert.deepEqual(states, ["done", "done"]);
  assert.equal(published, 23);
  assert.ok(releases >= 10, `${releases} releases`);
});
