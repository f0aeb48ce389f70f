import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createText } from "../../../src/core/text.js";
import { changedValues, readable, sentenceOf } from "../../../src/features/audit/entries.js";
import { buildTestApp } from "../../support/app.js";

test("old and new values are paired by name, and what stays the same says nothing", () => {
  assert.deepEqual(changedValues({ a: 1, b: "x", c: null }, { b: "x", a: 2, d: ["y"] }), [
    { name: "a", old: "1", new: "2" },
    { name: "d", old: null, new: '["y"]' },
  ]);
});

test("encoded names are written as people read them, with what machines read behind", () => {
  assert.equal(readable("xn--t-9fa.example.org"), "ét.example.org (xn--t-9fa.example.org)");
  assert.equal(readable("*.xn--caf-dma.fr"), "*.café.fr (*.xn--caf-dma.fr)");
  assert.equal(readable('{"names":["xn--caf-dma.fr","www.plain.org"]}'), '{"names":["café.fr (xn--caf-dma.fr)","www.plain.org"]}');
  assert.equal(readable("xn--caf-dma.fr_marie"), "café.fr_marie (xn--caf-dma.fr_marie)");
  for (const text of ["plain.org", "xn--", "xn--\u0430.org", "xn--zzzzzzzzz--9.org", ""]) assert.equal(readable(text), text);
});

test("the history shows an accented name as it was typed", async (t) => {
  const app = await buildTestApp(t);
  await app.createUser("admin", { admin: true });
  const object = { type: "domain", id: "x", name: "xn--caf-dma.example.org" };
  await app.ctx().transaction(async (tx) => tx.audit({ verb: "domains.domain.added", accountId: null, object, new: { leads: "www.xn--caf-dma.example.org" } }));
  const admin = await app.as("admin");
  assert.match((await admin.get("/api/v1/audit")).body, /"object":"xn--caf-dma\.example\.org"/);
  const page = (await admin.get("/audit")).body;
  assert.match(page, /<strong>café\.example\.org \(xn--caf-dma\.example\.org\)<\/strong>/);
  assert.match(page, /www\.café\.example\.org \(www\.xn--caf-dma\.example\.org\)/);
});

/** Verbs whose end is a variable, with all that it can be. */
const ENDINGS: Record<string, string[]> = {
  "accounts.account.": ["suspended", "resumed", "removed", "restored", "purged"],
  "health.item.": ["ignored", "heeded"],
  "moves.move.": ["started", "led", "undone", "ended"],
  "transfers.offer.": ["made", "accepted", "refused", "cancelled", "expired", "undone"],
  "transfers.request.": ["made", "proven", "objected", "lost", "granted", "refused", "cancelled", "expired"],
};
/** Written with the feature's own name before it. */
const SETTINGS = "${prefix}.setting.changed";

test("each verb in the source has its sentence in both languages, with its feature", () => {
  const source = sourceFiles("src").map((file) => readFileSync(file, "utf8"));
  const plain = source
    .flatMap((file) => [...file.matchAll(/verb: (?:\w+ \? )?"([a-z_]+\.[a-z_]+\.[a-z_]+)"(?: : "([a-z_]+\.[a-z_]+\.[a-z_]+)")?/g)])
    .flatMap((match) => match.slice(1).filter(Boolean));
  const settings = source.flatMap((file) => [...file.matchAll(/KEY = "([a-z_]+)\.[a-z_]+"/g)]).map(([, feature]) => `${feature}.setting.changed`);
  const patterns = source.flatMap((file) => [...file.matchAll(/verb: `([^`]+)`/g)].map(([, pattern = ""]) => pattern)).filter((one) => one !== SETTINGS);
  for (const pattern of patterns) assert.ok(ENDINGS[pattern.replace(/\$\{.*\}$/, "")], `${pattern}: say above what its end can be`);
  const varied = Object.entries(ENDINGS).flatMap(([start, ends]) => ends.map((end) => start + end));
  const verbs = new Set([...plain, ...settings, ...varied]);
  assert.ok(verbs.size > 60 && settings.length > 0 && patterns.length >= 4, `only ${verbs.size} verbs were found`);
  const text = createText("views");
  const silent = [...verbs].flatMap((verb) =>
    (["fr", "en"] as const).filter((locale) => !text.has(locale, sentenceOf(verb))).map((locale) => `${locale} ${verb}`),
  );
  assert.deepEqual(silent, []);
});

test("administrators read everything, a name typed at login that nobody has is not shown, others see nothing of it", async (t) => {
  const app = await buildTestApp(t);
  await app.createUser("admin", { admin: true });
  await app.createUser("jeanne");
  await app.visitor().submit("/login", "/login", { login: "<script>alert(1)</script>", password: "x" });
  const admin = await app.as("admin");
  const page = await admin.get("/audit");
  assert.equal(page.statusCode, 200);
  assert.doesNotMatch(page.body, /script>alert|script&gt;alert|\(erased\)/);
  assert.match(page.body, /the name typed is nobody’s, and was not kept/);
  assert.match((await admin.get("/audit?q=logged_in")).body, /jeanne|admin/);
  const member = await app.as("jeanne");
  assert.equal((await member.get("/audit")).statusCode, 404);
  assert.notEqual((await member.get("/history")).statusCode, 200);
});

test("the chain's proof is one call of the API", async (t) => {
  const app = await buildTestApp(t);
  await app.createUser("admin", { admin: true });
  const admin = await app.as("admin");
  const proof = JSON.parse((await admin.get("/api/v1/audit/proof")).body) as { intact: boolean; entries: number };
  assert.equal(proof.intact, true);
  assert.ok(proof.entries > 0);
});

function sourceFiles(folder: string): string[] {
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? (path.endsWith("generated") ? [] : sourceFiles(path)) : path.endsWith(".ts") ? [path] : []));
}
