/** Certificates placed by the real apply while nginx serves: nothing is reloaded, and HTTP-01 is answered with the account's thumbprint. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes, X509Certificate } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import type { Machine } from "../../src/core/machine/index.js";
import { opensslPem, pemFor } from "../machines/certificate-rig.js";
import { account, backend, base, Front } from "./nginx-rig.js";
import { PRIVILEGED } from "./private-machine.js";
import { raiseTlsSites } from "./tls-sites.js";

let apache: Awaited<ReturnType<typeof backend>>;
let front: Front;
let machine: Machine;
const names = ["*.wild.example", "exact.wild.example", "www.example.org", "other.example.org"];
before(async () => {
  apache = await backend();
  front = await Front.start({ ...base(), ...account(2001, [{ names }]) }, [apache.port, apache.port]);
  machine = front.machine.apply(["nginx"]);
});
after(async () => {
  front.machine.close();
  await apache.close();
});
const tls = (name: string) => join(front.machine.root, "tls", name);
let number = 1;
async function place(files: { [name: string]: string | null }, thumbprint?: string): Promise<string[]> {
  number += 1;
  const input = Object.entries(files).map(([name, pem]) => ({ name, number, pem }));
  const outcome = await machine.certificates({ daemon: "nginx", files: input, ...(thumbprint !== undefined && { thumbprint }) });
  assert.ok(outcome.ok, JSON.stringify(outcome));
  assert.deepEqual(outcome.value.refused, []);
  return outcome.value.placed.sort();
}

test("A certificate is placed while nginx serves: seen at once, by the same workers", async () => {
  const workers = front.workers();
  assert.equal(await front.handshake("www.example.org"), "mutu.invalid");
  assert.deepEqual(await place({ "www.example.org": pemFor("www.example.org"), "*.wild.example": pemFor("*.wild.example") }), [
    "*.wild.example",
    "www.example.org",
  ]);
  assert.equal(await front.handshake("www.example.org"), "www.example.org");
  for (let at = 0; at < 3; at += 1) {
    const name = `x${randomBytes(8).toString("hex")}.wild.example`;
    assert.equal(await front.handshake(name), "*.wild.example", name);
  }
  assert.equal(await front.handshake("exact.wild.example"), "mutu.invalid", "a whole name below it has a file of its own");
  assert.deepEqual(front.workers(), workers);
  const { mode, uid, gid } = statSync(tls("www.example.org.pem"));
  assert.equal(mode & 0o777, 0o640);
  if (PRIVILEGED) assert.deepEqual([uid, gid], [0, statSync(tls("fallback.pem")).gid]);
  for (const name of readdirSync(tls("."))) if (!name.endsWith(".pem")) assert.equal(statSync(tls(name)).mode & 0o077, 0, name);
});

test("One that is taken off leaves the fallback while a release has the name, and nothing where none has", async () => {
  const workers = front.workers();
  await place({ "other.example.org": pemFor("other.example.org"), "gone.example.org": pemFor("gone.example.org") });
  assert.equal(await front.handshake("gone.example.org"), "gone.example.org");
  await place({ "other.example.org": null, "gone.example.org": null, "never.example.org": null });
  assert.equal(readlinkSync(tls("other.example.org.pem")), "fallback.pem");
  assert.equal(await front.handshake("other.example.org"), "mutu.invalid");
  for (const name of ["gone.example.org", "never.example.org"]) {
    assert.ok(!existsSync(tls(`${name}.pem`)) && !readdirSync(tls(".")).includes(`${name}.pem`));
    assert.match(await front.handshake(name), /^alert/);
  }
  assert.deepEqual(front.workers(), workers);
});

test("A certificate that came before its name is kept, and a name that leaves keeps its certificate", async () => {
  await place({ "early.example.org": pemFor("early.example.org") });
  front.publish({ ...base(), ...account(2001, [{ names: [...names, "early.example.org"] }]) }, [apache.port, apache.port]);
  assert.equal(await front.handshake("early.example.org"), "early.example.org");
  front.publish({ ...base(), ...account(2001, [{ names }]) }, [apache.port, apache.port]);
  assert.ok(!lstatSync(tls("early.example.org.pem")).isSymbolicLink());
});

test("The thumbprint is read by one reload, and HTTP-01 answered for every name on both ports", async () => {
  const workers = front.workers();
  const ask = (token: string) => front.get("www.example.org", `/.well-known/acme-challenge/${token}`);
  assert.equal((await ask("token_1")).status, 404);
  await place({}, "print-of_account");
  const reloaded = front.workers();
  assert.equal(reloaded.filter((pid) => workers.includes(pid)).length, 0, "read anew");
  const answer = await ask("token_1");
  assert.deepEqual([answer.status, answer.body, answer.headers["content-type"]], [200, "token_1.print-of_account", "text/plain"]);
  assert.equal((await front.get("nobody.example", "/.well-known/acme-challenge/t")).body, "t.print-of_account");
  const secure = await front.raw("GET /.well-known/acme-challenge/t HTTP/1.0\r\nHost: www.example.org\r\n\r\n", true);
  assert.match(secure, /\r\n\r\nt\.print-of_account$/);
  for (const bad of ["a%2fb", "a.b", "%24host", "x".repeat(201), ""]) assert.equal((await ask(bad)).status, 404, bad);
  await place({ "www.example.org": pemFor("www.example.org") }, "print-of_account");
  assert.deepEqual(front.workers(), reloaded, "the same one again is nothing new");
  front.publish({ ...base(), ...account(2001, [{ names: [...names, "more.example.org"] }]) }, [apache.port, apache.port]);
  assert.deepEqual(front.workers(), reloaded, "nor does a publication read it again");
  assert.equal(readFileSync(tls("acme-thumbprint"), "utf8"), "print-of_account\n");
});

test("On a machine with 1 000 TLS sites a new certificate reloads nothing, and openssl sees it", { timeout: 300_000 }, async (t) => {
  const sites = await raiseTlsSites(1000, [apache.port, apache.port]);
  t.after(() => sites.close());
  const seen = async (name: string) => {
    const shown = await promisify(execFile)("sh", [
      "-c",
      'openssl s_client -connect "$1" -servername "$2" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256',
      "seen",
      `127.0.0.1:${sites.front.https}`,
      name,
    ]);
    return shown.stdout.trim().split("=")[1];
  };
  const fingerprint = (pem: string) => new X509Certificate(pem).fingerprint256;
  const before = sites.serving();
  assert.ok(before.workers.length > 0);
  const kept = await seen("s998.example.org");
  for (const at of [0, 499, 999]) {
    const name = sites.names[at] as string;
    const pem = opensslPem(name, { newkey: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"] });
    assert.notEqual(await seen(name), fingerprint(pem));
    const outcome = await sites.machine.certificates({ daemon: "nginx", files: [{ name, number: 2, pem }] });
    assert.deepEqual(outcome, { ok: true, value: { placed: [name], refused: [] } });
    assert.equal(await seen(name), fingerprint(pem), name);
    assert.deepEqual(sites.serving(), before, "no reload, the same workers");
  }
  assert.equal(await seen("s998.example.org"), kept);
});
