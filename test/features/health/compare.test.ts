import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fits, judgeExternal, judgeHosted, judgeKeys, judgeServers, type View } from "../../../src/features/health/compare.js";
import { type ExpectedItem, itemsOf } from "../../../src/features/health/items.js";
import { type Report, readReport, summarise } from "../../../src/features/health/report.js";

const found = (values: string[], alias: string | null = null): View => ({ state: "found", values, ttl: 600, alias });
const none: View = { state: "none" };
const unknown: View = { state: "unknown", reason: "timeout" };
const item = (type: ExpectedItem["type"], values: string[], exact = true): ExpectedItem => ({
  key: `a.test ${type}`,
  name: "a.test",
  type,
  values,
  exact,
  reasons: [],
});

test("a record is right, short, wrong, or right at the source while others remember", () => {
  const a = item("A", ["192.0.2.1"]);
  const right = found(["192.0.2.1"]);
  const other = found(["192.0.2.9"]);
  const cases: [string, View, View, boolean | null][] = [
    ["ok", right, right, true],
    ["ok", unknown, right, true],
    ["spreading", right, other, true],
    ["spreading", right, none, true],
    ["missing", none, right, true],
    ["wrong", other, right, true],
    ["wrong", unknown, other, true],
    ["missing", unknown, none, true],
    ["unknown", right, unknown, true],
    ["unknown", unknown, unknown, true],
    ["waiting", right, none, false],
    ["wrong", other, none, false],
    ["unknown", unknown, none, false],
    ["ok", right, right, null],
  ];
  for (const [state, ours, world, delegated] of cases)
    assert.equal(judgeHosted(a, ours, world, { delegated }).state, state, JSON.stringify([ours, world, delegated]));
  assert.equal(judgeHosted(a, right, other, { delegated: true }).oldFor, 600, "an old answer is told with its time");
  const external: [string, View, View][] = [
    ["ok", right, right],
    ["ok", unknown, right],
    ["ok", right, unknown],
    ["ok", found([], "host.elsewhere.test."), found(["192.0.2.1"], "host.elsewhere.test.")],
    ["spreading", right, other],
    ["missing", none, right],
    ["wrong", other, right],
    ["wrong", found([], "host.elsewhere.test."), found(["192.0.2.9"], "host.elsewhere.test.")],
    ["unknown", unknown, unknown],
  ];
  for (const [state, source, world] of external) assert.equal(judgeExternal(a, source, world).state, state, JSON.stringify([source, world]));
});

test("what else stands there is wrong for addresses and mail, and nobody's business for texts", () => {
  assert.equal(fits(item("A", ["192.0.2.1"]), found(["192.0.2.1", "192.0.2.9"])), false);
  assert.equal(fits(item("TXT", ['"mine"'], false), found(['"mine"', '"theirs"'])), true);
  assert.equal(fits(item("TXT", ['"one long text"'], false), found(['"one long" " text"'])), true, "a long text may be cut elsewhere");
  assert.equal(fits(item("TXT", ['"mine"'], false), found(['"MINE"'])), false);
});

test("name servers and keys at the parent", () => {
  assert.equal(judgeServers(["a", "b"], ["b", "a"].sort()), "ok");
  assert.equal(judgeServers(["a", "b"], ["a"]), "wrong");
  assert.equal(judgeServers(["a", "b"], ["a", "b", "old"]), "wrong");
  assert.equal(judgeServers(["a"], []), "missing");
  assert.equal(judgeKeys(true, ["1 13 2 aa"], ["1 13 2 aa", "9 8 2 bb"]), "ok");
  assert.equal(judgeKeys(true, ["1 13 2 aa"], ["9 8 2 bb"]), "wrong");
  assert.equal(judgeKeys(true, ["1 13 2 aa"], []), "advice");
  assert.equal(judgeKeys(false, [], ["9 8 2 bb"]), "wrong");
  assert.equal(judgeKeys(false, [], []), "ok");
});

test("wildcards, delegations and what lies below them are not asked one by one", () => {
  const record = (name: string, data: Parameters<typeof itemsOf>[1][number]["data"]) => ({ name, data, reason: null });
  const items = itemsOf(
    "a.test",
    [
      record("a.test", { type: "NS", target: "ns1.hoster.test" }),
      record("a.test", { type: "MX", priority: 10, target: "mx.a.test" }),
      record("a.test", { type: "MX", priority: 5, target: "mx.a.test" }),
      record("*.a.test", { type: "A", address: "192.0.2.1" }),
      record("sub.a.test", { type: "NS", target: "ns.sub.a.test" }),
      record("ns.sub.a.test", { type: "A", address: "192.0.2.1" }),
    ],
    true,
  );
  assert.deepEqual(
    items.map(({ key, values }) => [key, values]),
    [["a.test MX", ["10 mx.a.test.", "5 mx.a.test."]]],
  );
});

test("a report that cannot be read is empty, and sums up to something that can be said", () => {
  for (const stored of [null, undefined, {}, [], "x", 3, { items: "x" }]) assert.equal(readReport(stored).items.length, 0);
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("ok", "spreading", "waiting", "advice", "unknown", "missing", "wrong")),
      fc.constantFrom(true, false, null),
      (states, delegated) => {
        const items = states.map((state, at) => ({ key: String(at), kind: "record", state }));
        const report = { ...readReport(null), delegated, items } as unknown as Report;
        const all = summarise(report, new Set());
        const faults = states.filter((state) => state === "missing" || state === "wrong").length;
        assert.equal(all.wrong, faults);
        assert.equal(all.state === "wrong", faults > 0);
        assert.equal(summarise(report, new Set(items.map(({ key }) => key))).wrong, 0, "what people ignore does not count");
      },
    ),
  );
});
