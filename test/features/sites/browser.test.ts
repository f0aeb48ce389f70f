/** A site added and changed without JavaScript; a refused address stays in its field. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { ensureCertificate, listen } from "../../../src/core/http/listen.js";
import { buildTestApp, TEST_PASSWORD } from "../../support/app.js";
import { startBrowser } from "../../support/browser.js";
import type { Scope } from "../../support/database.js";
import { createAccount, createHost, joinAccount } from "../../support/factories.js";

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
  await panel.createUser("root", { admin: true });
  await joinAccount(ctx, account, await panel.createUser("jeanne", { name: "Jeanne Martin" }));
  const server = await listen(panel.app, panel.services.env);
  t.after(() => server.close());
  const origin = server.address.replace("127.0.0.1", "localhost");
  return { ctx, origin };
}

async function logIn(page: Page, login: string): Promise<void> {
  await page.goto("/");
  await page.fill("[name=login]", login);
  await page.fill("[name=password]", TEST_PASSWORD);
  await page.click("form[action='/login'] button[type=submit]");
}

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
  await page.fill("form[action$='/addresses'] [name=address]", "pas une adresse");
  await page.click("form[action$='/addresses'] button");
  assert.equal(await page.inputValue("[name=address]"), "pas une adresse");
});
