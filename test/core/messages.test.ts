import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createText, flattenMessages, readMessages, spacedAsFrench } from "../../src/core/text.js";

const views = fileURLToPath(new URL("../../views", import.meta.url));
const source = fileURLToPath(new URL("../../src", import.meta.url));

/** French has a third plural form for millions, which is written like the other one. */
const withoutPlural = (key: string) => key.replace(/_(zero|one|many|other)$/, "");
const placeholders = (sentence: string) => [...new Set([...sentence.matchAll(/\{\{\s*(\w+)[^}]*\}\}/g)].map(([, name]) => name ?? ""))].sort();
const french = flattenMessages(readMessages(views, "fr"));
const english = flattenMessages(readMessages(views, "en"));

test("both languages have the same messages", () => {
  assert.ok(french.length > 100, `saw only ${french.length} messages`);
  const keys = (messages: [string, string][]) => [...new Set(messages.map(([key]) => withoutPlural(key)))].sort();
  assert.deepEqual(keys(french), keys(english));
});

test("a message has the same placeholders in both languages", () => {
  const byKey = (messages: [string, string][]) => {
    const found = new Map<string, Set<string>>();
    for (const [key, sentence] of messages) {
      const names = found.get(withoutPlural(key)) ?? new Set();
      for (const name of placeholders(sentence)) names.add(name);
      found.set(withoutPlural(key), names);
    }
    return Object.fromEntries(
      [...found].map(([key, names]) => [
        key,
        [...names]
          .filter((name) => name !== "count")
          .sort()
          .join(),
      ]),
    );
  };
  assert.deepEqual(byKey(french), byKey(english));
});

test("no message is empty, none keeps the marks of unfinished work", () => {
  for (const [key, sentence] of [...french, ...english]) {
    assert.ok(sentence.trim() !== "", `${key} is empty`);
    assert.doesNotMatch(sentence, /TODO|FIXME|lorem/i, key);
  }
});

test("every plural has one and other", () => {
  for (const messages of [french, english]) {
    const keys = new Set(messages.map(([key]) => key));
    for (const key of keys) if (key.endsWith("_one")) assert.ok(keys.has(key.replace(/_one$/, "_other")), key);
  }
});

test("every error code in the program has its sentence", () => {
  const text = createText(views);
  let seen = 0;
  for (const path of readdirSync(source, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".ts") || path.startsWith("generated")) continue;
    const program = readFileSync(`${source}/${path}`, "utf8");
    for (const [, code = ""] of program.matchAll(/\b(?:invalid|conflict|notFound|forbidden|tooMany|unauthenticated)\(\s*"([a-z]+\.[a-z_.]+)"/g)) {
      seen += 1;
      const dot = code.indexOf(".");
      const key = `${code.slice(0, dot)}.errors.${code.slice(dot + 1)}`;
      for (const locale of ["fr", "en"] as const) assert.ok(text.has(locale, key), `${path}: no message ${key} in ${locale}`);
    }
  }
  assert.ok(seen > 10, `saw only ${seen} codes`);
});

test("sentences take data and plurals, and a missing one is told", () => {
  const text = createText(fileURLToPath(new URL("./words", import.meta.url)));
  assert.equal(text.translate("en", "box.count", { count: 1, owner: "Ana <b>" }), "1 box of Ana <b>");
  assert.equal(text.translate("fr", "box.count", { count: 0, owner: "Ana" }), "0 boîte de Ana");
  assert.equal(text.translate("fr", "box.count", { count: 2, owner: "Ana" }), "2 boîtes de Ana");
  // A sentence that was said without its data, or in the other language, is not taken for another one.
  for (let again = 0; again < 2; again += 1) {
    const [bare, full] = [text.translate("fr", "box.errors.too_full"), text.translate("fr", "box.errors.too_full", { size: 3 })];
    assert.notEqual(bare, full);
    assert.notEqual(text.translate("en", "box.errors.too_full"), bare);
  }
  assert.equal(text.explain("fr", { code: "box.too_full", data: { size: 3 } }), "Plus de 3 Mo.");
  assert.throws(() => text.translate("fr", "box.absent"), /no message "box\.absent"/);
  assert.equal(createText(fileURLToPath(new URL("./words", import.meta.url)), { lenient: true }).translate("fr", "box.absent"), "box.absent");
});

test("no French line begins with a sign that belongs to the word before, however the message was typed", () => {
  const typed = { a: "Quoi ? Ceci : « oui » ; non !", b: { c: "Déjà\u00a0? 12:30, https://exemple.org/?q" } };
  const shown = { a: "Quoi\u202f? Ceci\u00a0: «\u00a0oui\u00a0»\u202f; non\u202f!", b: { c: "Déjà\u202f? 12:30, https://exemple.org/?q" } };
  assert.deepEqual(spacedAsFrench(typed), shown);
  const say = createText(views).translator("fr");
  assert.doesNotMatch(french.map(([key]) => say(key, { count: 1 })).join("\n"), / [;!?:»]|« /);
});
