/** A hundred poisoned among a thousand, in ten ways; ten times as many by `npm run bench poison`. Counts, never times. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NEEDS_ROOT } from "../daemons/private-machine.js";
import { measure, WAYS } from "./poison.js";

test("the others go live in their new state, each poisoned one is told its own reason, within a bounded number of starts", {
  skip: NEEDS_ROOT,
  timeout: 600_000,
}, async (t) => {
  const { sites, poisoned, state, wrong, visited, counts, bound, batches } = await measure(t, 1_000);
  assert.deepEqual([sites, poisoned, state, wrong], [1_000, 100, "partial", []]);
  assert.ok(WAYS === 10 && visited >= 30);
  const starts = counts.apacheStarts + counts.apacheChecks + counts.fpmStarts;
  assert.ok(starts > 0 && starts <= bound, `${starts} starts, at most ${bound}`);
  assert.ok(counts.releases <= 4 * batches, `${counts.releases} releases of ${batches} batches`);
});
