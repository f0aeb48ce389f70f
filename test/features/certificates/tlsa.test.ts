import assert from "node:assert/strict";
import { test } from "node:test";
import { editSubject } from "../../../src/features/certificates/choices.js";
import { getSubject } from "../../../src/features/certificates/subjects.js";
import { tlsaRecords } from "../../../src/features/certificates/tlsa.js";
import { uploadCertificate } from "../../../src/features/certificates/uploads.js";
import { addDomain } from "../../../src/features/domains/index.js";
import { addSite } from "../../../src/features/sites/sites.js";
import { buildTestApp } from "../../support/app.js";
import { allowTestNames, createAccount, createHost } from "../../support/factories.js";
import { makeAuthority } from "./authority.js";

test("A signed zone tells the key of its sites' certificates: both keys while one takes over from the other", async (t) => {
  const panel = await buildTestApp(t);
  panel.clock.advance(300);
  const ctx = panel.ctx();
  const { db } = ctx;
  await allowTestNames(ctx);
  const host = await createHost(ctx);
  const account = await createAccount(ctx, { host });
  const neighbour = await createAccount(ctx, { host });
  const domain = await addDomain(ctx, { accountId: account.id, name: "asso.test" });
  const site = await addSite(ctx, { accountId: account.id, address: "asso.test", kind: "folder", folder: "www" });
  const { issue, intermediate, openssl } = makeAuthority(t);
  const give = async () => {
    const { certificate, key } = issue();
    const parts = [{ field: "chain", content: certificate + intermediate + key }];
    await uploadCertificate(ctx, panel.services, site.id, { parts, password: null, partial: false });
    const spki = openssl(["pkey", "-pubin", "-outform", "DER"], openssl(["x509", "-noout", "-pubkey"], certificate));
    return openssl(["dgst", "-sha256", "-r"], spki).toString().split(" ")[0] ?? "?";
  };
  const recordsOf = async (domains = [domain]) => {
    const map = await tlsaRecords(db, domains);
    return [...map.values()]
      .flat()
      .map(({ name, data }) => `${name} ${data.type === "TLSA" ? [data.usage, data.selector, data.matching, data.certificate].join(" ") : "?"}`);
  };
  const first = await give();
  assert.deepEqual(await recordsOf(), [], "not asked for");
  const zone = await db.zone.findUniqueOrThrow({ where: { domainId: domain.id } });
  await editSubject(ctx, panel.services, site.id, { tlsa: true });
  assert.deepEqual(await recordsOf(), [`_443._tcp.asso.test 3 1 1 ${first}`, `_443._tcp.www.asso.test 3 1 1 ${first}`]);

  // Seen from outside: a way back, whose key stays until the next one was seen too.
  const { currentId } = await getSubject(ctx, site.id);
  await db.certificate.update({ where: { id: currentId ?? "" }, data: { verifiedAt: panel.clock.now() } });
  const second = await give();
  assert.deepEqual(
    await recordsOf(),
    ["asso.test", "www.asso.test"].flatMap((name) => [second, first].map((digest) => `_443._tcp.${name} 3 1 1 ${digest}`)),
  );
  await db.certificateSubject.update({ where: { siteId: site.id }, data: { previousId: null } });
  assert.deepEqual(
    await recordsOf(),
    ["asso.test", "www.asso.test"].map((name) => `_443._tcp.${name} 3 1 1 ${second}`),
  );

  await db.zone.update({ where: { id: zone.id }, data: { signed: false } });
  assert.deepEqual(await recordsOf(), [], "an unsigned zone proves nothing");
  await db.zone.update({ where: { id: zone.id }, data: { signed: true } });
  assert.deepEqual(await recordsOf([{ ...domain, accountId: neighbour.id }]), [], "a neighbour's zone says nothing of it");
  await editSubject(ctx, panel.services, site.id, { source: "none" });
  assert.deepEqual(await recordsOf(), []);
});
