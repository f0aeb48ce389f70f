/**
 * `npm run pictures`: writes the pictures of the README from the scene of the browser suite.
 * Names, numbers and dates come from the scene and the clock's moment is fixed, so that a picture changes when its page does.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { TEST_PASSWORD } from "../support/app.js";
import { startBrowser, type View } from "../support/browser.js";
import { packPng } from "./png.js";
import { makeScene, numberOf, type Scene } from "./scene.js";
import { serve } from "./serve.js";
import { publishAll, setUnit } from "./units.js";

const MOMENT = "2026-11-22T17:00:00.000Z";
/** Letters with coloured edges make a picture half as large again. */
const GREY_TEXT = ["--disable-lcd-text"];
const folder = fileURLToPath(new URL("../../docs/pictures/", import.meta.url));

interface Picture {
  name: string;
  view: View;
  login?: string;
  path(scene: Scene): string;
  before?(page: Page): Promise<unknown>;
}

const PICTURES: Picture[] = [
  { name: "landing-fr-390-light", view: { locale: "fr", size: "phone", theme: "light" }, path: () => "/" },
  { name: "home-fr-390-dark", view: { locale: "fr", size: "phone", theme: "dark" }, login: "claire", path: () => "/" },
  { name: "site-fr-1280-light", view: { locale: "fr", theme: "light" }, login: "claire", path: ({ sites }) => `/sites/${sites["amisducanal.test"]}` },
  {
    name: "add-site-en-1280-dark",
    view: { locale: "en", theme: "dark" },
    login: "claire",
    path: () => "/sites/new",
    before: (page) => page.fill("[name=address]", "regatta.amisducanal.test"),
  },
  {
    name: "zone-fr-1280-dark",
    view: { locale: "fr", theme: "dark" },
    login: "claire",
    path: ({ domains }) => `/domains/${domains["amisducanal.test"]}/records`,
  },
  { name: "accounts-en-1280-light", view: { locale: "en", theme: "light" }, login: "jeanne", path: () => "/accounts" },
  {
    name: "publication-en-1280-light",
    view: { locale: "en", theme: "light" },
    login: "jeanne",
    path: ({ publications }) => `/publications/${publications["done"]}`,
    before: showDiff,
  },
  {
    name: "hand-edit-en-1280-light",
    view: { locale: "en", theme: "light" },
    login: "jeanne",
    path: ({ trouble }) => `/drift/${trouble.drifts["open"]}`,
    before: (page) => page.evaluate(() => scrollTo(0, document.body.scrollHeight)),
  },
];

const after: (() => unknown)[] = [];
try {
  await main();
} finally {
  for (const close of after.reverse()) await close();
}

async function main(): Promise<void> {
  const scope = { after: (close: () => unknown) => void after.push(close) };
  const { app, origin } = await serve(scope as Parameters<typeof serve>[0]);
  const scene = await makeScene(app);
  await fixDates(scene);
  // On the member's home, all is well but for one site that is on its way.
  await publishAll(app, scene.host);
  await app.services.db.publishUnit.updateMany({ data: { quarantineCode: null, hold: null } });
  // Nothing of what the nights brought stands above these pages, but a file that somebody changed.
  await app.services.db.host.updateMany({ data: { reachable: true, awaySince: null } });
  await setUnit(app, scene.host, "php", `${await numberOf(app, "amis")}/8.1`, { wanted: { increment: 1 } });
  mkdirSync(folder, { recursive: true });
  const { open } = await startBrowser(scope as Parameters<typeof startBrowser>[0], { flags: GREY_TEXT });
  for (const { name, view, login, path, before } of PICTURES) {
    const { context, page } = await open(origin, view);
    if (login) {
      await app.services.db.user.update({ where: { login }, data: { locale: view.locale ?? "en" } });
      await page.goto("/");
      await page.fill("[name=login]", login);
      await page.fill("[name=password]", TEST_PASSWORD);
      await page.click("form[action='/login'] button[type=submit]");
    }
    await page.goto(path(scene));
    await before?.(page);
    await page.evaluate(() => document.fonts.ready.then(() => (document.activeElement as HTMLElement | null)?.blur()));
    const picture = packPng(await page.screenshot({ animations: "disabled", caret: "hide" }));
    writeFileSync(`${folder}${name}.png`, picture);
    process.stdout.write(`docs/pictures/${name}.png: ${picture.length} bytes\n`);
    await context.close();
  }
}

/** Scrolls to what the publication did in words, above its diff. */
async function showDiff(page: Page): Promise<void> {
  await page.evaluate(() => {
    const card = document.querySelector(".card:has(.parts)");
    scrollTo(0, (card?.getBoundingClientRect().top ?? 0) + scrollY - 36);
  });
}

/** Dates that a picture shows are those of one fixed moment. */
async function fixDates({ app, publications }: Scene): Promise<void> {
  const { db } = app.services;
  const startedAt = new Date(MOMENT);
  const endedAt = new Date(startedAt.getTime() + 1_400);
  await db.publication.update({ where: { id: publications["done"] as string }, data: { startedAt, endedAt } });
  await db.account.updateMany({ data: { createdAt: startedAt } });
  await db.drift.updateMany({ data: { seenAt: startedAt, lastSeenAt: endedAt } });
  await db.zone.updateMany({ where: { undoAt: { not: null } }, data: { undoAt: startedAt } });
}
