/** The bench itself, small: on the two machines it measures all that it promises, and no visitor loses a request. Counts, never times. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { median, percentile, table } from "./publish/figures.js";
import { report } from "./publish/report.js";
import { SCENARIOS, VISITED } from "./publish/scenarios.js";
import { type Figures, measure, type Published } from "./publish.js";

const OPTIONS = { sites: 40, runs: 1, changes: 4, only: SCENARIOS, batch: null };
/** A unit of each account, a pool of every other one, and what belongs to the machine itself. */
const LEAST_UNITS = 60;
let figures: Figures;
let published: Published;

before(async () => {
  figures = await measure(OPTIONS, () => undefined);
  assert.ok(figures.published !== null);
  published = figures.published;
});

test("every change is proven by the site itself, beside as many bare starts", () => {
  const [run] = published.runs;
  assert.ok(run?.alone && run.waits.visitors && run.waits.pools && published.runs.length === 1);
  for (const changes of [run.alone.changes, run.waits.visitors.changes, run.waits.pools.changes]) {
    assert.equal(changes.length, OPTIONS.changes);
    for (const { verifiedMs, shownMs, steps } of changes) {
      assert.ok(verifiedMs > 0 && shownMs > verifiedMs, `${verifiedMs} ${shownMs}`);
      for (const name of ["publish", "verify", "settle"]) assert.equal(steps.filter(({ step }) => step === name).length, 1, name);
    }
  }
  assert.equal(run.alone.bareMs.length, OPTIONS.changes);
  assert.ok(run.alone.bareMs.every((ms) => ms > 0));
});

test("visitors of another site, each with a certificate, lose nothing: while sites and pools change, beside a slow request, and alone", () => {
  assert.equal(published.certificates, OPTIONS.sites);
  for (const { waits } of published.runs) {
    for (const name of VISITED) {
      const { meanwhile, undisturbed } = waits[name] ?? assert.fail(name);
      for (const visited of [meanwhile, undisturbed]) {
        assert.ok(visited.sent > 0);
        assert.deepEqual([visited.lost, ...visited.faults], [0], name);
        assert.ok(visited.longestMs >= visited.p50Ms);
      }
    }
    const { slow } = waits;
    assert.ok(slow?.meanwhile.slow && slow.changes.length > 0 && slow.undisturbed.slow === null);
    assert.equal(slow.meanwhile.slow.fault, null);
    assert.ok(slow.meanwhile.slow.ms >= 6_000, "its time was not cut");
  }
});

test("a full render, in a panel that has just started, finds everything as it was published", () => {
  const [run, ...others] = figures.rendered?.runs ?? [];
  assert.ok(run !== undefined && others.length === 0);
  assert.ok(run.units >= LEAST_UNITS && run.different === 0, `${run.units} ${run.different}`);
  assert.ok(run.peakMb >= run.startedMb && run.startedMb > 0);
});

test("the report begins with the ratios and says whether the aims are met", () => {
  const text = report(figures);
  assert.match(text, /^publish: 40 sites of 40 accounts, 1 runs of 4 changes/);
  assert.match(text, /bare start of the same Apache: \d+\.\d\d \(p50\), \d+\.\d\d \(p95\)/);
  assert.match(text, /aim 1\.3 × bare \+ 150 ms = \d+ ms: p50 \d+ ms (met|NOT met), p95 \d+ ms (met|NOT met)/);
  assert.equal(text.match(/requests lost 0, aim 0 met/g)?.length, VISITED.length);
  assert.match(text, /the slow request: \d\.\d s, answered/);
  assert.match(text, /40 certificates; panel: \d+ MB resident/);
  assert.match(text, /full render and comparison of \d+ units: \d+\.\d s, 0 differ; the panel \d+ MB before, \d+ MB at most, aim 300 MB (met|NOT met)/);
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
