/** Lines of nginx, which begin with the name that a visitor asked for, given to whose name it was. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { NEEDS_ROOT } from "./private-machine.js";
import { A, B, line, makeFolders, paths, upTo } from "./split-logs-rig.js";

const NOW = 1_764_331_200;
const asked = (name: string, path: string, at = NOW) =>
  `${name} ${at}.123 2001:db8::1 - [28/Nov/2026:12:00:00 +0000] "GET ${path} HTTP/2.0" 503 5 "-" "\\x22" 12000`;

/** Lays releases, the last one live: lists of names with the moment at which each was new. */
function release(at: (...names: string[]) => string, name: string, lists: Record<string, { names: string[]; since: number }>) {
  for (const [account, { names, since }] of Object.entries(lists)) {
    const folder = at("root/releases", name, account.slice(-2), "nginx/names");
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${account}.list`);
    writeFileSync(file, `# Written by Mutu\n${names.map((one) => `${one}\n`).join("")}`);
    utimesSync(file, since, since);
    mkdirSync(at("root/tls"), { recursive: true });
    for (const one of names) execFileSync("ln", ["-sfn", "fallback.pem", at("root/tls", `${one}.pem`)]);
  }
  mkdirSync(at("root/live"), { recursive: true });
  execFileSync("ln", ["-sfn", `../releases/${name}`, at("root/live/release")]);
}

test("a line is its name's account's: the whole name before a star, the nearest star first; what has another form is nobody's", {
  skip: NEEDS_ROOT,
}, async (t) => {
  const { at, raw, front, split, inHome, recent, machine } = makeFolders(t);
  release(at, "1", {
    [A]: { names: ["a.test", "_wildcard.star.test", "_wildcard.deep.b.star.test"], since: NOW - 9000 },
    [B]: { names: ["b.test", "b.star.test", "_wildcard.b.star.test"], since: NOW - 9000 },
    1999: { names: ["low.test"], since: NOW - 9000 },
  });
  const given: [string, string, number | null, string][] = [
    ["a.test", "/1", A, "a.test"],
    ["b.test", "/2", B, "b.test"],
    ["x.y.star.test", "/3", A, "_wildcard.star.test"],
    ["b.star.test", "/4", B, "b.star.test"],
    ["x.b.star.test", "/5", B, "_wildcard.b.star.test"],
    ["x.deep.b.star.test", "/6", A, "_wildcard.deep.b.star.test"],
    ["star.test", "/7", null, ""],
    ["low.test", "/8", null, ""],
    ["A.test", "/9", null, ""],
    ["a.test\\x22", "/10", null, ""],
    ["20001", "/11", null, ""],
    ["../a.test", "/12", null, ""],
  ];
  raw("access.blue-1.log", [line(A, "a.test", "/apache"), asked("a.test", "/in-apache's")]);
  front(
    "access.front.log",
    given.map(([name, path]) => asked(name, path)),
  );
  // Cut by a full disk, and continued by the next line.
  appendFileSync(at("front/access.front.log"), asked("b.test", "/cut").slice(0, 90));
  front("access.front.log", [asked("a.test", "/after"), asked("a.test", "/forged").replace('"GET', '"x" "GET'), line(A, "a.test", "/apache's")]);
  front("access.front.log", [asked("a.test", "/.well-known/mutu-probe").replace(" 503 ", " 200 "), asked("b.test", "/13")]);
  front("error.front.log", [
    `a.test ${NOW}.000 [2026-11-28T12:00:00+00:00] [nginx:error] [client 192.0.2.1] MUTU13: words: "GET / HTTP/1.1"`,
    `a.test ${NOW}.000 [2026-11-28T12:00:00+00:00] [php:error] [client 192.0.2.1] PHP message: "x"`,
  ]);
  const log = async (account: number, kind: "access" | "error") => {
    const told = await machine.log({ account, kind, lines: 1000 });
    assert.ok(told.ok, JSON.stringify(told));
    return told.value.map(({ site, text }) => `${site} ${text}`).sort();
  };
  const before = await Promise.all([log(A, "access"), log(B, "access"), log(A, "error"), log(B, "error")]);
  const done = split();
  assert.equal(done.status, 0, done.stdout + done.stderr);
  for (const [account, apaches, own] of [
    [A, ["a.test /apache"], []],
    [B, [], ["b.test /13"]],
  ] as const) {
    const wanted = [...apaches, ...given.filter(([, , whose]) => whose === account).map(([, path, , site]) => `${site} ${path}`), ...own];
    for (const lines of [inHome(account, "access"), recent(account, "access")])
      assert.deepEqual(
        lines.map((one, place) => `${one.split(" ")[0]} ${paths(lines)[place]}`),
        wanted,
      );
  }
  assert.equal(inHome(A, "access")[1], `a.test ${asked("", "/1").slice(` ${NOW}.123 `.length)}`);
  assert.deepEqual([inHome(A, "error").length, inHome(B, "error").length], [1, 0]);
  // The verb told the same before they were split, and each once since.
  assert.deepEqual(before, await Promise.all([log(A, "access"), log(B, "access"), log(A, "error"), log(B, "error")]));
  assert.deepEqual(
    before[1]?.map((one) => one.split(" ")[0]),
    ["_wildcard.b.star.test", "b.star.test", "b.test", "b.test"],
  );
  const state = statSync(at("notes/state")).mtimeMs;
  assert.equal(split().status, 0);
  assert.equal(statSync(at("notes/state")).mtimeMs, state, "nothing new: nothing is written");
});

