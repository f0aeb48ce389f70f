/** A hundred poisoned among a thousand, in ten ways; ten times as many by `npm run bench poison`. Counts, never times. */
// This file may take 600 seconds.
import assert from "node:assert/strict";
import { test } from "node:test";
import { NEEDS_ROOT } from "../daemons/private-machine.js";
import { KINDS, makeVillage } from "./poison/village.js";
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

test("a template made wrong on purpose is our fault: refused, nobody blamed, all serve as before, whoever refuses it", {
  skip: NEEDS_ROOT,
  timeout: 600_000,
}, async (t) => {
  const village = await makeVillage(t, 24, () => true);
  assert.equal(await village.publish("v1", "nobody"), "done");
  const codes = ["apache.unknown_directive", "apache.port_taken", "publications.not_rendered"];
  const wrong = KINDS.filter(({ code }) => codes.includes(code));
  assert.equal(wrong.length, codes.length);
  for (const kind of wrong) {
    assert.equal(await village.publish("v2", kind), "refused", kind.code);
    assert.equal(await village.ctx.db.publishUnit.count({ where: { quarantineCode: { not: null } } }), 0, `${kind.code}: nobody is blamed`);
    const { errors } = await village.ctx.db.publication.findFirstOrThrow({ orderBy: { number: "desc" } });
    assert.match(JSON.stringify(errors), new RegExp(`publications\\.failing_alike.*${kind.code}`));
    const said = await Promise.all(village.numbers.map(village.visit));
    assert.deepEqual([...new Set(said.map((text) => text.slice(0, 2)))], ["v1"], kind.code);
  }
  assert.equal(await village.publish("v2", "nobody"), "done");
});
