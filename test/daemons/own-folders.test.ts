/** An account's own folders on a web machine (its tmp, its sessions): made whatever was cut off before, and what sites leave in them goes after a day. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { NEEDS_ROOT } from "./private-machine.js";

const FOLDERS = fileURLToPath(new URL("../../src/daemons/php-fpm/machine/folders", import.meta.url));
const SWEEP = fileURLToPath(new URL("../../machines/web/sweep", import.meta.url));
const TWO_DAYS_AGO = new Date(Date.now() - 2 * 86_400_000);

function parentOf(t: TestContext): string {
  const parent = mkdtempSync("/tmp/mutu-own-");
  t.after(() => rmSync(parent, { recursive: true }));
  spawnSync("chmod", ["0711", parent]);
  return parent;
}
function make(parent: string, ...numbers: number[]): string {
  const done = spawnSync("perl", [FOLDERS, parent, "yes"], { input: numbers.map((number) => `${number}\n`).join(""), encoding: "utf8" });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
}

test("a folder that was made and not yet given to its account when the machine stopped is given to it", { skip: NEEDS_ROOT }, (t) => {
  const parent = parentOf(t);
  mkdirSync(join(parent, "2001"), { mode: 0o700 });
  assert.equal(make(parent, 2001, 2002), "");
  for (const path of ["2001", "2001/tmp", "2001/logs/php"]) assert.equal(statSync(join(parent, path)).uid, 2001, path);
  assert.equal(statSync(join(parent, "2002/sessions")).uid, 2002);
});

test("what was left for a day goes, whatever the account's number begins with; nothing else does", { skip: NEEDS_ROOT }, (t) => {
  const parent = parentOf(t);
  const numbers = [2001, 10_000, 19_999, 123_456];
  make(parent, ...numbers);
  const left = (path: string, number: number, when?: Date) => {
    writeFileSync(join(parent, path), "");
    chownSync(join(parent, path), number, number);
    if (when) utimesSync(join(parent, path), when, when);
  };
  mkdirSync(join(parent, "1999/tmp"), { recursive: true });
  left("1999/tmp/old", 1999, TWO_DAYS_AGO);
  for (const number of numbers) {
    for (const folder of ["tmp", "sessions", "logs"]) left(`${number}/${folder}/old`, number, TWO_DAYS_AGO);
    left(`${number}/tmp/new`, number);
  }
  assert.equal(spawnSync("sh", [SWEEP, parent]).status, 0);
  for (const number of numbers) {
    assert.deepEqual(
      ["tmp/old", "sessions/old", "tmp/new", "logs/old"].map((path) => existsSync(join(parent, `${number}`, path))),
      [false, false, true, true],
      `${number}`,
    );
  }
  assert.ok(existsSync(join(parent, "1999/tmp/old")), "no account's number");
});
