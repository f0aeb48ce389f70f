/** Subjects follow sites and the names of machines. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { selfSigned } from "../../../src/core/http/certificate.js";
import { Secret } from "../../../src/core/secret.js";
import { addCertificate, keyOf } from "../../../src/features/certificates/certificates.js";
import { factsOf } from "../../../src/features/certificates/facts.js";
import { followPanel, getSubject, listSubjects } from "../../../src/features/certificates/subjects.js";
import { changeDoor } from "../../../src/features/ftp/host-settings.js";
import { releaseSite, removeSite } from "../../../src/features/sites/removal.js";
import { addAddress, addSite, removeAddress } from "../../../src/features/sites/sites.js";
import { buildTestApp, type TestApp } from "../../support/app.js";
import { createAccount, createHost, memberOf } from "../../support/factories.js";

const DAY_MS = 86_400_000;

/** Gives a site's subject the certificate that a form would have brought. */
async function give(t: TestApp, key: string, names: string[]) {
  const system = t.ctx();
  const subject = await getSubject(system, key);
  const { certificate, key: pem } = selfSigned(names, [], t.services.clock.now());
  const facts = factsOf(certificate);
  const given = {
    source: "own" as const,
    directory: null,
    chain: certificate,
    key: new Secret(pem),
    facts,
    renewAt: new Date(facts.notAfter.getTime() - DAY_MS),
    ariId: null,
  };
  return system.transaction(async (tx) => addCertificate(tx, t.services, subject, given));
}

test("a subject follows the addresses of its site, and leaves with it", async (t) => {
  const app = await buildTestApp(t);
  const account = await createAccount(app.ctx());
  const system = app.ctx();
  const site = await addSite(system, { accountId: account.id, address: "asso.example.org", kind: "folder", withWww: false });
  await addAddress(system, site.id, { address: "www.other.example.net" });
  const subject = await getSubject(system, site.id);
  assert.deepEqual(
    subject.names.map(({ name, state }) => [name, state]),
    [
      ["asso.example.org", "wanted"],
      ["www.other.example.net", "wanted"],
    ],
  );
  assert.equal(subject.state, "waiting");
  assert.ok(subject.nextAt, "the job looks soon");

  await give(app, site.id, ["asso.example.org"]);
  assert.equal((await getSubject(system, site.id)).state, "partial");
  const places = await app.services.db.certificatePlace.findMany();
  assert.deepEqual(
    places.map(({ hostId, role, name }) => [hostId, role, name]),
    [[account.webHostId, "web", "asso.example.org"]],
  );

  await removeAddress(system, site.id, "www.other.example.net");
  assert.deepEqual(
    (await getSubject(system, site.id)).names.map(({ name }) => name),
    ["asso.example.org"],
  );
  assert.equal((await getSubject(system, site.id)).state, "valid");

  await removeSite(system, site.id);
  assert.equal((await listSubjects(system)).total, 0, "what lies in the bin is not listed");
  await releaseSite(system, site.id);
  assert.equal(await app.services.db.certificateSubject.count(), 0);
  const [place] = await app.services.db.certificatePlace.findMany();
  assert.equal(place?.wantedId, null, "the file is to be taken off");
  assert.ok(place?.nextAt);
});

test("numbers grow, the key opens only at its place, the one before is kept once it was seen", async (t) => {
  const app = await buildTestApp(t);
  const account = await createAccount(app.ctx());
  const system = app.ctx();
  const site = await addSite(system, { accountId: account.id, address: "asso.example.org", withWww: false, kind: "folder" });
  const first = await give(app, site.id, ["asso.example.org"]);
  const second = await give(app, site.id, ["asso.example.org"]);
  assert.ok(second.number > first.number);
  assert.equal((await getSubject(system, site.id)).previousId, null, "the first one was never seen from outside");
  await app.services.db.certificate.update({ where: { id: second.id }, data: { verifiedAt: app.services.clock.now() } });
  const third = await give(app, site.id, ["asso.example.org"]);
  const subject = await getSubject(system, site.id);
  assert.deepEqual([subject.currentId, subject.previousId], [third.id, second.id]);
  assert.match(keyOf(app.services, third).reveal(), /BEGIN PRIVATE KEY/);
  assert.throws(() => keyOf(app.services, { id: first.id, key: third.key }), /belongs elsewhere/);
});

test("names of our own: FTP of a host, and the panel", async (t) => {
  const app = await buildTestApp(t);
  const system = app.ctx();
  const host = await createHost(app.ctx(), { roles: ["ftp"] });
  const words = { publicName: "ftp.hosting.example.org", oldNames: "ftp.old.example.org", sshFingerprint: "", tlsFingerprint: "" };
  await changeDoor(system, host.id, words);
  assert.deepEqual(
    (await getSubject(system, "ftp.hosting.example.org")).names.map(({ name }) => name),
    ["ftp.hosting.example.org", "ftp.old.example.org"],
  );
  await changeDoor(system, host.id, { ...words, publicName: "", oldNames: "" });
  assert.equal((await listSubjects(system)).total, 0);

  const env = { ...app.services.env, origin: "https://secure.example.org", tls: { certificate: "", key: "" } };
  await followPanel(system, { env });
  await followPanel(system, { env });
  assert.equal((await listSubjects(system)).total, 1);
  await followPanel(system, { env: { ...env, origin: "https://panel.example.org" } });
  const panel = await getSubject(system, "panel.example.org");
  assert.deepEqual([panel.service, panel.title], ["panel", "panel.example.org"]);
  await followPanel(system, { env: { ...env, origin: "https://localhost:8443" } });
  assert.equal((await getSubject(system, "panel.example.org")).id, panel.id);
});

test("another account sees nothing of it", async (t) => {
  const app = await buildTestApp(t);
  const [mine, other] = [await createAccount(app.ctx()), await createAccount(app.ctx())];
  const system = app.ctx();
  const site = await addSite(system, { accountId: mine.id, address: "asso.example.org", kind: "folder" });
  const stranger = app.ctx(memberOf(other));
  await assert.rejects(getSubject(stranger, site.id), { code: "certificates.subject_unknown" });
  assert.equal((await listSubjects(stranger)).total, 0);
});
