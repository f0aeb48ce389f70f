/** A zone taken over in the browser: by forms alone on a phone, and from a file where JavaScript runs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { TEST_PASSWORD } from "../support/app.js";
import { axeFindings, SIZES, startBrowser } from "../support/browser.js";
import { foreignTexts, type Locale, misplaced, textsAmong } from "./looks.js";
import { makeScene } from "./scene.js";
import { serve } from "./serve.js";

const OLD = `$TTL 3600
@ IN SOA ns1.example.net. root.example.net. 2026010101 1h 1h 1w 1h
@ IN NS ns1.example.net.
@ IN A 192.0.2.10
@ IN MX 10 mail.example.net.
www IN CNAME @
k1._domainkey IN TXT "v=DKIM1; p=${"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ".repeat(5)}"
bad IN A 1.2.3
loc IN LOC 48 51 30.000 N 2 17 40.000 E 35.00m
$INCLUDE more.zone
`;

async function logIn(page: Page, login: string): Promise<void> {
  await page.goto("/");
  await page.fill("[name=login]", login);
  await page.fill("[name=password]", TEST_PASSWORD);
  await Promise.all([page.waitForURL("/"), page.click("form[action='/login'] button[type=submit]")]);
}

/** What is wrong with how a page looks, folded and unfolded, on both widths. */
async function faults(page: Page, locale: Locale): Promise<string[]> {
  const found = (await textsAmong(page, foreignTexts(locale))).map((text) => `not translated: ${text}`);
  for (const size of [SIZES.desk, SIZES.phone]) {
    await page.setViewportSize(size);
    found.push(...(await misplaced(page)), ...(await axeFindings(page)));
  }
  await page.evaluate(() => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
  return [...found, ...(await misplaced(page)), ...(await axeFindings(page))];
}

test("a zone taken over", { timeout: 300_000 }, async (t) => {
  const { app, origin } = await serve(t);
  const scene = await makeScene(app);
  const { open } = await startBrowser(t);
  const path = `/domains/${scene.domains["amisducanal.test"]}/import`;
  const rows = () => app.services.db.dnsRecord.count();

  await t.test("without JavaScript, on a phone, in French", async () => {
    const before = await rows();
    const { context, page, complaints } = await open(origin, { locale: "fr", size: "phone", scripts: false });
    await logIn(page, "claire");
    await page.goto(path);
    assert.equal(await page.isVisible("input[type=file]"), false);
    await page.fill("[name=text]", OLD);
    await page.click(`form[action='${path}/preview'] button[type=submit]`);
    const shown = await page.innerText("main");
    for (const words of ["Lignes refusées (2)", "$INCLUDE demande de lire un autre fichier", "« 1.2.3 » n’est pas une adresse IPv4", "mail.example.net"])
      assert.ok(shown.replaceAll("\u00a0", " ").includes(words), words);
    assert.equal(await rows(), before);
    await page.click(`form[action='${path}'] .btn-primary`);
    assert.match(await page.innerText("h1"), /Zone reprise/);
    assert.ok((await rows()) >= before + 2);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  await t.test("from a file, corrected, decided and applied", async () => {
    await app.services.db.user.update({ where: { login: "claire" }, data: { locale: "en" } });
    const { context, page, complaints } = await open(origin, { locale: "en", size: "desk" });
    await logIn(page, "claire");
    await page.goto(path);
    assert.deepEqual(await faults(page, "en"), []);
    const bytes = Buffer.concat([Buffer.from(OLD), Buffer.from('note IN TXT "caf\xe9"\nshop IN A 192.0.2.77\n@ IN MX 20 other.example.net.\n', "latin1")]);
    await page.setInputFiles("#import-file", { name: "old.zone", mimeType: "text/plain", buffer: bytes });
    await page.waitForFunction(() => document.querySelector("textarea")?.value.includes('"caf\\233"'));
    await page.click(`form[action='${path}/preview'] button[type=submit]`);
    assert.deepEqual(await faults(page, "en"), []);
    await page.selectOption("[name$='amisducanal.test MX']", "keep");
    await page.fill("[name=text]", (await page.inputValue("[name=text]")).replace("1.2.3", "192.0.2.3"));
    await page.click("[formaction]");
    assert.match(await page.innerText("main"), /Refused lines \(1\)/);
    assert.equal(await page.inputValue("[name$='amisducanal.test MX']"), "keep");
    await page.click(`form[action='${path}'] .form-actions .btn-primary`);
    assert.match(await page.innerText("h1"), /Zone taken over/);
    assert.deepEqual(await faults(page, "en"), []);
    const values = (await app.services.db.dnsRecord.findMany({ where: { state: "live" } })).map(({ name, type, value }) => `${name} ${type} ${value}`);
    for (const value of ["bad.amisducanal.test A 192.0.2.3", 'note.amisducanal.test TXT "caf\\233"', "shop.amisducanal.test A 192.0.2.77"])
      assert.ok(values.includes(value), value);
    assert.ok(!values.some((value) => value.includes("other.example.net")));
    assert.deepEqual(complaints, []);
    await context.close();
  });
});
