import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobDefinition } from "../../src/core/feature.js";
import { checkJobs, coreJobs, listJobRuns, listJobs, runJob, scheduleJobs } from "../../src/core/jobs/index.js";
import type { Services } from "../../src/core/services.js";
import { createTestContext, type TestContext } from "../support/context.js";
import { until } from "../support/until.js";

/** As much of the services as jobs use. */
function servicesOf(ctx: TestContext): Services {
  return { db: ctx.db, log: ctx.log, clock: ctx.clock, context: (actor: TestContext["actor"]) => ctx.as(actor) } as unknown as Services;
}

function job(run: JobDefinition["run"], name = "test.job"): JobDefinition {
  return { name, schedule: "* * * * *", leaseSeconds: 60, run };
}

test("a run leaves a row with its summary and frees the lease", async (t) => {
  const ctx = await createTestContext(t);
  const outcome = await runJob(
    servicesOf(ctx),
    job(async () => ({ summary: "3 things" })),
  );
  assert.deepEqual(outcome, { state: "done", summary: "3 things" });
  const [run] = await listJobRuns(ctx.db, { limit: 9 });
  assert.deepEqual([run?.state, run?.summary, run?.error], ["done", "3 things", null]);
  assert.ok(run?.finishedAt);
  assert.equal(await ctx.db.jobLease.count(), 0);
});

test("a failure is a row, not an exception, and the next run goes on", async (t) => {
  const ctx = await createTestContext(t);
  const failing = job(async () => {
    throw new Error("no disk");
  });
  assert.equal((await runJob(servicesOf(ctx), failing)).state, "failed");
  const [run] = await listJobRuns(ctx.db, { limit: 1 });
  assert.equal(run?.state, "failed");
  assert.match(run?.error ?? "", /no disk/);
  assert.equal(
    (
      await runJob(
        servicesOf(ctx),
        job(async () => ({ summary: "" })),
      )
    ).state,
    "done",
  );
});

test("one run at a time; another panel takes over when the lease has run out, and the dead run is marked lost", async (t) => {
  const ctx = await createTestContext(t);
  let release = () => {};
  let runs = 0;
  const slow = job(async () => {
    runs += 1;
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return { summary: "slow" };
  });
  const first = runJob(servicesOf(ctx), slow);
  await until(() => runs === 1);
  const endFirst = release;
  assert.deepEqual(await runJob(servicesOf(ctx), slow), { state: "busy" });

  ctx.clock.advance(61);
  const second = runJob(servicesOf(ctx), slow);
  await until(() => runs === 2);
  const states = (await listJobRuns(ctx.db, { limit: 9 })).map((run) => run.state);
  assert.deepEqual(states, ["running", "lost"]);

  endFirst();
  await first;
  assert.equal(await ctx.db.jobLease.count(), 1, "the first run may not free the second one's lease");
  release();
  await second;
  assert.equal(await ctx.db.jobLease.count(), 0);
});

test("two panels that start at once make one run", async (t) => {
  const ctx = await createTestContext(t);
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const one = job(async () => {
    await held;
    return { summary: "" };
  });
  const panels = [runJob(servicesOf(ctx), one), runJob(servicesOf(ctx), one)];
  assert.equal((await Promise.race(panels)).state, "busy");
  release();
  const states = (await Promise.all(panels)).map(({ state }) => state);
  assert.deepEqual(states.sort(), ["busy", "done"]);
});

test("rows older than thirty days go", async (t) => {
  const ctx = await createTestContext(t);
  const quick = job(async () => ({ summary: "" }));
  await runJob(servicesOf(ctx), quick);
  ctx.clock.advance(31 * 86_400);
  await runJob(servicesOf(ctx), quick);
  assert.equal((await listJobRuns(ctx.db, { limit: 9 })).length, 1);
});

test("the clock starts a job, and stopping waits for it", async (t) => {
  const ctx = await createTestContext(t);
  let ended = false;
  const every: JobDefinition = {
    ...job(async () => {
      await ctx.db.setting.count();
      ended = true;
      return { summary: "" };
    }),
    schedule: "* * * * * *",
  };
  const scheduled = scheduleJobs(servicesOf(ctx), [every]);
  await until(async () => (await listJobRuns(ctx.db, { limit: 1 })).length > 0);
  await scheduled.stop();
  assert.equal(ended, true);
  const [last] = await listJobRuns(ctx.db, { limit: 1 });
  assert.notEqual(last?.state, "running");
});

test("wrong definitions stop the boot", () => {
  const quick = job(async () => ({ summary: "" }));
  assert.throws(() => checkJobs([quick, quick]), /two jobs are named "test\.job"/);
  assert.throws(() => checkJobs([{ ...quick, schedule: "61 * * * *" }]), /no schedule/);
});

test("the nightly proof fails when the chain is broken", async (t) => {
  const ctx = await createTestContext(t);
  const [verify] = coreJobs;
  assert.ok(verify);
  await ctx.transaction(async (tx) => tx.audit({ verb: "test.x", accountId: null, object: { type: "x", id: "x", name: "x" } }));
  assert.equal((await runJob(servicesOf(ctx), verify)).state, "done");
  await ctx.db.auditEntry.update({ where: { position: 1 }, data: { verb: "test.y" } });
  assert.equal((await runJob(servicesOf(ctx), verify)).state, "failed");
  const [overview] = await listJobs(ctx.db, [verify]);
  assert.match(overview?.last?.error ?? "", /broken at 1/);
});
