import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { newKeyFile } from "../../src/core/secret.js";
import { TYPESCRIPT } from "../support/typescript.js";

const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));

test("a fresh installation: help needs no settings, migrate makes the tables, audit and jobs answer", (t) => {
  const state = mkdtempSync(join(tmpdir(), "mutu-cli-"));
  t.after(() => rmSync(state, { recursive: true }));
  writeFileSync(join(state, "keys"), newKeyFile("k1"), { mode: 0o600 });
  const mutu = (words: string[], settings: Record<string, string>) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [...TYPESCRIPT, cli, ...words], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"] ?? "", MUTU_CONFIG: "/dev/null", ...settings },
    });
    return { status, stdout, stderr };
  };
  const settings = { MUTU_MODE: "test", MUTU_STATE: state, MUTU_ORIGIN: "https://secure.example.org", MUTU_LOG_LEVEL: "silent" };

  const help = mutu(["--help"], {});
  assert.equal(help.status, 0, help.stderr);
  assert.match(help.stdout, /database[\s\S]*audit[\s\S]*jobs/);
  const lost = mutu(["audit", "verify"], {});
  assert.equal(lost.status, 1);
  assert.match(lost.stderr, /MUTU_ORIGIN is missing/);
  assert.equal(mutu(["audit", "fly"], settings).status, 2);

  const migrated = mutu(["database", "migrate"], settings);
  assert.equal(migrated.status, 0, migrated.stderr);
  assert.match(migrated.stdout, /applied 0001_initial/);
  assert.match(mutu(["database", "check"], settings).stdout, /as expected/);

  assert.match(mutu(["audit", "verify"], settings).stdout, /chain intact/);
  assert.match(mutu(["jobs", "run", "audit.verify"], settings).stdout, /audit\.verify: done/);
  assert.match(mutu(["jobs", "list"], settings).stdout, /audit\.verify {2}17 3 \* \* \* {2}\S+ {2}done/);
});
