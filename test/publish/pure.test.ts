import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EMPTY_SHARD, rootHash } from "../../src/core/machine/index.js";
import { findCulprit } from "../../src/publish/bisect.js";
import { isDue } from "../../src/publish/catch-up.js";
import { type ChipRow, chipOf, worstChip } from "../../src/publish/chip.js";
import { diffLines } from "../../src/publish/diff.js";
import { diffChanges } from "../../src/publish/dry-run.js";
import { nextLevel } from "../../src/publish/fallback.js";
import { applyChanges, byPath, diffFiles, type FileEntry, shardOf } from "../../src/publish/manifest.js";
import { hashShard, planRelease } from "../../src/publish/plan.js";
import type { Store } from "../../src/publish/store.js";
import { commonFault } from "../../src/publish/systemic.js";
import { traceRefusals } from "../../src/publish/trace.js";
import { judge } from "../../src/publish/verify.js";
import { testDaemon } from "./rig.js";

const HASHES = ["a", "b", "c"].map((letter) => letter.repeat(64));
const key = fc.constantFrom("2001", "2002", "2003/8.2", "2003/8.3", "base");
const entry = fc
  .record({ key, name: fc.constantFrom("x", "y", "z"), hash: fc.constantFrom(...HASHES), size: fc.nat(9) })
  .map(({ key: unit, name, hash, size }): FileEntry => ({ path: `${shardOf(unit)}/tester/${unit}/${name}`, role: "web", key: unit, hash, size }));
const tree = fc.uniqueArray(entry, { selector: (file) => file.path, maxLength: 15 }).map((files) => files.sort(byPath));

test("what a plan changes, applied to what is live, gives what is wanted", () => {
  fc.assert(
    fc.property(tree, tree, (live, wanted) => {
      const changes = diffFiles(live, wanted);
      // A size without another hash cannot be: contents decide both.
      const same = (files: FileEntry[]): string[] => files.map((file) => `${file.path} ${file.hash}`);
      assert.deepEqual(same(applyChanges(live, changes)), same(wanted));
      assert.deepEqual(diffFiles(wanted, wanted), []);
      assert.deepEqual(changes, [...changes].sort(byPath));
    }),
  );
});

test("a planned release names its shards and its root as a whole tree would", () => {
  const shardsOfTree = (files: readonly FileEntry[]): Map<string, string> => {
    const names = [...new Set(files.map((file) => file.path.slice(0, 2)))];
    return new Map(names.map((name) => [name, hashShard(files.filter((file) => file.path.startsWith(name)))]));
  };
  fc.assert(
    fc.property(tree, tree, (live, wanted) => {
      const shards = shardsOfTree(live);
      const keys = [...new Set([...live, ...wanted].map((file) => file.key))];
      const units = keys.map((unit) => ({ row: { role: "web", key: unit }, files: wanted.filter((file) => file.key === unit) }));
      const plan = planRelease({ root: rootHash(shards), files: live, shards }, units as never);
      if (plan === null) return assert.equal(rootHash(shards), rootHash(shardsOfTree(wanted)));
      assert.equal(plan.root, rootHash(shardsOfTree(wanted)));
      assert.ok(plan.shards.every(({ shard, old }) => old === (shards.get(shard) ?? EMPTY_SHARD)));
    }),
  );
});

test("units that a plan does not name stay as they are", () => {
  fc.assert(
    fc.property(tree, key, (live, changed) => {
      const plan = planRelease({ root: null, files: live, shards: new Map() }, [{ row: { role: "web", key: changed }, files: [] }] as never);
      assert.ok((plan?.changes ?? []).every((change) => change.key === changed));
    }),
  );
});

