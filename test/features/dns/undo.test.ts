/** The last change of a zone is taken back as a whole, and done again: whatever it was. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { importRecords } from "../../../src/features/dns/import/imports.js";
import { giveBack, turnOff } from "../../../src/features/dns/overrides.js";
import { addRecord, editRecord, removeRecord, restoreRecord } from "../../../src/features/dns/records.js";
import { lastChangeOf, undoChange } from "../../../src/features/dns/undo.js";
import { lockZone } from "../../../src/features/dns/zone-settings.js";
import { getZone } from "../../../src/features/dns/zones.js";
import { addSite } from "../../../src/features/sites/index.js";
import { giveDomain } from "../../../src/features/transfers/offers.js";
import { createDnsScene } from "./scene.js";

const NAME = "asso.test";
const code = (expected: string) => (error: { code?: string }) => {
  assert.equal(error.code, expected);
  return true;
};

test("every kind of change goes back to what was before, and forward again", async (t) => {
  const { ctx, owner, features, account, table } = await createDnsScene(t);
  await addSite(owner, { accountId: account.id, address: NAME });
  const { id: mail } = await addRecord(owner, features, NAME, { name: "mail", type: "A", value: "192.0.2.25", ttl: 600, note: "the old machine" });
  const { id: gone } = await addRecord(owner, features, NAME, { name: "gone", type: "A", value: "192.0.2.26" });
  await removeRecord(owner, features, NAME, gone);
  const seen = async () => (await table()).rows.map(({ name, ttl, value, note, state, data }) => [name, ttl, data.type, value, note, state].join(" ")).sort();
  const text = "mail 300 A 192.0.2.99\nwww2 A 203.0.113.7\n@ MX 10 mx.example.net.\n";
  const changes: Record<string, () => Promise<unknown>> = {
    added: () => addRecord(owner, features, NAME, { name: "new", type: "TXT", value: '"x"' }),
    edited: () => editRecord(owner, features, NAME, mail, { value: "192.0.2.27", ttl: null, note: "" }),
    removed: () => removeRecord(owner, features, NAME, mail),
    restored: () => restoreRecord(owner, features, NAME, gone),
    off: () => turnOff(owner, features, NAME, { name: "www", type: "A" }),
    imported: () => importRecords(owner, features, NAME, { text, choices: { "mail.asso.test address": "replace" } }),
  };
  for (const [kind, change] of Object.entries(changes)) {
    const before = await seen();
    await change();
    const after = await seen();
    assert.notDeepEqual(after, before, kind);
    assert.equal(lastChangeOf(await getZone(owner, NAME), ctx.clock.now())?.what.kind, kind);
    await undoChange(owner, features, NAME);
    assert.deepEqual(await seen(), before, `${kind}: taken back`);
    await undoChange(owner, features, NAME);
    assert.deepEqual(await seen(), after, `${kind}: done again`);
    await undoChange(owner, features, NAME);
    assert.deepEqual(await seen(), before, `${kind}: and taken back once more`);
  }
  await turnOff(owner, features, NAME, { name: "www", type: "A" });
  const off = await seen();
  await giveBack(owner, features, NAME, { name: "www", type: "A" });
  await undoChange(owner, features, NAME);
  assert.deepEqual(await seen(), off);
});

test("only the change that was meant, by who may, while it is the last one", async (t) => {
  const { ctx, owner, stranger, features } = await createDnsScene(t);
  await assert.rejects(undoChange(owner, features, NAME), code("dns.nothing_to_undo"));
  await addRecord(owner, features, NAME, { name: "a", type: "A", value: "192.0.2.1" });
  const first = lastChangeOf(await getZone(owner, NAME), ctx.clock.now());
  ctx.clock.advance(5);
  await addRecord(owner, features, NAME, { name: "b", type: "A", value: "192.0.2.2" });
  await assert.rejects(undoChange(owner, features, NAME, first?.at.toISOString()), code("dns.undo_outdated"));
  await assert.rejects(undoChange(stranger, features, NAME), code("domains.domain_unknown"));
  await lockZone(owner, NAME, "");
  await assert.rejects(undoChange(owner, features, NAME), code("dns.locked"));
  ctx.clock.advance(31 * 86_400);
  assert.equal(lastChangeOf(await getZone(owner, NAME), ctx.clock.now()), null, "the bin is empty by then");
});

test("who receives a domain takes back nothing that its former holder did", async (t) => {
  const { ctx, owner, stranger, features } = await createDnsScene(t);
  await addRecord(owner, features, NAME, { name: "a", type: "A", value: "192.0.2.1" });
  await giveDomain(ctx, NAME, { to: "other" });
  await assert.rejects(undoChange(stranger, features, NAME), code("dns.nothing_to_undo"));
});
