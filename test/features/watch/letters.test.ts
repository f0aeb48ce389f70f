/** Letters about the state of the machines: one for all that changed, none for a blip, few for what flaps, one a day while it fails. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Check, Feature } from "../../../src/core/feature.js";
import { sendMail } from "../../../src/core/mailer.js";
import { calmMinutes, firstSeen, looked, newsOf } from "../../../src/features/watch/judgement.js";
import { lookAtAll } from "../../../src/features/watch/look.js";
import { alertReaders, setAlertAddresses } from "../../../src/features/watch/readers.js";
import { buildTestApp, type TestApp } from "../../support/app.js";
import { startSmtpSink } from "../../support/smtp-sink.js";

const MINUTE = 60;
const HOUR = 3600;

/** An application whose checks the test says. */
async function makeApp(t: Parameters<typeof buildTestApp>[0], env: Record<string, string> = {}) {
  const states = new Map<string, Check["state"]>();
  const saying = (subject: string) => ({ key: "hosts.checks.reachable_unknown", data: { host: subject } });
  const told: Feature = {
    name: "told",
    checks: async () =>
      [...states].map(([subject, state]) => ({ name: "reachable", subject, state, says: saying(subject), todo: { key: "jobs.checks.clock_todo", data: {} } })),
  };
  const app = await buildTestApp(t, { features: [told], env: { extra: (name) => env[name] ?? null } });
  /** Looks once a minute, so many times; gives the subjects of the letters to one address. */
  const looks = async (times: number, reader = "ada@example.org"): Promise<string[]> => {
    const before = await app.services.db.outgoingMail.count({ where: { recipient: reader } });
    for (let i = 0; i < times; i += 1) {
      app.clock.advance(MINUTE);
      await lookAtAll(app.ctx(), app.services);
    }
    const rows = await app.services.db.outgoingMail.findMany({ where: { recipient: reader }, orderBy: [{ createdAt: "asc" }, { id: "asc" }], skip: before });
    return rows.map(({ subject }) => subject);
  };
  return { app, states, looks, letters: () => lettersOf(app) };
}

const lettersOf = (app: TestApp) => app.services.db.outgoingMail.findMany({ orderBy: { id: "asc" } });

test("one letter gathers all that got worse, one all that is well again, each in its reader's language", async (t) => {
  const { app, states, looks, letters } = await makeApp(t);
  await app.createUser("ada", { admin: true, locale: "en" });
  await app.createUser("jeanne", { admin: true, locale: "fr" });
  await app.createUser("member", { locale: "fr" });
  for (const host of ["web1", "web2", "web3"]) states.set(host, "ok");
  assert.deepEqual(await looks(3), []);
  states.set("web1", "failing").set("web2", "warning");
  assert.deepEqual(await looks(1), [], "one look may have met a machine that was just starting");
  assert.deepEqual(await looks(5), ["Mutu: 2 things got worse, web1 has not been asked yet."]);
  const [english, french, ...more] = await letters();
  assert.equal(more.length, 0);
  assert.deepEqual([english?.recipient, french?.recipient], ["ada@example.org", "jeanne@example.org"]);
  assert.match(
    english?.text ?? "",
    /^Got worse:\n- web1 .*\(Failing, since [\d-]+ [\d:]+ UTC\)\n {2}Does the panel run[\s\S]*- web2 [\s\S]*https:\/\/panel\.test\/watch/,
  );
  assert.match(french?.text ?? "", /^Ce qui a empiré\u00a0:\n- web1 n’a pas encore/);
  states.set("web1", "ok").set("web2", "ok");
  assert.deepEqual(await looks(5), []);
  assert.deepEqual(await looks(1), ["Mutu: 2 things are well again, web1 has not been asked yet."]);
  assert.deepEqual(await looks(30), []);
});

test("a warning that becomes a failure is told anew; what fails is told again each day, a warning is not", async (t) => {
  const { app, states, looks } = await makeApp(t);
  await app.createUser("ada", { admin: true, locale: "en" });
  states.set("web1", "warning").set("web2", "warning");
  assert.equal((await looks(3)).length, 1);
  states.set("web1", "failing");
  assert.match((await looks(3)).join(), /^Mutu: web1/);
  const days: string[] = [];
  for (let hour = 0; hour < 72; hour += 1) {
    app.clock.advance(HOUR - MINUTE);
    days.push(...(await looks(1)));
  }
  assert.equal(days.length, 3, days.join("\n"));
  for (const subject of days.slice(0, 2)) assert.equal(subject, "Mutu, still failing: web1 has not been asked yet.");
  states.delete("web1");
  assert.match((await looks(11)).join(), /^Mutu, well again: There is nothing left to look at\.$/);
  await looks(1);
  assert.equal(await app.services.db.watchedCheck.count(), 1, "what nobody tells any more is forgotten");
});

test("what flaps for a day is told a few times and not hundreds of times", async (t) => {
  const { app, states, looks } = await makeApp(t);
  await app.createUser("ada", { admin: true, locale: "en" });
  let told = 0;
  for (let round = 0; round < 48; round += 1) {
    states.set("web1", "failing");
    told += (await looks(10)).length;
    states.set("web1", "ok");
    told += (await looks(20)).length;
  }
  assert.ok(told >= 2 && told <= 8, String(told));
  assert.deepEqual([0, 1, 2, 3, 4, 5, 9].map(calmMinutes), [5, 5, 10, 20, 40, 60, 60]);
});

test("one that is bad every other minute is told too", () => {
  const start = new Date("2026-11-28T12:00:00Z");
  let known = firstSeen(start);
  const news = Array.from({ length: 6 }, (_, minute) => {
    const now = new Date(start.getTime() + minute * 60_000);
    known = looked(known, minute % 2 === 0 ? "failing" : "ok", now);
    return newsOf(known, now);
  });
  assert.deepEqual(news.slice(0, 3), [null, null, "worse"]);
});

test("an administrator may refuse them, other addresses may ask for them, and alerts leave by a relay of their own", async (t) => {
  const [alerts, notices] = [await startSmtpSink(t), await startSmtpSink(t)];
  const { app, states, looks } = await makeApp(t, { MUTU_ALERT_SMTP_URL: alerts.url, MUTU_SMTP_URL: notices.url, MUTU_ALERT_FROM: "alerts@example.net" });
  const ada = await app.createUser("ada", { admin: true });
  await app.createUser("bob", { admin: true });
  await app.services.db.alertRefusal.create({ data: { userId: ada.id } });
  await setAlertAddresses(app.ctx(), "Night@Example.org, list@example.org\n bob@example.org");
  assert.deepEqual((await alertReaders(app.services.db)).map(({ email }) => email).sort(), ["bob@example.org", "list@example.org", "night@example.org"]);
  await assert.rejects(setAlertAddresses(app.ctx(), "no address"), /address_format/);
  states.set("web1", "failing");
  await looks(2);
  const sent = await sendMail(app.ctx(), app.services.env);
  assert.deepEqual(sent, { sent: 3, later: 0, failed: 0, idle: false });
  assert.deepEqual([alerts.mails.length, notices.mails.length], [3, 0]);
  assert.equal(alerts.mails[0]?.from, "alerts@example.net");
  const { env } = (await makeApp(t, { MUTU_SMTP_URL: notices.url })).app.services;
  states.set("web1", "ok");
  await looks(6);
  assert.equal((await sendMail(app.ctx(), env)).sent, 3);
  assert.equal(notices.mails.length, 3, "without one of their own they take the other");
});
