/** The panel's certificate is replaced while it serves: no restart, no connection lost, and never half a pair. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import { selfSigned } from "../../src/core/http/certificate.js";
import { listen } from "../../src/core/http/listen.js";
import { placeOwnCertificate, readOwnCertificate } from "../../src/core/http/own-certificate.js";
import { feature as auth } from "../../src/features/auth/feature.js";
import { feature as home } from "../../src/features/home/feature.js";
import { buildTestApp } from "../support/app.js";

const made = () => {
  const { certificate, key } = selfSigned(["localhost"], ["127.0.0.1"], new Date());
  return { chain: certificate, key };
};
const serial = (chain: string): string => new X509Certificate(chain).serialNumber;

function files(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "mutu-own-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tls = { certificate: join(folder, "panel.crt"), key: join(folder, "panel.key") };
  const first = made();
  writeFileSync(tls.certificate, first.chain, { mode: 0o600 });
  writeFileSync(tls.key, first.key, { mode: 0o600 });
  return { tls, first };
}

const shake = (port: number, options = {}): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", servername: "localhost", rejectUnauthorized: false, ...options }, () => resolve(socket)).on(
      "error",
      reject,
    );
  });
async function seen(port: number): Promise<string> {
  const socket = await shake(port);
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

async function panel(t: TestContext) {
  const { tls, first } = files(t);
  const app = await buildTestApp(t, { features: [auth, home], env: { tls, trustedProxies: [] } });
  const server = await listen(app.app, app.services.env);
  t.after(() => server.close());
  return { tls, first, port: Number(new URL(server.address).port) };
}

async function until(serialNumber: string, port: number): Promise<void> {
  const end = Date.now() + 60_000;
  while ((await seen(port)) !== serialNumber) {
    assert.ok(Date.now() < end, "the new certificate was never seen");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("one that is placed is seen by the next handshake, and a connection of before goes on", async (t) => {
  const { tls, first, port } = await panel(t);
  assert.equal(await seen(port), serial(first.chain));
  const kept = await shake(port);
  const second = made();
  await placeOwnCertificate(tls, second);
  assert.equal(await seen(port), serial(second.chain));
  for (const file of [tls.certificate, tls.key]) assert.equal(statSync(file).mode & 0o777, 0o600, file);
  const answer = new Promise<string>((resolve, reject) => kept.once("data", (chunk) => resolve(chunk.toString())).once("error", reject));
  kept.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  assert.match(await answer, /^HTTP\/1\.1 200/);
});

test("files that someone else wrote are taken at SIGHUP, and without it in some seconds", async (t) => {
  const { tls, port } = await panel(t);
  const write = ({ chain, key }: { chain: string; key: string }) => {
    writeFileSync(`${tls.key}.other`, key, { mode: 0o600 });
    writeFileSync(`${tls.certificate}.other`, chain, { mode: 0o600 });
    renameSync(`${tls.key}.other`, tls.key);
    renameSync(`${tls.certificate}.other`, tls.certificate);
  };
  const second = made();
  write(second);
  process.kill(process.pid, "SIGHUP");
  await until(serial(second.chain), port);
  const third = made();
  write(third);
  await until(serial(third.chain), port);
});

test("a pair that does not fit, or is nothing, changes nothing", async (t) => {
  const { tls, first, port } = await panel(t);
  const [a, b] = [made(), made()];
  await assert.rejects(placeOwnCertificate(tls, { chain: a.chain, key: b.key }), /does not belong/);
  assert.equal(readFileSync(tls.key, "utf8"), first.key);
  for (const chain of [a.chain, "", "nothing"]) {
    writeFileSync(tls.certificate, chain);
    process.kill(process.pid, "SIGHUP");
    // A signal is delivered to this very process between two turns of its loop.
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(await seen(port), serial(first.chain));
  }
});

test("a replacement that was cut off between its two renames is finished by the next start", (t) => {
  const { tls, first } = files(t);
  const second = made();
  writeFileSync(`${tls.certificate}.new`, second.chain);
  assert.equal(readOwnCertificate(tls).chain, first.chain, "before the first rename nothing has happened");
  writeFileSync(tls.key, second.key);
  assert.deepEqual(readOwnCertificate(tls), second);
  assert.equal(readFileSync(tls.certificate, "utf8"), second.chain);
  writeFileSync(tls.key, made().key);
  assert.throws(() => readOwnCertificate(tls), /do not belong together/);
});

test("no TLS below 1.2, and only ciphers with forward secrecy and authenticated encryption", async (t) => {
  const { port } = await panel(t);
  const version = async (options: object): Promise<string | null> => {
    const socket = await shake(port, options).catch(() => null);
    const protocol = socket?.getProtocol() ?? null;
    socket?.destroy();
    return protocol;
  };
  assert.equal(await version({}), "TLSv1.3");
  assert.equal(await version({ maxVersion: "TLSv1.2" }), "TLSv1.2");
  assert.equal(await version({ minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT:@SECLEVEL=0" }), null);
  for (const ciphers of ["AES128-SHA", "AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384"])
    assert.equal(await version({ maxVersion: "TLSv1.2", ciphers }), null, ciphers);
});
