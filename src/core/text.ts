/** The words of the panel: `views/<folder>/messages.{fr,en}.json`; the key `sites.errors.address_taken` is `errors.address_taken` in views/sites. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInstance, type i18n } from "i18next";
import { messageKey, type Refusal } from "./errors.js";

export const LOCALES = ["fr", "en"] as const;
export type Locale = (typeof LOCALES)[number];

/** All messages in both languages. */
export interface Text {
  /** Gives the sentence of a key; `count` chooses the plural. A key that does not exist throws, unless the text is lenient. */
  translate(locale: Locale, key: string, data?: Record<string, unknown>): string;
  has(locale: Locale, key: string): boolean;
  /** Gives the sentence of an error code: of a refusal, or of one of its fields. */
  explain(locale: Locale, error: Pick<Refusal, "code"> & { data?: Record<string, unknown> }): string;
  /** Gives a function for one language. */
  translator(locale: Locale): (key: string, data?: Record<string, unknown>) => string;
}

/** Messages as they stand in a file. */
export interface Messages {
  [key: string]: string | Messages;
}

/** Reads all messages below a folder. Lenient (production): a missing message shows its key instead of breaking the page. */
export function createText(folder: string, options: { lenient?: boolean } = {}): Text {
  const resources: Record<string, { translation: Messages }> = {};
  for (const locale of LOCALES)
    resources[locale] = { translation: locale === "fr" ? spacedAsFrench(readMessages(folder, locale)) : readMessages(folder, locale) };
  const instance: i18n = createInstance();
  void instance.init({
    resources,
    lng: "en",
    fallbackLng: false,
    initAsync: false,
    showSupportNotice: false,
    // Handlebars escapes what stands in pages; a message in JSON or in a terminal must not be escaped twice.
    interpolation: { escapeValue: false },
  } as Parameters<i18n["init"]>[0]);

  const has = (locale: Locale, key: string) => instance.exists(key, { lng: locale }) || instance.exists(key, { lng: locale, count: 1 });
  // A list says the same words in each row; what needs no data is the same sentence each time. Only keys that exist, so that it has an end.
  const sentences: Record<Locale, Map<string, string>> = { fr: new Map(), en: new Map() };
  const translate = (locale: Locale, key: string, data: Record<string, unknown> = {}) => {
    const plain = Object.keys(data).length === 0;
    const known = plain ? sentences[locale].get(key) : undefined;
    if (known !== undefined) return known;
    const exists = (plain || !options.lenient) && has(locale, key);
    if (!exists && !options.lenient) throw new Error(`no message "${key}" in ${locale}`);
    const sentence = String(instance.t(key, { ...data, lng: locale }));
    if (plain && exists) sentences[locale].set(key, sentence);
    return sentence;
  };
  return {
    has,
    translate,
    explain: (locale, error) => translate(locale, messageKey(error.code), error.data),
    translator: (locale) => (key, data) => translate(locale, key, data),
  };
}

/** Gives the language of who sits at the terminal. */
export function terminalLocale(): Locale {
  return (process.env["LC_ALL"] || process.env["LANG"] || "").startsWith("fr") ? "fr" : "en";
}

/** Reads the messages of every folder in one language. */
export function readMessages(folder: string, locale: Locale): Messages {
  const messages: Messages = {};
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = join(folder, entry.name, `messages.${locale}.json`);
    if (entry.isDirectory() && existsSync(file)) messages[entry.name] = parse(file);
  }
  return messages;
}

/** Lists messages by their whole key, sorted. */
export function flattenMessages(messages: Messages, prefix = ""): [key: string, sentence: string][] {
  return Object.entries(messages)
    .flatMap(([key, value]): [string, string][] => (typeof value === "string" ? [[prefix + key, value]] : flattenMessages(value, `${prefix}${key}.`)))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** French has a space before ; ! ? : and inside « »: here one at which no line breaks, narrow before the first three, however it was typed. */
export function spacedAsFrench(messages: Messages): Messages {
  return Object.fromEntries(Object.entries(messages).map(([key, value]) => [key, typeof value === "string" ? spacedSentence(value) : spacedAsFrench(value)]));
}

function spacedSentence(sentence: string): string {
  return sentence
    .replace(/[ \u00a0]([;!?])/g, "\u202f$1")
    .replace(/ ([:»])/g, "\u00a0$1")
    .replace(/« /g, "«\u00a0");
}

function parse(file: string): Messages {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new Error(`${file}: ${(cause as Error).message}`, { cause });
  }
}
