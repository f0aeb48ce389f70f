import assert from "node:assert/strict";
import { test } from "node:test";
import { writeSetting } from "../../../src/core/settings.js";
import { getSubject } from "../../../src/features/certificates/subjects.js";
import { addSite } from "../../../src/features/sites/sites.js";
import { buildTestApp } from "../../support/app.js";
import type { Scope } from "../../support/database.js";
import { allowTestNames, createAccount, createHost, joinAccount } from "../../support/factories.js";
import { HOSTILE_STRINGS } from "../../support/hostile.js";
import type { TestBrowser } from "../../support/visitor.js";
import { makeAuthority, RSA } from "./authority.js";

async function createPanel(t: Scope) {
  const panel = await buildTestApp(t);
  const ctx = panel.ctx();
  // Certificates are made now, and the panel's clock stands still.
  panel.clock.advance(300);
  await allowTestNames(ctx);
  const host = await createHost(ctx);
  const account = await createAccount(ctx, { host });
  const neighbour = await createAccount(ctx, { host });
  await joinAccount(ctx, account, await panel.createUser("jeanne"));
  await joinAccount(ctx, neighbour, await panel.createUser("paul"));
  await panel.createUser("ada", { admin: true });
  const site = await addSite(ctx, { accountId: account.id, address: "asso.test", kind: "folder", folder: "www" });
  const subject = await getSubject(ctx, site.id);
  return { panel, ctx, account, site, subject, jeanne: await panel.as("jeanne"), paul: await panel.as("paul"), ada: await panel.as("ada") };
}

/** Sends a form as a browser without scripts does: fields and chosen files. */
async function sendFiles(browser: TestBrowser, action: string, fields: Record<string, string>, files: Record<string, Buffer> = {}) {
  const data = new FormData();
  for (const [name, value] of Object.entries({ ...fields, _csrf: await browser.csrf(action) })) data.append(name, value);
  for (const [name, bytes] of Object.entries(files)) data.append("files", new File([new Uint8Array(bytes)], name));
  // What a browser sends for a file field in which nothing was chosen.
  if (Object.keys(files).length === 0) data.append("files", new File([], ""));
  const request = new Request("https://panel.test/", { method: "POST", body: data });
  const payload = Buffer.from(await request.arrayBuffer()).toString("latin1");
  const type = request.headers.get("content-type") ?? "";
  return browser.send("POST", action, {
    payload: Buffer.from(payload, "latin1") as unknown as string,
    headers: { "content-type": type, origin: "https://panel.test" },
  });
}

test("A certificate is brought as files, without a script, and its page says everything but the key", async (t) => {
  const { panel, ctx, subject, jeanne } = await createPanel(t);
  const { issue, intermediate, openssl } = makeAuthority(t);
  const { certificate, key } = issue();
  const own = `/certificates/${subject.id}/own`;
  const page = `/certificates/${subject.id}`;
  assert.match((await jeanne.get(own)).body, /enctype="multipart\/form-data"/);
  const led = await jeanne.submit(page, page, { source: "own" });
  assert.equal(led.headers.location, own);

  const pfx = openssl(["pkcs12", "-export", "-inkey", "leaf-1.key", "-in", "leaf-1.crt", "-certfile", "intermediate.crt", "-passout", "pass:secret words"]);
  const wrong = await sendFiles(jeanne, own, { password: "other words" }, { "site.pfx": pfx });
  assert.equal(wrong.statusCode, 422);
  assert.ok(wrong.body.includes("This password does not open the file"));
  assert.ok(!wrong.body.includes("other words"));
  const taken = await sendFiles(jeanne, own, { password: "secret words" }, { "site.pfx": pfx });
  assert.equal(taken.statusCode, 303, taken.body.slice(0, 2000));
  assert.equal(taken.headers.location, page);

  const now = await getSubject(ctx, subject.id);
  assert.equal(now.source, "own");
  assert.equal(now.current?.chain, certificate + intermediate);
  assert.ok(!now.current?.key.includes("PRIVATE"), "the key is sealed");
  const shown = await jeanne.get(page);
  const fingerprint = openssl(["x509", "-noout", "-fingerprint", "-sha256"], certificate).toString().split("=")[1]?.trim() ?? "?";
  for (const words of [fingerprint, "Test Intermediate", "asso.test", "data-stream"]) assert.ok(shown.body.includes(words), words);
  assert.doesNotMatch(shown.body, /PRIVATE KEY/);
  const chain = await jeanne.get(`${page}/chain.pem`);
  assert.equal(chain.body, certificate + intermediate);

  // PEM files in a disorder, then pasted texts.
  const second = issue({ key: RSA(2048) });
  const files = { "z.key": Buffer.from(second.key), "a.pem": Buffer.from(intermediate), "m.crt": Buffer.from(second.certificate) };
  assert.equal((await sendFiles(jeanne, own, {}, files)).statusCode, 303);
  assert.equal((await getSubject(ctx, subject.id)).current?.chain, second.certificate + intermediate);
  assert.equal((await sendFiles(jeanne, own, { chain: certificate + intermediate, key })).statusCode, 303);
  assert.equal((await jeanne.submit(own, own, { chain: second.certificate + intermediate, key: second.key })).statusCode, 303, "also without files");

  const numbers = await panel.services.db.certificate.findMany({ where: { subjectId: subject.id }, orderBy: { number: "asc" } });
  assert.equal(numbers.length, 4);
  const verbs = (await panel.services.db.auditEntry.findMany({ where: { verb: "certificates.certificate.given" } })).length;
  assert.equal(verbs, 4);
});

