/** The bench of the panel, small: the shipped program fills, starts, answers and says what it holds. Counts, never times. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type Figures, measure, report } from "./panel.js";

const OPTIONS = { domains: 60, runs: 1, seconds: 0.2, idle: 0.2 };
let figures: Figures;

before(async () => {
  figures = await measure(OPTIONS, () => undefined);
});

test("every kind of page is asked by one and by many, and answers", () => {
  const [run] = figures.runs;
  assert.ok(run !== undefined && figures.runs.length === 1);
  for (const round of [run.alone, run.atOnce]) {
    assert.ok(Object.keys(round).length >= 5);
    for (const { pages, p50Ms, p99Ms, bytes } of Object.values(round)) assert.ok(pages > 0 && p50Ms > 0 && p99Ms >= p50Ms && bytes > 2000);
  }
  assert.ok(run.loginMs.length > 0 && run.loginMs.every((ms) => ms > 0));
});

test("memory and processor are those of a panel, not of the bench", () => {
  const { startedMb, idleMb, loadedMb, peakMb } = figures.memory;
  assert.ok(startedMb > 40 && idleMb > 40 && peakMb >= loadedMb && peakMb < 1000, JSON.stringify(figures.memory));
  for (const share of [figures.firstCpu, figures.idleCpu]) assert.ok(share >= 0 && share < 2);
});

test("the report begins with the aims", () => {
  const text = report(figures);
  assert.match(text, /^panel: 60 domains with a site each, 1 runs/);
  assert.match(text, /aim 120 MB (met|NOT met)/);
  assert.match(text, /p99 of the slowest list, one visitor: [\d.]+ ms, aim 25 ms (met|NOT met)/);
});
