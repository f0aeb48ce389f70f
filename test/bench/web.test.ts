/** The bench of web servers, small: both ways answer every kind of visitor with the page. Counts, never times. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { readWrk } from "./web/visits.js";
import { type Figures, measure, report } from "./web.js";

let figures: Figures;

before(async () => {
  figures = await measure({ runs: 1, seconds: 1, visitors: 2, warmUp: false }, () => undefined);
});

test("a file and PHP, over new connections and kept ones, by both ways", () => {
  const [run] = figures.runs;
  assert.ok(run !== undefined && figures.runs.length === 1);
  assert.equal(Object.keys(run.visits).length, 5);
  for (const [kind, sides] of Object.entries(run.visits))
    for (const [side, { perSecond, failed }] of Object.entries(sides)) assert.ok(perSecond > 0 && failed === 0, `${kind}, ${side}: ${perSecond} ${failed}`);
});

test("the report gives each ratio with its aim", () => {
  const text = report(figures);
  assert.match(text, /^web: nginx, Apache and PHP-FPM as installed, beside Apache with prefork, mpm-itk and mod_php, 1 runs/);
  assert.equal([...text.matchAll(/ (?:10\.0|7\.0|1\.4|1\.0) (?:met|NOT met)$/gm)].length, 5);
});

test("answers that are not the page, and broken connections, count as failed", () => {
  const said = "    99%   12.34ms\n  Socket errors: connect 1, read 2, write 0, timeout 3\n  Non-2xx or 3xx responses: 4\nRequests/sec:    123.45\n";
  assert.deepEqual(readWrk(said), { perSecond: 123.45, failed: 10, p99Ms: 12.34 });
  assert.throws(() => readWrk("nothing"));
});
