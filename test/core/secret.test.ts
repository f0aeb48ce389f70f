import assert from "node:assert/strict";
import { test } from "node:test";
import { format, inspect } from "node:util";
import fc from "fast-check";
import { createLog } from "../../src/core/log.js";
import { newKeyFile, parseKeyRing, Secret, seal, unseal } from "../../src/core/secret.js";

const place = { table: "HostKey", row: "1", column: "key" };
const ring = parseKeyRing(newKeyFile("k1"));

test("a secret shows itself nowhere", () => {
  const secret = new Secret("hunter2");
  const shown = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ deep: { secret } }, { showHidden: true }),
    format("%s %o %j", secret, secret, secret),
    // biome-ignore lint/style/useTemplate: the operator converts otherwise than a template does
    secret + "",
  ];
  for (const text of shown) {
    assert.doesNotMatch(text, /hunter2/);
    assert.match(text, /\[secret\]/);
  }
  assert.equal(secret.reveal(), "hunter2");
  assert.equal(secret.equals("hunter2"), true);
  assert.equal(secret.equals(new Secret("hunter3")), false);
  assert.equal(secret.equals("hunter22"), false);
});

test("log lines hide secrets, also those that stand under a telling name", () => {
  const lines: string[] = [];
  const log = createLog("info", { write: (line) => lines.push(line) });
  log.info({ password: "hunter2", body: { token: "hunter2", deep: { cookie: "hunter2" } }, value: new Secret("hunter2") }, "x");
  assert.equal(lines.length, 1);
  assert.doesNotMatch(lines.join(), /hunter2/);
});

test("what is sealed opens at its place only", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (value) => {
      const sealed = seal(ring, place, new Secret(value));
      assert.equal(unseal(ring, place, sealed).reveal(), value);
      for (const other of [
        { ...place, row: "2" },
        { ...place, column: "other" },
        { ...place, table: "Other" },
      ])
        assert.throws(() => unseal(ring, other, sealed), /changed or belongs elsewhere/);
    }),
  );
});

test("a changed letter is noticed, wherever it stands", () => {
  const sealed = seal(ring, place, new Secret("a private key"));
  assert.doesNotMatch(sealed, /private/);
  let changes = 0;
  for (let i = 0; i < sealed.length; i += 1) {
    const changed = sealed.slice(0, i) + (sealed[i] === "A" ? "Q" : "A") + sealed.slice(i + 1);
    if (spelling(changed) === spelling(sealed)) continue;
    changes += 1;
    assert.throws(() => unseal(ring, place, changed), `letter ${i}`);
  }
  assert.ok(changes > 50);
});

/** Base64 has several spellings of the same bytes: those are not a change. */
function spelling(sealed: string): string {
  return sealed
    .split(".")
    .map((part, i) => (i < 2 ? part : Buffer.from(part, "base64url").toString("hex")))
    .join(".");
}

test("an old key opens, the first key seals, and one that is gone is named", () => {
  const old = seal(ring, place, new Secret("x"));
  const both = parseKeyRing(newKeyFile("k2") + newKeyFile("unused") + [...ring.keys].map(([id, key]) => `${id} ${key.toString("base64")}`).join("\n"));
  assert.equal(unseal(both, place, old).reveal(), "x");
  assert.match(seal(both, place, new Secret("x")), /^v1\.k2\./);
  assert.throws(() => unseal(parseKeyRing(newKeyFile("k2")), place, old), /key "k1", which is not in the key file/);
});

test("weak and wrong key files are refused", () => {
  const zeros = Buffer.alloc(32).toString("base64");
  for (const [text, said] of [
    ["", /no key/],
    ["# only a comment\n", /no key/],
    [`k1 ${zeros}`, /weak/],
    ["k1 c2hvcnQ=", /not 32 bytes/],
    [`K1 ${zeros}`, /name/],
    [newKeyFile("k1") + newKeyFile("k1"), /twice/],
  ] as const)
    assert.throws(() => parseKeyRing(text), said);
});
