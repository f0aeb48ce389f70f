import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import type { Env } from "../../src/core/env.js";
import { type Letter, mailProgress, queueMail, refusedMail, withdrawMail } from "../../src/core/mail-queue.js";
import { relayOf, sendMail } from "../../src/core/mailer.js";
import { testEnv } from "../support/app.js";
import { createTestContext, type TestContext } from "../support/context.js";
import { HOSTILE_STRINGS } from "../support/hostile.js";
import { startSmtpSink } from "../support/smtp-sink.js";

const letter = (recipient: string, more: Partial<Letter> = {}): Letter => ({
  purpose: "notices:1",
  recipient,
  subject: "Adresses déplacées",
  text: "Bonjour,\n\nà bientôt.",
  ...more,
});
const queue = (ctx: TestContext, letters: Letter[]) => ctx.transaction((tx) => queueMail(tx, letters));
const envWith = (values: Record<string, string>): Env => testEnv("file:unused", { extra: (name) => values[name] ?? null });

test("A letter is queued once for each purpose and recipient, sent once, and counted", async (t) => {
  const ctx = await createTestContext(t);
  const sink = await startSmtpSink(t);
  const env = envWith({ MUTU_SMTP_URL: sink.url, MUTU_MAIL_FROM: "mutu@hebergeur.test" });
  assert.equal(await queue(ctx, [letter("a@exemple.test"), letter("b@exemple.test"), letter("a@exemple.test")]), 2);
  assert.equal(await queue(ctx, [letter("a@exemple.test"), letter("c@exemple.test")]), 1);
  assert.deepEqual(await mailProgress(ctx.db, "notices:1"), { waiting: 3, sent: 0, failed: 0 });
  assert.deepEqual(await sendMail(ctx, env), { sent: 3, later: 0, failed: 0, idle: false });
  assert.deepEqual(await sendMail(ctx, env), { sent: 0, later: 0, failed: 0, idle: false });
  assert.deepEqual(await mailProgress(ctx.db, "notices:1"), { waiting: 0, sent: 3, failed: 0 });
  assert.deepEqual(sink.mails.flatMap(({ to }) => to).sort(), ["a@exemple.test", "b@exemple.test", "c@exemple.test"]);
  // Python's own reader of mail says what a mail program would show.
  const script =
    "import sys, email, email.policy, json; m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default); print(json.dumps({**dict(m.items()), 'type': m.get_content_type(), 'text': m.get_content()}))";
  const read = JSON.parse(execFileSync("python3", ["-c", script], { input: sink.mails[0]?.data ?? "", encoding: "utf8" }));
  assert.deepEqual([read.Subject, read.From, read.type, read["Auto-Submitted"]], ["Adresses déplacées", "mutu@hebergeur.test", "text/plain", "auto-generated"]);
  assert.equal(read.text.trim(), "Bonjour,\n\nà bientôt.");
});

test("A transaction that fails has written no letter", async (t) => {
  const ctx = await createTestContext(t);
  const failing = ctx.transaction(async (tx) => {
    await queueMail(tx, [letter("a@exemple.test")]);
    throw new Error("no");
  });
  await assert.rejects(failing, /no/);
  assert.equal(await ctx.db.outgoingMail.count(), 0);
});

test("What is withdrawn while a batch leaves does not leave any more", async (t) => {
  const ctx = await createTestContext(t);
  const sink = await startSmtpSink(t);
  await queue(
    ctx,
    Array.from({ length: 200 }, (_, at) => letter(`m${at}@exemple.test`)),
  );
  let withdrawn: Promise<void> | undefined;
  const keep = sink.mails.push.bind(sink.mails);
  sink.mails.push = (...mails) => {
    withdrawn ??= ctx.transaction((tx) => withdrawMail(tx, "notices:1"));
    return keep(...mails);
  };
  const { sent } = await sendMail(ctx, envWith({ MUTU_SMTP_URL: sink.url }));
  await withdrawn;
  assert.ok(sink.mails.length > 0 && sink.mails.length < 200, `${sink.mails.length} left`);
  assert.equal(sent, sink.mails.length);
});

test("Refused for a time: tried again, later and later, until three days are over; refused for good: failed at once, and tried anew when asked", async (t) => {
  const ctx = await createTestContext(t);
  const sink = await startSmtpSink(t);
  const env = envWith({ MUTU_SMTP_URL: sink.url });
  sink.refusals.set("full@exemple.test", "452 mailbox full").set("gone@exemple.test", "550 nobody of that name");
  await queue(ctx, [letter("full@exemple.test"), letter("gone@exemple.test"), letter("ok@exemple.test")]);
  assert.deepEqual(await sendMail(ctx, env), { sent: 1, later: 1, failed: 1, idle: false });
  assert.deepEqual(await sendMail(ctx, env), { sent: 0, later: 0, failed: 0, idle: false });
  const told = await refusedMail(ctx.db, "notices:1");
  assert.deepEqual(
    told.map(({ recipient, final }) => [recipient, final]),
    [
      ["full@exemple.test", false],
      ["gone@exemple.test", true],
    ],
  );
  assert.match(told[0]?.error ?? "", /452 mailbox full/);
  let tries = 1;
  for (; tries < 30 && (await mailProgress(ctx.db, "notices:1")).waiting > 0; tries += 1) {
    ctx.clock.advance(86_400);
    await sendMail(ctx, env);
  }
  assert.equal(tries, 10);
  assert.deepEqual(await mailProgress(ctx.db, "notices:1"), { waiting: 0, sent: 1, failed: 2 });
  sink.refusals.clear();
  assert.equal(await queue(ctx, [letter("full@exemple.test"), letter("gone@exemple.test"), letter("ok@exemple.test")]), 2);
  assert.equal((await sendMail(ctx, env)).sent, 2);
});

