import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { TransactionContext } from "../../src/core/context.js";
import { createActor, createTestContext } from "../support/context.js";
import { TYPESCRIPT } from "../support/typescript.js";
import { until } from "../support/until.js";

declare module "../../src/core/events.js" {
  interface EventMap {
    "test.happened": { id: string };
  }
}

const CEILING = 10;
const RACERS = 50;

/** Reads, then writes: the shape of every ceiling. */
async function addBelowCeiling(tx: TransactionContext, key: string): Promise<boolean> {
  const count = await tx.db.setting.count({ where: { key: { startsWith: "race." } } });
  if (count >= CEILING) return false;
  await tx.db.setting.create({ data: { key, value: "1" } });
  tx.audit({ verb: "test.race.added", accountId: null, object: { type: "race", id: key, name: key } });
  return true;
}

test("50 racing creations against a ceiling of 10 make 10", async (t) => {
  const ctx = await createTestContext(t);
  const made = await Promise.all(Array.from({ length: RACERS }, (_, i) => ctx.transaction((tx) => addBelowCeiling(tx, `race.${i}`))));
  assert.equal(made.filter(Boolean).length, CEILING);
  assert.equal(await ctx.db.setting.count(), CEILING);
  assert.equal(await ctx.db.auditEntry.count(), CEILING);
});

test("of two who make the same row at once, the second sees the first's", async (t) => {
  const ctx = await createTestContext(t);
  const findOrMake = () =>
    ctx.transaction(async (tx) => {
      const there = await tx.db.setting.findUnique({ where: { key: "same" } });
      if (there) return "found";
      await wait(50);
      await tx.db.setting.create({ data: { key: "same", value: "1" } });
      return "made";
    });
  assert.deepEqual((await Promise.all([findOrMake(), findOrMake()])).sort(), ["found", "made"]);
  await assert.rejects(ctx.transaction((tx) => tx.db.setting.create({ data: { key: "same", value: "2" } })));
});

test("two processes that read and then write lose nothing", async (t) => {
  const ctx = await createTestContext(t);
  await ctx.db.setting.create({ data: { key: "counter", value: "0" } });
  const times = 60;
  const child = () => fork(fileURLToPath(new URL("./racing-process.ts", import.meta.url)), [ctx.database.url, String(times)], { execArgv: [...TYPESCRIPT] });
  const ends = await Promise.all([child(), child()].map((process) => once(process, "exit")));
  assert.deepEqual(
    ends.map(([code]) => code),
    [0, 0],
  );
  const counter = await ctx.db.setting.findUniqueOrThrow({ where: { key: "counter" } });
  assert.equal(counter.value, String(2 * times));
  assert.equal(await ctx.db.auditEntry.count(), 2 * times);
});

test("a rollback drops rows, audit entries and what should follow the commit", async (t) => {
  const ctx = await createTestContext(t);
  let followed = false;
  const act = ctx.transaction(async (tx) => {
    await addBelowCeiling(tx, "race.lost");
    tx.afterCommit("test", () => {
      followed = true;
    });
    throw new Error("undone");
  });
  await assert.rejects(act, /undone/);
  assert.equal(await ctx.db.setting.count(), 0);
  assert.equal(await ctx.db.auditEntry.count(), 0);
  assert.equal(followed, false);
});

test("a nested call joins, also through the outer context; the outer db is refused inside", async (t) => {
  const ctx = await createTestContext(t);
  const act = ctx.transaction(async (tx) => {
    await tx.transaction((inner) => addBelowCeiling(inner, "race.a"));
    await ctx.transaction((inner) => addBelowCeiling(inner, "race.b"));
    assert.throws(() => ctx.db, /use tx\.db/);
    throw new Error("undone");
  });
  await assert.rejects(act, /undone/);
  assert.equal(await ctx.db.setting.count(), 0);
});

test("afterCommit runs once per key, outside the transaction, and its failure reaches nobody", async (t) => {
  const ctx = await createTestContext(t);
  const ran: number[] = [];
  const result = await ctx.transaction(async (tx) => {
    tx.afterCommit("failing", () => {
      throw new Error("ignored");
    });
    for (const i of [1, 2])
      tx.afterCommit("wake", async () => {
        ran.push(i, await ctx.db.setting.count());
      });
    await addBelowCeiling(tx, "race.a");
    return "done";
  });
  assert.equal(result, "done");
  await until(() => ran.length === 2);
  assert.deepEqual(ran, [2, 1]);
});

test("handlers of events run in the emitter's transaction and undo it when they throw", async (t) => {
  const ctx = await createTestContext(t);
  ctx.events.on("test.happened", async (tx, { id }) => {
    await tx.db.setting.create({ data: { key: `seen.${id}`, value: "1" } });
    if (id === "bad") throw new Error("handler refused");
  });
  await ctx.transaction((tx) => tx.emit("test.happened", { id: "good" }));
  await assert.rejects(
    ctx.transaction((tx) => tx.emit("test.happened", { id: "bad" })),
    /handler refused/,
  );
  assert.deepEqual(
    (await ctx.db.setting.findMany()).map((row) => row.key),
    ["seen.good"],
  );
});

test("what an act forgot to await is told, not lost", async (t) => {
  const ctx = await createTestContext(t, { actor: createActor("alice") });
  let kept: TransactionContext | undefined;
  await ctx.transaction(async (tx) => {
    kept = tx;
  });
  assert.throws(() => kept?.audit({ verb: "test.late", accountId: null, object: { type: "x", id: "x", name: "x" } }), /not awaited/);
});
