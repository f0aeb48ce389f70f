/** Debian's Chromium on pages of a listening application: screenshots, axe, and every console error kept. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import type { Scope } from "./database.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** The same engine; without the windows, menus and services of a whole browser it takes a quarter less of a processor. */
const HEADLESS = "/usr/bin/chromium-headless-shell";
export const EXECUTABLE = existsSync(HEADLESS) ? HEADLESS : "/usr/bin/chromium";
/** Without these it looks for Google's hosts at every start. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const SIZES = { desk: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } } as const;

export interface View {
  locale?: "fr" | "en";
  size?: keyof typeof SIZES;
  theme?: "light" | "dark";
  /** false: no JavaScript. */
  scripts?: boolean;
}

export interface Window {
  context: BrowserContext;
  page: Page;
  /** What the console and the page complained of. */
  complaints: string[];
}

/** Another program in Chromium's place (one that steps into a network of its own first), and further flags. */
export interface BrowserSetup {
  executable?: string;
  flags?: readonly string[];
}

/** Starts a browser for one test file; `open` gives a fresh window without cookies. */
export async function startBrowser(
  t: Scope,
  { executable = EXECUTABLE, flags = [] }: BrowserSetup = {},
): Promise<{ open(origin: string, view?: View): Promise<Window> }> {
  const profile = mkdtempSync(join(tmpdir(), "mutu-chromium-"));
  const browser = await chromium.launch({
    executablePath: executable,
    args: [...FLAGS, ...flags],
    env: { ...process.env, HOME: profile } as Record<string, string>,
  });
  t.after(async () => {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  });
  return {
    async open(origin, view = {}) {
      const options: BrowserContextOptions = {
        baseURL: origin,
        ignoreHTTPSErrors: true,
        locale: view.locale ?? "en",
        viewport: SIZES[view.size ?? "desk"],
        colorScheme: view.theme ?? "light",
        javaScriptEnabled: view.scripts ?? true,
        reducedMotion: "reduce",
      };
      const context = await browser.newContext(options);
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("console", (message) => {
        // A refused form or an unknown address is answered 422 or 404 on purpose, and the console says so of the page itself.
        const ownAnswer = message.text().startsWith("Failed to load resource") && message.location().url === page.url();
        if (!ownAnswer && ["error", "warning"].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
      });
      page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
      return { context, page, complaints };
    },
  };
}

/**
 * Gives what axe finds against WCAG 2.2 AA, in words that name the element. Needs JavaScript. Axe is put into the page once and asked as often as the
 * page changes its looks; the builder of axe's own package would open another page for each answer, for the sake of frames, which we have none of.
 */
export async function axeFindings(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(AXE);
  return page.evaluate(async (tags) => {
    const axe = (
      globalThis as unknown as {
        axe: {
          run(
            context: object,
            options: object,
          ): Promise<{ violations: { id: string; help: string; nodes: { target: unknown[]; failureSummary: string }[] }[] }>;
        };
      }
    ).axe;
    const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(" ")}: ${failureSummary.split("\n").slice(1).join(" ").trim()}`),
    );
  }, TAGS);
}

/** Gives the elements that make the page wider than its window. */
export async function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const limit = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= limit) return [];
    return [...document.querySelectorAll("body *")]
      .filter((element) => element.getBoundingClientRect().right > limit + 1)
      .map((element) => `${element.tagName}.${element.className}`);
  });
}
