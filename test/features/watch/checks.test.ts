/** What the features of this program tell of themselves, from rows that a test writes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Check } from "../../../src/core/feature.js";
import { isMissed, periodMinutes } from "../../../src/core/jobs/index.js";
import { createText } from "../../../src/core/text.js";
import { endOf } from "../../../src/features/dns/signatures.js";
import { gatherChecks } from "../../../src/features/watch/index.js";
import { sayingText } from "../../../src/features/watch/sayings.js";
import { VIEWS } from "../../../src/features/watch/words.js";
import { buildTestApp, type TestApp } from "../../support/app.js";
import { createAccount, createHost } from "../../support/factories.js";

const text = createText(VIEWS);
const MINUTE = 60;
const DAY = 86_400;

/** Gives the checks by `subject name`, each of which has sentences in both languages. */
async function checksOf(app: TestApp): Promise<Map<string, Check>> {
  const checks = await gatherChecks(app.ctx(), app.services);
  for (const { says, todo, state, name } of checks) {
    for (const locale of ["fr", "en"] as const) for (const saying of [says, todo]) if (saying) sayingText(text.translator(locale), saying);
    assert.ok(state === "ok" || todo || name === "reachable", `${name} says nothing of what to do`);
  }
  const found = new Map(checks.map((check) => [`${check.subject} ${check.name}`.trim(), check]));
  assert.equal(found.size, checks.length, "two checks have one name");
  return found;
}

const ago = (app: TestApp, seconds: number) => new Date(app.clock.now().getTime() - seconds * 1000);

test("a machine: away since when, its disk, the mount of homes, what waits, how the last publication ended", async (t) => {
  const app = await buildTestApp(t);
  const { db } = app.services;
  const { id } = await createHost(app.ctx(), { name: "web9" });
  // Other features tell of machines too.
  const OWN = ["disk", "mount", "publication", "queue", "reachable", "release", "units"];
  const states = async (): Promise<Record<string, string | undefined>> => {
    const checks = await checksOf(app);
    return Object.fromEntries(OWN.flatMap((name) => (checks.has(`web9 ${name}`) ? [[name, checks.get(`web9 ${name}`)?.state]] : [])));
  };
  const told = (diskFreeKb: number, mount: string) => ({
    daemons: { mount: [[mount, mount === "answers" ? "nfs" : ""]] },
    diskFreeKb,
    root: null,
    error: null,
  });

  await db.publishUnit.deleteMany({});
  await db.host.update({ where: { id }, data: { reachable: null, stateAt: null } });
  assert.equal((await states())["reachable"], "warning");
  await db.host.update({ where: { id }, data: { reachable: true, stateAt: ago(app, 60), state: told(9_000_000, "answers") } });
  assert.deepEqual(await states(), { disk: "ok", mount: "ok", queue: "ok", reachable: "ok", release: "ok", units: "ok" });
  await db.host.update({ where: { id }, data: { reachable: false, awaySince: ago(app, 7 * MINUTE), state: told(1_000_000, "absent") } });
  assert.deepEqual(await states(), { disk: "warning", mount: "failing", queue: "ok", reachable: "failing", release: "ok", units: "ok" });
  const since = (await checksOf(app)).get("web9 reachable")?.says.data["since"];
  assert.equal(since, ago(app, 7 * MINUTE).toISOString());
  await db.host.update({ where: { id }, data: { state: told(400_000, "silent") } });
  assert.equal((await states())["disk"], "failing");

  const unit = { hostId: id, role: "web", key: "2001", wanted: 2, published: 1 };
  await db.publishUnit.create({ data: { ...unit, touchedAt: ago(app, 5 * MINUTE) } });
  assert.equal((await states())["queue"], "ok");
  await db.publishUnit.updateMany({ data: { touchedAt: ago(app, 11 * MINUTE) } });
  assert.equal((await states())["queue"], "warning");
  await db.publishUnit.updateMany({ data: { touchedAt: ago(app, 61 * MINUTE) } });
  assert.equal((await states())["queue"], "failing");
  await db.publishUnit.updateMany({ data: { published: 2, quarantineCode: "sites.bad_word", failedVersion: 2 } });
  assert.equal((await states())["units"], "warning");

  const publication = { hostId: id, author: "", startedAt: ago(app, 60), endedAt: ago(app, 50) };
  await db.publication.create({ data: { ...publication, number: 1, state: "refused", errors: [{ step: "render", code: "x", data: {} }] } });
  assert.equal((await states())["publication"], "failing");
  await db.publication.create({ data: { ...publication, number: 2, state: "failed", errors: [{ step: "recover", code: "x", data: { door: "closed" } }] } });
  assert.equal((await states())["publication"], undefined, "a machine that is away is told once");
  await db.publication.create({ data: { ...publication, number: 3, state: "done" } });
  assert.equal((await states())["publication"], "ok");
});

