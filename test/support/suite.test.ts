/** The runner of all tests: a file that does not end costs its own limit and nothing else, and no process that a test started outlives it. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runCommand } from "../../src/core/machine/index.js";
import { descendants } from "./descendants.js";

const FILES = {
  // Its child left the session, and what that started left its parent.
  "hangs.mjs": `import { spawn } from "node:child_process";
import { describe, test } from "node:test";
// This file may take 10 seconds.
test("fine", () => {});
describe("outer", () => {
  test("stands still", () => new Promise(() => setInterval(() => {}, 1000)));
});
spawn("setsid", ["sh", "-c", "sleep 7777 & sleep 7777"], { stdio: "inherit" });
`,
  "leaves.mjs": `import { spawn } from "node:child_process";
import { test } from "node:test";
test("fails", () => {
  spawn("sleep", ["7777"], { stdio: "ignore" }).unref();
  throw new Error("no");
});
`,
  "exits.mjs": `import { test } from "node:test";
test("fine", () => {});
test("exits", () => process.exit(0));
`,
  "empty.mjs": "export {};\n",
};
const SUITE = `import { openSuite } from ${JSON.stringify(new URL("./suite.ts", import.meta.url).href)};
const files = JSON.parse(process.argv[2]);
const suite = openSuite("trial", files, { together: 1, env: { MUTU_TEST_OF_SUITE: files[0] } }, () => {});
await Promise.all([suite.work(), suite.work()]);
process.stdout.write(JSON.stringify(suite.result));
process.exitCode = 0;
`;

test("a file that hangs, leaves a child, exits early or holds no test fails alone, and nothing of it runs on", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "mutu-suite-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const files = Object.entries(FILES).map(([name, text]) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  });
  writeFileSync(join(folder, "suite.mjs"), SUITE);
  const argv = [process.execPath, "--import", "tsx", join(folder, "suite.mjs"), JSON.stringify(files)];
  const { code, stdout, stderr } = await runCommand({ argv, env: { PATH: process.env["PATH"] ?? "", HOME: folder }, timeoutSeconds: 120 });
  assert.equal(code, 0, String(stderr));
  const { passed, failed, failures } = JSON.parse(String(stdout)) as { passed: number; failed: number; failures: string[] };
  const inFolder = (failure: string) => failure.slice(failure.lastIndexOf("/") + 1);
  assert.deepEqual(failures.map(inFolder).sort(), ["empty.mjs", "exits.mjs > its process", "hangs.mjs > outer > stands still", "leaves.mjs > fails"]);
  assert.deepEqual([passed, failed], [1, 4]);
  assert.deepEqual(descendants(files[0] as string, undefined, "MUTU_TEST_OF_SUITE"), []);
});
