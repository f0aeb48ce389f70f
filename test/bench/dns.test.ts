/** The bench of names, small: on its three machines it measures all that it promises. Counts, never times. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type Figures, measure, report } from "./dns.js";

const OPTIONS = { zones: 30, runs: 1, changes: 3, warmUp: 0 };
let figures: Figures;

before(async () => {
  figures = await measure(OPTIONS, () => undefined);
});

test("each change is answered by the primary and both secondaries, beside as many bare reloads", () => {
  const [run] = figures.runs;
  assert.ok(run !== undefined && figures.runs.length === 1);
  assert.equal(run.changes.length, OPTIONS.changes);
  for (const { answeredMs, steps } of run.changes) {
    assert.ok(answeredMs.length === 3 && answeredMs.every((ms) => ms > 0), answeredMs.join(" "));
    for (const name of ["desired", "publish", "verify", "settle"]) assert.equal(steps.filter(({ step }) => step === name).length, 1, name);
    assert.ok(!steps.some(({ step }) => step === "blame" || step === "rollback"));
  }
  assert.equal(run.bare.length, OPTIONS.changes);
  assert.ok(run.bare.every((times) => times.length === 3 && times.every((ms) => ms > 0)));
});

test("the report begins with the ratios and says whether the aim is met", () => {
  const text = report(figures);
  assert.match(text, /^dns: 30 signed zones, 1 runs of 3 changes/);
  assert.match(text, /bare knotc zone-reload to answered by all three: \d+\.\d\d \(p50\), \d+\.\d\d \(p95\)/);
  assert.match(text, /aim 100 ms: p50 [\d.]+ ms (met|NOT met), p95 [\d.]+ ms (met|NOT met)/);
  for (const server of ["primary", "Knot secondary", "BIND secondary"]) assert.match(text, new RegExp(`^ *${server} `, "m"));
  assert.match(text, /panel: \d+ MB resident/);
});
