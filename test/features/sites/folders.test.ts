import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { folderWithin, parseFolder, proposeFolder } from "../../../src/features/sites/folders.js";
import { HOSTILE_STRINGS } from "../../support/hostile.js";

test("A folder is whole segments below the home", () => {
  assert.equal(parseFolder("www/example.org"), "www/example.org");
  assert.equal(parseFolder("/www/example.org/"), "www/example.org");
  assert.equal(parseFolder("www/Mon site (été)".replace(/[()]/g, "")), "www/Mon site été");
  assert.equal(parseFolder("www/e\u0301te\u0301"), "www/été");
});

test("Nothing leads elsewhere, hides, or takes the panel's own folders", () => {
  const cases = [
    "",
    "/",
    "//",
    "..",
    "../2002",
    "www/../..",
    "www//x",
    "www/./x",
    ".ssh",
    "www/.git",
    "-rf",
    "www/-x",
    "logs",
    "logs/x",
    "Tmp/x",
    "sessions",
    "www/x ",
    "www/x.",
    " www",
    `${"a/".repeat(9)}a`,
    "w".repeat(101),
    `www/${"é".repeat(100)}`,
  ];
  for (const typed of cases) assert.equal(parseFolder(typed), null, JSON.stringify(typed));
});

test("No hostile string is a folder or part of one", () => {
  for (const bad of HOSTILE_STRINGS) {
    for (const typed of [bad, `www/${bad}`, `www/a${bad}b`]) {
      if (/^[\w ./-]+$/.test(typed) && !typed.includes("..") && !typed.startsWith("-") && !typed.includes("/-") && typed.length < 90) continue;
      if (bad.startsWith("--") && typed.startsWith("www/a")) continue; // inside a word it is a plain letter
      assert.equal(parseFolder(typed), null, JSON.stringify(typed));
    }
  }
});

test("Whatever comes out stays below the home and comes out again the same", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "grapheme" }),
        fc.array(fc.string({ unit: "binary", maxLength: 6 })).map((p) => p.join("/")),
      ),
      (typed) => {
        const folder = parseFolder(typed);
        if (folder === null) return;
        assert.equal(parseFolder(folder), folder);
        for (const segment of folder.split("/")) assert.ok(segment !== "" && !/^[.-]/.test(segment) && segment !== "..");
      },
    ),
    { numRuns: 2000 },
  );
});

test("The proposal is plain and free", () => {
  assert.equal(proposeFolder("www.example.org", new Set()), "www/example.org");
  assert.equal(proposeFolder("*.example.org", new Set(["www/example.org"])), "www/example.org-2");
  assert.equal(proposeFolder("xn--caf-dma.fr", new Set()), "www/cafe.fr");
  assert.ok(parseFolder(proposeFolder("xn--wgbh1c.xn--p1ai", new Set())));
  assert.ok(folderWithin("www/a/b", "www/a") && !folderWithin("www/ab", "www/a"));
});