test("What is wrong is said at its field, in both languages, and the key is not shown again", async (t) => {
  const { subject, jeanne, panel } = await createPanel(t);
  const { issue, intermediate } = makeAuthority(t);
  const good = issue();
  const own = `/certificates/${subject.id}/own`;
  const whole = good.certificate + intermediate;
  const cases: [fields: Record<string, string>, field: string, words: string][] = [
    [{ chain: whole, key: issue().key }, "key", "This key is not the one of this certificate"],
    [{ chain: good.certificate, key: good.key }, "chain", "The intermediate certificate of"],
    [{ chain: "hello", key: good.key }, "chain", "Nothing here reads as a certificate"],
    [{ chain: issue({ names: ["other.test"] }).certificate + intermediate, key: "" }, "key", "The private key is missing"],
    [{}, "chain", "The certificate is missing"],
    [{ chain: whole, key: `${"x".repeat(70_000)}` }, "key", "This is too long"],
  ];
  for (const [fields, field, words] of cases) {
    const answer = await sendFiles(jeanne, own, fields);
    assert.equal(answer.statusCode, 422, words);
    const at = new RegExp(`id="field-${field}-error"[^>]*>.*?${words}`, "s");
    // A fault of what may stand anywhere is told at the first field that was filled.
    assert.ok(at.test(answer.body) || answer.body.includes(words), `${field}: ${words}`);
    if (fields["key"]?.includes("PRIVATE")) assert.ok(!answer.body.includes(fields["key"].split("\n")[1] ?? "?"), "the key came back");
  }
  const other = issue({ names: ["other.test"] });
  const pasted = await sendFiles(jeanne, own, { chain: other.key + other.certificate });
  assert.equal(pasted.statusCode, 422);
  const second = (pem: string) => pem.split("\n")[1] ?? "?";
  assert.ok(!pasted.body.includes(second(other.key)), "a key that stood beside the certificate came back");
  assert.ok(pasted.body.includes(second(other.certificate)), "the certificate was lost");
  const cut = await sendFiles(jeanne, own, { chain: other.key.replace(/-----BEGIN.*\n/, "") });
  assert.ok(!cut.body.includes(second(other.key).slice(0, 30)), "a key without its first line came back");
  const french = await panel.as("jeanne");
  await panel.services.db.user.update({ where: { login: "jeanne" }, data: { locale: "fr" } });
  const answer = await sendFiles(french, own, { chain: other.certificate + intermediate, key: other.key });
  assert.ok(answer.body.includes("Ce certificat est fait pour other.test, pas pour asso.test, www.asso.test."), answer.body.slice(0, 500));
  const partial = issue({ names: ["asso.test"] });
  assert.equal((await sendFiles(french, own, { chain: partial.certificate + intermediate, key: partial.key })).statusCode, 422);
  assert.equal((await sendFiles(french, own, { chain: partial.certificate + intermediate, key: partial.key, partial: "true" })).statusCode, 303);
  assert.equal((await getSubject(panel.ctx(), subject.id)).state, "partial");
  for (const text of HOSTILE_STRINGS.slice(0, 12))
    assert.equal((await sendFiles(french, own, { chain: `-----BEGIN CERTIFICATE-----${text}`, key: text })).statusCode, 422, JSON.stringify(text));
  const broken = await french.send("POST", own, {
    payload: "no form",
    headers: { "content-type": "multipart/form-data; boundary=x", origin: "https://panel.test" },
  });
  assert.ok([403, 422].includes(broken.statusCode), String(broken.statusCode));
  const large = await sendFiles(french, own, {}, { "big.pem": Buffer.alloc(500_000, "x") });
  assert.equal(large.statusCode, 413);
});

