/** Certificates by name, as clients see them. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, lstatSync, readlinkSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { opensslPem } from "../machines/certificate-rig.js";
import { HOSTILE_STRINGS } from "../support/hostile.js";
import { greet, serverName } from "./client-hello.js";
import { account, backend, base, certificate, Front } from "./nginx-rig.js";
import { PRIVILEGED } from "./private-machine.js";

let apache: Awaited<ReturnType<typeof backend>>;
let front: Front;
const names = ["*.wild.example", "exact.wild.example", "www.example.org"];
const tree = { ...base(), ...account(2001, [{ names }]) };
before(async () => {
  apache = await backend();
  front = await Front.start(tree, [apache.port, apache.port]);
});
after(async () => {
  front.machine.close();
  await apache.close();
});
const tls = (name: string) => join(front.machine.root, "tls", name);
function install(path: string, name: string): void {
  writeFileSync(`${path}.new`, certificate(name, front.machine.base), { mode: 0o640 });
  if (PRIVILEGED) chownSync(`${path}.new`, 0, 33);
  renameSync(`${path}.new`, path);
}

test("Each hosted name has a link to the fallback until its certificate comes", async () => {
  for (const name of ["www.example.org", "exact.wild.example", "_wildcard.wild.example"]) assert.equal(readlinkSync(tls(`${name}.pem`)), "fallback.pem");
  assert.equal(await front.handshake("www.example.org"), "mutu.invalid");
  assert.equal(await front.handshake(undefined), "mutu.invalid");
});

test("A certificate is live when its file is renamed into place: nothing is reloaded", async () => {
  const workers = front.workers();
  install(tls("www.example.org.pem"), "www.example.org");
  assert.equal(await front.handshake("www.example.org"), "www.example.org");
  install(tls("_wildcard.wild.example.pem"), "*.wild.example");
  assert.equal(await front.handshake("any.wild.example"), "*.wild.example");
  assert.equal(await front.handshake("exact.wild.example"), "mutu.invalid", "a whole name below a wildcard has a file of its own");
  assert.deepEqual(front.workers(), workers);
});

test("No SNI reaches a file that is not a name's: 500 malformed ones get the fallback or an alert", async () => {
  // Where `../` and the like would lead, a certificate that must never be seen.
  for (const place of ["../secret.pem", ".hidden.pem", "UPPER.pem", "a..b.pem", "-x.pem"]) install(join(front.machine.root, "tls", place), "secret");
  const seen = new Set<string>();
  const tried = [
    "../secret",
    "./../secret",
    "tls/../../secret",
    "../tls/../secret",
    ".hidden",
    "UPPER",
    "a..b",
    "-x",
    "www.example.org/../../secret",
    "/etc/ssl/x",
    "fallback\n",
    "www.example.org\n",
    "www.example.org.",
    "%2e%2e/secret",
    "..",
    ".",
    "x".repeat(251),
    ...HOSTILE_STRINGS.map((bad) => `a${bad}b`),
    ...HOSTILE_STRINGS,
  ];
  const random = fc.sample(
    fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 60 }),
      fc
        .array(fc.constantFrom("..", "/", ".", "secret", "tls", "\\", "$", "{", "}", "\t", "é", "*", "_"), { minLength: 1, maxLength: 8 })
        .map((parts) => parts.join("")),
    ),
    { numRuns: 520 - tried.length, seed: 7 },
  );
  for (const servername of [...tried, ...random].filter((name) => !name.includes("\0") && Buffer.byteLength(name) < 256)) {
    const answer = await front.handshake(servername);
    seen.add(answer.startsWith("alert") ? "alert" : answer);
    assert.ok(answer === "mutu.invalid" || answer.startsWith("alert"), `${JSON.stringify(servername)} → ${answer}`);
  }
  assert.ok(seen.has("mutu.invalid"));
  assert.equal(await front.handshake("www.example.org"), "www.example.org", "and the door is still open");
});

test("500 server names of any bytes, sent by a hello of our own, get the fallback or an alert", async () => {
  const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
  const tried: Buffer[] = [
    "\0",
    "../secret\0",
    "www.example.org\0",
    "www.example.org\0.evil.example",
    "..\0/secret",
    "",
    "127.0.0.1",
    "::1",
    "[::1]",
    "10.0.0.1",
    "WWW.EXAMPLE.ORG/../secret",
    "UPPER",
    "../secret",
    "/etc/ssl/x",
    "x".repeat(300),
    "../".repeat(100),
    `${"a".repeat(63)}.`.repeat(5),
    "\xff\xfe../secret",
    "\xc0\xaf..\xc0\xafsecret",
  ].map((name) => serverName(bytes(name)));
  const random = fc.sample(
    fc.oneof(
      fc.uint8Array({ minLength: 0, maxLength: 300 }).map((value) => serverName(Buffer.from(value))),
      // with what names are made of between, so that some pass for one at first
      fc
        .array(fc.constantFrom("..", "/", "\0", "secret", "tls", "UPPER", ".hidden", "\n", "%00", "\x80", "-x", " "), { minLength: 1, maxLength: 6 })
        .map((parts) => serverName(bytes(parts.join("")))),
      // an extension that is no list of names
      fc.uint8Array({ minLength: 0, maxLength: 40 }).map((value) => Buffer.from(value)),
    ),
    { numRuns: 500 - tried.length, seed: 11 },
  );
  const seen = new Map<string, number>();
  for (const sni of [...tried, ...random]) {
    const answer = await greet(front.https, sni);
    const kind = answer === "mutu.invalid" ? "fallback" : /^(alert \d+|closed)$/.test(answer) ? "alert" : answer;
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    assert.ok(kind === "fallback" || kind === "alert", `${sni.toString("hex")} → ${answer}`);
  }
  assert.ok((seen.get("fallback") ?? 0) > 20 && (seen.get("alert") ?? 0) > 20, JSON.stringify([...seen]));
  // The same hello with a name that is one, so that a silent hello would be seen.
  assert.equal(await greet(front.https, serverName("www.example.org")), "www.example.org");
  assert.equal(await greet(front.https, serverName("WWW.Example.ORG")), "mutu.invalid", "no program sends capitals (RFC 6066), and none become a file's name");
  assert.equal(await greet(front.https, serverName(`${randomBytes(6).toString("hex")}.wild.example`)), "*.wild.example");
  assert.equal(await greet(front.https, null), "mutu.invalid");
});

test("A profile for older programs is a setting of the host: DHE for a site with an RSA key, and only then", async () => {
  writeFileSync(`${tls("www.example.org.pem")}.new`, opensslPem("www.example.org", { newkey: ["-newkey", "rsa:2048"] }), { mode: 0o640 });
  if (PRIVILEGED) chownSync(`${tls("www.example.org.pem")}.new`, 0, 33);
  renameSync(`${tls("www.example.org.pem")}.new`, tls("www.example.org.pem"));
  const old = { ciphers: "DHE-RSA-AES128-GCM-SHA256", maxVersion: "TLSv1.2" };
  assert.match(await front.handshake("www.example.org", old), /^alert/);
  front.publish({ ...tree, ...base(undefined, { tlsProfile: "intermediate" }) }, [apache.port, apache.port]);
  assert.equal(await front.handshake("www.example.org", old), "www.example.org");
  assert.match(await front.handshake("www.example.org", { ciphers: "AES128-SHA:ECDHE-RSA-AES128-SHA", maxVersion: "TLSv1.2" }), /^alert/);
  assert.equal(await front.handshake("www.example.org", { minVersion: "TLSv1.3" }), "www.example.org");
  front.publish(tree, [apache.port, apache.port]);
  assert.match(await front.handshake("www.example.org", old), /^alert/);
});

test("A name without any file gets an alert, TLS 1.1 and tickets are not offered, HTTP/2 is", async () => {
  assert.match(await front.handshake("nobody.example"), /^alert/);
  assert.match(await front.handshake("www.example.org", { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT:@SECLEVEL=0" }), /^alert/);
  assert.equal(await front.handshake("www.example.org", { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" }), "www.example.org");
  const { connect } = await import("node:tls");
  const [protocol, ticket] = await new Promise<[string | false | null, boolean]>((resolve, reject) => {
    const socket = connect(
      {
        port: front.https,
        host: "127.0.0.1",
        servername: "www.example.org",
        rejectUnauthorized: false,
        ALPNProtocols: ["h2", "http/1.1"],
        maxVersion: "TLSv1.2",
      },
      () => {
        resolve([socket.alpnProtocol, socket.getTLSTicket() !== undefined]);
        socket.destroy();
      },
    );
    socket.on("error", reject);
  });
  assert.deepEqual([protocol, ticket], ["h2", false]);
});

test("Links of names that went away go at settle; a certificate stays", async () => {
  const workers = front.workers();
  const step = front.machine.stage({
    ...base(),
    ...account(2001, [{ names: ["*.wild.example", "new.example.org"] }]),
    ...account(2002, [{ names: ["exact.wild.example"] }]),
  });
  front.point(step.next, [apache.port, apache.port]);
  for (const verb of ["rehearse", "prepare"]) assert.equal(front.machine.driver("nginx", verb, step.env).code, 0);
  assert.ok(existsSync(tls("new.example.org.pem")), "there before anything serves the name");
  assert.ok(existsSync(tls("www.example.org.pem")));
  front.machine.switchTo(step);
  for (const verb of ["commit", "settle"]) assert.equal(front.machine.driver("nginx", verb, step.env).code, 0);
  assert.ok(!lstatSync(tls("www.example.org.pem")).isSymbolicLink(), "a real certificate is no link of ours");
  assert.equal(readlinkSync(tls("exact.wild.example.pem")), "fallback.pem", "it moved to another account in the same release");
  assert.notDeepEqual(front.workers(), workers, "the wildcard's map lost a line");
  const before = front.workers();
  front.publish({ ...base(), ...account(2001, [{ names: ["*.wild.example"] }]), ...account(2002, [{ names: ["exact.wild.example", "other.example.org"] }]) }, [
    apache.port,
    apache.port,
  ]);
  assert.ok(!existsSync(tls("new.example.org.pem")));
  assert.ok(existsSync(tls("other.example.org.pem")));
  assert.deepEqual(front.workers(), before, "lists of names are nothing that nginx reads");
});
