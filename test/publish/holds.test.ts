/** Units that stand still on purpose: what a run does with them, and when it goes on all the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { chipOf, type HoldReason, holdUnits, listHolds, releaseHold, touch } from "../../src/publish/index.js";
import { makePanel, type Panel, type Words } from "./rig.js";

const site = (number: number, text: string, ...more: string[]): Words => ({ text, names: [`s${number}.example.org`, ...more] });
const ALL = { own: {}, take: 20 };

async function publish(panel: Panel, units: Record<string, Words | null>): Promise<void> {
  await panel.set(units);
  await panel.publisher.idle();
}

async function hold(panel: Panel, key: string, reason: HoldReason): Promise<void> {
  const unit = await panel.unit(key);
  await panel.ctx.transaction((tx) => holdUnits(tx, [unit], { reason, data: { number: 1, note: "n" }, by: "ana" }));
}

async function textOf(panel: Panel, key: string): Promise<string> {
  const files = (await panel.machine.live()) ?? {};
  return /^(text .*|notice.*)/m.exec(files[`tester/accounts/${key}.conf`] ?? "")?.[1] ?? "nothing";
}

const dropped = (panel: Panel) => panel.ctx.db.auditEntry.count({ where: { verb: "publications.hold.dropped" } });

for (const reason of ["putBack", "drift", "adopted"] as const) {
  test(`a unit held for ${reason} stands still and counts on; a run of held units alone is idle; released, it goes on`, async (t) => {
    const panel = await makePanel(t);
    await publish(panel, { "2001": site(2001, "first"), "2002": site(2002, "first") });
    await hold(panel, "2001", reason);
    const publications = await panel.ctx.db.publication.count();
    await publish(panel, { "2001": site(2001, "second") });
    const held = await panel.unit("2001");
    assert.equal(held.wanted, 2);
    assert.deepEqual(chipOf(held), { state: "held", reason, data: { number: "1", note: "n" } });
    assert.deepEqual(await panel.publisher.run("web1"), { publicationId: null, state: "idle" });
    assert.equal(await panel.ctx.db.publication.count(), publications, "nothing was done, so nothing is listed");
    assert.deepEqual(await panel.publisher.catchUp(), [], "nobody asks again and again");
    assert.deepEqual((await panel.publisher.dryRun("web1")).units, []);
    await publish(panel, { "2001": site(2001, "third"), "2002": site(2002, "third") });
    assert.deepEqual([await textOf(panel, "2001"), await textOf(panel, "2002")], ["text first", "text third"], "the others go on");
    const released = await panel.ctx.transaction((tx) => releaseHold(tx, [held]));
    assert.deepEqual(
      released.map(({ key }) => key),
      ["2001"],
    );
    await panel.publisher.idle();
    const free = await panel.unit("2001");
    assert.deepEqual([await textOf(panel, "2001"), chipOf(free), free.heldAt, free.heldBy], ["text third", { state: "verified" }, null, null]);
    assert.equal((await panel.ctx.transaction((tx) => releaseHold(tx, [held]))).length, 0, "what nobody holds is left alone");
    assert.equal((await panel.unit("2001")).wanted, free.wanted);
    assert.equal(await dropped(panel), 0);
  });
}

const LOSSES: [string, Words | null, string][] = [
  ["it is withdrawn", { ...site(2001, "suspended"), withdrawn: true }, "text suspended"],
  ["it is gone", null, "nothing"],
  ["it gave a name up", { text: "without", names: ["s2001.example.org"] }, "text without"],
];

for (const [why, words, after] of LOSSES) {
  test(`a held unit goes on when ${why}; a guard's does not`, async (t) => {
    const panel = await makePanel(t);
    const before = { "2001": site(2001, "first", "lost.example.org"), "2002": { text: "first", names: ["s2002.example.org", "lost2.example.org"] } };
    await publish(panel, before);
    await hold(panel, "2001", "putBack");
    await hold(panel, "2002", "guard");
    const own = words === null ? null : { ...words, names: ["s2002.example.org"] };
    await publish(panel, { "2001": words, "2002": own });
    assert.equal(await textOf(panel, "2001"), after);
    assert.equal((await panel.unit("2001")).hold, null);
    assert.equal(await dropped(panel), 1);
    const entry = await panel.ctx.db.auditEntry.findFirstOrThrow({ where: { verb: "publications.hold.dropped" }, include: { payload: true } });
    assert.equal(entry.actorKind, "system");
    assert.match(entry.payload?.payload ?? "", /"reason":"putBack"/);
    assert.equal(await textOf(panel, "2002"), "text first");
    assert.deepEqual([(await panel.unit("2002")).hold, (await panel.unit("2002")).published], ["guard", 2]);
  });
}

test("what was held for its former owner goes on when it passes to another account; a guard's does not", async (t) => {
  const panel = await makePanel(t);
  await publish(panel, { "2001": site(2001, "first"), "2002": site(2002, "first") });
  await hold(panel, "2001", "adopted");
  await hold(panel, "2002", "guard");
  for (const key of ["2001", "2002"]) await panel.ctx.transaction((tx) => touch(tx, [{ hostId: "web1", role: "web", key, accountId: "2009" }]));
  assert.deepEqual([(await panel.unit("2001")).hold, (await panel.unit("2002")).hold], [null, "guard"]);
  const entry = await panel.ctx.db.auditEntry.findFirstOrThrow({ where: { verb: "publications.hold.dropped" } });
  assert.equal(entry.accountId, "2001", "told to whom it was held for");
});

test("a machine installed anew gets everything; nobody stands at what is gone", async (t) => {
  const panel = await makePanel(t);
  await publish(panel, { "2001": site(2001, "first"), "2002": site(2002, "first") });
  await publish(panel, { "2003": site(2003, "between") });
  await hold(panel, "2001", "adopted");
  await hold(panel, "2002", "guard");
  await panel.machine.wipe();
  // A run that has nothing to send does not ask the machine.
  await publish(panel, { "2001": site(2001, "second"), "2003": site(2003, "second") });
  const texts = await Promise.all(["2001", "2002", "2003"].map((key) => textOf(panel, key)));
  assert.deepEqual(texts, ["text second", "text first", "text second"]);
  assert.equal((await listHolds(panel.ctx.db, ALL)).total, 0);
  assert.equal(await panel.ctx.db.auditEntry.count({ where: { verb: "publications.hold.all_dropped" } }), 1);
});

test("holds are listed by account, reason and words, the latest first", async (t) => {
  const panel = await makePanel(t);
  await publish(panel, { "2001": site(2001, "first"), "2002": site(2002, "first"), "2003": site(2003, "first") });
  await hold(panel, "2001", "drift");
  panel.ctx.clock.advance(60);
  await hold(panel, "2003", "guard");
  const keys = async (filter: object) => (await listHolds(panel.ctx.db, { ...ALL, ...filter })).rows.map(({ key }) => key);
  assert.deepEqual(await keys({}), ["2003", "2001"]);
  assert.deepEqual(await keys({ reason: "drift" }), ["2001"]);
  assert.deepEqual(await keys({ own: { accountId: { in: ["2001", "2002"] } } }), ["2001"]);
  assert.deepEqual(await keys({ own: { accountId: { in: [] } } }), []);
  assert.deepEqual(await keys({ q: "2003" }), ["2003"]);
  assert.deepEqual(await keys({ hostId: "web2" }), []);
  assert.deepEqual(await keys({ accountId: "2003" }), ["2003"]);
});
