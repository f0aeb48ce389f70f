import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readEnv } from "../../src/core/env.js";
import { newKeyFile } from "../../src/core/secret.js";

function settings(t: TestContext, more: Record<string, string> = {}): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "mutu-env-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "keys"), newKeyFile("k1"), { mode: 0o600 });
  return { MUTU_MODE: "test", MUTU_STATE: folder, MUTU_ORIGIN: "https://secure.example.org", ...more };
}

test("settings are typed, with defaults in the state folder", (t) => {
  const given = settings(t, { MUTU_LISTEN: "[::1]:9000", MUTU_TRUSTED_PROXIES: "127.0.0.1, ::1", MUTU_OWN_NAMES: "web1.example.org" });
  const env = readEnv(given);
  assert.equal(env.databaseUrl.reveal(), `file:${given["MUTU_STATE"]}/mutu.db`);
  assert.deepEqual(env.listen, { host: "::1", port: 9000 });
  assert.deepEqual(env.trustedProxies, ["127.0.0.1", "::1"]);
  assert.deepEqual(env.ownNames, ["secure.example.org", "web1.example.org"]);
  assert.equal(env.keys.current, "k1");
  assert.equal(env.tls, null);
  assert.doesNotMatch(JSON.stringify(env), /mutu\.db/);
});

test("the environment goes before the file", (t) => {
  const given = settings(t);
  const file = join(given["MUTU_STATE"] ?? "", "panel.conf");
  writeFileSync(file, "# the panel\nMUTU_LANGUAGE=en\nMUTU_LOG_LEVEL=warn\n\n");
  const env = readEnv({ ...given, MUTU_CONFIG: file, MUTU_LOG_LEVEL: "debug" });
  assert.deepEqual([env.language, env.logLevel], ["en", "debug"]);
  writeFileSync(file, "PATH=/tmp\n");
  assert.throws(() => readEnv({ ...given, MUTU_CONFIG: file }), /line 1: not NAME=value/);
});

test("every fault is told at once, with its name", (t) => {
  const given = settings(t, { MUTU_ORIGIN: "https://user@x/path", MUTU_LISTEN: "9000", MUTU_DATABASE: "mysql://x", MUTU_TLS_KEY: "/k" });
  assert.throws(
    () => readEnv(given),
    ({ message }: Error) => ["MUTU_ORIGIN", "MUTU_LISTEN", "MUTU_DATABASE", "MUTU_TLS_CERTIFICATE"].every((name) => message.includes(name)),
  );
});

test("a key file that others may read is refused, and so is a weak one", (t) => {
  const given = settings(t);
  const file = join(given["MUTU_STATE"] ?? "", "keys");
  chmodSync(file, 0o640);
  assert.throws(() => readEnv(given), /can be read by others/);
  chmodSync(file, 0o600);
  writeFileSync(file, `k1 ${Buffer.alloc(32).toString("base64")}\n`);
  assert.throws(() => readEnv(given), /weak/);
  rmSync(file);
  assert.throws(() => readEnv(given), /MUTU_KEYS/);
});
