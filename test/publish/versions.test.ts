import assert from "node:assert/strict";
import { test } from "node:test";
import { chipOf, touch } from "../../src/publish/index.js";
import { type Lease, takeLease } from "../../src/publish/lock.js";
import { createTestContext } from "../support/context.js";
import { testProvider } from "../support/database.js";
import { until } from "../support/until.js";
import { makePanel, type Panel, setWords, testRole } from "./rig.js";

const site = (number: number, text: string) => ({ text, names: [`s${number}.example.org`] });

/** A promise that a test resolves by hand. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

test("two transactions that overlap, on PostgreSQL committing in reverse order, are both published", async (t) => {
  const panel = await makePanel(t);
  const [begun, finish] = [gate(), gate()];
  const slow = panel.ctx.transaction(async (tx) => {
    await setWords(tx, "web1", "web", { "2001": site(2001, "slow") });
    begun.open();
    await finish.opened;
  });
  await begun.opened;
  const fast = panel.set({ "2002": site(2002, "fast") });
  if (testProvider === "postgresql") {
    await fast;
    await panel.publisher.idle();
    assert.deepEqual(chipOf(await panel.unit("2002")), { state: "verified" });
  }
  // SQLite has one writer: there the second transaction waits for the first.
  finish.open();
  await Promise.all([slow, fast]);
  await panel.publisher.idle();
  const live = JSON.stringify(await panel.machine.live());
  assert.match(live, /text slow/);
  assert.match(live, /text fast/);
  assert.deepEqual(chipOf(await panel.unit("2001")), { state: "verified" });
});

test("a change that commits between a run's look at the versions and its look at the state is counted again, never lost", async (t) => {
  const role = testRole("web");
  const [reading, go] = [gate(), gate()];
  let first = true;
  const slowRole = {
    ...role,
    collect: async (...words: Parameters<typeof role.collect>) => {
      if (first) {
        first = false;
        reading.open();
        await go.opened;
      }
      return role.collect(...words);
    },
  };
  const panel = await makePanel(t, { roles: [slowRole] as never });
  await panel.set({ "2001": site(2001, "one") });
  await reading.opened;
  await panel.set({ "2001": site(2001, "two") });
  go.open();
  await panel.publisher.idle();
  const unit = await panel.unit("2001");
  assert.deepEqual([unit.wanted, unit.published, unit.verified], [2, 2, 2]);
  assert.match(JSON.stringify(await panel.machine.live()), /text two/);
  assert.equal(await panel.ctx.db.publication.count(), 2, "the second version had a run of its own");
});

test("a change that arrives while a run activates joins the next one", async (t) => {
  const late: { act: (() => Promise<void>) | null } = { act: null };
  const panel = await makePanel(t, {
    onStep: (step) => {
      if (step !== "verify" || late.act === null) return;
      const act = late.act;
      late.act = null;
      void act();
    },
  });
  late.act = () => panel.set({ "2001": site(2001, "two") });
  await panel.set({ "2001": site(2001, "one") });
  await until(async () => (await panel.unit("2001")).wanted === 2);
  await panel.publisher.idle();
  assert.deepEqual(chipOf(await panel.unit("2001")), { state: "verified" });
  assert.match(JSON.stringify(await panel.machine.live()), /text two/);
});

test("twenty changes at once: each unit is counted, few runs carry them", async (t) => {
  const panel = await makePanel(t);
  const numbers = Array.from({ length: 20 }, (_, i) => 2001 + (i % 10));
  await Promise.all(numbers.map((number) => panel.set({ [number]: site(number, "www") })));
  await panel.publisher.idle();
  const units = await panel.ctx.db.publishUnit.findMany();
  assert.equal(
    units.reduce((sum, unit) => sum + unit.wanted, 0),
    20,
  );
  assert.ok(units.every((unit) => unit.verified === unit.wanted));
  assert.ok((await panel.ctx.db.publication.count()) < 20);
});

test("a rolled back change touches nothing", async (t) => {
  const ctx = await createTestContext(t);
  const act = ctx.transaction(async (tx) => {
    await touch(tx, [{ hostId: "web1", role: "web", key: "2001", accountId: null }]);
    throw new Error("no");
  });
  await assert.rejects(act, /no/);
  assert.equal(await ctx.db.publishUnit.count(), 0);
});

test("a lease is taken over only when it has run out, with a greater fence; its former holder may do nothing", async (t) => {
  const ctx = await createTestContext(t);
  const limits = { leaseSeconds: 30, waitSeconds: 0.2 };
  const first = await takeLease(ctx, "web1", "one", limits);
  await assert.rejects(takeLease(ctx, "web1", "two", limits), { code: "publications.host_busy" });
  ctx.clock.advance(31);
  const second = await takeLease(ctx, "web1", "two", limits);
  assert.ok(second.fence > first.fence);
  await assert.rejects(
    ctx.transaction((tx) => first.assertHeldIn(tx)),
    { code: "publications.lease_lost" },
  );
  await ctx.transaction((tx) => second.assertHeldIn(tx));
  await first.release();
  await assert.rejects(takeLease(ctx, "web1", "three", limits), { code: "publications.host_busy" }, "the first holder cannot release the second's lease");
  await second.raise(second.fence + 5);
  await second.release();
  const third = await takeLease(ctx, "web1", "three", limits);
  assert.equal(third.fence, first.fence + 8);
  await third.release();
});

/** Another panel has taken over; the stalled one learns it where it writes next, or, when its clock is behind, from the machine alone. */
const LATE = [
  { where: "the database", code: "publications.lease_lost" },
  { where: "the machine", code: "publications.machine_fence" },
];
for (const { where, code } of LATE)
  test(`a stalled panel cannot activate late: ${where} refuses, and its run says so`, async (t) => {
    const stalled = gate();
    const arrived = gate();
    let stall = true;
    const machineRole = testRole("web");
    const slow = {
      ...machineRole,
      // The stall is between taking the lease and staging, which is all that a suspended process is.
      collect: async (...words: Parameters<typeof machineRole.collect>) => {
        const found = await machineRole.collect(...words);
        if (stall) {
          stall = false;
          arrived.open();
          await stalled.opened;
        }
        return found;
      },
    };
    const panel = await makePanel(t, { roles: [slow] as never });
    await panel.set({ "2001": site(2001, "old") });
    await arrived.opened;
    // Another panel takes over and publishes: the machine sees its fence.
    const host = await panel.publisher.hosts.find(panel.ctx.db, "web1");
    let lease: Lease | null = null;
    if (where === "the database") {
      panel.ctx.clock.advance(31);
      lease = await takeLease(panel.ctx, "web1", "another panel", { leaseSeconds: 30, waitSeconds: 1 });
    }
    const seen = await host?.machine.rollback({ fence: lease?.fence ?? 99, root: "0".repeat(64) });
    assert.ok(seen);
    stalled.open();
    await panel.publisher.idle();
    const publication = await panel.publication();
    assert.equal(publication.state, "failed");
    assert.equal((publication.errors as { code: string }[])[0]?.code, code);
    assert.equal(await panel.machine.live(), null);
    assert.deepEqual(chipOf(await panel.unit("2001")), { state: "waiting" });
    await lease?.release();
  });

