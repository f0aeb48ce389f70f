/** Subjects follow sites and the names of machines. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { selfSigned } from "../../../src/core/http/certificate.js";
import { Secret } from "../../../src/core/secret.js";
import { addCertificate, keyOf } from "../../../src/features/certificates/certificates.js";
import { factsOf } from "../../../src/features/certificates/facts.js";
import { followPanel, getSubject, listSubjects } from "../../../src/features/certificates/subjects.js";
import { domainNamed, moveDomain } from "../../../src/features/domains/index.js";
import { changeDoor } from "../../../src/features/ftp/host-settings.js";
import { releaseSite, removeSite } from "../../../src/features/sites/removal.js";
import { addAddress, addSite, removeAddress } from "../../../src/features/sites/sites.js";
import { buildTestApp, type TestApp } from "../../support/app.js";
import { createAccount, createHost, memberOf } from "../../support/factories.js";

const DAY_MS = 86_400_000;

/** Gives a site's subject the certificate that a form would have brought. */
async function give(t: TestApp, key: string, names: string[], source: "own" | "acme" = "own") {
  const system = t.ctx();
  const subject = await getSubject(system, key);
  const { certificate, key: pem } = selfSigned(names, [], t.services.clock.now());
  const facts = factsOf(certificate);
  const given = {
    source,
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

test("a name that passes to another account does not go on with the key that the one before brought", async (t) => {
  const app = await buildTestApp(t);
  const system = app.ctx();
  const { db } = app.services;
  const giver = await createAccount(system);
  const taker = await createAccount(system);
  const site = await addSite(system, { accountId: giver.id, address: "go.example.org", kind: "redirect", target: "https://example.net/", withWww: false });
  await give(app, site.id, ["go.example.org"]);
  const folder = await addSite(system, { accountId: giver.id, address: "www.example.org", kind: "folder", withWww: false });
  await give(app, folder.id, ["www.example.org"]);
  const placesOf = async () =>
    (await db.certificatePlace.findMany({ orderBy: { name: "asc" } })).map(({ hostId, name, wantedId }) => [hostId, name, wantedId !== null]);
  assert.deepEqual(await placesOf(), [
    [giver.webHostId, "go.example.org", true],
    [giver.webHostId, "www.example.org", true],
  ]);
  const domain = await domainNamed(db, "example.org");
  await system.transaction((tx) => moveDomain(tx, domain?.id ?? "", taker.id));
  assert.deepEqual(
    await placesOf(),
    [
      [giver.webHostId, "go.example.org", false],
      [giver.webHostId, "www.example.org", false],
    ],
    "both are taken off",
  );
  const moved = await getSubject(system, site.id);
  assert.deepEqual([moved.accountId, moved.source, moved.state, moved.currentId], [taker.id, "acme", "waiting", null]);
  assert.equal(moved.nextAt?.getTime(), app.services.clock.now().getTime());
  assert.equal(await db.certificate.count({ where: { subjectId: moved.id } }), 0, "nor can it be taken again");
});

test("a site that passes to an account elsewhere takes the authority's certificate along", async (t) => {
  const app = await buildTestApp(t);
  const system = app.ctx();
  const giver = await createAccount(system);
  const taker = await createAccount(system);
  const site = await addSite(system, { accountId: giver.id, address: "go.example.org", kind: "redirect", target: "https://example.net/", withWww: false });
  const { id } = await give(app, site.id, ["go.example.org"], "acme");
  const domain = await domainNamed(app.services.db, "example.org");
  await system.transaction((tx) => moveDomain(tx, domain?.id ?? "", taker.id));
  assert.equal((await getSubject(system, site.id)).currentId, id);
  const places = await app.services.db.certificatePlace.findMany();
  assert.deepEqual(
    new Map(places.map(({ hostId, wantedId }) => [hostId, wantedId])),
    new Map([
      [giver.webHostId, null],
      [taker.webHostId, id],
    ]),
  );
});