test("jobs: a clock that stands is one failing check, a missed night another", async (t) => {
  const app = await buildTestApp(t);
  const { db } = app.services;
  assert.equal((await checksOf(app)).get("clock")?.says.key, "jobs.checks.clock_never");
  const run = (name: string, seconds: number, state = "done") =>
    db.jobRun.create({ data: { name, panel: "test", startedAt: ago(app, seconds), finishedAt: ago(app, seconds), state } });
  await run("core.mail", 6 * MINUTE);
  assert.deepEqual([(await checksOf(app)).get("clock")?.state, (await checksOf(app)).has("jobs-missed")], ["failing", false]);
  await run("core.mail", 10);
  assert.deepEqual(
    [(await checksOf(app)).get("clock")?.state, (await checksOf(app)).get("jobs-missed")?.state],
    ["ok", "ok"],
    "young installations missed nothing",
  );
  await run("audit.verify", 27 * 3600);
  const missed = (await checksOf(app)).get("jobs-missed");
  assert.equal(missed?.state, "failing");
  assert.match(String(missed?.says.data["names"]), /audit\.verify/);
  await run("audit.verify", 30, "failed");
  assert.equal((await checksOf(app)).get("jobs-failed")?.says.data["names"], "audit.verify");
});

test("schedules of this program's jobs are understood, and a run may come a little late", async (t) => {
  const { services } = await buildTestApp(t);
  const schedules = services.features.flatMap(({ jobs }) => jobs ?? []).map(({ schedule }) => schedule);
  assert.ok(schedules.length > 8);
  for (const schedule of schedules) assert.ok([1, 2, 5, 10, 15, 30, 60, 1440].includes(periodMinutes(schedule)), schedule);
  assert.deepEqual(["* * * * *", "*/5 * * * *", "17 * * * *", "17 3 * * *"].map(periodMinutes), [1, 5, 60, 1440]);
  const at = (minutes: number) => new Date(minutes * 60_000);
  assert.ok(!isMissed("17 3 * * *", at(0), at(25 * 60)) && isMissed("17 3 * * *", at(0), at(26 * 60 + 1)));
  assert.ok(!isMissed("* * * * *", at(0), at(6)) && isMissed("* * * * *", at(0), at(7)));
});

test("certificates: within a week only where the renewal is late, and those that are over first", async (t) => {
  const app = await buildTestApp(t);
  const { db } = app.services;
  const make = async (title: string, from: number, renew: number, to: number) => {
    const times = { notBefore: ago(app, -from * DAY), renewAt: ago(app, -renew * DAY), notAfter: ago(app, -to * DAY) };
    const subject = await db.certificateSubject.create({
      data: { title, search: title, service: title, hostId: (await createHost(app.ctx(), { name: title })).id, expiresAt: times.notAfter },
    });
    const number = (await db.certificate.count()) + 1;
    const certificate = await db.certificate.create({
      data: { ...times, subjectId: subject.id, number, source: "acme", names: [title], chain: "", key: "", fingerprint: title, issuer: "", serial: "1" },
    });
    await db.certificateSubject.update({ where: { id: subject.id }, data: { currentId: certificate.id } });
  };
  const state = async () => (await checksOf(app)).get("certificates");
  await make("six", -1, 3, 5);
  await make("ninety", -60, 0, 30);
  assert.equal((await state())?.state, "ok");
  await make("late", -85, -25, 5);
  assert.deepEqual([(await state())?.state, (await state())?.says.data["names"]], ["warning", "late"]);
  await make("over", -91, -31, -1);
  assert.deepEqual([(await state())?.state, (await state())?.says.data["names"]], ["failing", "over"]);
});

test("signatures: the one that ends first speaks for its host", async (t) => {
  const app = await buildTestApp(t);
  const { db } = app.services;
  const ctx = app.ctx();
  const { id } = await createHost(ctx, { name: "ns9", roles: ["dns"] });
  const account = await createAccount(ctx);
  const sign = async (name: string, days: number) => {
    const domain = await db.domain.create({ data: { accountId: account.id, name, search: name } });
    await db.zone.create({ data: { domainId: domain.id, accountId: account.id, name, dnsHostId: id, serialFloor: 1n, signedUntil: ago(app, -days * DAY) } });
  };
  const state = async () => (await checksOf(app)).get("ns9 signatures");
  assert.equal((await state())?.says.key, "dns.checks.signatures_none");
  await sign("a.example.org", 8);
  assert.equal((await state())?.state, "ok");
  await sign("b.example.org", 2);
  assert.deepEqual([(await state())?.state, (await state())?.says.data["zone"]], ["warning", "b.example.org"]);
  await sign("c.example.org", -1);
  assert.deepEqual([(await state())?.state, (await state())?.says.key], ["failing", "dns.checks.signatures_over"]);
  assert.equal(endOf("SOA 13 2 3600 20261212010203 20261128000000 4711 example.org. c2ln"), Date.UTC(2026, 11, 12, 1, 2, 3));
  assert.equal(endOf("A 13 2 3600 20261212010203 20261128000000 4711 example.org. c2ln"), null);
});