test("a fallback only goes down, and never to names or states that were withdrawn", () => {
  // A login with its secret holds a space too, and may be called anything.
  const names = fc.uniqueArray(fc.constantFrom<string[]>("a.org", "b.org", "proxy 0123abcd", "proxy http://10.0.0.1:80", "proxy https://other.test"));
  const isOrigin = (claim: string) => claim.startsWith("proxy http");
  const facts = fc.record({
    level: fc.constantFrom("present", "lastGood", "notice", "nothing"),
    withdrawn: fc.boolean(),
    gone: fc.boolean(),
    claims: names,
    lastGood: fc.option(fc.record({ claims: names })),
  });
  const order = ["present", "lastGood", "notice", "nothing"];
  fc.assert(
    fc.property(facts, (given) => {
      const next = nextLevel(given as Parameters<typeof nextLevel>[0]);
      assert.ok(order.indexOf(next) > order.indexOf(given.level) || given.level === "nothing");
      if (next === "lastGood") {
        assert.ok(!given.withdrawn && !given.gone && given.lastGood !== null);
        assert.ok(given.lastGood.claims.every((claim) => isOrigin(claim) || given.claims.includes(claim)));
      }
      const own = (claims: readonly string[]) => claims.filter((claim) => !isOrigin(claim));
      const may = given.level === "present" && !given.withdrawn && !given.gone && given.lastGood !== null;
      if (may && own(given.lastGood?.claims ?? []).every((claim) => own(given.claims).includes(claim))) assert.equal(next, "lastGood");
      if (given.gone) assert.equal(next, "nothing");
    }),
  );
});

test("halving finds the one bad unit with a logarithm of rehearsals", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 300 }), fc.nat(), async (count, seed) => {
      const bad = seed % count;
      const units = Array.from({ length: count }, (_, i) => i);
      const budget = { left: 10 };
      assert.equal(await findCulprit(units, async (subset) => subset.includes(bad), budget), bad);
      assert.ok(10 - budget.left <= Math.ceil(Math.log2(count)));
    }),
  );
  assert.equal(await findCulprit([1, 2, 3, 4], async () => true, { left: 0 }), null);
});

test("more than five accounts alike, and more than 5 %, are our error", () => {
  const blamed = (count: number, code = "sites.bad") => Array.from({ length: count }, (_, i) => ({ accountId: `a${i}`, code }));
  assert.equal(commonFault(blamed(5), 5), null);
  assert.deepEqual(commonFault(blamed(6), 6), { code: "sites.bad", accounts: 6 });
  assert.equal(commonFault(blamed(50), 1000), null);
  assert.deepEqual(commonFault(blamed(51), 1000), { code: "sites.bad", accounts: 51 });
  assert.equal(
    commonFault(
      Array.from({ length: 20 }, () => ({ accountId: "one", code: "x" })),
      20,
    ),
    null,
    "one account with many units is one account",
  );
  assert.equal(commonFault([...blamed(4), ...blamed(4, "sites.other")], 8), null);
});

test("only the unit's own hash, with status 200, proves it", () => {
  const hash = "c".repeat(64);
  assert.equal(judge({ status: 200, body: `${hash}\n` }, hash, "a.org"), null);
  const doubts = [
    { what: "a default vhost", answer: { status: 200, body: "<html>It works!</html>" }, code: "publications.wrong_answer" },
    { what: "a neighbour, an old release", answer: { status: 200, body: "d".repeat(64) }, code: "publications.wrong_answer" },
    { what: "the hash somewhere in a page", answer: { status: 200, body: `<p>${hash}</p>` }, code: "publications.wrong_answer" },
    { what: "a stopped pool", answer: { status: 503, body: hash }, code: "publications.wrong_status" },
    { what: "a return of nginx", answer: { status: 301, body: "" }, code: "publications.wrong_status" },
    { what: "nothing at all", answer: { error: "ECONNREFUSED" }, code: "publications.no_answer" },
  ];
  for (const { what, answer, code } of doubts) assert.equal(judge(answer, hash, "a.org")?.code, code, what);
});

test("a complaint leads to the unit whose file it names, and only to changed ones", () => {
  const file: FileEntry = { path: "ab/tester/accounts/2001.conf", role: "web", key: "2001", hash: HASHES[0] as string, size: 1 };
  const daemons = new Map([["tester", testDaemon("tester", "web")]]) as never;
  const said = (path: string) => [{ daemon: "tester", step: "rehearse", output: [`Syntax error on line 7 of ${path}: POISON`] }];
  const traced = traceRefusals(said("/var/lib/mutu/releases/x/ab/tester/accounts/2001.conf"), daemons, [file]);
  assert.deepEqual([...traced.units.keys()], ["web 2001"]);
  assert.deepEqual(traced.units.get("web 2001")?.data, { line: "7", word: "POISON" });
  assert.equal(traceRefusals(said("/r/ab/tester/accounts/2002.conf"), daemons, [file]).units.size, 0);
  assert.equal(traceRefusals([{ daemon: "other", step: "prepare", output: ["?"] }], daemons, [file]).unnamed[0]?.code, "publications.refused");
});

