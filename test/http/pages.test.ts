import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { preferredLocale } from "../../src/core/http/pages.js";
import { pagedList, windowOf } from "../../src/core/http/paging.js";
import { createViews, type ViewScope } from "../../src/core/http/views.js";
import { humanSize } from "../../src/core/http/words.js";
import { createText } from "../../src/core/text.js";
import { ownAddress } from "../../src/features/auth/addresses.js";
import type { Scope } from "../support/database.js";

const scope: ViewScope = {
  page: { locale: "en", path: "/", layout: "plain", query: {} },
  form: { failed: false, message: null, values: {}, errors: {}, list: [], labels: {} },
  csrf: () => "token",
};

function viewsOf(t: Scope, files: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), "mutu-views-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries({ "public/icons.svg": "<svg/>", ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return createViews(join(folder, "views"), createText(join(folder, "views")), join(folder, "public"));
}

test("whatever data says stays text, also inside attributes and components", (t) => {
  const views = viewsOf(t, { "views/partials/box.hbs": '<p title="{{label}}">{{body}}</p>', "views/x/page.hbs": "{{#box label=name}}{{name}}{{/box}}" });
  const html = views.fragment("x/page", { name: `"><script>alert('1')</script>` }, scope);
  assert.doesNotMatch(html, /<script|"">/);
  assert.match(html, /title="&quot;&gt;&lt;script&gt;/);
});

test("a template that would not escape stops the boot, naming itself", (t) => {
  assert.throws(() => viewsOf(t, { "views/x/page.hbs": "{{{name}}}" }), /views\/x\/page\.hbs/);
  assert.throws(() => viewsOf(t, { "views/x/page.hbs": "{{& name}}" }), /would not be escaped/);
});

test("a component sees only what it is given", (t) => {
  const views = viewsOf(t, { "views/partials/box.hbs": "[{{hint}}]", "views/x/page.hbs": '{{box label="a"}}' });
  assert.equal(views.fragment("x/page", { hint: "of the page" }, scope), "[]");
});

test("lists are cut in pages of twenty, and nonsense means the first page", () => {
  for (const page of ["0", "-1", "1e9", "x", "", undefined, "1.5"]) assert.equal(windowOf({ page }).page, 1, String(page));
  assert.deepEqual(windowOf({ page: "3", q: "  ÉTÉ " }), { q: "été", page: 3, skip: 40, take: 20 });
  const list = pagedList({ rows: [], total: 41 }, windowOf({ page: "2", q: "a&b" }), "/x");
  assert.deepEqual([list.pages, list.previous, list.next], [3, "/x?q=a%26b&page=1", "/x?q=a%26b&page=3"]);
  assert.equal(pagedList({ rows: [], total: 0 }, windowOf({}), "/x").pages, 1);
  assert.equal(pagedList({ rows: [], total: 41 }, windowOf({ page: "99" }), "/x").previous, "/x?page=3");
});

test("a browser's languages are read in its order of preference", () => {
  const cases: [string | undefined, string | null][] = [
    ["fr-CA,en;q=0.8", "fr"],
    ["de, en;q=0.5, fr;q=0.7", "fr"],
    ["EN-us", "en"],
    ["fr;q=0, en;q=0.1", "en"],
    ["de", null],
    ["*", null],
    ["", null],
    [undefined, null],
    ["fr\u0000;q=x", null],
  ];
  for (const [header, expected] of cases) assert.equal(preferredLocale(header), expected, String(header));
});

test("sizes are said in the unit of a person", () => {
  assert.deepEqual([0, 1023, 1024, 5 * 1024 ** 3].map(humanSize), [
    { size: 0, unit: "b" },
    { size: 1023, unit: "b" },
    { size: 1, unit: "kb" },
    { size: 5, unit: "gb" },
  ]);
});

test("an address to come back to is on this panel, however it is written", () => {
  for (const path of ["/", "/sites?q=a%2Fb", "/sites/0193"]) assert.equal(ownAddress(path), path);
  for (const path of [
    "//evil.test",
    "/\\evil.test",
    "https://evil.test",
    "/\t/evil.test",
    "/\n/evil.test",
    "evil",
    "",
    "javascript:alert(1)",
    undefined,
    "/a\u0000",
  ]) {
    assert.equal(ownAddress(path), null, JSON.stringify(path));
  }
});
