/** What breaks out of a line elsewhere, in every string of a zone: it is refused before a file is written, or the real programs read no more and no less than was said. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { dnsFiles } from "../../src/features/dns/format.js";
import type { ZoneState } from "../../src/features/dns/role.js";
import { daemonsRoot } from "../support/daemons.js";

const HOSTILE = [
  ...["\n", "\r", "\t", "\0", "\u2028", "\u202e", " ", ";", '"', "'", "(", ")", "\\", "$", "@", "*", ".", "..", "-", "{", "}", "é", "a", "0", "zz"],
  ...[
    "a\n$INCLUDE /etc/passwd\n",
    "$INCLUDE /etc/passwd",
    "$ORIGIN evil.test.",
    "$GENERATE 1-9 a$ A 192.0.2.1",
    "a\nevil.test. 60 IN A 192.0.2.66",
    "a ; b",
    "a) (b",
  ],
  ...[
    'a" "b',
    "\\010",
    "a\\.b",
    "example.org. 60 IN A 192.0.2.66",
    "x".repeat(300),
    `${"x".repeat(64)}.example.org`,
    "--help",
    "a.example.org.",
    "A.example.org",
    "*.*.example.org",
  ],
];
const given = JSON.parse(readFileSync(join(daemonsRoot, "knot/golden/every-type/state.json"), "utf8")) as { state: ZoneState };
const folder = mkdtempSync(join(tmpdir(), "mutu-hostile-"));
after(() => rmSync(folder, { recursive: true }));

test("hostile text in every string of a zone is refused, or read by Knot and BIND as exactly the records that were given", () => {
  let refused = 0;
  const read = new Map<string, string>();
  for (const leaf of leaves(given.state)) {
    for (const value of HOSTILE) {
      const state = replaced(given.state, leaf, value) as ZoneState;
      try {
        const [file] = dnsFiles(state, {}, "probe");
        read.set(file?.content as string, state.zone);
      } catch {
        refused += 1;
      }
    }
  }
  assert.ok(refused > 1000, `only ${refused} refused`);
  assert.ok(read.size > 20, `only ${read.size} taken`);
  const file = join(folder, "zone");
  for (const [content, zone] of read) {
    writeFileSync(file, content);
    assert.doesNotMatch(content, /^\s*\$|^@|\\$/m);
    const lines = content.trimEnd().split("\n").slice(1);
    const bind = spawnSync("named-checkzone", ["-q", "-i", "local", "-k", "ignore", "-D", "-o", "-", zone, file], { encoding: "utf8" });
    assert.equal(bind.status, 0, content);
    assert.equal(bind.stdout.trim().split("\n").length, new Set(lines).size, `${content}\n${bind.stdout}`);
    const knot = spawnSync("kzonecheck", ["-v", "-o", zone, file], { encoding: "utf8" });
    assert.equal(knot.status, 0, `${content}\n${knot.stdout}${knot.stderr}`);
  }
});

test("a probe, a key and a secondary that are none are refused too", () => {
  const base = JSON.parse(readFileSync(join(daemonsRoot, "knot/golden/base/state.json"), "utf8")) as { state: object };
  for (const value of HOSTILE.filter((one) => !/^[A-Za-z0-9._-]+$/.test(one))) {
    assert.throws(() => dnsFiles(given.state, {}, value), JSON.stringify(value));
    for (const leaf of leaves(base.state).filter((path) => path.at(-1) !== "kind"))
      assert.throws(() => dnsFiles(replaced(base.state, leaf, value) as ZoneState, {}, ""), `${leaf.join(".")} ${JSON.stringify(value)}`);
  }
});

function leaves(value: unknown, path: string[] = []): string[][] {
  if (typeof value === "string") return [path];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

function replaced(value: unknown, [head, ...rest]: string[], by: string): unknown {
  if (head === undefined) return by;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[head] = replaced(copy[head], rest, by);
  return copy;
}