test("a chip tells waiting, published, verified, failed and held from the numbers alone", () => {
  const row: ChipRow = {
    wanted: 2,
    published: 1,
    verified: 1,
    hold: null,
    holdData: null,
    quarantineCode: null,
    quarantineData: null,
    failedVersion: null,
    serving: "present",
  };
  assert.deepEqual(chipOf(row), { state: "waiting" });
  assert.deepEqual(chipOf({ ...row, published: 2 }), { state: "published" });
  assert.deepEqual(chipOf({ ...row, published: 2, verified: 2 }), { state: "verified" });
  const failed = { ...row, published: 2, quarantineCode: "sites.bad", quarantineData: { line: "3" }, failedVersion: 2, serving: "lastGood" };
  assert.deepEqual(chipOf(failed), { state: "failed", code: "sites.bad", data: { line: "3" }, serving: "lastGood" });
  assert.deepEqual(chipOf({ ...failed, wanted: 3 }), { state: "waiting" });
  assert.deepEqual(chipOf({ ...failed, hold: "guard" }), { state: "held", reason: "guard", data: {} });
  assert.equal(worstChip([chipOf(failed), { state: "verified" }]).state, "failed");
  assert.equal(worstChip([{ state: "verified" }, { state: "published" }]).state, "published");
  assert.equal(worstChip([]).state, "waiting");
});

test("a diff, read backwards and forwards, gives both texts", () => {
  const text = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 12 }).map((lines) => lines.map((line) => `${line}\n`).join(""));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = diffLines(before, after);
      if (before === after) return assert.ok(lines.every(({ mark }) => mark === "@"));
      const side = (marks: string): string =>
        lines
          .filter(({ mark }) => marks.includes(mark))
          .map((line) => line.text)
          .join("");
      // Folding leaves out equal lines only, so both sides lose the same ones.
      const strip = (whole: string): string => whole.replaceAll("\n", "");
      if (!lines.some(({ mark }) => mark === "@")) {
        assert.equal(side(" -"), strip(before));
        assert.equal(side(" +"), strip(after));
      }
      assert.ok(lines.some(({ mark }) => mark === "-" || mark === "+"));
    }),
  );
});

test("a diff of a million lines is for reading too", () => {
  const many = "\n".repeat(1_000_000);
  const counts = (before: string, after: string) => {
    const marks = diffLines(before, after).map(({ mark }) => mark);
    return ["-", "+", "@"].map((mark) => marks.filter((one) => one === mark).length);
  };
  assert.deepEqual(counts("", many), [0, 5000, 1]);
  assert.deepEqual(counts("x\n", many), [1, 5000, 1]);
  assert.deepEqual(counts(many, `${"y\n".repeat(6000)}`), [5000, 5000, 2]);
});

test("differences of many files are bounded together; those that are left out say so", async () => {
  const store = { show: async (hash: string) => "x\n".repeat(Number(hash)) } as unknown as Store;
  const changes = ["9000", "9000", "9000", "1"].map((newHash) => ({ path: "p", role: "web", key: "1", oldHash: null, newHash }));
  const shown = (await diffChanges(store, changes)).map(({ lines }) => [lines.length, lines.at(-1)?.mark]);
  assert.deepEqual(shown, [
    [5001, "@"],
    [5001, "@"],
    [5001, "@"],
    [1, "+"],
  ]);
  const more = (await diffChanges(store, [...changes, ...changes])).map(({ lines }) => [lines.length, lines.at(-1)?.mark]);
  assert.deepEqual(more.slice(4), [
    [4997, "@"],
    [1, "@"],
    [1, "@"],
    [1, "@"],
  ]);
});

test("a host that goes on failing is tried less and less often, but at least every hour", () => {
  const ended = new Date("2026-11-22T12:00:00Z");
  const after = (minutes: number): Date => new Date(ended.getTime() + minutes * 60_000);
  assert.ok(isDue(0, null, ended));
  assert.ok(!isDue(1, ended, after(0.5)) && isDue(1, ended, after(1)));
  assert.ok(!isDue(4, ended, after(7)) && isDue(4, ended, after(8)));
  assert.ok(!isDue(50, ended, after(59)) && isDue(50, ended, after(60)));
});
