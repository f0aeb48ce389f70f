/** Every form refuses in the same way: 422 (409 where another has it), what was typed is kept, the error stands at its field and is announced. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { TEST_PASSWORD } from "../support/app.js";
import { axeFindings, startBrowser } from "../support/browser.js";
import { makeScene, type Scene } from "./scene.js";
import { serve } from "./serve.js";

interface Case {
  who: "claire" | "jeanne";
  page: string;
  action: string;
  fill: Record<string, string>;
  /** The field at which the error must stand. */
  at: string;
  /** 422 unless the value is good and somebody else has it. */
  status?: number;
}

function casesOf({ sites, accounts }: Scene, plan: string): Case[] {
  const site = `/sites/${sites["amisducanal.test"]}`;
  const account = `/accounts/${accounts["velo"]}`;
  return [
    { who: "claire", page: "/sites/new", action: "/sites", fill: { address: "pas une adresse" }, at: "address" },
    { who: "claire", page: "/sites/new", action: "/sites", fill: { address: "amisducanal.test" }, at: "address", status: 409 },
    { who: "claire", page: "/sites/new", action: "/sites", fill: { address: "neuf.test", folder: "../secret" }, at: "folder" },
    { who: "claire", page: site, action: `${site}/php`, fill: { memoryMb: "99999" }, at: "memoryMb" },
    { who: "claire", page: site, action: `${site}/addresses`, fill: { address: "ancien-nom.test" }, at: "address", status: 409 },
    { who: "claire", page: site, action: `${site}/files`, fill: { errorPage404: "sans-barre.html" }, at: "errorPage404" },
    { who: "claire", page: `${site}/kind?kind=redirect`, action: site, fill: { target: "javascript:alert(1)" }, at: "target" },
    { who: "claire", page: `${site}/kind?kind=folder`, action: site, fill: { folder: "www/../../etc" }, at: "folder" },
    { who: "claire", page: "/domains/new", action: "/domains/looks", fill: { name: "co.uk" }, at: "name" },
    { who: "claire", page: "/domains/new", action: "/domains/looks", fill: { name: "velo" }, at: "name" },
    { who: "claire", page: "/profile", action: "/profile", fill: { email: "claire" }, at: "email" },
    { who: "claire", page: "/profile/tokens", action: "/profile/tokens", fill: { name: "" }, at: "name" },
    { who: "claire", page: "/profile/password", action: "/profile/password", fill: { current: "wrong", password: "short", again: "short" }, at: "password" },
    { who: "jeanne", page: "/accounts/new", action: "/accounts", fill: { name: "Club", login: "Root Accents é", ownerLogin: "claire" }, at: "login" },
    { who: "jeanne", page: account, action: `${account}/members`, fill: { login: "nobody-so-named" }, at: "login" },
    { who: "jeanne", page: `${account}/suspend`, action: `${account}/suspend`, fill: { reason: "" }, at: "reason" },
    { who: "jeanne", page: `${account}/delete`, action: `${account}/delete`, fill: { days: "9999" }, at: "days" },
    { who: "jeanne", page: "/plans/new", action: "/plans", fill: { name: "Petite", phpMemoryMb: "1" }, at: "phpMemoryMb" },
    { who: "jeanne", page: `/plans/${plan}`, action: `/plans/${plan}`, fill: { connections: "-1" }, at: "connections" },
    { who: "jeanne", page: "/users/new", action: "/users", fill: { login: "A B", email: "x@example.org" }, at: "login" },
    { who: "jeanne", page: "/settings", action: "/settings", fill: { webmailUrl: "http://webmail.test/" }, at: "webmailUrl" },
    { who: "jeanne", page: "/domains/forbidden", action: "/domains/forbidden", fill: { name: "pas un nom" }, at: "name" },
    { who: "jeanne", page: "/domains/consents", action: "/domains/consents", fill: { name: "pas un nom" }, at: "name" },
    { who: "jeanne", page: "/proxy-targets", action: "/proxy-targets", fill: { origin: "ftp://10.0.0.5/" }, at: "origin" },
  ];
}

async function logIn(page: Page, login: string): Promise<void> {
  await page.goto("/");
  await page.fill("[name=login]", login);
  await page.fill("[name=password]", TEST_PASSWORD);
  await Promise.all([page.waitForURL("/"), page.click("form[action='/login'] button[type=submit]")]);
}

/** Fills one form, past what the browser itself would refuse, and sends it; gives the status of the answer. */
async function send(page: Page, { action, fill }: Case): Promise<number> {
  await page.evaluate(() => {
    for (const details of document.querySelectorAll("details")) details.open = true;
    for (const form of document.querySelectorAll("form")) form.noValidate = true;
    for (const input of document.querySelectorAll("input[type=number]")) input.setAttribute("type", "text");
  });
  const form = page.locator(`form[action='${action}']`);
  for (const [name, value] of Object.entries(fill)) await form.locator(`[name=${name}]`).fill(value);
  const [answer] = await Promise.all([page.waitForNavigation(), form.locator("button[type=submit]").first().click()]);
  return answer?.status() ?? 0;
}

test("bad input", { timeout: 300_000 }, async (t) => {
  const { app, origin } = await serve(t);
  const scene = await makeScene(app);
  const plan = await app.services.db.plan.findFirstOrThrow({ where: { isDefault: true } });
  const { open } = await startBrowser(t);
  const pages = { claire: (await open(origin, { locale: "fr" })).page, jeanne: (await open(origin, { locale: "en" })).page };
  for (const who of ["claire", "jeanne"] as const) await logIn(pages[who], who);

  for (const one of casesOf(scene, plan.id)) {
    await t.test(`${one.page}: ${JSON.stringify(one.fill)}`, async () => {
      const page = pages[one.who];
      await page.goto(one.page);
      assert.equal(await send(page, one), one.status ?? 422);
      const field = page.locator(`form[action='${one.action}'] [name=${one.at}]`);
      assert.equal(await field.getAttribute("aria-invalid"), "true");
      const notes = ((await field.getAttribute("aria-describedby")) ?? "").split(" ");
      const error = page.locator(`[id='${notes.find((id) => id.endsWith("-error"))}']`).first();
      assert.ok((await error.innerText()).trim().length > 5);
      for (const [name, value] of Object.entries(one.fill)) {
        const input = page.locator(`form[action='${one.action}'] [name=${name}]`);
        const secret = (await input.getAttribute("type")) === "password";
        assert.equal(await input.inputValue(), secret ? "" : value, name);
      }
      assert.equal(await page.getAttribute("#form-errors", "role"), "alert");
      assert.equal(await page.evaluate(() => document.activeElement?.id), "form-errors");
      assert.deepEqual(await axeFindings(page), []);
    });
  }
});
