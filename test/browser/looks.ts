/** What is asked of every page: accessible, nothing wider than the window, no text cut, no message of the other language, no key. */
import { readdirSync, readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { type Messages, spacedAsFrench } from "../../src/core/text.js";
import { SIZES } from "../support/browser.js";

const views = new URL("../../views/", import.meta.url);
/** Shorter ones are the same word in both languages too often (PHP, Type, Version). */
const SHORTEST_TELLING = 9;

export type Locale = "fr" | "en";

const asShown = (locale: Locale, messages: Messages) => (locale === "fr" ? spacedAsFrench(messages) : messages);

function messagesOf(locale: Locale): Map<string, string> {
  const found = new Map<string, string>();
  const gather = (prefix: string, value: unknown): void => {
    if (typeof value === "string") found.set(prefix, value);
    else for (const [key, below] of Object.entries(value as object)) gather(`${prefix}.${key}`, below);
  };
  for (const folder of readdirSync(views, { withFileTypes: true })) {
    if (!folder.isDirectory()) continue;
    const names = readdirSync(new URL(`${folder.name}/`, views));
    if (names.includes(`messages.${locale}.json`))
      gather(folder.name, asShown(locale, JSON.parse(readFileSync(new URL(`${folder.name}/messages.${locale}.json`, views), "utf8"))));
  }
  return found;
}

/** Whole messages that a page in this language must not hold: those of the other one, and every key. */
export function foreignTexts(locale: Locale): string[] {
  const own = messagesOf(locale);
  const other = messagesOf(locale === "fr" ? "en" : "fr");
  const said = new Set(own.values());
  const foreign = [...other.values()].filter((text) => text.length >= SHORTEST_TELLING && !text.includes("{{") && !said.has(text));
  return [...foreign, ...other.keys(), ...own.keys()];
}

/** Gives the texts of a page that are in this list, word for word. The page is asked for its texts: the list is twenty times as long. */
export async function textsAmong(page: Page, list: string[]): Promise<string[]> {
  const texts = await page.evaluate(() => {
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    const found: string[] = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node.textContent?.trim() ?? "";
      // The name of a job may be the key of a message; a language names itself.
      if (text !== "" && !node.parentElement?.closest("a[href^='/jobs/'], form[action^='/jobs/'], body [lang]")) found.push(text);
    }
    return found;
  });
  const known = new Set(list);
  return texts.filter((text) => known.has(text));
}

/** Gives what sticks out of the window or of its card, and what is cut off where nothing says so (an ellipsis does). */
export async function misplaced(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    // No function is named in here: tsx would call a word of its own that pages do not know.
    const limit = document.documentElement.clientWidth;
    const found: [string, Element][] = document.documentElement.scrollWidth > limit ? [["makes the page too wide", document.body]] : [];
    for (const element of document.querySelectorAll<HTMLElement>("body *")) {
      const { width, right } = element.getBoundingClientRect();
      // What screen readers alone read is one pixel; an icon's inside has no box of its own.
      if (width <= 1 || element.closest("svg, .visually-hidden, .skip, option")) continue;
      const style = getComputedStyle(element);
      const scrolls = element.parentElement?.closest(".diff") ?? null;
      const card = element.closest<HTMLElement>(".card, .notice, .door, .welcome, .state-line");
      if (right > limit + 1 && !scrolls) found.push(["beyond the window", element]);
      else if (card && !scrolls && right > card.getBoundingClientRect().right + 1) found.push(["beyond its card", element]);
      const cuts = style.overflowX === "hidden" || style.overflowX === "clip";
      if (cuts && style.textOverflow !== "ellipsis" && element.scrollWidth > element.clientWidth + 1) found.push(["cut", element]);
    }
    const told = found.map(
      ([what, { tagName, className, textContent }]) => `${what}: ${tagName.toLowerCase()}.${String(className)} "${textContent?.trim().slice(0, 40)}"`,
    );
    return [...new Set(told)];
  });
}

export const WIDTHS = Object.values(SIZES);