test("Without an authority no certificate is said to be on its way", async (t) => {
  const { ctx, subject, jeanne } = await createPanel(t);
  const page = `/certificates/${subject.id}`;
  for (const path of ["/certificates", page]) assert.ok((await jeanne.get(path)).body.includes("No certificate has been asked for yet"), path);
  await ctx.transaction((tx) => writeSetting(tx, "certificates.directory", "https://ca.test/directory"));
  for (const path of ["/certificates", page]) assert.ok((await jeanne.get(path)).body.includes("The certificate is on its way"), path);
});

test("The source changes: none, back to one's own, automatic", async (t) => {
  const { ctx, subject, jeanne, panel } = await createPanel(t);
  const { issue, intermediate } = makeAuthority(t);
  const { certificate, key } = issue();
  const page = `/certificates/${subject.id}`;
  await sendFiles(jeanne, `${page}/own`, { chain: certificate + intermediate, key });
  const ask = await jeanne.submit(page, page, { source: "none" });
  assert.equal(ask.headers.location, `${page}/none`);
  assert.equal((await getSubject(ctx, subject.id)).source, "own", "asked first");
  assert.match((await jeanne.get(`${page}/none`)).body, /2 addresses will show a warning/);
  await jeanne.submit(`${page}/none`, `${page}/none`);
  const none = await getSubject(ctx, subject.id);
  assert.deepEqual([none.source, none.state, none.currentId, none.nextAt], ["none", "none", null, null]);
  const places = await panel.services.db.certificatePlace.findMany();
  assert.ok(places.length === 2 && places.every(({ wantedId }) => wantedId === null), "the files are taken off");
  assert.match((await jeanne.get(page)).body, /chip-held/);
  const back = await jeanne.submit(page, page, { source: "own" });
  assert.equal(back.headers.location, page, "it is there already");
  assert.equal((await getSubject(ctx, subject.id)).current?.chain, certificate + intermediate);
  await jeanne.submit(page, page, { source: "acme" });
  const acme = await getSubject(ctx, subject.id);
  assert.equal(acme.nextAt?.getTime(), panel.clock.now().getTime());
  assert.ok(acme.currentId, "the one that is there goes on until the other comes");
  await jeanne.submit(page, `${page}/advanced`, { challenge: "dns", tlsa: "true" });
  const advanced = await getSubject(ctx, subject.id);
  assert.deepEqual([advanced.challenge, advanced.tlsa], ["dns", true]);
  const expired = await getSubject(ctx, subject.id);
  panel.clock.advance(100 * 86_400);
  await jeanne.submit("/", "/login", { login: "jeanne", password: "five words make a password" });
  assert.ok(expired.current && expired.current.notAfter < panel.clock.now());
  const late = await panel.as("jeanne");
  assert.equal((await late.submit(page, page, { source: "own" })).headers.location, `${page}/own`, "an expired one is no choice");
});

test("A failing name is told with its cause and the next try; trying again waits five minutes", async (t) => {
  const { ctx, subject, jeanne, panel, ada } = await createPanel(t);
  const page = `/certificates/${subject.id}`;
  const at = panel.clock.now();
  const problem = JSON.stringify({ code: "certificates.look_unknown", data: {}, at: at.toISOString() });
  const nextAt = new Date(at.getTime() + 3_600_000);
  await ctx.db.certificateName.update({
    where: { subjectId_name: { subjectId: subject.id, name: "www.asso.test" } },
    data: { state: "failing", problem, nextAt },
  });
  await ctx.db.certificateSubject.update({ where: { id: subject.id }, data: { state: "failing", problem } });
  const shown = await jeanne.get(page);
  for (const words of ["chip-failed", "This address is not among those", nextAt.toISOString(), "browsers show a warning"])
    assert.ok(shown.body.includes(words), words);
  const soon = await jeanne.submit(page, `${page}/retry`);
  assert.equal(soon.statusCode, 409);
  assert.match(soon.body, /Wait 5 minutes/);
  panel.clock.advance(301);
  assert.equal((await jeanne.submit(page, `${page}/retry`)).statusCode, 303);
  const name = await ctx.db.certificateName.findUniqueOrThrow({ where: { subjectId_name: { subjectId: subject.id, name: "www.asso.test" } } });
  assert.equal(name.nextAt?.getTime(), panel.clock.now().getTime());
  for (const path of ["/certificates?state=failing", "/certificates?q=ASSO"]) assert.ok((await jeanne.get(path)).body.includes(page), path);
  assert.ok(!(await jeanne.get("/certificates?state=valid")).body.includes(`href="${page}"`));
  const overview = await ada.get("/certificates/overview");
  assert.ok(overview.body.includes(page) && overview.body.includes("Failing"), "overview");
  assert.ok((await jeanne.get("/")).body.includes("1 certificate needs your attention"), "home");
  assert.ok((await ada.get("/overview")).body.includes("No certificate can be asked for"), "administrators' home");
});

