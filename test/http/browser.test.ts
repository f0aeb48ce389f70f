/** The shell in Chromium: both languages, a desk and a phone, light and dark, with and without JavaScript. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { ensureCertificate, listen } from "../../src/core/http/listen.js";
import { feature as auth } from "../../src/features/auth/feature.js";
import { feature as home } from "../../src/features/home/feature.js";
import { changeSettings } from "../../src/features/home/settings.js";
import { buildTestApp, TEST_PASSWORD, type TestApp } from "../support/app.js";
import { axeFindings, startBrowser, tooWide, type View } from "../support/browser.js";
import type { Scope } from "../support/database.js";

/** Each language, size and theme, with each other. What lies behind the doors is walked through by test/browser/screens.test.ts. */
const VIEWS: View[] = [
  { locale: "fr", size: "desk", theme: "light" },
  { locale: "fr", size: "phone", theme: "dark" },
  { locale: "en", size: "desk", theme: "dark" },
  { locale: "en", size: "phone", theme: "light" },
];

/** The application over real HTTPS, with a certificate of its own making. */
async function serve(t: Scope): Promise<{ app: TestApp; origin: string }> {
  const folder = mkdtempSync(join(tmpdir(), "mutu-tls-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tls = { certificate: join(folder, "panel.crt"), key: join(folder, "panel.key") };
  ensureCertificate({ tls, origin: "https://localhost" }, new Date());
  const app = await buildTestApp(t, { features: [auth, home], env: { tls, trustedProxies: [], origin: "https://localhost" } });
  const server = await listen(app.app, app.services.env);
  t.after(() => server.close());
  return { app, origin: server.address.replace("127.0.0.1", "localhost") };
}

async function logIn(page: Page, login: string, password = TEST_PASSWORD): Promise<void> {
  await page.fill("[name=login]", login);
  await page.fill("[name=password]", password);
  await page.click("form[action='/login'] button[type=submit]");
}

test("the doors, and who is not let in: accessible, as wide as the window, without complaints, in each view", { timeout: 600_000 }, async (t) => {
  const { app, origin } = await serve(t);
  await app.createUser("admin", { admin: true, name: "Jeanne Martin" });
  for (let number = 0; number < 25; number += 1) await app.createUser(`member-with-a-rather-long-${number}`, { name: `Membre ${number}` });
  const browser = await startBrowser(t);
  for (const view of VIEWS) {
    const { page, context, complaints } = await browser.open(origin, view);
    const look = async (what: string) => {
      const where = `${what} ${JSON.stringify(view)}`;
      assert.deepEqual(await axeFindings(page), [], where);
      assert.deepEqual(await tooWide(page), [], where);
      assert.equal(await page.getAttribute("html", "lang"), view.locale, where);
    };
    await page.goto("/");
    await look("landing");
    await logIn(page, "admin", "not the password");
    await look("refused");
    await logIn(page, "someone@example.org");
    await look("mailbox");
    await logIn(page, "admin");
    await page.goto("/users");
    await look("a long list of long names");
    const dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(Number(/oklch\(([\d.]+)/.exec(dark)?.[1] ?? "x") < 0.5, view.theme === "dark", dark);
    if (view.size === "phone") {
      await page.click(".shell-menu > summary");
      await page.click(".shell-menu a[href='/users']");
      assert.match(page.url(), /\/users$/);
    }
    assert.deepEqual(complaints, [], JSON.stringify(view));
    await context.close();
  }
});

test("everything works without JavaScript: log in, language, profile, log out", async (t) => {
  const { app, origin } = await serve(t);
  await app.createUser("jeanne", { name: "Jeanne" });
  const browser = await startBrowser(t);
  const { page } = await browser.open(origin, { locale: "en", scripts: false });
  await page.goto("/profile");
  assert.match(page.url(), /\/login\?next=%2Fprofile$/);
  await page.click("button[value=fr]");
  assert.match(await page.innerText("h1"), /Votre hébergement/);
  await page.goto("/login?next=%2Fprofile");
  await logIn(page, "jeanne");
  assert.match(page.url(), /\/profile$/);
  await page.check("input[name=appearance][value=dark]");
  await page.fill("[name=name]", "Jeanne d’Arc");
  await page.click("form[action='/profile'] button[type=submit]");
  assert.equal(await page.getAttribute("html", "data-bs-theme"), "dark");
  assert.match(await page.innerText("[role=status]"), /enregistré/);
  assert.match(await page.innerText("time, body"), /Jeanne d’Arc/);
  await page.click("form[action='/logout'] button >> visible=true");
  assert.match(await page.innerText("[role=status]"), /déconnecté/);
  await page.goto("/profile");
  assert.match(page.url(), /\/login/);
});

test("with the keyboard alone: skip link first, then the form; an error takes the focus", async (t) => {
  const { app, origin } = await serve(t);
  await app.createUser("jeanne");
  const browser = await startBrowser(t);
  const { page } = await browser.open(origin);
  await page.goto("/");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.className), "skip");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
  await page.keyboard.press("Tab");
  await page.keyboard.type("jeanne");
  await page.keyboard.press("Tab");
  await page.keyboard.type("wrong");
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  assert.equal(await page.evaluate(() => document.activeElement?.id), "form-errors");
  assert.equal(await page.inputValue("[name=login]"), "jeanne");
  assert.equal(await page.inputValue("[name=password]"), "");
});

test("times are told in the reader's zone, a key can be copied, the mail door leads out", async (t) => {
  const { app, origin } = await serve(t);
  await app.createUser("jeanne");
  await changeSettings(app.ctx(), { webmailUrl: "https://webmail.example.org/" });
  const browser = await startBrowser(t);
  const { page, context, complaints } = await browser.open(origin, { locale: "fr" });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin });
  await page.goto("/");
  assert.equal(await page.getAttribute(".door-mail a", "href"), "https://webmail.example.org/");
  await logIn(page, "jeanne");
  await page.goto("/profile/tokens");
  await page.fill("[name=name]", "copie");
  await page.click("form[action='/profile/tokens'] button[type=submit]");
  await page.click("[data-copy]");
  await page.waitForSelector("[data-copy] span:text('Copié')");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await page.innerText(".secret"));
  const time = page.locator("time").first();
  assert.match((await time.getAttribute("title")) ?? "", /^\d{4}-\d\d-\d\d \d\d:\d\d UTC$/);
  assert.doesNotMatch(await time.innerText(), /UTC/);
  assert.deepEqual(complaints, []);
});
