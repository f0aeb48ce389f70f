import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { discoverDaemons, discoverFeatures } from "../../src/core/discover.js";
import { listPermissions } from "../../src/core/ownership.js";

function tree(t: TestContext, files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "mutu-discover-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

test("every feature and daemon of the program is found, sorted, and keeps its promise", async () => {
  const features = await discoverFeatures();
  const names = features.map((feature) => feature.name);
  assert.ok(names.length > 0);
  assert.deepEqual(names, [...names].sort());
  const daemons = await discoverDaemons();
  assert.ok(daemons.some((daemon) => daemon.name === "apache"));
});

test("a new folder is enough, and its permissions are known", async (t) => {
  const source = tree(t, {
    "features/beta/feature.ts": 'export const feature = { name: "beta", permissions: { "beta.write": ["owner"] } };',
    "features/alpha/feature.ts": 'export const feature = { name: "alpha" };',
    "features/README.md": "not a folder",
  });
  assert.deepEqual(
    (await discoverFeatures(source)).map((feature) => feature.name),
    ["alpha", "beta"],
  );
  assert.ok(listPermissions().includes("beta.write"));
});

for (const [what, files, said] of [
  ["an empty folder", { "daemons/empty/README.md": "" }, /daemons\/empty has no daemon\.ts/],
  ["another export", { "daemons/odd/daemon.ts": "export const demon = {};" }, /daemons\/odd\/daemon\.ts does not export "daemon"/],
  ["another name", { "daemons/odd/daemon.ts": 'export const daemon = { name: "even" };' }, /named "even", its folder "odd"/],
  ["a file that throws", { "daemons/odd/daemon.ts": 'throw new Error("boom");' }, /daemons\/odd\/daemon\.ts cannot be loaded: boom/],
] as const)
  test(`${what} stops the boot, naming the path`, async (t) => {
    await assert.rejects(discoverDaemons(tree(t, files)), said);
  });
