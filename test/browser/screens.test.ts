/** Every screen of the main flow, as its reader sees it: both widths, both themes, with and without JavaScript. */
// This file may take 600 seconds.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import { TEST_PASSWORD } from "../support/app.js";
import { axeFindings, SIZES, startBrowser, type View } from "../support/browser.js";
import type { Scope } from "../support/database.js";
import { foreignTexts, type Locale, misplaced, textsAmong } from "./looks.js";
import { adminPages, memberPages, newcomerPages, webmasterPages } from "./pages.js";
import { makeScene, type Scene } from "./scene.js";
import { serve } from "./serve.js";

const AT_ONCE = 2;

interface Stage {
  scene: Scene;
  open: Awaited<ReturnType<typeof startBrowser>>["open"];
  origin: string;
  pages: Record<string, string[]>;
}

async function setStage(t: Scope): Promise<Stage> {
  const { app, origin } = await serve(t);
  const scene = await makeScene(app);
  const { id: otherHost } = await app.services.db.host.findFirstOrThrow({ where: { name: "web2" } });
  const { id: plan } = await app.services.db.plan.findFirstOrThrow({ where: { isDefault: true } });
  const { open } = await startBrowser(t);
  const pages = { claire: memberPages(scene), marc: webmasterPages(scene), sami: newcomerPages(), jeanne: adminPages(scene, otherHost, plan) };
  return { scene, open, origin, pages };
}

async function logIn(page: Page, login: string): Promise<void> {
  await page.goto("/login");
  await page.fill("[name=login]", login);
  await page.fill("[name=password]", TEST_PASSWORD);
  await Promise.all([page.waitForURL("/"), page.click("form[action='/login'] button[type=submit]")]);
}

/** Opens each address in one of a few tabs and looks at it; what is wrong is told with its address. */
async function walk(context: BrowserContext, paths: string[], look: (page: Page) => Promise<string[]>, status = 200): Promise<string[]> {
  const left = [...paths];
  const wrong: string[] = [];
  const tab = async () => {
    const page = await context.newPage();
    page.on("console", (message) => {
      const ownAnswer = message.text().startsWith("Failed to load resource") && message.location().url === page.url();
      if (!ownAnswer && ["error", "warning"].includes(message.type())) wrong.push(`${page.url()}: console: ${message.text()}`);
    });
    page.on("pageerror", (error) => wrong.push(`${page.url()}: uncaught: ${error.message}`));
    for (let path = left.shift(); path !== undefined; path = left.shift()) {
      const answer = await page.goto(path);
      const expected = path === "/nowhere" || (path.startsWith("/accounts/") && paths.includes("/connect")) ? 404 : status;
      if (answer?.status() !== expected) wrong.push(`${path}: ${answer?.status()}`);
      for (const found of await look(page)) wrong.push(`${path}: ${found}`);
    }
    await page.close();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, tab));
  return wrong;
}

