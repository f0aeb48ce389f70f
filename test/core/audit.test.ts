import assert from "node:assert/strict";
import { test } from "node:test";
import { cutAudit, eraseAudit, listAudit, verifyAudit } from "../../src/core/audit-trail.js";
import { Secret } from "../../src/core/secret.js";
import { createActor, createTestContext, type TestContext } from "../support/context.js";

async function write(ctx: TestContext, count: number, accountId: string | null = "account-1"): Promise<void> {
  for (let i = 0; i < count; i += 1)
    await ctx.as(createActor("alice")).transaction(async (tx) => {
      const object = { type: "site", id: `s${i}`, name: `site ${i}.example.org` };
      tx.audit({ verb: "sites.site.changed", accountId, object, old: { php: "8.1" }, new: { php: "8.2" } });
    });
}

test("the chain is intact, without holes, and tells who did what", async (t) => {
  const ctx = await createTestContext(t);
  assert.deepEqual(await verifyAudit(ctx.db), { intact: true, entries: 0, erased: 0, cutAt: 0, head: "0".repeat(64), faults: [] });
  await write(ctx, 3);
  const proof = await verifyAudit(ctx.db);
  assert.equal(proof.intact, true);
  assert.equal(proof.entries, 3);
  const [newest] = (await listAudit(ctx.db, { accountIds: ["account-1"], take: 1 })).rows;
  assert.equal(newest?.position, 3);
  assert.deepEqual(newest?.content, { actor: "alice", address: "192.0.2.1", object: "site 2.example.org", old: { php: "8.1" }, new: { php: "8.2" } });
  assert.deepEqual(await listAudit(ctx.db, { accountIds: [], take: 9 }), { rows: [], total: 0 });
});

const tampers: [string, (ctx: TestContext) => Promise<unknown>, object][] = [
  ["a changed verb", (ctx) => ctx.db.auditEntry.update({ where: { position: 2 }, data: { verb: "sites.site.added" } }), { position: 2, fault: "changed" }],
  ["another actor", (ctx) => ctx.db.auditEntry.update({ where: { position: 2 }, data: { actorId: "bob" } }), { position: 2, fault: "changed" }],
  ["another time", (ctx) => ctx.db.auditEntry.update({ where: { position: 2 }, data: { at: new Date(0) } }), { position: 2, fault: "changed" }],
  ["a changed payload", (ctx) => ctx.db.auditPayload.update({ where: { position: 2 }, data: { payload: "{}" } }), { position: 2, fault: "payload_changed" }],
  ["a removed payload row", (ctx) => ctx.db.auditPayload.delete({ where: { position: 2 } }), { position: 2, fault: "payload_missing" }],
  [
    "an emptied payload that nobody erased",
    (ctx) => ctx.db.auditPayload.update({ where: { position: 2 }, data: { payload: null, salt: null } }),
    { position: 2, fault: "payload_changed" },
  ],
];
for (const [what, tamper, fault] of tampers)
  test(`${what} is told`, async (t) => {
    const ctx = await createTestContext(t);
    await write(ctx, 3);
    await tamper(ctx);
    const proof = await verifyAudit(ctx.db);
    assert.equal(proof.intact, false);
    assert.deepEqual(proof.faults[0], fault);
  });

test("a removed entry is told, with the entry that no longer follows", async (t) => {
  const ctx = await createTestContext(t);
  await write(ctx, 3);
  await ctx.db.auditEntry.delete({ where: { position: 2 } });
  const { intact, faults } = await verifyAudit(ctx.db);
  assert.equal(intact, false);
  assert.deepEqual(faults, [
    { position: 2, fault: "missing" },
    { position: 3, fault: "changed" },
  ]);
});

test("what is erased is gone and counted, and the chain stays intact", async (t) => {
  const ctx = await createTestContext(t);
  await write(ctx, 2, "leaving");
  await write(ctx, 1, "staying");
  assert.equal(await eraseAudit(ctx, "leaving"), 2);
  const proof = await verifyAudit(ctx.db);
  assert.equal(proof.intact, true);
  assert.equal(proof.erased, 2);
  const texts = JSON.stringify(await ctx.db.auditPayload.findMany({ where: { entry: { accountId: "leaving" } } }));
  assert.doesNotMatch(texts, /alice|example\.org|192\.0\.2\.1/);
  const [kept] = (await listAudit(ctx.db, { accountIds: ["staying"], take: 1 })).rows;
  assert.equal(kept?.content?.actor, "alice");
});

test("retention cuts behind a checkpoint, also to the last entry, and the chain goes on", async (t) => {
  const ctx = await createTestContext(t);
  await write(ctx, 3);
  await cutAudit(ctx, 2, "older than a year");
  let proof = await verifyAudit(ctx.db);
  assert.deepEqual([proof.intact, proof.cutAt, proof.entries], [true, 2, 2]);
  await cutAudit(ctx, 4, "all of it");
  await write(ctx, 1);
  proof = await verifyAudit(ctx.db);
  assert.deepEqual([proof.intact, proof.cutAt, proof.entries], [true, 4, 2]);
  await ctx.db.auditEntry.update({ where: { position: 5 }, data: { verb: "x" } });
  await assert.rejects(cutAudit(ctx, 5, "hides a fault"), { code: "core.audit_broken" });
});

test("a secret is never payload, however deep", async (t) => {
  const ctx = await createTestContext(t);
  const act = ctx.transaction(async (tx) => {
    tx.audit({ verb: "test.secret", accountId: null, object: { type: "x", id: "x", name: "x" }, new: { list: [{ deep: new Secret("hunter2") }] } });
  });
  await assert.rejects(act, /may not stand in the audit trail/);
});
