import assert from "node:assert/strict";
import { get } from "node:http";
import { test } from "node:test";
import { Command } from "commander";
import { isRefusal } from "../../../src/core/errors.js";
import { sendMail } from "../../../src/core/mailer.js";
import { noticeCommands } from "../../../src/features/notices/commands.js";
import { addNotice, currentNotices, dismissNotice, editNotice, mailNotice, removeNotice } from "../../../src/features/notices/notices.js";
import { buildTestApp, ORIGIN } from "../../support/app.js";
import type { Scope } from "../../support/database.js";
import { createAccount, joinAccount } from "../../support/factories.js";
import { HOSTILE_STRINGS } from "../../support/hostile.js";
import { startSmtpSink } from "../../support/smtp-sink.js";
import { until } from "../../support/until.js";

const MOVED = {
  titleFr: "Les adresses FTP ont changé",
  textFr: "La nouvelle adresse est ftp.exemple.test.\n\nL’ancienne sert encore jusqu’à Noël.",
  titleEn: "The FTP addresses have changed",
  textEn: "The new address is ftp.exemple.test.\n\nThe old one works until Christmas.",
};
const refused = (code: string, field?: string) => (error: unknown) =>
  isRefusal(error) && error.code === code && (field === undefined || error.fields[0]?.field === field);

async function createPanel(t: Scope) {
  const panel = await buildTestApp(t);
  const ctx = panel.ctx();
  const account = await createAccount(ctx);
  const other = await createAccount(ctx, { host: account.host });
  await panel.createUser("root", { admin: true });
  await joinAccount(ctx, account, await panel.createUser("jeanne", { locale: "fr" }));
  await joinAccount(ctx, other, await panel.createUser("paul"));
  const both = await panel.createUser("anna", { locale: "en" });
  for (const { id } of [account, other]) await joinAccount(ctx, { id }, both, "reader");
  return { panel, ctx, account, other };
}

test("A notice is on everybody's first page and sheet in the reader's language, until each puts it away", async (t) => {
  const { panel, ctx } = await createPanel(t);
  const root = await panel.as("root");
  const made = await root.submit("/notices/new", "/notices", MOVED);
  assert.equal(made.statusCode, 303);
  const [jeanne, paul] = [await panel.as("jeanne"), await panel.as("paul")];
  for (const page of ["/", "/connect"]) {
    assert.ok((await jeanne.get(page)).body.includes("La nouvelle adresse est ftp.exemple.test."), page);
    assert.ok((await paul.get(page)).body.includes("The new address is ftp.exemple.test."), page);
    assert.ok(!(await paul.get(page)).body.includes("La nouvelle adresse"), page);
  }
  const { id } = await ctx.db.notice.findFirstOrThrow();
  const away = await jeanne.submit("/connect", `/notices/${id}/dismiss`, { back: "/connect" });
  assert.deepEqual([away.statusCode, away.headers.location], [303, "/connect"]);
  assert.ok(!(await jeanne.get("/")).body.includes("La nouvelle adresse"));
  assert.ok((await paul.get("/")).body.includes("The new address"));
  assert.ok((await root.get(`/notices/${id}`)).body.includes("Read by 1 person"));
  const elsewhere = await paul.submit("/", `/notices/${id}/dismiss`, { back: "https://evil.test/" });
  assert.deepEqual([elsewhere.statusCode, elsewhere.headers.location], [303, "/"]);
  assert.equal((await jeanne.get("/notices")).statusCode, 404);
});

test("The days of a notice: to come, shown, over; saving the form again moves nothing", async (t) => {
  const { panel, ctx, account } = await createPanel(t);
  const { clock } = panel;
  const user = await ctx.db.user.findUniqueOrThrow({ where: { login: "jeanne" } });
  const jeanne = panel.ctx({ kind: "user", userId: user.id, login: "jeanne", admin: false, address: "", memberships: new Map([[account.id, "owner"]]) });
  const day = (offset: number) => new Date(clock.now().getTime() + offset * 86_400_000).toISOString().slice(0, 10);
  const notice = await addNotice(ctx, { ...MOVED, from: day(2), until: day(4) }, ORIGIN);
  const seen = async () => (await currentNotices(jeanne)).length;
  assert.equal(await seen(), 0);
  await assert.rejects(dismissNotice(jeanne, notice.id), refused("notices.notice_unknown"));
  clock.advance(2 * 86_400);
  assert.equal(await seen(), 1);
  clock.advance(2 * 86_400);
  assert.equal(await seen(), 1);
  clock.advance(86_400);
  assert.equal(await seen(), 0);
  const now = await addNotice(ctx, MOVED, ORIGIN);
  const same = await editNotice(ctx, now.id, { from: now.fromAt.toISOString().slice(0, 10), until: "" });
  assert.equal(same.fromAt.getTime(), now.fromAt.getTime());
  await assert.rejects(editNotice(ctx, now.id, { until: day(-3) }), refused("notices.until_before", "until"));
  await assert.rejects(editNotice(ctx, now.id, { from: "2026-02-30" }), refused("notices.day_invalid", "from"));
  await assert.rejects(editNotice(ctx, now.id, { titleFr: "x", version: 1 }), refused("notices.changed_meanwhile"));
  await removeNotice(ctx, now.id);
  await assert.rejects(editNotice(ctx, now.id, {}), refused("notices.notice_unknown"));
});

