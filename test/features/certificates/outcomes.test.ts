/** What becomes of places: verified everywhere or not at all, put back when no handshake comes about, numbers that a machine finds too small. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { selfSigned } from "../../../src/core/http/certificate.js";
import { Secret } from "../../../src/core/secret.js";
import { addCertificate } from "../../../src/features/certificates/certificates.js";
import { factsOf } from "../../../src/features/certificates/facts.js";
import { failPlace, notePlaced, noteTakenOff, noteVerified } from "../../../src/features/certificates/place-outcomes.js";
import { readProblem } from "../../../src/features/certificates/problems.js";
import { getSubject } from "../../../src/features/certificates/subjects.js";
import { addAddress, addSite, removeAddress } from "../../../src/features/sites/sites.js";
import { buildTestApp } from "../../support/app.js";
import { createAccount } from "../../support/factories.js";

const NAMES = ["a.example.org", "b.example.org"];

async function scene(t: TestContext) {
  const app = await buildTestApp(t);
  const ctx = app.ctx();
  const account = await createAccount(ctx);
  const site = await addSite(ctx, { accountId: account.id, address: NAMES[0] as string, withWww: false, kind: "folder" });
  await addAddress(ctx, site.id, { address: NAMES[1] as string });
  const { db } = app.services;
  return {
    ...{ app, ctx, db, site },
    async give() {
      const { certificate, key } = selfSigned(NAMES, [], app.clock.now());
      const given = { source: "acme" as const, directory: "https://ca.example/dir", chain: certificate, key: new Secret(key), facts: factsOf(certificate) };
      const subject = await getSubject(ctx, site.id);
      return ctx.transaction((tx) => addCertificate(tx, app.services, subject, { ...given, renewAt: given.facts.notAfter, ariId: null }));
    },
    place: async (name: string) => db.certificatePlace.findFirstOrThrow({ where: { name } }),
  };
}

test("a certificate is verified when it was seen at every place; until then the one before is kept", async (t) => {
  const { ctx, give, place, site, db } = await scene(t);
  const first = await give();
  for (const name of NAMES) await noteVerified(ctx, await place(name), first);
  const second = await give();
  assert.equal((await getSubject(ctx, site.id)).previousId, first.id);
  await notePlaced(ctx, await place("a.example.org"), second.number);
  await noteVerified(ctx, await place("a.example.org"), second);
  assert.equal((await db.certificate.findUniqueOrThrow({ where: { id: second.id } })).verifiedAt, null);
  await noteVerified(ctx, await place("b.example.org"), second);
  assert.ok((await db.certificate.findUniqueOrThrow({ where: { id: second.id } })).verifiedAt);
  assert.equal((await getSubject(ctx, site.id)).previousId, null);
  assert.deepEqual([(await place("a.example.org")).nextAt, (await place("a.example.org")).number], [null, second.number]);
});

test("after three looks without a handshake the one before is shown again, under a greater number; other troubles only wait", async (t) => {
  const { ctx, give, place, site } = await scene(t);
  const first = await give();
  for (const name of NAMES) await noteVerified(ctx, await place(name), first);
  const second = await give();
  const look = async (code: string) =>
    failPlace(ctx, await place("a.example.org"), { code, data: { name: "a.example.org", address: "192.0.2.1", detail: "x" } });
  for (let turn = 0; turn < 4; turn += 1) await look("certificates.not_reached");
  assert.equal((await getSubject(ctx, site.id)).currentId, second.id, "a machine that is away proves nothing");
  await look("certificates.no_handshake");
  const subject = await getSubject(ctx, site.id);
  assert.equal(subject.currentId, first.id);
  assert.ok((subject.current?.number ?? 0) > second.number, "a machine takes nothing older");
  assert.deepEqual([subject.state, readProblem(subject.problem)?.code], ["failing", "certificates.no_handshake"]);
  assert.equal((await place("a.example.org")).wantedId, first.id);
});

test("what is wanted meanwhile is not undone by what came back late", async (t) => {
  const { ctx, give, place, site, db } = await scene(t);
  await give();
  const late = await place("a.example.org");
  const second = await give();
  await failPlace(ctx, late, { code: "certificates.machine_failed", data: {} });
  await noteTakenOff(ctx, late);
  const now = await place("a.example.org");
  assert.deepEqual([now.wantedId, now.problem, now.failures], [second.id, null, 0]);
  // A number that the machine finds too small is grown.
  await failPlace(ctx, now, { code: "certificates.machine_refused", data: {} }, true);
  assert.ok((await db.certificate.findUniqueOrThrow({ where: { id: second.id } })).number > second.number);
  // An address that goes takes its file along.
  await removeAddress(ctx, site.id, "b.example.org");
  assert.equal((await place("b.example.org")).wantedId, null);
  await noteTakenOff(ctx, await place("b.example.org"));
  assert.equal(await db.certificatePlace.count({ where: { name: "b.example.org" } }), 0);
});