test("lines of before a name changed hands are not its new account's; those of names that stayed are", { skip: NEEDS_ROOT }, async (t) => {
  const { at, front, split, inHome, machine } = makeFolders(t);
  release(at, "1", { [A]: { names: ["a.test", "left.test"], since: NOW - 9000 }, [B]: { names: ["b.test", "moved.test"], since: NOW - 9000 } });
  release(at, "2", { [A]: { names: ["a.test", "moved.test"], since: NOW }, [B]: { names: ["b.test"], since: NOW } });
  // Laid once more without a change, as a shard is whose neighbours changed.
  mkdirSync(at("root/releases/3"));
  for (const account of [A, B]) symlinkSync(`../2/${String(account).slice(-2)}`, at("root/releases/3", String(account).slice(-2)));
  execFileSync("ln", ["-sfn", "../releases/3", at("root/live/release")]);
  front(
    "access.front.log",
    [NOW - 5, NOW, NOW + 5].flatMap((when) => ["a.test", "b.test", "moved.test", "left.test"].map((name) => asked(name, `/${name}${when - NOW}`, when))),
  );
  const wanted = { [A]: ["/a.test-5", "/a.test0", "/moved.test0", "/a.test5", "/moved.test5"], [B]: ["/b.test-5", "/b.test0", "/b.test5"] };
  for (const account of [A, B] as const) {
    const told = await machine.log({ account, kind: "access", lines: 10 });
    assert.deepEqual(told.ok && paths(told.value.map(({ text }) => text)).sort(), [...(wanted[account] ?? [])].sort());
  }
  assert.equal(split().status, 0);
  for (const account of [A, B] as const) assert.deepEqual(paths(inHome(account, "access")), wanted[account]);
});

test("nginx goes on in its two files for as long as there is a machine: what is split is given back to the disk", { skip: NEEDS_ROOT }, (t) => {
  const { at, front, split, inHome } = makeFolders(t);
  release(at, "1", { [A]: { names: ["a.test"], since: NOW - 9000 } });
  const many = upTo(400).map((path) => asked("a.test", `${path}?${"x".repeat(8000)}`));
  front("access.front.log", many);
  utimesSync(at("front/access.front.log"), NOW, NOW);
  const size = statSync(at("front/access.front.log")).size;
  assert.equal(split({ SPLIT_LOGS_MOST: "raw=100000 day=9000000" }).status, 0);
  const now = statSync(at("front/access.front.log"));
  assert.equal(now.size, size);
  assert.ok(now.blocks * 512 < size / 2, `${now.blocks} blocks of ${size} bytes`);
  front("access.front.log", [asked("a.test", "/next")]);
  assert.equal(split().status, 0);
  assert.equal(paths(inHome(A, "access")).at(-1), "/next");
  assert.equal(inHome(A, "access").length, 401);
});
