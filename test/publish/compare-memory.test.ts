/** Ten thousand units are compared by a process with the heap of the panel: page by page, whatever their number. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const FLAGS = ["--max-semi-space-size=1", "--max-old-space-size=128"];
const UNITS = 10_000;

test(`${UNITS} units with files of 40 kB each, 400 MB in all, within the heap that ships`, { timeout: 300_000 }, () => {
  const program = fileURLToPath(new URL("compare-many.ts", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [...FLAGS, "--import", "tsx", program, String(UNITS)], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), { units: UNITS, different: 3, touched: 3, change: null });
});
