/**
 * Golden cases of every daemon, found by folder: `src/daemons/<d>/golden/<case>/state.json` and `files/…`, compared byte for byte.
 * state.json is `{ "key", "host": { "id", "name", "homes" }, "probe", "state" }`; a notice has `"claims": […]` instead of `"state"`.
 * A new case: write state.json, run `GOLDEN=write node --import tsx --test test/golden.test.ts`, and read what it wrote before committing it.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { Daemon, HostFacts, RenderedFile } from "../src/publish/contract.js";
import { daemonNames, daemonsRoot, loadDaemon } from "./support/daemons.js";

interface GoldenCase {
  key: string;
  host: HostFacts;
  probe: string;
  state?: unknown;
  claims?: string[];
}

let seen = 0;
for (const name of daemonNames()) {
  const golden = join(daemonsRoot, name, "golden");
  for (const one of existsSync(golden) ? readdirSync(golden).sort() : []) {
    seen += 1;
    test(`${name}: ${one}`, async () => {
      const daemon = await loadDaemon(name);
      const folder = join(golden, one);
      const given = JSON.parse(readFileSync(join(folder, "state.json"), "utf8")) as GoldenCase;
      const rendered = render(daemon, given);
      if (process.env.GOLDEN === "write") writeFiles(join(folder, "files"), rendered);
      assert.deepEqual(rendered.map((file) => file.path).sort(), listFiles(join(folder, "files")));
      for (const file of rendered) assert.equal(file.content, readFileSync(join(folder, "files", file.path), "utf8"), file.path);
      assert.deepEqual(render(daemon, given), rendered, "same state, same bytes");
    });
  }
}

test("there are golden cases", () => assert.ok(seen > 0));

function render(daemon: Daemon, given: GoldenCase): RenderedFile[] {
  const { key } = given;
  const host = { ...given.host, options: given.host.options ?? {} };
  if (given.claims) return daemon.renderNotice({ key, host, claims: given.claims });
  return daemon.render({ key, host, state: structuredClone(given.state) }, given.probe);
}

function writeFiles(root: string, files: RenderedFile[]): void {
  rmSync(root, { recursive: true, force: true });
  for (const file of files) {
    mkdirSync(dirname(join(root, file.path)), { recursive: true });
    writeFileSync(join(root, file.path), file.content);
  }
}

function listFiles(root: string): string[] {
  if (!existsSync(root)) return [];
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}
