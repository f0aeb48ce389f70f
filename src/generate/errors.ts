/** The list of error codes: what a program that uses the API may be answered, and what people read. */
import { flattenMessages, type Locale, readMessages } from "../core/text.js";

const ERROR_KEY = /^([^.]+)\.errors\.(.+)$/;

/** Writes every error code with its sentence in both languages, in Markdown, from the messages themselves. */
export function errorReference(views: string): string {
  const english = sentences(views, "en");
  const french = sentences(views, "fr");
  const codes = [...new Set([...english.keys(), ...french.keys()])].sort();
  const intro = "# Error codes\n\nMade by `npm run generate` from the messages; do not edit. The API answers `{ error: { code, message, fields } }`.";
  const rows = codes.map((code) => `| \`${code}\` | ${cell(english.get(code))} | ${cell(french.get(code))} |`);
  return `${intro}\n\n${["| code | English | French |", "|---|---|---|", ...rows].join("\n")}\n`;
}

/** Sentences by code. Core's codes have no prefix: `not_found` is `core.errors.not_found`. */
function sentences(views: string, locale: Locale): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, sentence] of flattenMessages(readMessages(views, locale))) {
    const [, folder, rest] = ERROR_KEY.exec(key) ?? [];
    if (folder !== undefined && rest !== undefined) found.set(folder === "core" ? rest : `${folder}.${rest}`, sentence);
  }
  return found;
}

const cell = (sentence = "") => sentence.replaceAll("|", "\\|").replaceAll("\n", " ");
