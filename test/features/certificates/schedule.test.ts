/** When certificates are renewed and tried again, whatever the clock did. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { backOff, isAhead, nextLook, planOf, renewalOf, suggestedRenewal } from "../../../src/features/certificates/schedule.js";

const DAY_MS = 86_400_000;
const NOW = new Date("2026-11-28T12:00:00Z");
const later = (ms: number) => new Date(NOW.getTime() + ms);
const name = (word: string, change: object = {}) => ({ name: word, state: "wanted", nextAt: null, position: 0, ...change });

test("a renewal begins at two thirds of any life, and they are spread", () => {
  const moments = new Set<number>();
  for (let index = 0; index < 200; index += 1) {
    for (const days of [6, 90]) {
      const at = renewalOf({ notBefore: NOW, notAfter: later(days * DAY_MS), fingerprint: `f${index}` });
      const part = (at.getTime() - NOW.getTime()) / (days * DAY_MS);
      assert.ok(part >= 2 / 3 && part <= 2 / 3 + 1 / 60, `${part}`);
      moments.add(at.getTime());
    }
  }
  assert.ok(moments.size > 390, "not all at once");
  const certificate = { notBefore: NOW, notAfter: later(90 * DAY_MS), fingerprint: "f" };
  const late = suggestedRenewal({ start: later(89 * DAY_MS), end: later(90 * DAY_MS) }, certificate);
  assert.ok(late.getTime() <= NOW.getTime() + 81 * DAY_MS, "however late it is suggested");
});

test("back-off grows from five minutes to a day and never beyond", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.string(), (failures, key) => {
      const pause = backOff(failures, key);
      assert.ok(pause >= 300_000 && pause <= DAY_MS);
      assert.ok(pause <= backOff(failures + 1, key));
    }),
  );
});

test("whatever a wrong clock wrote, something is looked at within a day", () => {
  fc.assert(
    fc.property(fc.integer({ min: -4000, max: 4000 }), fc.array(fc.integer({ min: -4000, max: 4000 }), { maxLength: 4 }), (renew, tries) => {
      const names = tries.map((days, index) => name(`n${index}`, { state: "failing", nextAt: later(days * DAY_MS) }));
      const at = nextLook(names, { renewAt: later(renew * DAY_MS) }, { id: "s" }, NOW).getTime() - NOW.getTime();
      assert.ok(at >= 60_000 && at <= DAY_MS);
    }),
  );
  assert.equal(isAhead(later(DAY_MS), NOW), true);
  assert.equal(isAhead(later(3 * DAY_MS), NOW), false);
  assert.equal(isAhead(later(-1), NOW), false);
});

test("what a subject needs", () => {
  const current = { names: ["a.org", "*.w.org"], renewAt: later(DAY_MS), revokedAt: null, source: "acme" };
  assert.equal(planOf([name("a.org"), name("b.w.org")], current, NOW), null);
  assert.deepEqual(planOf([name("a.org"), name("b.org")], current, NOW), { considered: ["a.org", "b.org"], missing: ["b.org"], renewing: false });
  const asleep = name("b.org", { state: "failing", nextAt: later(3_600_000) });
  assert.equal(planOf([name("a.org"), asleep], current, NOW), null);
  assert.deepEqual(planOf([asleep], null, NOW), null);
  assert.equal(planOf([name("a.org"), asleep], { ...current, renewAt: NOW }, NOW)?.renewing, true);
  assert.equal(planOf([name("a.org")], { ...current, revokedAt: NOW }, NOW)?.renewing, true);
  assert.equal(planOf([name("a.org")], { ...current, source: "own" }, NOW)?.renewing, true);
  assert.equal(planOf([name("a.org"), name("b.org", { state: "failing", nextAt: later(60_000) })], current, NOW), null, "it sleeps a minute more");
  const together = name("c.org", { state: "failing", nextAt: later(60_000) });
  assert.deepEqual(planOf([name("b.org"), together], current, NOW)?.considered, ["b.org", "c.org"]);
});
