/** Pages of hosting in Chromium: accessible, as wide as the window, without complaints; and a site added without JavaScript. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { ensureCertificate, listen } from "../../../src/core/http/listen.js";
import { suspendAccount } from "../../../src/features/accounts/index.js";
import { removeDomain } from "../../../src/features/domains/index.js";
import { addSite, removeSite } from "../../../src/features/sites/index.js";
import { buildTestApp, TEST_PASSWORD } from "../../support/app.js";
import { axeFindings, startBrowser, tooWide, type View } from "../../support/browser.js";
import type { Scope } from "../../support/database.js";
import { createAccount, createHost, joinAccount } from "../../support/factories.js";

const VIEWS: View[] = [
  { locale: "fr", size: "desk", theme: "dark" },
  { locale: "en", size: "phone", theme: "light" },
];

/** A panel over real HTTPS with something of every kind in it. */
async function serve(t: Scope) {
  const folder = mkdtempSync(join(tmpdir(), "mutu-tls-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tls = { certificate: join(folder, "panel.crt"), key: join(folder, "panel.key") };
  ensureCertificate({ tls, origin: "https://localhost" }, new Date());
  const panel = await buildTestApp(t, { env: { tls, trustedProxies: [], origin: "https://localhost" } });
  const ctx = panel.ctx();
  const host = await createHost(ctx, { name: "web1" });
  const account = await createAccount(ctx, { host, name: "Les Amis du vélo en ville et à la campagne" });
  const late = await createAccount(ctx, { host });
  await panel.createUser("root", { admin: true });
  await joinAccount(ctx, account, await panel.createUser("jeanne", { name: "Jeanne Martin" }));
  await ctx.db.proxyTarget.create({ data: { origin: "http://10.0.0.5:3000" } });
  const add = (address: string, more: object = {}) => addSite(ctx, { accountId: account.id, address, ...more });
  const site = await add("un-nom-de-domaine-vraiment-tres-long-pour-un-telephone.test");
  const idn = await add("café-vélo.test", { kind: "redirect", target: "https://example.org/une/page/au/bout/d-une/tres/longue/adresse?qui=continue" });
  const gone = await add("parti.test");
  await removeSite(ctx, gone.id);
  await add("range.test");
  const domain = await removeDomain(ctx, "range.test");
  await suspendAccount(ctx, late.id, "Cotisation impayée");
  const server = await listen(panel.app, panel.services.env);
  t.after(() => server.close());
  const origin = server.address.replace("127.0.0.1", "localhost");
  const plan = account.planId;
  const memberPages = [
    "/",
    "/sites",
    "/sites/bin",
    "/sites/new",
    `/sites/${site.id}`,
    `/sites/${idn.id}`,
    `/sites/${gone.id}`,
    `/sites/${site.id}/delete`,
    "/connect",
  ]
    .concat(["folder", "redirect", "proxy", "maintenance"].map((kind) => `/sites/${site.id}/kind?kind=${kind}`))
    .concat(["/domains", "/domains/bin", "/domains/new", `/domains/${domain.id}`]);
  const adminPages = [
    "/",
    "/accounts",
    "/accounts/new",
    `/accounts/${account.id}`,
    `/accounts/${late.id}`,
    `/accounts/${account.id}/suspend`,
    `/accounts/${account.id}/delete`,
  ]
    .concat(["/plans", "/plans/new", `/plans/${plan}`, "/hosts", `/hosts/${host.id}`, `/hosts/${host.id}/delete`])
    .concat(["/domains/forbidden", "/domains/consents", "/proxy-targets", "/connect"]);
  return { panel, ctx, origin, account, site, memberPages, adminPages };
}

async function logIn(page: Page, login: string): Promise<void> {
  await page.goto("/");
  await page.fill("[name=login]", login);
  await page.fill("[name=password]", TEST_PASSWORD);
  await page.click("form[action='/login'] button[type=submit]");
}

test("every page of hosting is accessible, fits and complains of nothing", { timeout: 900_000 }, async (t) => {
  const { origin, memberPages, adminPages, site } = await serve(t);
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
      if (login === "jeanne") {
        await page.goto(`/sites/${site.id}`);
        await page.fill("form[action$='/addresses'] [name=address]", "pas une adresse");
        await page.click("form[action$='/addresses'] button");
        assert.equal(await page.inputValue("[name=address]"), "pas une adresse");
        await look("refused");
      }
      findings.push(...complaints.map((complaint) => `${login} ${view.locale}: ${complaint}`));
      await context.close();
    }
  }
  assert.deepEqual(findings, []);
});

test("a member adds and changes a site without JavaScript", { timeout: 300_000 }, async (t) => {
  const { origin, ctx } = await serve(t);
  const browser = await startBrowser(t);
  const { page } = await browser.open(origin, { locale: "fr", size: "phone", scripts: false });
  await logIn(page, "jeanne");
  await page.goto("/sites/new");
  await page.fill("[name=address]", "sans-script.test");
  await page.click("form[action='/sites'] button[type=submit]");
  await page.waitForURL(/\/sites\/[0-9a-f-]{36}$/);
  assert.ok((await page.textContent("main"))?.includes("www/sans-script.test"));
  await page.check("[name=forceHttps]");
  await page.click("form[action$='/https'] button");
  const site = await ctx.db.site.findFirstOrThrow({ where: { title: "sans-script.test" } });
  assert.equal(site.forceHttps, true);
});