test("a unit that passes to another account while a run is under way is the other's, whatever the run read before", async (t) => {
  const role = testRole("web");
  let owner = "giver";
  const owned = {
    ...role,
    collect: async (...words: Parameters<typeof role.collect>) => (await role.collect(...words)).map((unit) => ({ ...unit, accountId: owner })),
  };
  let passed = false;
  const panel: Panel = await makePanel(t, {
    roles: [owned] as never,
    onStep: (step) => {
      if (step !== "verify" || passed) return;
      passed = true;
      moving = panel.ctx.transaction((tx) => {
        owner = "taker";
        return touch(tx, [{ hostId: "web1", role: "web", key: "2001", accountId: "taker" }]);
      });
    },
  });
  let moving: Promise<void> = Promise.resolve();
  const seen: (string | null)[] = [];
  panel.publisher.events.listen(({ accountId, chip }) => void (chip.state === "waiting" && seen.push(accountId)));
  await panel.ctx.transaction(async (tx) => {
    await setWords(tx, "web1", "web", { "2001": site(2001, "one") });
    await touch(tx, [{ hostId: "web1", role: "web", key: "2001", accountId: "giver" }]);
  });
  await panel.publisher.idle();
  await moving;
  await panel.publisher.idle();
  assert.deepEqual(seen, ["taker"], "the first run settled its version, and left the new owner");
  assert.deepEqual([(await panel.unit("2001")).accountId, (await panel.unit("2001")).verified], ["taker", 3]);
});

test("a lease whose fence is being raised is not lost to its own renewal", async (t) => {
  const ctx = await createTestContext(t);
  let renewed = 0;
  const { hostLease } = ctx.db;
  const updateMany = async (args: Parameters<typeof hostLease.updateMany>[0]) => {
    const done = await hostLease.updateMany(args);
    const before = renewed;
    if (args.data.fence === undefined) renewed += 1;
    // The new fence stands in the database, and its holder has not heard of it yet.
    else await until(() => renewed > before + 1);
    return done;
  };
  const slow = instead(ctx, "db", instead(ctx.db, "hostLease", instead(hostLease, "updateMany", updateMany)));
  const lease = await takeLease(slow, "web1", "one", { leaseSeconds: 0.03, waitSeconds: 0.2 });
  await lease.raise(lease.fence + 5);
  assert.equal(lease.lost.aborted, false);
  await lease.release();
});

/** The same thing with something else in the place of one of its parts. */
function instead<T extends object>(whole: T, part: keyof T, other: unknown): T {
  return new Proxy(whole, {
    get(target, name) {
      const value = name === part ? other : Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