test("By mail: once to each person, in their language or in both; progress is counted; what was refused can be sent again", async (t) => {
  const { panel, ctx, account } = await createPanel(t);
  const sink = await startSmtpSink(t);
  const env = { ...panel.services.env, extra: (name: string) => (name === "MUTU_SMTP_URL" ? sink.url : null) };
  const gone = await panel.createUser("gone");
  await joinAccount(ctx, account, gone);
  await ctx.db.user.update({ where: { id: gone.id }, data: { disabledAt: panel.clock.now() } });
  const root = await panel.as("root");
  assert.equal((await root.submit("/notices/new", "/notices", { ...MOVED, byMail: "true" })).statusCode, 303);
  const { id } = await ctx.db.notice.findFirstOrThrow();
  const page = (await root.get(`/notices/${id}`)).body;
  assert.ok(page.includes("No relay is set"));
  sink.refusals.set("paul@example.org", "550 no");
  assert.deepEqual(await sendMail(ctx, env), { sent: 2, later: 0, failed: 1, idle: false });
  const subjects = new Map(sink.mails.map(({ to, data }) => [to[0], data]));
  assert.deepEqual([...subjects.keys()].sort(), ["anna@example.org", "jeanne@example.org"]);
  assert.match(subjects.get("anna@example.org") ?? "", /Subject: The FTP addresses have changed/);
  const told = (await root.get(`/notices/${id}`)).body;
  assert.ok(told.includes("paul@example.org") && told.includes("550 no"));
  sink.refusals.clear();
  assert.equal(await mailNotice(ctx, id, ORIGIN), 1);
  assert.equal((await sendMail(ctx, env)).sent, 1);
  const paul = sink.mails.at(-1)?.data ?? "";
  const text = Buffer.from(
    paul.replace(/=\n/g, "").replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  ).toString("utf8");
  assert.ok(text.includes("L’ancienne sert encore") && text.includes("The old one works"), text);
  assert.ok(text.includes(`${ORIGIN}/`));
  assert.equal(await mailNotice(ctx, id, ORIGIN), 0);
  const another = await addNotice(ctx, { ...MOVED, byMail: true }, ORIGIN);
  await removeNotice(ctx, another.id);
  assert.equal((await sendMail(ctx, env)).sent, 0);
});

test("Hostile text is refused or shown as it is; it becomes neither page nor header", async (t) => {
  const { panel, ctx } = await createPanel(t);
  const root = await panel.as("root");
  const token = await root.csrf("/notices/new");
  for (const text of HOSTILE_STRINGS) {
    for (const field of ["titleFr", "textFr", "titleEn", "textEn", "from", "until"]) {
      const answer = await root.post("/notices", { ...MOVED, [field]: `a${text}b` }, token);
      assert.ok([303, 422].includes(answer.statusCode), `${field} ${JSON.stringify(text)}: ${answer.statusCode}`);
      if (field === "from" || field === "until") assert.equal(answer.statusCode, 422);
      assert.ok(!answer.body.includes("<script>alert"));
    }
  }
  for (const { titleFr, textFr } of await ctx.db.notice.findMany()) {
    assert.doesNotMatch(titleFr, /[\p{Cc}\p{Cf}\u2028\u2029]/u);
    assert.doesNotMatch(textFr.replaceAll("\n", "").replaceAll("\t", ""), /[\p{Cc}\p{Cf}\u2028\u2029]/u);
  }
  const home = (await (await panel.as("jeanne")).get("/")).body;
  assert.ok(home.includes("&lt;script&gt;") && !home.includes("<script>alert"));
  assert.equal((await root.post("/notices", { ...MOVED, titleFr: "  " }, token)).statusCode, 422);
});

