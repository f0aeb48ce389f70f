/** SECURITY.md 5: every sign that Apache gives a meaning to, in every field, read back by the real program: it comes out as it went in, or is refused. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { daemon } from "../../src/daemons/apache/daemon.js";
import { parseFolder } from "../../src/features/sites/folders.js";
import type { AccountWebState, WebSite } from "../../src/features/sites/role.js";
import { parseTarget } from "../../src/features/sites/targets.js";
import { ApacheRig, accountState, sitePhp } from "./apache-rig.js";

const META = [
  "%",
  "$",
  "\\",
  "{",
  "}",
  '"',
  "'",
  "`",
  "<",
  ">",
  "&",
  "*",
  "?",
  "#",
  ";",
  "(",
  ")",
  "[",
  "]",
  "|",
  "^",
  "~",
  "=",
  "+",
  ",",
  "!",
  "@",
  ":",
  "%41",
  "%25",
  "%2F",
  "%{HTTP_HOST}",
  "${MUTU_RELEASE}",
  "$1",
  "%1",
  "é",
  "日",
  "a",
  "b/c",
  ".",
  " ",
];
const pieces = fc.array(fc.constantFrom(...META), { minLength: 1, maxLength: 7 }).map((parts) => parts.join(""));
/** What a folder's name may hold. */
const SIGNS = [" ", ".", "_", "+", "@", "-", "é", "日", "a", "B", "1", "/c"];
const segments = fc.array(fc.constantFrom(...SIGNS), { minLength: 1, maxLength: 6 }).map((parts) => parts.join(""));
const SEED = 20261122;

const rig = await ApacheRig.make();
after(() => rig.close());
const homes = rig.machine.homes;
const host = { id: "h", name: "web1", homes, options: {} };

/** True when the daemon renders it: what it refuses is quarantined before it reaches a machine. */
function renders(site: Partial<WebSite>): boolean {
  try {
    return daemon.render({ key: "2001", state: accountState(2001, homes, [site]), host }, "").length > 0;
  } catch {
    return false;
  }
}

test("a redirect leads where it was told, with and without the path", async () => {
  const targets = fc
    .sample(pieces, { numRuns: 400, seed: SEED })
    .map((text) => parseTarget(`https://t.test/${text}`))
    .flatMap((parsed) => ("url" in parsed ? [parsed.url] : []));
  assert.ok(targets.length > 80, `${targets.length}`);
  const kept = targets.slice(0, 60);
  const sites = kept.flatMap((target, at): Partial<WebSite>[] => [
    { names: [`r${at}.test`], serve: { kind: "redirect", target, status: 302, keepPath: false } },
    { names: [`k${at}.test`], serve: { kind: "redirect", target, status: 302, keepPath: true } },
  ]);
  for (const site of sites) assert.ok(renders(site), `what the border takes, the daemon renders: ${JSON.stringify(site.serve)}`);
  rig.publish([accountState(2001, homes, sites)]);
  for (const [at, target] of kept.entries()) {
    assert.equal((await rig.ask(`r${at}.test`, { path: "/x?y=%41" })).headers.location, target.replace(/\?(?=#|$)/, ""), "an empty query is none");
    const base = target.replace(/[?#].*$/, "").replace(/\/+$/, "");
    assert.equal((await rig.ask(`k${at}.test`, { path: "/x%2Fy?z=%41" })).headers.location, `${base}/x%2Fy?z=%41`);
  }
});

test("a folder's name is a name and nothing else", async () => {
  const names = [...new Set(fc.sample(segments, { numRuns: 200, seed: SEED }).flatMap((text) => parseFolder(`f${text}`) ?? []))].filter((name) =>
    renders({ names: ["f.test"], serve: { kind: "folder", root: `${homes}/2001/${name}`, php: null, index: ["index.html"], errorPages: {} } }),
  );
  assert.ok(names.length > 40, `${names.length}`);
  const taken = names.slice(0, 60);
  const files = Object.fromEntries(taken.map((name, at) => [`${name}/index.html`, `folder ${at}`]));
  rig.home(2001, files);
  const sites = taken.map(
    (name, at): Partial<WebSite> => ({
      names: [`f${at}.test`],
      serve: { kind: "folder", root: `${homes}/2001/${name}`, php: null, index: ["index.html"], errorPages: {} },
    }),
  );
  rig.publish([accountState(2001, homes, sites)]);
  for (const [at, name] of taken.entries()) assert.equal((await rig.ask(`f${at}.test`)).body, `folder ${at}`, name);
});

test("values of PHP and paths of error pages arrive whole", async () => {
  const values = fc.sample(pieces, { numRuns: 200, seed: SEED });
  const site = (value: string, page: string): Partial<WebSite> => ({
    names: ["v.test"],
    serve: { kind: "folder", root: `${homes}/2001/v`, php: sitePhp(2001, { user_agent: value }), index: ["index.html"], errorPages: { 404: page } },
  });
  const accepted = values.filter((value) => renders(site(value, "/e.html")) && /^[^=;"'()!&|^~{}[\]?\\$%<>]*$/.test(value)).slice(0, 10);
  assert.ok(accepted.length > 3);
  const pages = values
    .map((value) => `/e${value.replaceAll("/", "")}.html`)
    .filter((page) => renders(site("x", page)))
    .slice(0, 10);
  assert.ok(pages.length > 5);
  const states: AccountWebState[] = [];
  rig.home(2001, { "v/tell.php": "<?php echo ini_get('user_agent');", ...Object.fromEntries(pages.map((page) => [`v${page}`, `page ${page}`])) });
  const sites = Array.from({ length: Math.max(accepted.length, pages.length) }, (_, at) => ({
    ...site(accepted[at % accepted.length] as string, pages[at % pages.length] as string),
    names: [`v${at}.test`],
  }));
  states.push(accountState(2001, homes, sites));
  rig.publish(states);
  for (const at of sites.keys()) {
    assert.equal((await rig.ask(`v${at}.test`, { path: "/tell.php" })).body, (accepted[at % accepted.length] as string).trim());
    assert.equal((await rig.ask(`v${at}.test`, { path: "/none" })).body, `page ${pages[at % pages.length]}`);
  }
});
