/** The one log given to its accounts: each line once, whatever is killed, full, linked or gone. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { test } from "node:test";
import { NEEDS_ROOT } from "./private-machine.js";
import { A, B, KILLER, line, makeFolders, paths, upTo } from "./split-logs-rig.js";

test("each account gets its own lines, as its own files; nobody's lines are nobody's", { skip: NEEDS_ROOT }, (t) => {
  const { at, raw, split, inHome, recent } = makeFolders(t);
  raw("access.blue-1.log", [
    line(A, "a.test", "/1"),
    line(B, "b.test", "/2"),
    line("-", "mutu.invalid", "/3"),
    line(0, "a.test", "/4"),
    line(1999, "a.test", "/5"),
    line("020001", "a.test", "/6"),
  ]);
  raw("access.blue-1.log", [
    line(A, "a.test", "/7"),
    `${A} a.test 10.0.0.1 - [28/Nov/2026:12:00:00 +0000] "GET /.well-known/mutu-probe HTTP/1.1" 200 64 "-" "-" 9`,
  ]);
  raw("error.blue-1.log", [
    `${A} a.test [2026-11-28 12:00:00.1] AH02454: FCGI: attempt to connect to Unix domain socket /run/mutu-php/7/8.2-m01/s9f3.sock (localhost) failed`,
  ]);
  mkdirSync(at("accounts", String(A), "logs/php"), { recursive: true });
  execFileSync("chown", ["-R", `${A}:${A}`, at("accounts", String(A), "logs")]);
  writeFileSync(at("accounts", String(A), "logs/php/a.test.log"), "[28-Nov-2026 12:00:00 UTC] PHP Fatal error: x\n#0 {main}\n");
  chownSync(at("accounts", String(A), "logs/php/a.test.log"), A, A);
  const done = split();
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.deepEqual(paths(inHome(A, "access")), ["/1", "/7"]);
  assert.deepEqual(paths(recent(A, "access")), ["/1", "/7"]);
  assert.deepEqual(paths(inHome(B, "access")), ["/2"]);
  assert.match(inHome(A, "error")[0] ?? "", /^a\.test \[.*Unix domain socket PHP \(localhost\) failed$/);
  assert.deepEqual(inHome(A, "php"), ["a.test [28-Nov-2026 12:00:00 UTC] PHP Fatal error: x", "a.test #0 {main}"]);
  for (const name of readdirSync(at("homes", String(A), "logs"))) {
    const { uid, gid, mode } = statSync(at("homes", String(A), "logs", name));
    assert.deepEqual([uid, gid, mode & 0o777], [A, A, 0o600]);
  }
  // Nothing new: nothing is written.
  const before = statSync(at("notes/state")).mtimeMs;
  assert.equal(split().status, 0);
  assert.equal(statSync(at("notes/state")).mtimeMs, before);
});

test("rotation and half lines: each is given once it is whole, across instances, and the verb `log` follows without a gap", { skip: NEEDS_ROOT }, async (t) => {
  const { at, raw, split, inHome, machine } = makeFolders(t);
  raw("access.blue-1.log", [line(A, "a.test", "/0")]);
  const [head, tail] = [line(A, "a.test", "/1").slice(0, 30), line(A, "a.test", "/1").slice(30)];
  appendFileSync(at("raw/access.blue-1.log"), head);
  split();
  assert.deepEqual(paths(inHome(A, "access")), ["/0"]);
  appendFileSync(at("raw/access.blue-1.log"), `${tail}\n`);
  raw("access.green-2.log", [line(A, "a.test", "/2")]);
  // Apache still writes to the one that was moved out of its way.
  renameSync(at("raw/access.blue-1.log"), at("raw/access.old.log"));
  split();
  raw("access.old.log", [line(A, "a.test", "/3")]);
  raw("access.green-2.log", [line(A, "a.test", "/4")]);
  const told = await machine.log({ account: A, kind: "access", lines: 1000 });
  assert.ok(told.ok, JSON.stringify(told));
  assert.deepEqual(paths(told.value.map(({ text }) => text)).sort(), ["/0", "/1", "/2", "/3", "/4"]);
  split();
  assert.deepEqual(paths(inHome(A, "access")).sort(), ["/0", "/1", "/2", "/3", "/4"]);
  // What ended long ago and is split leaves; what runs stays.
  const old = new Date(Date.now() - 3 * 86_400_000);
  for (const name of ["access.old.log", "access.green-2.log"]) utimesSync(at("raw", name), old, old);
  writeFileSync(at("root/run/apache-green.env"), "MUTU_APACHE_LOG=green-2\n");
  split();
  assert.deepEqual(readdirSync(at("raw")), ["access.green-2.log"]);
});

test("killed before any change of any file, no line is lost or comes twice", { skip: NEEDS_ROOT }, (t) => {
  let kills = 0;
  for (const who of ["parent", "child"]) {
    for (let at = 1; at < 60; at += 1) {
      const folders = makeFolders(t);
      folders.raw(
        "access.blue-1.log",
        upTo(30).map((path) => line(A, "a.test", path)),
      );
      folders.raw(
        "error.blue-1.log",
        upTo(30).map((path) => `${B} b.test [x] "GET ${path}`),
      );
      const dead = folders.split({ SPLIT_LOGS_MOST: "read=1000 batch=1500" }, ["-I", KILLER, `-MKillAt=${who},${at}`]);
      const killed = dead.stderr.includes("killed\n");
      if (killed) kills += 1;
      const again = folders.split();
      assert.equal(again.status, 0, again.stdout + again.stderr);
      for (const lines of [folders.inHome(A, "access"), folders.recent(A, "access"), folders.inHome(B, "error"), folders.recent(B, "error")])
        assert.deepEqual(paths(lines), upTo(30), `${who} ${at}`);
      rmSync(folders.base, { recursive: true, force: true });
      if (!killed) break;
    }
  }
  assert.ok(kills > 20, `${kills} kills`);
});

test("links in the place of a folder or a file lead nowhere; the other accounts get theirs", { skip: NEEDS_ROOT }, (t) => {
  const { at, raw, split, inHome, recent } = makeFolders(t);
  const own = (path: string) => execFileSync("chown", ["-h", `${A}:${A}`, path]);
  symlinkSync(at("homes", String(B)), at("homes", String(A), "logs"));
  symlinkSync(at("accounts", String(B)), at("accounts", String(A), "logs"));
  for (const folder of ["homes", "accounts"]) own(at(folder, String(A), "logs"));
  raw("access.blue-1.log", [line(A, "a.test", "/1"), line(B, "b.test", "/2")]);
  const done = split();
  assert.equal(done.status, 0, done.stderr);
  assert.match(done.stdout, new RegExp(`^${A}: logs not written: `, "m"));
  assert.deepEqual(paths(inHome(B, "access")), ["/2"]);
  assert.deepEqual(readdirSync(at("homes", String(B))), ["logs"]);
  // A file of its name: a link to a neighbour's, a second name of a foreign file, a pipe that nobody reads.
  const day = readdirSync(at("homes", String(B), "logs"))[0] as string;
  for (const folder of ["homes", "accounts"]) rmSync(at(folder, String(A), "logs"));
  mkdirSync(at("homes", String(A), "logs"));
  writeFileSync(at("victim"), "");
  symlinkSync(at("victim"), at("homes", String(A), "logs", day));
  mkdirSync(at("accounts", String(A), "logs"));
  execFileSync("mkfifo", [at("accounts", String(A), "logs/access.log")]);
  execFileSync("chown", ["-hR", `${A}:${A}`, at("homes", String(A), "logs"), at("accounts", String(A), "logs")]);
  raw("access.blue-1.log", [line(A, "a.test", "/3"), line(B, "b.test", "/4")]);
  assert.equal(split().status, 0);
  assert.equal(readFileSync(at("victim"), "utf8"), "");
  assert.deepEqual(paths(inHome(B, "access")), ["/2", "/4"]);
  assert.deepEqual(paths(recent(B, "access")), ["/2", "/4"]);
});

test("a home without room keeps whole lines only, and holds nobody up; one that has left takes its lines along", { skip: NEEDS_ROOT }, (t) => {
  const { at, raw, split, inHome, recent } = makeFolders(t);
  // A file system of its own stands for a quota.
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=8k,uid=${A},gid=${A},mode=700`, "tmpfs", at("homes", String(A))]);
  try {
    raw("access.blue-1.log", [line(A, "a.test", "/1"), line(20_009, "gone.test", "/2")]);
    assert.equal(split().status, 0);
    raw("access.blue-1.log", [...upTo(200).map((path) => line(A, "a.test", path)), line(B, "b.test", "/3")]);
    const done = split();
    assert.equal(done.status, 0, done.stderr);
    assert.match(done.stdout, new RegExp(`^${A}: home-access not written: No space left`, "m"));
    assert.deepEqual(paths(inHome(A, "access")), ["/1"]);
    assert.equal(recent(A, "access").length, 201, "the panel still shows them");
    assert.deepEqual(paths(inHome(B, "access")), ["/3"]);
    assert.ok(!existsSync(at("homes/20009")) && !existsSync(at("accounts/20009")));
  } finally {
    execFileSync("umount", ["-l", at("homes", String(A))]);
  }
});

test("a home that should be there and is not is waited for: its lines come when it is back, everybody's once", { skip: NEEDS_ROOT }, async (t) => {
  const { at, raw, split, inHome, machine } = makeFolders(t);
  mkdirSync(at("root/live/release/00/apache/accounts"), { recursive: true });
  writeFileSync(at(`root/live/release/00/apache/accounts/${A}.conf`), "");
  renameSync(at("homes", String(A)), at("away"));
  raw("access.blue-1.log", [line(A, "a.test", "/1"), line(B, "b.test", "/2")]);
  assert.equal(split().status, 75);
  assert.equal(split().status, 75);
  for (const [account, path] of [
    [A, "/1"],
    [B, "/2"],
  ] as const) {
    const told = await machine.log({ account, kind: "access", lines: 10 });
    assert.deepEqual(told.ok && paths(told.value.map(({ text }) => text)), [path], "each once, meanwhile too");
  }
  raw("access.blue-1.log", [line(B, "b.test", "/3")]);
  renameSync(at("away"), at("homes", String(A)));
  assert.equal(split().status, 0);
  assert.deepEqual(paths(inHome(A, "access")), ["/1"]);
  assert.deepEqual(paths(inHome(B, "access")), ["/2", "/3"]);
});

test("no process of a member's can stop or end what writes its logs: everybody gets theirs in one run", { skip: NEEDS_ROOT }, (t) => {
  for (const signal of ["KILL", "STOP"]) {
    const { raw, split, inHome, recent } = makeFolders(t);
    raw("access.blue-1.log", [line(A, "a.test", "/1"), line(B, "b.test", "/2")]);
    const done = split({}, ["-I", KILLER, `-MKillAt=${A},1,${signal}`]);
    assert.equal(done.status, 0, `${signal} ${done.stdout}`);
    // Of the one that reads PHP's messages and of the one that writes.
    assert.deepEqual(done.stderr.trim().split("\n"), Array(2).fill(`${signal} refused: Operation not permitted`));
    assert.equal(done.stdout, "");
    assert.deepEqual(paths(inHome(A, "access")), ["/1"]);
    assert.deepEqual(paths(recent(A, "access")), ["/1"]);
    assert.deepEqual(paths(inHome(B, "access")), ["/2"]);
  }
});

test("homes that do not answer are asked last the next time: whoever comes behind them gets theirs", { skip: NEEDS_ROOT }, (t) => {
  const { at, raw, split, inHome } = makeFolders(t);
  const away = [20_003, 20_004, 20_005, 20_006];
  mkdirSync(at("root/live/release/00/apache/accounts"), { recursive: true });
  for (const account of away) writeFileSync(at(`root/live/release/00/apache/accounts/${account}.conf`), "");
  const last = 20_009;
  for (const folder of ["homes", "accounts"]) {
    mkdirSync(at(folder, String(last)), { mode: 0o700 });
    chownSync(at(folder, String(last)), last, last);
  }
  raw(
    "access.blue-1.log",
    [...away, last].map((account) => line(account, "a.test", "/1")),
  );
  assert.equal(split().status, 75);
  assert.deepEqual(inHome(last, "access"), []);
  assert.equal(split().status, 75);
  assert.deepEqual(paths(inHome(last, "access")), ["/1"]);
  for (const account of away) {
    mkdirSync(at("homes", String(account)), { mode: 0o700 });
    chownSync(at("homes", String(account)), account, account);
  }
  assert.equal(split().status, 0);
  for (const account of [...away, last]) assert.deepEqual(paths(inHome(account, "access")), ["/1"], String(account));
});
