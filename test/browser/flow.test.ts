/** What members do, in the browser: entirely by forms, and live where JavaScript runs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { TEST_PASSWORD } from "../support/app.js";
import { startBrowser } from "../support/browser.js";
import type { Scope } from "../support/database.js";
import { makeScene, numberOf } from "./scene.js";
import { serve } from "./serve.js";
import { publishAll, setUnit } from "./units.js";

async function begin(t: Scope) {
  const { app, origin } = await serve(t);
  const scene = await makeScene(app);
  const { open } = await startBrowser(t);
  return { app, origin, scene, open };
}

async function logIn(page: Page, login: string): Promise<void> {
  await page.goto("/");
  await page.fill("[name=login]", login);
  await page.fill("[name=password]", TEST_PASSWORD);
  await Promise.all([page.waitForURL("/"), page.click("form[action='/login'] button[type=submit]")]);
}

const said = (page: Page) => page.innerText("main [role=status]");

test("the main flow", { timeout: 300_000 }, async (t) => {
  const { app, origin, scene, open } = await begin(t);

  await t.test("without JavaScript a member adds a site, changes its PHP memory, removes it and takes it back", async () => {
    const { context, page, complaints } = await open(origin, { locale: "fr", size: "phone", scripts: false });
    await logIn(page, "sami");
    assert.match(await page.innerText("main"), /Aucun site|Une adresse suffit/);
    await page.click("main a[href^='/sites/new']");
    await page.fill("[name=address]", "atelier-velo.test");
    await page.click("form[action='/sites'] button[type=submit]");
    assert.equal(await page.innerText("h1"), "atelier-velo.test");
    assert.match(await said(page), /atelier-velo\.test/);
    assert.match(await page.innerText(".state-line"), /En attente/);
    const path = new URL(page.url()).pathname;

    await page.selectOption("[name=phpVersion]", "8.4");
    await page.fill("[name=memoryMb]", "192");
    await page.click(`form[action='${path}/php'] button[type=submit]`);
    assert.match(await said(page), /enregistré/);
    assert.equal(await page.inputValue("[name=memoryMb]"), "192");
    await publishAll(app, scene.host);
    await page.reload();
    assert.match(await page.innerText(".state-line"), /Vérifié/);

    await page.click(`a[href='${path}/delete']`);
    const consequences = await page.innerText("main");
    assert.match(consequences, /2 adresses ne répondront plus/);
    assert.match(consequences, /Les fichiers de www\/atelier-velo\.test restent en place/);
    assert.match(consequences, /Pendant 30 jours/);
    await page.click("main button.btn-danger");
    assert.match(await page.innerText("main"), /Ce site est dans la corbeille/);
    await page.goto("/sites/bin");
    await page.click("text=atelier-velo.test");
    await page.click(`form[action='${path}/restore'] button[type=submit]`);
    assert.match(await said(page), /sorti de la corbeille/);
    assert.match(await page.innerText(".state-line"), /En attente/);
    assert.equal(await page.inputValue("[name=memoryMb]"), "192");
    assert.deepEqual(complaints, []);
    await context.close();
  });

  await t.test("an administrator makes an account, reads its password once, suspends and resumes it, all by forms", async () => {
    const { context, page } = await open(origin, { locale: "en", scripts: false });
    await logIn(page, "jeanne");
    await page.goto("/accounts/new");
    await page.fill("[name=name]", "Club d’échecs");
    await page.fill("[name=login]", "echecs");
    await page.fill("[name=ownerLogin]", "paul");
    await page.fill("[name=ownerEmail]", "paul@example.org");
    await page.click("form[action='/accounts'] button[type=submit]");
    const password = await page.innerText("code.secret");
    assert.ok(password.length >= 12);
    await page.click("main a[href^='/accounts/'] >> text=/open/i");
    assert.doesNotMatch(await page.content(), new RegExp(password.replace(/[^\w]/g, "\\$&")));
    await page.click("a[href$='/suspend']");
    await page.fill("[name=reason]", "Membership fee");
    await page.click("form:has([name=reason]) button[type=submit]");
    assert.match(await page.innerText("main"), /Membership fee/);
    await page.click("form[action$='/resume'] button");
    await page.click("a[href$='/delete']");
    await page.click("main button.btn-danger");
    await page.click("form[action$='/restore'] button");
    assert.match(await page.innerText("main dl"), /Active/);
    await context.close();

    const paul = await open(origin, { locale: "en", scripts: false });
    await paul.page.goto("/");
    await paul.page.fill("[name=login]", "paul");
    await paul.page.fill("[name=password]", password);
    await paul.page.click("form[action='/login'] button[type=submit]");
    assert.match(await paul.page.innerText("h1"), /paul/);
    await paul.context.close();
  });

  await t.test("with JavaScript the chip follows the machine without loading the page again", async () => {
    const { context, page, complaints } = await open(origin, { locale: "fr" });
    const key = `${await numberOf(app, "amis")}/8.1`;
    await setUnit(app, scene.host, "php", key, { wanted: { increment: 1 } });
    await logIn(page, "claire");
    await page.goto(`/sites/${scene.sites["fete-du-canal.test"]}`);
    await page.evaluate(() => {
      document.body.dataset["loaded"] = "once";
    });
    const state = (name: string) => page.waitForSelector(`.state-line .chip-${name}`);
    await state("waiting");
    const { wanted } = await app.services.db.publishUnit.findFirstOrThrow({ where: { key } });
    await setUnit(app, scene.host, "php", key, { published: wanted });
    await state("published");
    await setUnit(app, scene.host, "php", key, { verified: wanted });
    await state("verified");
    assert.equal(await page.isVisible(".when-verified"), true);
    const fault = { quarantineCode: "php-fpm.version_missing", quarantineData: { version: "8.1" }, failedVersion: wanted, serving: "lastGood" };
    await setUnit(app, scene.host, "php", key, fault);
    await state("failed");
    assert.match(await page.innerText(".state-line"), /PHP 8\.1 n’est pas installé.*répond comme avant/s);
    assert.equal(await page.evaluate(() => document.body.dataset["loaded"]), "once");
    assert.deepEqual(complaints, []);
    await context.close();
  });
});
