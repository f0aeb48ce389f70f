/** Pages of FTP accounts and notices in Chromium: accessible, as wide as the window, without complaints; and an account made without JavaScript. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { axeFindings, startBrowser, tooWide, type View } from "../../support/browser.js";
import { logIn, serveFtp } from "./browser-scene.js";

const VIEWS: View[] = [
  { locale: "fr", size: "desk", theme: "dark" },
  { locale: "en", size: "phone", theme: "light" },
];

test("FTP accounts in every state, and notices: each page is accessible, fits and complains of nothing", { timeout: 900_000 }, async (t) => {
  const { origin, memberPages, adminPages } = await serveFtp(t);
  const browser = await startBrowser(t);
  const findings: string[] = [];
  for (const view of VIEWS) {
    for (const [login, pages] of [
      ["jeanne", memberPages],
      ["root", adminPages],
    ] as const) {
      const { page, context, complaints } = await browser.open(origin, view);
      const look = async (what: string) => {
        for (const finding of [...(await axeFindings(page)), ...(await tooWide(page))]) findings.push(`${what} ${view.locale} ${view.size}: ${finding}`);
      };
      await logIn(page, login);
      for (const path of pages) {
        const answer = await page.goto(path);
        assert.equal(answer?.status(), 200, path);
        await page.evaluate(() => {
          for (const folded of document.querySelectorAll("main details")) folded.setAttribute("open", "");
        });
        await look(path);
      }
      findings.push(...complaints.map((complaint) => `${login} ${view.locale}: ${complaint}`));
      await context.close();
    }
  }
  assert.deepEqual(findings, []);
});

test("a member makes an FTP account, is told what is wrong at its field, and loses nothing, without JavaScript", { timeout: 300_000 }, async (t) => {
  const { origin, ctx } = await serveFtp(t);
  const browser = await startBrowser(t);
  const { page } = await browser.open(origin, { locale: "fr", size: "phone", scripts: false });
  await logIn(page, "jeanne");
  await page.goto("/ftp-logins/new");
  await page.fill("[name=name]", "Marie");
  await page.click("details.more summary");
  assert.equal(await page.isVisible("[name=expiresOn]"), false);
  await page.selectOption("[name=expires]", "on");
  assert.equal(await page.isVisible("[name=expiresOn]"), true);
  await page.fill("[name=folder]", "../voisin");
  await page.click("form[action='/ftp-logins'] button[type=submit]");
  assert.equal(await page.inputValue("[name=name]"), "Marie");
  assert.ok(await page.isVisible("#field-folder-error"));
  assert.ok(await page.isVisible("#field-expiresOn-error"));
  await page.fill("[name=folder]", "www/velo.test");
  await page.selectOption("[name=expires]", "30");
  await page.click("form[action='/ftp-logins'] button[type=submit]");
  assert.match((await page.textContent("code.secret")) ?? "", /^[a-z2-9-]{24}$/);
  const row = await ctx.db.ftpLogin.findUniqueOrThrow({ where: { name: "amis_marie" } });
  assert.deepEqual([row.folder, row.expiresAt !== null], ["www/velo.test", true]);
  await page.goto("/");
  await page.click("form[action$='/dismiss'] button");
  assert.equal(await page.locator("form[action$='/dismiss']").count(), 0);
});

test("the counts of a notice's letters move in the open page; without JavaScript, when it is loaded again", { timeout: 300_000 }, async (t) => {
  const { origin, ctx, notice } = await serveFtp(t);
  const browser = await startBrowser(t);
  const [live, plain] = [await browser.open(origin, { locale: "en" }), await browser.open(origin, { locale: "fr", scripts: false })];
  for (const { page } of [live, plain]) {
    await logIn(page, "root");
    await page.goto(`/notices/${notice.id}`);
  }
  const counts = (page: typeof live.page) => page.locator(`#progress-${notice.id} dd`).allTextContents();
  assert.deepEqual((await counts(live.page)).map(Number), [0, 1, 0]);
  await ctx.db.outgoingMail.updateMany({ data: { state: "sent", error: null } });
  await live.page.waitForFunction((id) => document.querySelector(`#progress-${id} dd`)?.textContent === "1", notice.id, { timeout: 20_000 });
  assert.deepEqual((await counts(live.page)).map(Number), [1, 0, 0]);
  assert.equal(await live.page.locator(`#refused-${notice.id} details`).count(), 0);
  assert.deepEqual((await counts(plain.page)).map(Number), [0, 1, 0]);
  await plain.page.reload();
  assert.deepEqual((await counts(plain.page)).map(Number), [1, 0, 0]);
  assert.deepEqual(live.complaints, []);
});