test("What ends soon is told, but not what renews itself in time; the card counts each once", async (t) => {
  const { ctx, account, subject, jeanne, panel } = await createPanel(t);
  const { issue, intermediate } = makeAuthority(t);
  const { certificate, key } = issue({ days: 6 });
  await jeanne.api("POST", `/api/v1/certificates/${subject.id}/own`, { chain: certificate + intermediate, key });
  const needy = async () => /(\d+) certificates? needs? your attention/.exec((await jeanne.get("/")).body)?.[1] ?? "0";
  const listed = async () => (await jeanne.get("/certificates?state=expiring")).body.includes(`href="/certificates/${subject.id}"`);
  assert.deepEqual([await needy(), await listed()], ["1", true], "nobody but its owner renews it");
  const inDays = (days: number) => new Date(panel.clock.now().getTime() + days * 86_400_000);
  await ctx.db.certificateSubject.update({ where: { id: subject.id }, data: { source: "acme" } });
  await ctx.db.certificate.updateMany({ data: { source: "acme", renewAt: inDays(4) } });
  assert.deepEqual([await needy(), await listed()], ["0", false], "six days in all, renewed after four");
  await ctx.db.certificate.updateMany({ data: { renewAt: inDays(-2) } });
  await ctx.db.certificateSubject.update({ where: { id: subject.id }, data: { state: "failing" } });
  for (let n = 0; n < 8; n += 1) {
    const site = await addSite(ctx, { accountId: account.id, address: `n${n}.asso.test`, kind: "folder", folder: "www", withWww: false });
    await ctx.db.certificateSubject.update({ where: { siteId: site.id }, data: { state: "failing" } });
  }
  assert.deepEqual([await needy(), await listed()], ["9", true], "late, and more than the card shows");
});

test("A neighbour sees none of it, and no key leaves by the API", async (t) => {
  const { subject, paul, jeanne, ctx } = await createPanel(t);
  const { issue, intermediate } = makeAuthority(t);
  const { certificate, key } = issue();
  const body = { chain: certificate + intermediate, key };
  for (const path of ["", "/own", "/none", "/chain.pem", "/stream", "/warning"])
    assert.equal((await paul.get(`/certificates/${subject.id}${path}`)).statusCode, 404, path);
  assert.equal((await paul.api("POST", `/api/v1/certificates/${subject.id}/own`, body)).statusCode, 404);
  assert.equal((await paul.api("PATCH", "/api/v1/certificates/asso.test", { source: "none" })).statusCode, 404);
  assert.ok(!(await paul.get("/certificates")).body.includes("asso.test"));
  assert.equal((await paul.get("/certificates/overview")).statusCode, 404);
  const given = await jeanne.api("POST", `/api/v1/certificates/asso.test/own`, body);
  assert.equal(given.statusCode, 200, given.body);
  assert.equal(given.json().certificate.chain, certificate + intermediate);
  assert.doesNotMatch(given.body, /PRIVATE/);
  const faults = await jeanne.api("POST", `/api/v1/certificates/asso.test/own`, { chain: certificate, key });
  assert.equal(faults.json().error.fields[0].code, "certificates.chain_incomplete");
  const list = await jeanne.api("GET", "/api/v1/certificates?state=valid");
  assert.equal(list.json().total, 1);
  const entries = [await ctx.db.auditEntry.findMany(), await ctx.db.auditPayload.findMany()];
  assert.doesNotMatch(JSON.stringify(entries), /PRIVATE KEY/);
});

test("Visitors whose browser warns are told why, with the fingerprint of the panel", async (t) => {
  const { panel } = await createPanel(t);
  const visitor = panel.visitor();
  assert.ok((await visitor.get("/")).body.includes('href="/browser-warning"'));
  const page = await visitor.get("/browser-warning");
  assert.equal(page.statusCode, 200);
  assert.ok(page.body.includes("panel.test"));
});