test("A relay that is away, or none at all, keeps letters waiting; letters can be taken back", async (t) => {
  const ctx = await createTestContext(t);
  await queue(ctx, [letter("a@exemple.test")]);
  assert.equal((await sendMail(ctx, envWith({}))).idle, true);
  assert.deepEqual(await sendMail(ctx, envWith({ MUTU_SMTP_URL: "smtp://127.0.0.1:1" })), { sent: 0, later: 1, failed: 0, idle: false });
  assert.equal((await mailProgress(ctx.db, "notices:1")).waiting, 1);
  await ctx.transaction((tx) => withdrawMail(tx, "notices:1"));
  assert.equal(await ctx.db.outgoingMail.count(), 0);
});

test("Hostile text becomes no header, no second recipient, no command, no HTML", async (t) => {
  const ctx = await createTestContext(t);
  const sink = await startSmtpSink(t);
  const env = envWith({ MUTU_SMTP_URL: sink.url });
  for (const text of HOSTILE_STRINGS) {
    const bad = [`a${text}@exemple.test`, `a@exemple.test${text}`, `a@exemple.test>${text}<b@exemple.test`, `${text}Bcc: b@exemple.test`];
    for (const recipient of bad) await queue(ctx, [letter(recipient)]);
  }
  for (const { recipient } of await ctx.db.outgoingMail.findMany()) assert.match(recipient, /^[^\s<>,;:"]+@[^\s<>,;:"]+$/);
  await ctx.db.outgoingMail.deleteMany();
  const body = `${HOSTILE_STRINGS.filter((one) => !/[\0]/.test(one)).join("\n")}\n.\nMAIL FROM:<x@exemple.test>\n<b>gras</b>`;
  await queue(
    ctx,
    HOSTILE_STRINGS.map((text, index) => letter(`n${index}@exemple.test`, { subject: `Avant\r\nBcc: evil@exemple.test${text}après`, text: body })),
  );
  assert.equal((await sendMail(ctx, env)).sent, HOSTILE_STRINGS.length);
  assert.equal(sink.mails.length, HOSTILE_STRINGS.length);
  for (const { to, data } of sink.mails) {
    assert.equal(to.length, 1);
    const head = data.slice(0, data.indexOf("\n\n"));
    assert.doesNotMatch(head, /^bcc:/im);
    assert.match(head, /^content-type: text\/plain/im);
    assert.doesNotMatch(data, /text\/html/i);
  }
  assert.ok(!sink.commands.some((line) => line.includes("x@exemple.test")), "a line of the text became a command");
});

test("A password is given to a relay on the network only over TLS; settings that cannot be meant are refused", async (t) => {
  const relay = (url: string, from?: string) => relayOf(envWith({ MUTU_SMTP_URL: url, ...(from && { MUTU_MAIL_FROM: from }) }));
  assert.equal(relayOf(envWith({})), null);
  assert.deepEqual(relay("smtp://relay.test"), { host: "relay.test", port: 587, tls: false, local: false, login: null, from: "mutu@panel.test" });
  assert.deepEqual(relay("smtps://u%40x:p%3Aw@relay.test", "a@b.test"), {
    host: "relay.test",
    port: 465,
    tls: true,
    local: false,
    login: { user: "u@x", pass: "p:w" },
    from: "a@b.test",
  });
  assert.equal(relay("smtp://[::1]:25")?.local, true);
  for (const wrong of ["relay.test", "http://relay.test", "smtp:///x", "smtp://relay.test/path"]) assert.throws(() => relay(wrong), /MUTU_SMTP_URL/, wrong);
  assert.throws(() => relay("smtp://relay.test", "Mutu <a@b.test>"), /MUTU_MAIL_FROM/);
  // The sink offers no STARTTLS; told that it is not on this machine, nothing of the letter nor of the password is sent.
  const ctx = await createTestContext(t);
  const sink = await startSmtpSink(t, ["AUTH PLAIN LOGIN"]);
  await queue(ctx, [letter("a@exemple.test")]);
  const away = sink.url.replace("127.0.0.1", "user:secret@[::ffff:127.0.0.1]");
  assert.equal(relay(away)?.local, false);
  assert.equal((await sendMail(ctx, envWith({ MUTU_SMTP_URL: away }))).later, 1);
  assert.ok(
    sink.commands.some((line) => line.startsWith("EHLO")),
    "the sink was not reached",
  );
  assert.ok(!sink.commands.some((line) => /^(AUTH|MAIL|RCPT)/.test(line)));
  ctx.clock.advance(3600);
  const local = await sendMail(ctx, envWith({ MUTU_SMTP_URL: sink.url.replace("smtp://", "smtp://user:secret@") }));
  assert.equal(local.sent, 1);
  assert.ok(sink.commands.some((line) => line.startsWith("AUTH")));
});
