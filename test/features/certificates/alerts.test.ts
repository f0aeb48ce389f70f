/** Letters before a certificate ends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { selfSigned } from "../../../src/core/http/certificate.js";
import { Secret } from "../../../src/core/secret.js";
import { alertDue, stepOf } from "../../../src/features/certificates/alerts.js";
import { addCertificate } from "../../../src/features/certificates/certificates.js";
import { factsOf } from "../../../src/features/certificates/facts.js";
import { writeProblem } from "../../../src/features/certificates/problems.js";
import { getSubject } from "../../../src/features/certificates/subjects.js";
import { addSite } from "../../../src/features/sites/index.js";
import { buildTestApp } from "../../support/app.js";
import { createAccount, joinAccount } from "../../support/factories.js";

const DAY_SECONDS = 86_400;
const at = (day: number) => new Date(Date.UTC(2026, 0, 1) + day * DAY_SECONDS * 1000);

test("a step is reached when the renewal is late, however long the life", () => {
  const ninety = { notAfter: at(90), renewAt: at(60), source: "acme" };
  assert.deepEqual(
    [61, 74, 76.5, 83.5, 89.5, 91].map((day) => stepOf(ninety, at(day))),
    [null, null, 14, 7, 1, 0],
  );
  const six = { notAfter: at(6), renewAt: at(4), source: "acme" };
  assert.deepEqual(
    [0, 4.5, 5.5, 7].map((day) => stepOf(six, at(day))),
    [null, null, 1, 0],
  );
  const own = { notAfter: at(365), renewAt: at(365), source: "own" };
  assert.deepEqual(
    [300, 352, 359, 364.5].map((day) => stepOf(own, at(day))),
    [null, 14, 7, 1],
  );
});

test("members who care for the account and administrators get one letter a step, each in the own language", async (t) => {
  const app = await buildTestApp(t);
  const ctx = app.ctx();
  const account = await createAccount(ctx);
  await app.createUser("ada", { admin: true, locale: "en" });
  await joinAccount(ctx, account, await app.createUser("jeanne", { locale: "fr" }));
  await joinAccount(ctx, account, await app.createUser("reader"), "reader");
  const site = await addSite(ctx, { accountId: account.id, address: "asso.example.org", withWww: false, kind: "folder" });
  const { certificate, key } = selfSigned(["asso.example.org"], [], app.clock.now());
  const end = new Date(app.clock.now().getTime() + 90 * DAY_SECONDS * 1000);
  const facts = { ...factsOf(certificate), notAfter: end };
  const renewAt = new Date(app.clock.now().getTime() + 60 * DAY_SECONDS * 1000);
  const subject = await getSubject(ctx, site.id);
  const given = { source: "acme" as const, directory: "https://ca.example/dir", chain: certificate, key: new Secret(key), facts, renewAt, ariId: null };
  await ctx.transaction((tx) => addCertificate(tx, app.services, subject, given));
  const problem = writeProblem("certificates.points_nowhere", { name: "asso.example.org" }, app.clock.now());
  await app.services.db.certificateName.updateMany({ data: { problem, state: "failing" } });

  assert.equal(await alertDue(ctx, app.services), 0);
  app.clock.advance(77 * DAY_SECONDS);
  assert.equal(await alertDue(ctx, app.services), 2);
  assert.equal(await alertDue(ctx, app.services), 0, "once a step");
  const letters = await app.services.db.outgoingMail.findMany({ orderBy: { recipient: "asc" } });
  assert.deepEqual(
    letters.map(({ recipient }) => recipient),
    ["ada@example.org", "jeanne@example.org"],
  );
  assert.match(letters[0]?.subject ?? "", /^The certificate of asso\.example\.org ends in 13 days$/);
  assert.match(letters[1]?.text ?? "", /asso\.example\.org ne mène nulle part[\s\S]+https:\/\/panel\.test\/certificates\//);
  app.clock.advance(7 * DAY_SECONDS);
  // By a wrong clock nobody is frightened.
  const { db } = app.services;
  const clock = writeProblem("certificates.clock_ahead", { hours: 9000 }, app.clock.now());
  await db.acmeAccount.create({ data: { directory: "https://ca.example/dir", key: "", thumbprint: "", problem: clock } });
  await db.setting.create({ data: { key: "certificates.directory", value: "https://ca.example/dir" } });
  assert.equal(await alertDue(ctx, app.services), 0);
  await db.acmeAccount.updateMany({ data: { problem: null } });
  assert.equal(await alertDue(ctx, app.services), 2);
  app.clock.advance(10 * DAY_SECONDS);
  assert.equal(await alertDue(ctx, app.services), 2);
  assert.match(
    (await app.services.db.outgoingMail.findMany({ where: { recipient: "ada@example.org" } })).map(({ subject: title }) => title).join("\n"),
    /has expired/,
  );
});
