import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseOrigin, parseTarget } from "../../../src/features/sites/targets.js";

const faultOf = (typed: string) => {
  const result = parseTarget(typed);
  return "fault" in result ? result.fault : null;
};
const urlOf = (typed: string) => {
  const result = parseTarget(typed);
  return "url" in result ? result.url : null;
};

test("A target is normalised once", () => {
  assert.equal(urlOf("example.org"), "https://example.org/");
  assert.equal(urlOf("HTTP://Example.ORG:80/a/../b?x=1#y"), "http://example.org/b?x=1#y");
  assert.equal(urlOf("https://café.fr/é"), "https://xn--caf-dma.fr/%C3%A9");
});

test("Each bad target names its fault", () => {
  const cases: [string, string][] = [
    ["", "target_invalid"],
    ["javascript:alert(1)", "target_scheme"],
    ["ftp://example.org/", "target_scheme"],
    ["https://user:pass@example.org/", "target_credentials"],
    ["https://user@example.org/", "target_credentials"],
    ["https://exa mple.org/", "target_invalid"],
    ["https://example.org/\nX: y", "target_invalid"],
    ["https://example.org/%0d%0aX:y", "target_invalid"],
    ["https://example.org/%{HTTP_HOST}", "target_invalid"],
    ["https://example.org/\u2028", "target_invalid"],
    ["https://example.org/\u202e", "target_invalid"],
    ['https://example.org/"', "target_invalid"],
    ["https://example.org/\\x", "target_invalid"],
    [`https://example.org/${"a".repeat(2000)}`, "target_invalid"],
    ["https://u:p@[::1]\0/", "target_invalid"],
  ];
  for (const [typed, fault] of cases) assert.equal(faultOf(typed), fault, JSON.stringify(typed));
});

test("What comes out is one printable line without credentials", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.webUrl({ withFragments: true, withQueryParameters: true }),
        fc.string({ unit: "binary" }).map((s) => `https://a.org/${s}`),
      ),
      (typed) => {
        const url = urlOf(typed);
        if (url === null) return;
        assert.match(url, /^https?:\/\/[\x21-\x7e]+$/);
        assert.equal(urlOf(url), url);
        assert.ok(!/["'<>\\{}|^`]/.test(url));
      },
    ),
    { numRuns: 2000 },
  );
});

test("A proxy's origin carries nothing but scheme, host and port", () => {
  assert.equal(parseOrigin("http://10.0.0.5:3000"), "http://10.0.0.5:3000");
  assert.equal(parseOrigin("https://App.example.org:443/"), "https://app.example.org");
  for (const bad of [
    "10.0.0.5:3000",
    "http://a.org/x",
    "http://a.org/?x",
    "http://u@a.org",
    "unix:/run/x.sock",
    "http://a;b/",
    "http://a.org\n",
    "fcgi://a.org",
  ]) {
    assert.equal(parseOrigin(bad), null, bad);
  }
});
