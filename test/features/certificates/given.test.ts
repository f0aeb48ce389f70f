import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { Refusal } from "../../../src/core/errors.js";
import { Secret } from "../../../src/core/secret.js";
import { factsOf } from "../../../src/features/certificates/facts.js";
import { type GivenInput, MAX_GIVEN_BYTES, readGiven } from "../../../src/features/certificates/given.js";
import { covers } from "../../../src/features/certificates/names.js";
import { readBlocks } from "../../../src/features/certificates/pem.js";
import { isPkcs12, unlockParts } from "../../../src/features/certificates/unlock.js";
import { HOSTILE_STRINGS } from "../../support/hostile.js";
import { makeAuthority, RSA } from "./authority.js";

const WANTED = ["asso.test", "www.asso.test"];

function judge(chain: string | Buffer, key: string | Buffer = "", more: Partial<GivenInput> = {}) {
  const parts = [
    { field: "chain", content: chain },
    { field: "key", content: key },
  ].filter(({ content }) => content.length > 0);
  return readGiven({ parts, wanted: WANTED, partial: false, now: new Date(), ...more });
}

/** `field code` of each fault, in order. */
function faultsOf(...given: Parameters<typeof judge>): string[] {
  const judged = judge(...given);
  return judged.ok ? [] : judged.faults.map(({ field, code }) => `${field} ${code.replace("certificates.", "")}`);
}

function goodOf(...given: Parameters<typeof judge>) {
  const judged = judge(...given);
  assert.ok(judged.ok, JSON.stringify(judged));
  return judged.given;
}

const codeOf = async (act: Promise<unknown>): Promise<string> => {
  const error = await act.then(
    () => assert.fail("it opened"),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof Refusal, String(error));
  return `${error.fields[0]?.field} ${error.code}`;
};

test("A chain in any order, a key in any of its forms, and text around them make the same certificate", (t) => {
  const { issue, root, intermediate, openssl } = makeAuthority(t);
  for (const words of [undefined, RSA(2048)]) {
    const { certificate, key } = issue(words ? { key: words } : {});
    const pkcs1 = openssl(words ? ["rsa", "-traditional"] : ["ec"], key).toString();
    assert.match(pkcs1, words ? /BEGIN RSA PRIVATE KEY/ : /BEGIN EC PRIVATE KEY/);
    const expected = goodOf(certificate + intermediate, key);
    assert.equal(expected.chain, certificate + intermediate);
    assert.deepEqual(expected.facts.names, WANTED);
    assert.equal(expected.facts.issuer, "Test Intermediate");
    const shown = openssl(["x509", "-noout", "-fingerprint", "-sha256", "-serial"], certificate).toString();
    const plain = shown.replaceAll(":", "").toLowerCase();
    assert.ok(plain.includes(expected.facts.fingerprint) && plain.includes(expected.facts.serial), shown);
    const blocks = [certificate, intermediate, root, key];
    for (let i = 0; i < blocks.length; i += 1) {
      const turned = [...blocks.slice(i), ...blocks.slice(0, i)].join("Here it is:\n\n").replaceAll("\n", "\r\n");
      const { chain, key: read } = goodOf(turned, "");
      assert.deepEqual([chain, read], [expected.chain, expected.key]);
    }
    assert.equal(goodOf(intermediate + certificate, pkcs1).key, expected.key);
    assert.ok(goodOf(intermediate + certificate, pkcs1).notes.some(({ code }) => code === "order_mended"));
    assert.ok(!expected.notes.some(({ code }) => code === "order_mended"));
    const der = { certificate: openssl(["x509", "-outform", "DER"], certificate), key: openssl(["pkey", "-outform", "DER"], key) };
    const files = [der.certificate, Buffer.from(intermediate), der.key].map((content) => ({ field: "files", content }));
    const fromFiles = readGiven({ parts: files, wanted: WANTED, partial: false, now: new Date() });
    assert.ok(fromFiles.ok && fromFiles.given.chain === expected.chain && fromFiles.given.key === expected.key);
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(certificate + intermediate, "utf16le")]);
    assert.equal(goodOf(utf16, key).chain, expected.chain);
  }
});

