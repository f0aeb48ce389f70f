/** What is installed is `dist/` with Node alone: features, daemons, views and migrations are found from there too. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { newKeyFile } from "../../src/core/secret.js";

const home = fileURLToPath(new URL("../..", import.meta.url));
const SIGNAL = { signal: AbortSignal.timeout(180_000) };

function settings(t: TestContext): Record<string, string> {
  const state = mkdtempSync(join(tmpdir(), "mutu-dist-"));
  t.after(() => rmSync(state, { recursive: true }));
  writeFileSync(join(state, "keys"), newKeyFile("k1"), { mode: 0o600 });
  const own = { MUTU_MODE: "test", MUTU_STATE: state, MUTU_ORIGIN: "http://127.0.0.1:8080", MUTU_LISTEN: "127.0.0.1:0", MUTU_CONFIG: "/dev/null" };
  return { PATH: process.env["PATH"] ?? "", ...own };
}

function node(words: string[], env: Record<string, string>): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: home, env, encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

test("what is built answers commands and serves", async (t) => {
  const env = settings(t);
  // Types are checked by `npm run types`.
  node(["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json", "--noCheck"], env);
  assert.match(node(["dist/cli.js", "--version"], {}), /^\d+\.\d+\.\d+\n$/);
  assert.match(node(["dist/cli.js", "database", "migrate"], env), /applied 0001_initial/);
  assert.equal(node(["dist/cli.js", "hosts", "list"], env), "");

  const server = spawn(process.execPath, ["dist/server.js"], { cwd: home, env, stdio: ["ignore", "pipe", "inherit"], ...SIGNAL });
  const ended = new Promise<number | null>((resolve, reject) => {
    server.once("exit", resolve);
    server.once("error", reject);
  });
  t.after(() => server.kill("SIGKILL"));
  const address = await Promise.race([listening(server.stdout), ended.then((code) => assert.fail(`ended with ${code}`))]);
  const page = await fetch(new URL("/login", address), { headers: { host: "127.0.0.1:8080" } });
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<form[^>]*action="\/login"/);
  server.kill("SIGTERM");
  assert.equal(await ended, 0);
});

/** Gives the address of the line that says so. */
async function listening(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface(output)) {
    const said = JSON.parse(line) as { msg: string; address?: string };
    if (said.msg === "listening") return said.address ?? "";
  }
  return assert.fail("said nothing of listening");
}
