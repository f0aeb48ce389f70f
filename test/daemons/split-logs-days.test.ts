/** A member's logs of days that are over: packed, continued, ended; by two machines in one home. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { NEEDS_ROOT } from "./private-machine.js";
import { A, KILLER, line, makeFolders, paths } from "./split-logs-rig.js";

test("days that are over become small, a year later they go; a member's own files stay", { skip: NEEDS_ROOT }, (t) => {
  const { at, raw, split } = makeFolders(t);
  const logs = at("homes", String(A), "logs");
  mkdirSync(logs);
  for (const name of ["access-2020-01-01.log.gz", "notes.txt", "access-2020-01-01.txt"]) writeFileSync(join(logs, name), "x");
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const own = (kind: string, day = yesterday) => `${kind}-${day}.web1.log`;
  writeFileSync(join(logs, own("access")), "of yesterday\n");
  symlinkSync("/etc/passwd", join(logs, own("error")));
  // Larger than any day of ours, and no larger on the disk.
  writeFileSync(join(logs, own("php")), "");
  truncateSync(join(logs, own("php")), 2 ** 40);
  execFileSync("chown", ["-hR", `${A}:${A}`, logs]);
  raw("access.blue-1.log", [line(A, "a.test", "/1")]);
  // A program bears its number where other processes of its number see it: gzip's is nobody's.
  mkdirSync(at("bin"));
  writeFileSync(at("bin/gzip"), '#!/bin/sh\ngrep ^Uid: /proc/$$/status >&2\nexec /usr/bin/gzip "$@"\n', { mode: 0o755 });
  const done = split({ PATH: `${at("bin")}:/usr/bin:/bin` });
  assert.equal(done.status, 0, done.stdout);
  assert.deepEqual(done.stderr.trim().split(/\s+/), ["Uid:", ...Array(4).fill("65534")]);
  const today = new Date().toISOString().slice(0, 10);
  assert.deepEqual(
    readdirSync(logs).filter((name) => name !== own("access", today)),
    ["access-2020-01-01.txt", `${own("access")}.gz`, own("error"), "notes.txt", own("php")],
  );
  const packed = statSync(join(logs, `${own("access")}.gz`));
  assert.deepEqual([packed.uid, packed.gid, packed.mode & 0o777], [A, A, 0o600]);
  assert.equal(gunzipSync(readFileSync(join(logs, `${own("access")}.gz`))).toString(), "of yesterday\n");
});

test("two machines that serve one account write, pack and end files of their own; a third one's, and those of before, once they are still", {
  skip: NEEDS_ROOT,
}, (t) => {
  const one = makeFolders(t);
  const other = makeFolders(t, "web2", one.at("homes"));
  const logs = one.at("homes", String(A), "logs");
  const dayAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
  const put = (name: string, text: string, days: number) => {
    writeFileSync(join(logs, name), text);
    execFileSync("chown", [`${A}:${A}`, join(logs, name)]);
    utimesSync(join(logs, name), new Date(), new Date(Date.now() - days * 86_400_000));
  };
  mkdirSync(logs);
  execFileSync("chown", [`${A}:${A}`, logs]);
  const [mine, theirs] = [`access-${dayAgo(1)}.web1.log`, `access-${dayAgo(1)}.web2.log`];
  put(mine, "/mine\n", 1);
  put(theirs, "/theirs\n", 1);
  for (const name of ["access-", "error-"]) put(`${name}${dayAgo(6)}.log`, "/before\n", name === "access-" ? 5 : 1);
  put(`access-${dayAgo(6)}.web3.log`, "/left\n", 5);
  one.raw("access.blue-1.log", [line(A, "a.test", "/1")]);
  assert.equal(one.split().status, 0);
  const kept = () => readdirSync(logs).filter((name) => !name.includes(dayAgo(0)));
  const still = [`access-${dayAgo(6)}.log.gz`, `access-${dayAgo(6)}.web3.log.gz`, `error-${dayAgo(6)}.log`];
  assert.deepEqual(kept(), [...still, `${mine}.gz`, theirs].sort());
  assert.equal(gunzipSync(readFileSync(join(logs, `access-${dayAgo(6)}.web3.log.gz`))).toString(), "/left\n");
  other.raw("access.green-1.log", [line(A, "a.test", "/2")]);
  assert.equal(other.split().status, 0);
  assert.deepEqual(kept(), [...still, `${mine}.gz`, `${theirs}.gz`].sort());
  assert.deepEqual(
    readdirSync(logs).filter((name) => name.includes(dayAgo(0))),
    ["web1", "web2"].map((host) => `access-${dayAgo(0)}.${host}.log`),
  );
  assert.deepEqual(paths(one.inHome(A, "access")).filter(Boolean), ["/1", "/2"]);
});

test("what comes late to a day that is packed is added to its archive; whatever packing was cut off at, each line is there once", { skip: NEEDS_ROOT }, (t) => {
  const yesterday = new Date(Date.now() - 86_400_000);
  const name = `access-${yesterday.toISOString().slice(0, 10)}.web1.log`;
  const made = (text: string, archive: Buffer, same: boolean) => {
    const folders = makeFolders(t);
    const logs = folders.at("homes", String(A), "logs");
    mkdirSync(logs);
    writeFileSync(join(logs, name), text);
    writeFileSync(join(logs, `${name}.gz`), archive);
    utimesSync(join(logs, name), yesterday, yesterday);
    if (same) utimesSync(join(logs, `${name}.gz`), yesterday, yesterday);
    execFileSync("chown", ["-R", `${A}:${A}`, logs]);
    folders.raw("access.blue-1.log", [line(A, "a.test", "/1")]);
    return { ...folders, logs, packed: () => gunzipSync(readFileSync(join(logs, `${name}.gz`))).toString() };
  };
  for (const [text, archive, same, expected] of [
    ["late\n", gzipSync("first\n"), false, "first\nlate\n"],
    ["whole\n", gzipSync("whole\n"), true, "whole\n"],
    ["whole\n", gzipSync("whole\n").subarray(0, 12), false, "whole\n"],
  ] as const) {
    const { split, logs, packed } = made(text, archive, same);
    const done = split();
    assert.deepEqual([done.status, done.stderr], [0, ""]);
    assert.deepEqual([packed(), existsSync(join(logs, name))], [expected, false]);
  }
  // Killed before each change of a file: the next day's run ends it.
  let kills = 0;
  for (let at = 1; at < 40; at += 1) {
    const folders = made("late\n", gzipSync("first\n"), false);
    const killed = folders.split({}, ["-I", KILLER, `-MKillAt=child,${at}`]).stderr.includes("killed\n");
    if (killed) kills += 1;
    for (const today of readdirSync(folders.logs).filter((one) => one.endsWith(".log") && one !== name)) rmSync(join(folders.logs, today));
    folders.raw("access.blue-1.log", [line(A, "a.test", "/2")]);
    assert.equal(folders.split().status, 0);
    assert.deepEqual([folders.packed(), existsSync(join(folders.logs, name))], ["first\nlate\n", false], `${at}`);
    assert.deepEqual(
      readdirSync(folders.logs).filter((one) => one.startsWith(".")),
      [],
    );
    rmSync(folders.base, { recursive: true, force: true });
    if (!killed) break;
  }
  assert.ok(kills > 4, `${kills} kills`);
});
