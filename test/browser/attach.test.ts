/** A domain is attached in Chromium, both ways, against name servers of the test: mail is kept, and the checklist turns green by itself. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Answer } from "dns-packet";
import type { Page } from "playwright-core";
import { ensureCertificate, listen } from "../../src/core/http/listen.js";
import { addRecord, getZone, readTable } from "../../src/features/dns/index.js";
import { addDomain } from "../../src/features/domains/index.js";
import { offerDomain } from "../../src/features/transfers/offers.js";
import { requestName } from "../../src/features/transfers/requests.js";
import { ADDRESS, createHealthScene, type HealthScene } from "../features/health/scene.js";
import { TEST_PASSWORD } from "../support/app.js";
import { axeFindings, startBrowser, type View } from "../support/browser.js";
import type { Scope } from "../support/database.js";
import { createAccount, joinAccount } from "../support/factories.js";
import { foreignTexts, misplaced, textsAmong } from "./looks.js";

const OURS = ["ns1.hoster.test", "ns2.hoster.test"];
const VIEWS: View[] = [
  { locale: "fr", size: "phone", theme: "light" },
  { locale: "fr", size: "desk", theme: "dark" },
  { locale: "en", size: "phone", theme: "dark" },
  { locale: "en", size: "desk", theme: "light" },
];
/** The page looks again every three seconds. */
const GREEN_MS = 30_000;

