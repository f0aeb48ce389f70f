/** Which PHP an installation brings, asked of the script's own plan on a machine that has some already. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { NEEDS_ROOT } from "./private-machine.js";

const INSTALL = fileURLToPath(new URL("../../machines/web/install", import.meta.url));

test("an installation that is run again leaves it at the versions of PHP that the machine has", { skip: NEEDS_ROOT }, (t) => {
  const has = readdirSync("/usr/sbin").flatMap((name) => /^php-fpm(\d\.\d)$/.exec(name)?.[1] ?? []);
  assert.ok(has.length > 0 && !has.includes("9.9"));
  const programs = mkdtempSync("/tmp/mutu-php-");
  t.after(() => rmSync(programs, { recursive: true }));
  const say = (name: string, text: string) => {
    writeFileSync(join(programs, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(programs, name), 0o755);
  };
  say("dpkg-query", "exit 1");
  const planned = (offered: readonly string[], ...words: string[]) => {
    say("apt-cache", offered.map((version) => `echo php${version}-fpm`).join("\n"));
    const env = { ...process.env, PATH: `${programs}:${process.env["PATH"]}` };
    const done = spawnSync("sh", [INSTALL, "--plan", "--step", "packages", ...words], { encoding: "utf8", env });
    assert.equal(done.status, 0, done.stderr);
    return [...new Set([...done.stdout.matchAll(/ php(\d\.\d)-/g)].map(([, version = ""]) => version))].sort();
  };
  assert.deepEqual(planned([...has, "9.9"]), has.sort());
  assert.deepEqual(planned([...has, "9.9"], "--php", "9.9"), ["9.9"], "somebody's word");
  assert.deepEqual(planned(["9.9"]), ["9.9"], "of those that it has apt offers none any more");
});