test("What is wrong is named by its own code, at its field", (t) => {
  const { issue, root, intermediate, openssl } = makeAuthority(t);
  const good = issue();
  const whole = good.certificate + intermediate;
  assert.deepEqual(faultsOf(whole, good.key), []);
  assert.deepEqual(faultsOf(whole, issue().key), ["key key_mismatch"]);
  assert.deepEqual(faultsOf(whole), ["chain key_missing"]);
  assert.deepEqual(faultsOf("", good.key), ["key certificate_missing"]);
  assert.deepEqual(faultsOf(good.certificate, good.key), ["chain chain_incomplete"]);
  assert.deepEqual(faultsOf(good.certificate + root, good.key), ["chain chain_incomplete"]);
  assert.deepEqual(faultsOf(whole, "hello"), ["key unreadable"]);
  assert.deepEqual(faultsOf("-----BEGIN CERTIFICATE-----\nhello", good.key), ["chain unreadable"]);
  assert.deepEqual(faultsOf(whole.replace("MII", "MIJ"), good.key), ["chain unreadable"]);
  assert.deepEqual(faultsOf("x".repeat(MAX_GIVEN_BYTES + 1), good.key), ["chain too_much"]);
  assert.deepEqual(faultsOf(whole, good.key, { wanted: ["other.test"] }), ["chain names_other"]);
  assert.deepEqual(faultsOf(whole, good.key, { wanted: [...WANTED, "blog.asso.test"] }), ["chain names_missing"]);
  assert.deepEqual(faultsOf(whole, good.key, { wanted: [...WANTED, "blog.asso.test"], partial: true }), []);
  const year = (shift: number) => new Date(Date.now() + shift * 365 * 86_400_000);
  assert.deepEqual(faultsOf(whole, good.key, { now: year(1) }), ["chain expired"]);
  assert.deepEqual(faultsOf(whole, good.key, { now: year(-1) }), ["chain not_yet_valid"]);
  assert.deepEqual(
    goodOf(whole, good.key, { now: new Date(Date.now() + 80 * 86_400_000) })
      .notes.map(({ code }) => code)
      .sort(),
    ["authority_unknown", "ends_soon"],
  );
  const signed = (wanted: Parameters<typeof issue>[0]) => {
    const { certificate, key } = issue(wanted);
    return faultsOf(certificate + intermediate, key);
  };
  assert.deepEqual(signed({ key: RSA(1024) }), ["chain key_weak"]);
  assert.deepEqual(signed({ key: RSA(5120) }), ["chain key_large"]);
  assert.deepEqual(signed({ key: ["-algorithm", "ED25519"] }), ["chain key_kind"]);
  assert.deepEqual(signed({ key: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"] }), ["chain key_kind"]);
  assert.deepEqual(signed({ digest: "sha1" }), ["chain signature_weak"]);
  assert.deepEqual(signed({ names: [] }), ["chain names_none"]);
  assert.deepEqual(signed({ extensions: ["extendedKeyUsage=clientAuth"] }), ["chain purpose"]);
  assert.deepEqual(signed({ extensions: ["extendedKeyUsage=serverAuth,clientAuth"] }), []);
  assert.deepEqual(signed({ extensions: ["tlsfeature=status_request"] }), ["chain staple_required"]);
  const self = openssl([
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-keyout",
    "-",
    "-subj",
    "/CN=a",
    "-addext",
    "subjectAltName=DNS:asso.test",
  ]);
  assert.deepEqual(faultsOf(self.toString(), "", { wanted: ["asso.test"] }), ["chain is_authority"]);
  const request = openssl(["req", "-new", "-key", "leaf-1.key", "-subj", "/CN=a"]).toString();
  assert.deepEqual(faultsOf(request, good.key), ["chain request_given"]);
  const publicKey = openssl(["pkey", "-pubout"], good.key).toString();
  assert.deepEqual(faultsOf(whole, publicKey), ["key public_key_given"]);
  const bundle = openssl(["crl2pkcs7", "-nocrl", "-certfile", "leaf-1.crt"]).toString();
  assert.deepEqual(faultsOf(bundle, good.key), ["chain bundle_given"]);
  const lone = issue({ extensions: [] });
  assert.deepEqual(
    goodOf(lone.certificate, lone.key).notes.map(({ code }) => code),
    ["authority_unknown"],
  );
});

test("Encrypted keys and PKCS#12 files, of today and of old Windows, open with their password alone", async (t) => {
  const { issue, intermediate, openssl, folder } = makeAuthority(t);
  const { certificate, key } = issue();
  const rsa = issue({ key: RSA(2048) });
  writeFileSync(join(folder, "chain.pem"), intermediate);
  const password = "pâté $(id) ' \" \\ ;";
  const given = goodOf(certificate + intermediate, key);
  for (const [name, words] of Object.entries({
    today: [],
    windows: ["-legacy", "-keypbe", "PBE-SHA1-RC2-40", "-certpbe", "PBE-SHA1-RC2-40", "-macalg", "sha1"],
    triple: ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"],
    legacy: ["-legacy"],
  })) {
    const file = openssl([
      "pkcs12",
      "-export",
      "-inkey",
      "leaf-1.key",
      "-in",
      "leaf-1.crt",
      "-certfile",
      "chain.pem",
      "-passout",
      `pass:${password}`,
      ...words,
    ]);
    assert.ok(isPkcs12(file), name);
    const parts = await unlockParts([{ field: "files", content: file }], new Secret(password));
    const judged = readGiven({ parts, wanted: WANTED, partial: false, now: new Date() });
    assert.ok(judged.ok, `${name}: ${JSON.stringify(judged)}`);
    assert.deepEqual([judged.given.chain, judged.given.key], [given.chain, given.key], name);
    assert.equal(await codeOf(unlockParts([{ field: "files", content: file }], new Secret("wrong"))), "password certificates.password_wrong");
    assert.equal(await codeOf(unlockParts([{ field: "files", content: file }], null)), "password certificates.password_missing");
    const cut = Buffer.concat([file.subarray(0, 40), Buffer.alloc(200)]);
    assert.equal(await codeOf(unlockParts([{ field: "files", content: cut }], new Secret(password))), "files certificates.pkcs12_unreadable");
  }
  const pem = (words: string[], input: string) => openssl([...words, "-passout", `pass:${password}`], input).toString();
  const locked = [
    [key, pem(["pkcs8", "-topk8"], key)],
    [key, pem(["ec", "-aes256"], key)],
    [rsa.key, pem(["rsa", "-traditional", "-aes128"], rsa.key)],
  ] as const;
  for (const [plain, text] of locked) {
    assert.match(text, /ENCRYPTED/);
    assert.deepEqual(
      readBlocks(text).map(({ kind }) => kind),
      ["encrypted"],
    );
    assert.equal(await codeOf(unlockParts([{ field: "key", content: text }], null)), "key certificates.key_encrypted");
    assert.equal(await codeOf(unlockParts([{ field: "key", content: text }], new Secret("wrong"))), "password certificates.password_wrong");
    const leaf = plain === key ? certificate : rsa.certificate;
    const parts = await unlockParts([{ field: "chain", content: leaf + text + intermediate }], new Secret(password));
    const judged = readGiven({ parts, wanted: WANTED, partial: false, now: new Date() });
    assert.ok(judged.ok, JSON.stringify(judged));
    assert.equal(judged.given.chain, leaf + intermediate);
  }
  const bundle = { field: "chain", content: locked[0][1].repeat(2) };
  const another = { field: "key", content: locked[1][1] };
  assert.equal(await codeOf(unlockParts([bundle, another], new Secret(password))), "key certificates.too_many_locked");
});

test("A file that asks for a thousand million rounds costs its time, and no more", { timeout: 60_000 }, async (t) => {
  const { issue, openssl } = makeAuthority(t);
  issue();
  const file = openssl(["pkcs12", "-export", "-inkey", "leaf-1.key", "-in", "leaf-1.crt", "-passout", "pass:x", "-iter", "70000"]);
  // INTEGER 70000 is 02 03 01 11 70; the same length holds 8 million.
  const rounds = Buffer.from("0203011170", "hex");
  const many = Buffer.from(file);
  for (let at = many.indexOf(rounds); at >= 0; at = many.indexOf(rounds, at + 1)) many.set(Buffer.from("02037fffff", "hex"), at);
  assert.notDeepEqual(many, file);
  let beats = 0;
  const beat = setInterval(() => {
    beats += 1;
  }, 20);
  assert.match(await codeOf(unlockParts([{ field: "files", content: many }], new Secret("x"))), /^(files|password) certificates\./);
  clearInterval(beat);
  assert.ok(beats > 3, `the panel did ${beats} other things meanwhile`);
});

test("Any bytes are judged, never thrown at", (t) => {
  const { issue, intermediate } = makeAuthority(t);
  const { certificate, key } = issue();
  const whole = certificate + intermediate + key;
  const judged = (text: string | Buffer) => {
    const result = judge(text, "");
    const strange = result.ok ? [] : result.faults.filter(({ field, code }) => !["chain", "key"].includes(field) || !code.startsWith("certificates."));
    assert.deepEqual(strange, []);
    return result.ok;
  };
  for (const text of HOSTILE_STRINGS) judged(text);
  fc.assert(fc.property(fc.string(), fc.uint8Array({ maxLength: 300 }), (text, bytes) => void [judged(text), judged(Buffer.from(bytes))]));
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(127), (at, code) => {
      // One wrong character: refused, or it fell where the certificate and its key do not depend on it.
      const result = judge(whole.slice(0, at) + String.fromCharCode(code) + whole.slice(at + 1), "");
      if (result.ok) assert.equal(result.given.facts.fingerprint, factsOf(certificate).fingerprint);
    }),
    { numRuns: 300 },
  );
  const der = Buffer.from(certificate.replace(/-----[^-]+-----|\s/g, ""), "base64");
  fc.assert(
    fc.property(
      fc.nat(der.length - 1),
      fc.nat(255),
      (at, value) => void judged(Buffer.concat([der.subarray(0, at), Buffer.from([value]), der.subarray(at + 1)])),
    ),
  );
  fc.assert(
    fc.property(fc.shuffledSubarray([certificate, intermediate, key, "noise\n", "\n"], { minLength: 5 }), (blocks) => {
      assert.equal(goodOf(blocks.join(""), "").chain, certificate + intermediate);
    }),
  );
});

test("Names that no browser could ask for are not told", (t) => {
  const { issue, openssl, folder } = makeAuthority(t);
  assert.deepEqual(factsOf(issue({ names: ["A.Test", "*.a.test", "a.test"] }).certificate).names, ["a.test", "*.a.test"]);
  writeFileSync(
    join(folder, "odd.cnf"),
    `[req]\ndistinguished_name=d\nprompt=no\nx509_extensions=x\n[d]\nO=<script>\\\\,CN=evil\nCN=\u202eevil\n[x]\nsubjectAltName=@n\n[n]\nDNS.1=a.test\nDNS.2="b.test, DNS:c.test"\nDNS.3="<b>"\nIP.1=10.0.0.1\n`,
  );
  const odd = openssl([
    "req",
    "-x509",
    "-config",
    "odd.cnf",
    "-utf8",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-keyout",
    "/dev/null",
  ]).toString();
  const facts = factsOf(odd);
  assert.deepEqual(facts.names, ["a.test"]);
  assert.ok(!facts.issuer.includes("\u202e"), facts.issuer);
  const names = ["*.asso.test", "asso.test"];
  assert.deepEqual(
    ["asso.test", "www.asso.test", "a.b.asso.test", "*.asso.test", "*.b.asso.test", "test"].map((name) => covers(names, name)),
    [true, true, false, true, false, false],
  );
});

test("many that bear the signer's name cost a few signatures, not one each", (t) => {
  const { issue, intermediate, openssl } = makeAuthority(t);
  const { certificate, key } = issue({ extensions: ["authorityInfoAccess=caIssuers;URI:http://ca.test/i.der", "authorityKeyIdentifier=none"] });
  const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "decoy.key"];
  const decoy = openssl([...made, "-subj", "/O=Test/CN=Intermediate"]).toString();
  const verify = t.mock.method(X509Certificate.prototype, "verify");
  const parts = ["a", "b", "c", "d", "e"].map((field) => ({ field, content: decoy.repeat(39) }));
  const judged = readGiven({ parts: [{ field: "chain", content: certificate + key }, ...parts], wanted: WANTED, partial: false, now: new Date() });
  assert.ok(!judged.ok && judged.faults[0]?.code === "certificates.chain_incomplete");
  assert.ok(verify.mock.callCount() > 0 && verify.mock.callCount() < 30, String(verify.mock.callCount()));
  goodOf(decoy + certificate + intermediate, key);
});
