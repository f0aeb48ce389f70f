/** A machine that is away: what waits for it is kept, tried less and less often, and goes out within a minute of its return. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Chip, chipOf, listWaitingHosts } from "../../src/publish/index.js";
import { makePanel, type Words } from "./rig.js";

const site = (text: string): Words => ({ text, names: ["s2001.example.org"] });

test("the pause grows while nobody answers, the door is knocked at each minute, and its return is enough", async (t) => {
  const panel = await makePanel(t);
  const { clock } = panel.ctx;
  const chip = async (): Promise<Chip["state"]> => chipOf(await panel.unit("2001")).state;
  const waiting = async () => (await listWaitingHosts(panel.ctx))[0];
  await panel.set({ "2001": site("first") });
  await panel.publisher.idle();
  await panel.machine.lock();
  await panel.set({ "2001": site("next") });
  await panel.publisher.idle();
  assert.equal(await chip(), "waiting");
  const pauses: number[] = [];
  for (let failures = 1; failures <= 8; failures += 1) {
    const found = await waiting();
    assert.ok(found?.nextAt && found.away && found.units === 1 && found.failures === failures, JSON.stringify(found));
    pauses.push((found.nextAt.getTime() - clock.now().getTime()) / 60_000);
    clock.advance(60);
    if (failures > 1) assert.deepEqual(await panel.publisher.catchUp(), [], "still away, and not its time");
    clock.advance(60 * 60);
    assert.deepEqual(await panel.publisher.catchUp(), ["web1"]);
    await panel.publisher.idle();
  }
  assert.deepEqual(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
  const publications = await panel.ctx.db.publication.count();
  await panel.machine.unlock();
  clock.advance(60);
  assert.deepEqual(await panel.publisher.catchUp(), ["web1"], "it answers again: nobody waits for the hour");
  await panel.publisher.idle();
  assert.equal(await chip(), "verified");
  assert.equal(await panel.ctx.db.publication.count(), publications + 1);
  assert.equal(await waiting(), undefined);
});

test("a machine that opens and then fails is not knocked at: only its time counts", async (t) => {
  const panel = await makePanel(t);
  await panel.set({ "2001": site("first") });
  await panel.publisher.idle();
  panel.machine.silence(true);
  await panel.set({ "2001": site("next") });
  await panel.publisher.idle();
  assert.equal((await listWaitingHosts(panel.ctx))[0]?.away, false);
  panel.machine.silence(false);
  panel.ctx.clock.advance(30);
  assert.deepEqual(await panel.publisher.catchUp(), []);
});

test("whoever keeps the hosts is told of a closed door once it is met, and of an open one when it is knocked at", async (t) => {
  const told: string[] = [];
  const panel = await makePanel(t, { noteReach: async (_ctx, host, fault) => void told.push(`${host} ${fault === null ? "answers" : "away"}`) });
  await panel.set({ "2001": site("first") });
  await panel.publisher.idle();
  assert.deepEqual(told, [], "nothing is written on the way of a change");
  await panel.machine.lock();
  await panel.set({ "2001": site("next") });
  await panel.publisher.idle();
  assert.deepEqual(told, ["web1 away"]);
  await panel.machine.unlock();
  panel.ctx.clock.advance(20);
  await panel.publisher.catchUp();
  await panel.publisher.idle();
  assert.deepEqual(told, ["web1 away", "web1 answers"]);
});
