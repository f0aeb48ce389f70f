/** Proofs by DNS are taken back one by one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { lookAt } from "../../../src/features/certificates/checks.js";
import { hideProofs } from "../../../src/features/certificates/dns-proof.js";
import { addDomain } from "../../../src/features/domains/index.js";
import { buildTestApp } from "../../support/app.js";
import { createAccount } from "../../support/factories.js";

test("what proves a wildcard stays while the proof of its name is taken back", async (t) => {
  const app = await buildTestApp(t);
  const system = app.ctx();
  const { db } = app.services;
  const account = await createAccount(system);
  const { id: domainId } = await addDomain(system, { accountId: account.id, name: "example.org" });
  for (const value of ["of-the-name", "of-the-wildcard"])
    await db.acmeRecord.create({ data: { domainId, accountId: account.id, name: "_acme-challenge.example.org", value } });
  const left = async () => (await db.acmeRecord.findMany({ orderBy: { value: "asc" } })).map(({ value }) => value);
  await hideProofs(system, [{ name: "example.org", value: "of-the-name" }]);
  assert.deepEqual(await left(), ["of-the-wildcard"]);
  await hideProofs(system, [{ name: "*.example.org", value: "of-the-wildcard" }]);
  assert.deepEqual(await left(), []);
});

test("nobody's name is proven in the zone of another account", async (t) => {
  const app = await buildTestApp(t);
  const system = app.ctx();
  const { db } = app.services;
  const [holder, guest] = [await createAccount(system), await createAccount(system)];
  const { id: domainId } = await addDomain(system, { accountId: holder.id, name: "example.org" });
  const zone = { mode: "hosted" as const, dnsHostId: holder.host.id };
  const row = { domainId, accountId: holder.id, name: "example.org", serialFloor: 1, ...zone };
  await db.zone.upsert({ where: { domainId }, create: row, update: zone });
  const look = async (accountId: string) => {
    const asked = { title: "", search: "", challenge: "dns", accountId };
    const subject = await db.certificateSubject.create({ data: asked });
    return lookAt(app.services, subject, ["*.guest.example.org"], { issuers: [], accountUrl: null, unready: new Set() });
  };
  assert.equal((await look(guest.id)).leftOut[0]?.code, "certificates.wildcard_elsewhere");
  assert.notEqual((await look(holder.id)).leftOut[0]?.code, "certificates.wildcard_elsewhere", "the holder's own is asked for");
});
