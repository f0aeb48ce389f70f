/** Pages of certificates in Chromium: accessible, as wide as the window, without complaints; a certificate brought without JavaScript; chips that move. */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { test } from "node:test";
import { foreignTexts, type Locale, misplaced, textsAmong } from "../../browser/looks.js";
import { axeFindings, startBrowser, type View } from "../../support/browser.js";
import { logIn } from "../ftp/browser-scene.js";
import { serveCertificates } from "./browser-scene.js";

const VIEWS: View[] = [
  { locale: "fr", size: "desk", theme: "light" },
  { locale: "en", size: "phone", theme: "dark" },
];
/** Where pictures are kept for whoever wants to look: not set, none are taken. */
const PICTURES = process.env["MUTU_TEST_PICTURES"];

test("every page of certificates is accessible, fits and complains of nothing", { timeout: 900_000 }, async (t) => {
  const { origin, memberPages, adminPages, choose } = await serveCertificates(t);
  const browser = await startBrowser(t);
  const findings: string[] = [];
  let first = true;
  for (const view of VIEWS) {
    for (const [login, pages] of [
      ["claire", memberPages],
      ["root", adminPages],
    ] as const) {
      const { page, context, complaints } = await browser.open(origin, view);
      await logIn(page, login);
      for (const path of pages) {
        const answer = await page.goto(path);
        assert.equal(answer?.status(), 200, path);
        await page.evaluate(() => {
          for (const folded of document.querySelectorAll("main details")) folded.setAttribute("open", "");
        });
        const foreign = await textsAmong(page, foreignTexts(view.locale as Locale));
        for (const finding of [...(await axeFindings(page)), ...(await misplaced(page)), ...foreign])
          findings.push(`${path} ${view.locale} ${view.size}: ${finding}`);
        if (PICTURES) {
          mkdirSync(PICTURES, { recursive: true });
          const name = path.replace(/[0-9a-f]{8}-[0-9a-f-]+/, (id) => id.slice(-4)).replaceAll(/[^a-z0-9]+/gi, "-");
          await page.screenshot({ path: `${PICTURES}/${view.locale}-${login}${name}.png`, fullPage: true });
        }
      }
      findings.push(...complaints.map((complaint) => `${login} ${view.locale}: ${complaint}`));
      await context.close();
    }
    if (first) await choose();
    first = false;
  }
  assert.deepEqual(findings, []);
});

test("a member brings a certificate as a file, is told what is wrong at its field, without JavaScript", { timeout: 300_000 }, async (t) => {
  const { origin, failing, issue, intermediate, ctx } = await serveCertificates(t);
  const browser = await startBrowser(t);
  const { page } = await browser.open(origin, { locale: "fr", size: "phone", scripts: false });
  await logIn(page, "claire");
  await page.goto(`/certificates/${failing.id}`);
  await page.check("input[name=source][value=own]");
  await page.click(`form[action='/certificates/${failing.id}'] button[type=submit]`);
  const name = failing.names[0]?.name ?? "";
  const made = issue({ names: [name] });
  const file = (of: string, text: string) => ({ name: of, mimeType: "application/x-pem-file", buffer: Buffer.from(text) });
  await page.setInputFiles("[name=files]", [file("site.crt", made.certificate), file("site.key", made.key)]);
  await page.click("form[enctype] button[type=submit]");
  assert.match((await page.textContent("#field-files-error")) ?? "", /Il manque le certificat intermédiaire/);
  await page.setInputFiles("[name=files]", [file("chain.pem", intermediate), file("site.key", made.key), file("site.crt", made.certificate)]);
  await page.click("form[enctype] button[type=submit]");
  assert.equal(new URL(page.url()).pathname, `/certificates/${failing.id}`);
  const row = await ctx.db.certificateSubject.findUniqueOrThrow({ where: { id: failing.id }, include: { current: true } });
  assert.equal(row.current?.chain, made.certificate + intermediate);
});

test("a chip goes from waiting to in place to verified in the open page", { timeout: 300_000 }, async (t) => {
  const { origin, waiting, give, settle, ctx } = await serveCertificates(t);
  const browser = await startBrowser(t);
  const { page, complaints } = await browser.open(origin, { locale: "en" });
  await logIn(page, "claire");
  await page.goto(`/certificates/${waiting.id}`);
  const chip = `#certificate-${waiting.id} .chip`;
  const becomes = (state: string) => page.waitForSelector(`${chip}-${state}`, { timeout: 20_000 });
  await becomes("waiting");
  const given = await give(
    waiting.id,
    waiting.names.map(({ name }) => name),
  );
  await ctx.db.certificatePlace.updateMany({ where: { wantedId: given.currentId }, data: { placedId: given.currentId, placedAt: new Date() } });
  await becomes("published");
  await settle(waiting.id);
  await becomes("verified");
  assert.ok((await page.textContent("#certificate-facts"))?.includes("Test Intermediate"), "the certificate came along");
  assert.deepEqual(complaints, []);
});