async function begin(t: Scope) {
  const folder = mkdtempSync(join(tmpdir(), "mutu-tls-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tls = { certificate: join(folder, "panel.crt"), key: join(folder, "panel.key") };
  ensureCertificate({ tls, origin: "https://localhost" }, new Date());
  const scene = await createHealthScene(t, { env: { tls, trustedProxies: [], origin: "https://localhost" } });
  const server = await listen(scene.app.app, scene.app.services.env);
  t.after(() => server.close());
  const { open } = await startBrowser(t);
  await joinAccount(scene.ctx, scene.account, await scene.app.createUser("marie", { name: "Marie Martin" }));
  return { scene, origin: server.address.replace("127.0.0.1", "localhost"), open };
}

async function logIn(page: Page): Promise<void> {
  await page.goto("/");
  await page.fill("[name=login]", "marie");
  await page.fill("[name=password]", TEST_PASSWORD);
  await Promise.all([page.waitForURL("/"), page.click("form[action='/login'] button[type=submit]")]);
}

/** What a domain says that lived elsewhere until today, hostile texts beside the useful ones. */
function oldHome({ world, delegate }: HealthScene, name: string): void {
  const add = (type: string, owner: string, data: unknown) => world.records.push({ type, name: owner, ttl: 3600, data } as Answer);
  delegate(name, ["ns1.old.test", "ns2.old.test"]);
  add("MX", name, { preference: 10, exchange: "mx.mail.example" });
  add("TXT", name, "v=spf1 include:mail.example -all");
  add("TXT", name, `<img src=x onerror="alert(1)">\u202e\u2028${"x".repeat(150)}`);
  add("TXT", `mail._domainkey.${name}`, ["v=DKIM1; k=rsa; p=", "A".repeat(255), "B".repeat(120)]);
  add("A", name, "203.0.113.80");
}

async function typeName(page: Page, name: string): Promise<void> {
  await page.goto("/domains/new");
  await page.fill("[name=name]", name);
  await page.click("form[action='/domains/looks'] button[type=submit]");
}

const state = (page: Page) => page.innerText("#health-state .chip");
const waitGreen = (page: Page) => page.waitForSelector("#health-state .chip-verified", { timeout: GREEN_MS });

test("attaching a domain", { timeout: 300_000 }, async (t) => {
  const { scene, origin, open } = await begin(t);
  const { app, ctx, account } = scene;

  await t.test("DNS with us: mail is kept by default, and the checklist turns green without a reload", async () => {
    oldHome(scene, "asso.test");
    const { context, page, complaints } = await open(origin, { locale: "en" });
    await logIn(page);
    await typeName(page, "asso.test");
    assert.match(await page.innerText("main"), /ns1\.old\.test[\s\S]*10 mx\.mail\.example\./);
    assert.equal(await page.isChecked("[name=keep][value^='asso.test MX']"), true);
    assert.equal(await page.isChecked("[name=keep][value='asso.test A 203.0.113.80']"), false);
    await page.click("main form[action^='/domains/looks/'] button[type=submit]");
    await page.waitForURL(/\/health$/);
    const { rows } = await readTable(ctx.db, app.services.features, await getZone(ctx, "asso.test"));
    const own = rows.filter(({ id }) => id !== null).map(({ data, value }) => `${data.type} ${value}`);
    assert.ok(own.includes("MX 10 mx.mail.example.") && own.some((one) => one.startsWith('TXT "v=DKIM1')), own.join("\n"));
    assert.match(await page.innerText("main"), /ns1\.hoster\.test/);
    const loaded = await page.evaluate(() => performance.timeOrigin);

    await scene.publish("asso.test");
    await page.waitForFunction(() => document.querySelector("#health-state .chip-waiting") !== null, null, { timeout: GREEN_MS });
    assert.equal(await state(page), "not used yet");
    scene.delegate("asso.test", OURS);
    await waitGreen(page);
    assert.equal(await page.evaluate(() => performance.timeOrigin), loaded, "the same page, never loaded again");
    assert.equal(await page.locator(".seen .chip-failed").count(), 0);
    assert.equal(await page.locator("#health-steps li").count(), 0, "nothing is left to do");
    assert.deepEqual(complaints, []);
    await context.close();
  });

  await t.test("I keep my DNS: the exact records with copy buttons, green when they are there", async () => {
    oldHome(scene, "garde.test");
    scene.say("ns1.old.test" as string, "A", ["127.0.0.1"]);
    scene.say("ns2.old.test" as string, "A", ["127.0.0.1"]);
    const { context, page, complaints } = await open(origin, { locale: "fr" });
    await logIn(page);
    await typeName(page, "garde.test");
    await page.check("[name=way][value=external]");
    await page.click("main form[action^='/domains/looks/'] button[type=submit]");
    await page.waitForURL(/\/health$/);
    assert.deepEqual(await page.locator(".seen [data-copy]").evaluateAll((buttons) => buttons.map((one) => (one as HTMLElement).dataset["copy"])), [
      ADDRESS,
      ADDRESS,
    ]);
    assert.equal(await state(page), "à corriger");
    scene.say("garde.test", "A", [ADDRESS]);
    scene.say("www.garde.test", "CNAME", ["garde.test"]);
    await waitGreen(page);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  await t.test("all of it without JavaScript: a button checks again", async () => {
    const { context, page } = await open(origin, { locale: "en", scripts: false, size: "phone" });
    await logIn(page);
    await typeName(page, "sansjs.test");
    assert.match(await page.innerText("main"), /exists nowhere yet/);
    await page.click("main form[action^='/domains/looks/'] button[type=submit]");
    assert.match(new URL(page.url()).pathname, /\/health$/);
    await scene.publish("sansjs.test");
    scene.delegate("sansjs.test", OURS);
    await page.click("form[action$='/health/check'] button");
    assert.equal(await state(page), "all right");
    await context.close();
  });

  await t.test("a resolver that does not answer is told, and one goes on", async () => {
    scene.world.mood = "silent";
    const { context, page } = await open(origin, { locale: "en", scripts: false });
    await logIn(page);
    await typeName(page, "aveugle.test");
    assert.match(await page.innerText("main"), /The DNS did not answer/);
    await page.click("main form[action^='/domains/looks/'] button[type=submit]");
    assert.match(await page.innerText("main"), /Nobody could tell/);
    scene.world.mood = "well";
    await context.close();
  });

  await t.test("every page of it, both languages, both sizes, both themes", async () => {
    const other = await createAccount(ctx, { host: account.host, login: "voisins", name: "Les Voisins d’en face et du bout de la rue" });
    const { id } = await addDomain(ctx, { accountId: other.id, name: "a-prendre.test" });
    oldHome(scene, "un-nom-de-domaine-vraiment-tres-long-pour-un-telephone.test");
    await addDomain(ctx, { accountId: account.id, name: "prise.test" });
    const offer = await offerDomain(ctx, id, { to: account.login });
    const request = await requestName(ctx, { accountId: account.id, name: "blog.a-prendre.test" });
    // Nobody asked about this one yet, so nothing of it is remembered.
    oldHome(scene, "malade.test");
    await addDomain(ctx, { accountId: account.id, name: "malade.test" });
    const zone = await getZone(ctx, "malade.test");
    for (const value of ["v=spf1 -all", "y".repeat(200)])
      await addRecord(ctx, app.services.features, "malade.test", { name: "@", type: "TXT", value: `"${value}"` });
    await addRecord(ctx, app.services.features, "malade.test", { name: "www", type: "A", value: ADDRESS });
    await scene.publish("malade.test");
    scene.ours.records = scene.ours.records.filter(({ name }) => name !== "www.malade.test");
    scene.delegate("malade.test", ["ns1.hoster.test", "ns1.old.test"], [`1 13 2 ${"ab".repeat(32)}`]);
    for (const view of VIEWS) {
      const { context, page, complaints } = await open(origin, view);
      await logIn(page);
      await typeName(page, "un-nom-de-domaine-vraiment-tres-long-pour-un-telephone.test");
      const look = new URL(page.url()).pathname;
      const foreign = foreignTexts(view.locale ?? "en");
      const prise = (await getZone(ctx, "prise.test")).domainId;
      const paths = ["/", look, "/domains/new", "/domains", `/domains/${zone.domainId}`, `/domains/${zone.domainId}/health`];
      for (const path of [
        ...paths,
        "/domains/transfers",
        `/domains/transfers/offers/${offer.id}`,
        `/domains/transfers/requests/${request.id}`,
        "/domains/transfers/requests/new?name=x.test",
        `/domains/${prise}/transfer`,
      ]) {
        await page.goto(path);
        const where = `${path} ${JSON.stringify(view)}`;
        assert.deepEqual(await axeFindings(page), [], where);
        assert.deepEqual(await misplaced(page), [], where);
        assert.deepEqual(await textsAmong(page, foreign), [], where);
        const folder = process.env["MUTU_TEST_PICTURES"];
        if (folder)
          await page.screenshot({
            path: join(folder, `${path.replace(/[^a-z]+/gi, "-").slice(0, 40)}.${view.locale}.${view.size}.${view.theme}.png`),
            fullPage: true,
          });
      }
      assert.deepEqual(complaints, []);
      await context.close();
    }
  });
});
