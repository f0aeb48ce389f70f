/** A host where everything is touched: what waits is held by its id alone. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const UNITS = 75_000;
const BATCH = 500;
/** Half of what a panel has (mutu-panel.service); as rows these units alone take as much. */
const HEAP_MB = 80;

test(`${UNITS} touched units are cut into batches within a heap of ${HEAP_MB} MB`, { timeout: 300_000 }, () => {
  const program = fileURLToPath(new URL("touched-many.ts", import.meta.url));
  const flags = ["--max-semi-space-size=1", `--max-old-space-size=${HEAP_MB}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, "--import", "tsx", program, String(UNITS)], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), { units: UNITS, by: ["marie"], first: BATCH, waiting: UNITS / BATCH - 1 });
});