/** A desk in the light, then, without loading it again, a phone in the dark. */
async function bothWays(page: Page, foreign: string[]): Promise<string[]> {
  await page.setViewportSize(SIZES.desk);
  await page.emulateMedia({ colorScheme: "light" });
  const found = [...(await textsAmong(page, foreign)).map((text) => `not translated: ${text}`)];
  found.push(...(await misplaced(page)).map((text) => `desk: ${text}`), ...(await axeFindings(page)).map((text) => `desk, light: ${text}`));
  // What is folded away is part of the page.
  await page.evaluate(() => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
  found.push(...(await misplaced(page)).map((text) => `desk, unfolded: ${text}`));
  await page.setViewportSize(SIZES.phone);
  await page.emulateMedia({ colorScheme: "dark" });
  found.push(...(await misplaced(page)).map((text) => `phone: ${text}`), ...(await axeFindings(page)).map((text) => `phone, dark: ${text}`));
  return found;
}

async function reader(stage: Stage, login: string, view: View): Promise<BrowserContext> {
  await stage.scene.app.services.db.user.update({ where: { login }, data: { locale: view.locale as Locale } });
  const { context, page } = await stage.open(stage.origin, view);
  await logIn(page, login);
  await page.close();
  return context;
}

test("screens", { timeout: 1_100_000 }, async (t) => {
  const stage = await setStage(t);

  for (const [who, locale] of [
    ["claire", "fr"],
    ["marc", "fr"],
    ["sami", "fr"],
    ["jeanne", "en"],
  ] as const) {
    await t.test(`${who}'s, in ${locale}: accessible in both themes, nothing cut or too wide, nothing untranslated, nothing in the console`, async () => {
      const context = await reader(stage, who, { locale });
      const foreign = foreignTexts(locale);
      assert.deepEqual(await walk(context, stage.pages[who] as string[], (page) => bothWays(page, foreign)), []);
      await context.close();
    });
  }

  for (const [who, locale] of [
    ["claire", "en"],
    ["jeanne", "fr"],
  ] as const) {
    await t.test(`${who}'s without JavaScript, in ${locale}: nothing too wide at both widths, no button that does nothing`, async () => {
      const context = await reader(stage, who, { locale, scripts: false });
      const foreign = foreignTexts(locale);
      const look = async (page: Page) => {
        const found = (await textsAmong(page, foreign)).map((text) => `not translated: ${text}`);
        if (await page.locator("[data-copy]").filter({ visible: true }).count()) found.push("a copy button that cannot copy");
        for (const [size, box] of Object.entries(SIZES)) {
          await page.setViewportSize(box);
          found.push(...(await misplaced(page)).map((text) => `${size}: ${text}`));
        }
        return found;
      };
      assert.deepEqual(await walk(context, stage.pages[who] as string[], look), []);
      await context.close();
    });
  }

  await t.test("the two doors, in both languages and themes", async () => {
    for (const locale of ["fr", "en"] as const) {
      const { context, page } = await stage.open(stage.origin, { locale });
      await page.close();
      assert.deepEqual(await walk(context, ["/", "/login?next=%2Fsites"], (tab) => bothWays(tab, foreignTexts(locale))), []);
      await context.close();
    }
  });

  await t.test("the wizard asks only for what the chosen kind needs, with no script", async () => {
    const context = await reader(stage, "claire", { locale: "fr", scripts: false });
    const page = await context.newPage();
    await page.goto("/sites/new");
    assert.equal(await page.isVisible("[name=target]"), false);
    await page.check("input[name=kind][value=redirect]");
    assert.equal(await page.isVisible("[name=target]"), true);
    assert.equal(await page.isVisible("details.for-folder"), false);
    await page.check("input[name=kind][value=proxy]");
    assert.equal(await page.isVisible("[name=proxyTarget]"), true);
    assert.equal(await page.isVisible("[name=target]"), false);
    await context.close();
  });

  await t.test("our own fault is a page like the others, in both languages: what can be done, a reference, and nothing of the fault", async () => {
    const { db } = stage.scene.app.services;
    const id = stage.scene.sites["archives.amisducanal.test"] as string;
    const { hstsSeconds } = await db.site.findUniqueOrThrow({ where: { id } });
    // No model knows this value, so the real page of the real site fails.
    await db.$executeRaw`UPDATE Site SET hstsSeconds = 'soon' WHERE id = ${id}`;
    for (const [locale, sentence] of [
      ["fr", "réessayez dans un instant"],
      ["en", "please try again in a moment"],
    ] as const) {
      const context = await reader(stage, "claire", { locale });
      const look = async (page: Page) => {
        const found = await bothWays(page, foreignTexts(locale));
        const text = await page.innerText("main");
        if (!text.includes(sentence)) found.push(`does not say what can be done: ${text}`);
        if (!/[0-9a-f]{8}-[0-9a-f-]{27}/.test(text)) found.push(`no reference: ${text}`);
        if (/soon|hstsSeconds|prisma/i.test(await page.content())) found.push("tells the fault");
        const home = page.locator("main a.btn-primary[href='/']");
        // A link that nothing styles has no ground of its own.
        const ground = await home.evaluate((link) => getComputedStyle(link).backgroundColor);
        if (ground === "rgba(0, 0, 0, 0)") found.push("not styled");
        return found;
      };
      assert.deepEqual(await walk(context, [`/sites/${id}`], look, 500), []);
      await context.close();
    }
    await db.site.update({ where: { id }, data: { hstsSeconds }, select: { id: true } });
  });

  await t.test("pages that ask for the password again, some time after the login", async () => {
    const { db } = stage.scene.app.services;
    const { id } = await db.user.findUniqueOrThrow({ where: { login: "claire" } });
    for (const locale of ["fr", "en"] as const) {
      const context = await reader(stage, "jeanne", { locale });
      await db.session.updateMany({ data: { createdAt: new Date(Date.now() - 3_600_000) } });
      const look = async (page: Page) => {
        const found = await bothWays(page, foreignTexts(locale));
        return (await page.locator("[name=proof]").count()) === 1 ? found : [...found, "does not ask"];
      };
      assert.deepEqual(await walk(context, ["/profile", "/profile/tokens", "/users/new", `/users/${id}`], look), []);
      await context.close();
    }
  });

  await t.test("a fault of a daemon that is gone is still told in words", async () => {
    const context = await reader(stage, "claire", { locale: "fr" });
    const { db } = stage.scene.app.services;
    const unit = await db.publishUnit.findFirstOrThrow({ where: { quarantineCode: "php-fpm.version_missing" } });
    await db.publishUnit.update({ where: { id: unit.id }, data: { quarantineCode: "gone.unheard_of" } });
    const wrong = await walk(context, [`/sites/${stage.scene.sites["archives.amisducanal.test"]}`], async (page) => {
      const text = await page.innerText(".state-line");
      return text.includes("n’a pas été acceptée") ? [] : [text];
    });
    assert.deepEqual(wrong, []);
    await context.close();
  });
});