test("Open pages hear how far the letters are, whoever sends them, until all have left; members hear nothing", async (t) => {
  const { panel, ctx } = await createPanel(t);
  const sink = await startSmtpSink(t);
  sink.refusals.set("paul@example.org", "550 no such mailbox");
  const { id } = await addNotice(ctx, { ...MOVED, byMail: true }, ORIGIN);
  const root = await panel.as("root");
  const page = (await root.get(`/notices/${id}`)).body;
  for (const part of ['data-stream="/notices/stream"', `id="progress-${id}"`, `id="refused-${id}"`]) assert.ok(page.includes(part), part);
  assert.ok((await root.get("/notices")).body.includes(`<span id="letters-${id}">0 of 3</span>`));
  assert.equal((await (await panel.as("jeanne")).get("/notices/stream")).statusCode, 404);
  const address = new URL(await panel.app.listen({ host: "127.0.0.1", port: 0 }));
  const cookie = [...root.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  let heard = "";
  const reader = get(
    { host: address.hostname, port: address.port, path: "/notices/stream", headers: { cookie, "accept-language": "en", "x-forwarded-proto": "https" } },
    (answer) => {
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        heard += chunk;
      });
    },
  );
  reader.on("error", () => undefined);
  t.after(() => reader.destroy());
  await until(() => heard.includes("0 of 3"));
  // As another process would: nothing of this one tells it.
  const env = { ...panel.services.env, extra: (name: string) => (name === "MUTU_SMTP_URL" ? sink.url : null) };
  assert.equal((await sendMail(ctx, env)).failed, 1);
  await until(() => heard.includes("2 of 3") && heard.includes("no such mailbox"));
  assert.match(heard, new RegExp(`"id":"refused-${id}"[^\\n]*paul@example\\.org`));
  const { id: second } = await addNotice(ctx, { ...MOVED, byMail: true }, ORIGIN);
  await until(() => heard.includes(`letters-${second}`));
  const lines = heard.split("\n").filter((line) => line.startsWith("data: ") && line.includes(id));
  assert.deepEqual([...new Set(lines)], lines, "what stays the same is not told again");
});

test("API and command line do what pages do; members do none of it", async (t) => {
  const { panel, account } = await createPanel(t);
  const root = await panel.as("root");
  const made = await root.api("POST", "/api/v1/notices", MOVED);
  assert.equal(made.statusCode, 201);
  const { id } = made.json();
  assert.equal((await root.api("PATCH", `/api/v1/notices/${id}`, { titleEn: "Moved" })).json().titleEn, "Moved");
  assert.deepEqual((await root.api("POST", `/api/v1/notices/${id}/mail`)).json(), { queued: 3 });
  assert.equal((await root.api("GET", "/api/v1/notices")).json().items[0].mail.waiting, 3);
  const member = panel.ctx({ kind: "user", userId: "x", login: "x", admin: false, address: "", memberships: new Map([[account.id, "owner"]]) });
  await assert.rejects(addNotice(member, MOVED, ORIGIN), refused("core.not_found"));
  await assert.rejects(mailNotice(member, id, ORIGIN), refused("core.not_found"));
  await assert.rejects(removeNotice(member, id), refused("core.not_found"));
  const out: string[] = [];
  t.mock.method(process.stdout, "write", (text: string) => out.push(String(text)) > 0);
  const mutu = async (...words: string[]) => {
    const command = new Command("mutu");
    noticeCommands(command.command("notices"), panel.services);
    out.length = 0;
    await command.parseAsync(["node", "mutu", "notices", ...words]);
    return out.join("");
  };
  const texts = ["--title-fr", "Travaux", "--text-fr", "Demain.", "--title-en", "Works", "--text-en", "Tomorrow."];
  const added = (await mutu("add", ...texts, "--by-mail")).trim();
  assert.match(await mutu("list"), new RegExp(`${added}\tshown\tTravaux\t3/0/0`));
  assert.equal(await mutu("mail", added), "0\n");
  await mutu("edit", added, "--until", "2999-01-01");
  await mutu("remove", added);
  await assert.rejects(mutu("add", "--title-fr", "x"), (error) => isRefusal(error));
  assert.equal((await root.api("DELETE", `/api/v1/notices/${id}`)).json().done, true);
});
