/** The bench itself, small: on the two machines it measures all that it promises, and no visitor loses a request. Counts, never times. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { median, percentile, table } from "./publish/figures.js";
import { type Figures, measure, report } from "./publish.js";

const OPTIONS = { sites: 30, runs: 1, changes: 4 };
let figures: Figures;

before(async () => {
  figures = await measure(OPTIONS, () => undefined);
});

test("every change is proven by the site itself, beside as many bare starts", () => {
  const [run] = figures.runs;
  assert.ok(run !== undefined && figures.runs.length === 1);
  for (const changes of [run.quiet, run.busy]) {
    assert.equal(changes.length, OPTIONS.changes);
    for (const { verifiedMs, shownMs, steps } of changes) {
      assert.ok(verifiedMs > 0 && shownMs > verifiedMs, `${verifiedMs} ${shownMs}`);
      for (const name of ["publish", "verify", "settle"]) assert.equal(steps.filter(({ step }) => step === name).length, 1, name);
    }
  }
  assert.equal(run.bareMs.length, OPTIONS.changes);
  assert.ok(run.bareMs.every((ms) => ms > 0));
});

test("visitors of another site lose nothing, published or not", () => {
  for (const { meanwhile, undisturbed } of figures.runs) {
    for (const visited of [meanwhile, undisturbed]) {
      assert.ok(visited.sent > 0);
      assert.deepEqual([visited.lost, ...visited.faults], [0]);
      assert.ok(visited.longestMs >= visited.p50Ms);
    }
  }
});

test("the report begins with the ratios and says whether the aims are met", () => {
  const text = report(figures);
  assert.match(text, /^publish: 30 sites of 30 accounts, 1 runs of 4 changes/);
  assert.match(text, /bare start of the same Apache: \d+\.\d\d \(p50\), \d+\.\d\d \(p95\)/);
  assert.match(text, /aim 1\.3 × bare \+ 150 ms = \d+ ms: p50 \d+ ms (met|NOT met), p95 \d+ ms (met|NOT met)/);
  assert.match(text, /requests lost: 0, aim 0 met/);
  assert.match(text, /panel: \d+ MB resident/);
});

test("percentiles are nearest ranks, and columns end together", () => {
  const values = [5, 1, 4, 2, 3];
  assert.deepEqual([median(values), percentile(values, 0.95), percentile(values, 0.2), percentile([], 0.5)], [3, 5, 1, 0]);
  assert.equal(
    table([
      ["", "p50"],
      ["bare start", "7"],
    ]),
    "            p50\nbare start    7",
  );
});
