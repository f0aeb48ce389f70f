import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { displayName, parentsOf, parseAddress, parseName, registeredName, suffixFault, wildcardCovers } from "../../../src/features/domains/names.js";
import { HOSTILE_STRINGS } from "../../support/hostile.js";

test("A name becomes its A-label, once", () => {
  const cases: [string, string][] = [
    ["Example.ORG", "example.org"],
    [" example.org ", "example.org"],
    ["example.org.", "example.org"],
    ["https://www.example.org/", "www.example.org"],
    ["café.fr", "xn--caf-dma.fr"],
    ["cafe\u0301.fr", "xn--caf-dma.fr"],
    ["xn--caf-dma.fr", "xn--caf-dma.fr"],
    ["example。org", "example.org"],
    ["FAẞ.de", "xn--fa-hia.de"],
  ];
  for (const [typed, name] of cases) assert.equal(parseName(typed), name, typed);
});

test("What is no host name is refused", () => {
  const cases = [
    "",
    "org",
    "a..b.org",
    ".org",
    "-a.org",
    "a-.org",
    "a_b.org",
    "a b.org",
    "1.2.3.4",
    "1.2.3",
    "0x7f.1",
    "[::1]",
    "a.org/x",
    "a.org:80",
    "user@a.org",
    "http://u:p@a.org/",
    "a.org?x",
    "a.org#x",
    "xn--a.org",
    "xn--zz--.org",
    "ab--cd.org",
    `${"a".repeat(64)}.org`,
    `${"a.".repeat(130)}org`,
    "a%2eorg.fr",
    "*.a.org",
    "a*.org",
    "a.org\n",
    "a\u202e.org",
    "a\u00ad.org",
  ];
  for (const typed of cases) assert.equal(parseName(typed), null, JSON.stringify(typed));
});

test("No hostile string is a name, alone, before or inside one", () => {
  assert.ok(HOSTILE_STRINGS.length > 15);
  for (const bad of HOSTILE_STRINGS) {
    for (const typed of [bad, `${bad}.example.org`, `exa${bad}mple.org`, `example.org${bad}`]) {
      assert.equal(parseAddress(typed), null, JSON.stringify(typed));
    }
  }
});

test("Whatever comes out is plain and comes out again the same", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "grapheme" }),
        fc.domain(),
        fc.string({ unit: "binary" }).map((s) => `${s}.org`),
      ),
      (typed) => {
        const name = parseName(typed);
        if (name === null) return;
        assert.match(name, /^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+$/);
        assert.ok(name.length <= 253);
        assert.equal(parseName(name), name);
        assert.equal(parseName(displayName(name)), name);
      },
    ),
    { numRuns: 2000 },
  );
});

test("A wildcard is one star before a name", () => {
  assert.equal(parseAddress("*.Example.org"), "*.example.org");
  assert.equal(parseAddress("*.*.example.org"), null);
  assert.equal(parseAddress("*"), null);
  assert.equal(parseAddress("*.org"), null);
  assert.equal(displayName("*.xn--caf-dma.fr"), "*.café.fr");
  assert.equal(displayName("a.xn--caf-dma.fr"), "a.café.fr");
  for (const plain of ["a.example.org", "*.a-b.example.org", "_dmarc.example.org", "a*b.org"]) assert.equal(displayName(plain), plain);
  assert.ok(wildcardCovers("*.example.org", "a.example.org"));
  assert.ok(wildcardCovers("*.example.org", "a.b.example.org"));
  assert.ok(!wildcardCovers("*.example.org", "example.org"));
  assert.ok(!wildcardCovers("*.example.org", "badexample.org"));
});

test("A public suffix is no domain; an unknown ending is refused; local names only where allowed", () => {
  const fault = (name: string, local = false) => suffixFault(name as never, local);
  assert.equal(fault("example.org"), null);
  assert.equal(fault("co.uk"), "suffix_itself");
  assert.equal(fault("github.io"), "suffix_itself");
  assert.equal(fault("somebody.github.io"), null);
  assert.equal(fault("example.lan"), "suffix_unknown");
  assert.equal(fault("site.test"), "suffix_unknown");
  assert.equal(fault("site.test", true), null);
  assert.equal(fault("site.localhost", true), null);
});

test("The registered name and the names above", () => {
  assert.equal(registeredName("www.a.example.co.uk" as never), "example.co.uk");
  assert.equal(registeredName("x.site.test" as never), "site.test");
  assert.deepEqual(parentsOf("a.b.org"), ["b.org", "org"]);
});
