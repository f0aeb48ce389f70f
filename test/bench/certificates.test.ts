/** The bench itself, small: it measures all that it promises, no visitor loses a request and nothing is reloaded. Counts, never times. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type Figures, measure, report } from "./certificates.js";

const OPTIONS = { sites: 30, runs: 1, changes: 4 };
let figures: Figures;

before(async () => {
  figures = await measure(OPTIONS, () => undefined);
});

test("every certificate is placed and seen, without a reload", () => {
  const [run] = figures.runs;
  assert.ok(run !== undefined && figures.runs.length === 1);
  assert.equal(run.placed.length, OPTIONS.changes);
  assert.ok(run.placed.every(({ placedMs, seenMs }) => placedMs > 0 && seenMs > 0));
  assert.equal(run.reloads, 0);
});

test("visitors of another site lose nothing, placed or not", () => {
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
  assert.match(text, /^certificates: 30 sites with a certificate each, 1 runs of 4 new ones/);
  assert.match(text, /with nothing placed: \d+\.\d\d \(p99 \d+\.\d\d, p50 \d+\.\d\d\)/);
  assert.match(text, /requests lost: 0, aim 0 met; reloads of nginx: 0, aim 0 met/);
  assert.match(report({ ...figures, runs: figures.runs.map((run) => ({ ...run, reloads: 2 })) }), /reloads of nginx: 2, aim 0 NOT met/);
});
