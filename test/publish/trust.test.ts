/** A run that follows a good one of the same process does not ask the machine how it is: its first verb would be refused if anything were otherwise. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { chipOf } from "../../src/publish/index.js";
import { makePanel, manifestOf, type Panel, type Words } from "./rig.js";

const site = (number: number, text: string): Words => ({ text, names: [`s${number}.example.org`] });

async function publish(panel: Panel, text: string): Promise<string[]> {
  const before = panel.machine.calls().length;
  await panel.set({ "2001": site(2001, text) });
  await panel.publisher.idle();
  return panel.machine.calls().slice(before);
}

test("asked at the first run and after a failed one, not in between", async (t) => {
  const panel = await makePanel(t);
  assert.ok((await publish(panel, "first")).includes("status"));
  assert.ok(!(await publish(panel, "second")).includes("status"));
  await panel.machine.fail("commit", "no");
  await publish(panel, "third");
  await panel.machine.mend("commit");
  assert.ok((await publish(panel, "fourth")).includes("status"));
  assert.deepEqual(chipOf(await panel.unit("2001")), { state: "verified" });
});

test("asked again when another panel has held the lease", async (t) => {
  const panel = await makePanel(t);
  await publish(panel, "first");
  await panel.ctx.db.hostLease.update({ where: { hostId: "web1" }, data: { fence: { increment: 1 } } });
  assert.ok((await publish(panel, "second")).includes("status"));
});

test("a machine that was installed anew meanwhile is noticed by the first verb, and everything is published again", async (t) => {
  const panel = await makePanel(t);
  await panel.set({ "2001": site(2001, "first"), "2002": site(2002, "first") });
  await panel.publisher.idle();
  await publish(panel, "between");
  await panel.machine.wipe();
  assert.ok((await publish(panel, "second")).includes("status"));
  const live = Object.values((await panel.machine.live()) ?? {}).map((content) => /^text .*/m.exec(content)?.[0]);
  assert.deepEqual(live.sort(), ["text first", "text second"]);
  assert.equal((await manifestOf(panel.ctx)).length, 2);
  assert.equal(await panel.ctx.db.publication.count({ where: { state: { not: "done" } } }), 0);
});

test("a live root that no panel knows stops the run, as it does at the first", async (t) => {
  const panel = await makePanel(t);
  await publish(panel, "first");
  await panel.machine.forgeRoot();
  await publish(panel, "second");
  const { state, errors } = await panel.publication();
  assert.equal(state, "refused");
  assert.match(JSON.stringify(errors), /publications\.unknown_root/);
});
