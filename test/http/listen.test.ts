import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { get as getPlain } from "node:http";
import { get as getSecure } from "node:https";
import { type AddressInfo, connect as connectPlain } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { connect as connectSecure } from "node:tls";
import type { Feature } from "../../src/core/feature.js";
import { selfSigned } from "../../src/core/http/certificate.js";
import { createPlainServer, ensureCertificate, listen } from "../../src/core/http/listen.js";
import { feature as auth } from "../../src/features/auth/feature.js";
import { feature as home } from "../../src/features/home/feature.js";
import { buildTestApp, testEnv } from "../support/app.js";

test("the certificate of our own making is one that OpenSSL reads, for these names, with its key", () => {
  const { certificate, key } = selfSigned(["panel.example.org", "localhost"], ["127.0.0.1"], new Date("2026-11-22T12:00:00Z"));
  const read = new X509Certificate(certificate);
  assert.ok(read.verify(read.publicKey));
  assert.ok(read.checkPrivateKey(createPrivateKey(key)));
  for (const name of ["panel.example.org", "localhost"]) assert.equal(read.checkHost(name), name);
  assert.equal(read.checkIP("127.0.0.1"), "127.0.0.1");
  assert.equal(read.checkHost("other.example.org"), undefined);
  assert.ok(!read.ca);
  assert.equal(new Date(read.validTo).getUTCFullYear(), 2036);
  assert.match(read.validFrom, /^Nov 21 12:00:00 2026/);
  assert.equal(new X509Certificate(selfSigned(["a.test"], [], new Date("2045-01-01T00:00:00Z")).certificate).validTo, "Dec 30 00:00:00 2054 GMT");
});

test("it is made once, its key for us alone, and the panel answers with it", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "mutu-tls-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tls = { certificate: join(folder, "tls/panel.crt"), key: join(folder, "tls/panel.key") };
  ensureCertificate({ tls, origin: "https://localhost" }, new Date());
  const first = readFileSync(tls.certificate, "utf8");
  ensureCertificate({ tls, origin: "https://localhost" }, new Date());
  assert.equal(readFileSync(tls.certificate, "utf8"), first);
  assert.equal(statSync(tls.key).mode & 0o777, 0o600);

  const app = await buildTestApp(t, { features: [auth, home], env: { tls, trustedProxies: [] } });
  const server = await listen(app.app, app.services.env);
  t.after(() => server.close());
  const status = await new Promise((resolve, reject) => {
    // The certificate itself is the only authority: the name must fit too.
    getSecure({ host: "127.0.0.1", port: new URL(server.address).port, servername: "localhost", headers: { host: "localhost" }, ca: first }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on("error", reject);
  });
  assert.equal(status, 200);
});

test("without a certificate the panel listens on loopback only", async (t) => {
  const app = await buildTestApp(t, { features: [auth, home] });
  await assert.rejects(listen(app.app, testEnv("file:/x", { listen: { host: "0.0.0.0", port: 0 } })), /loopback only/);
});

test("the plain port answers nothing but where HTTPS is, at the configured name", async (t) => {
  const server = createPlainServer("https://panel.test");
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  for (const [path, expected] of [
    ["/sites?q=a", "https://panel.test/sites?q=a"],
    ["//evil.test/", "https://panel.test//evil.test/"],
  ] as const) {
    const answer = await new Promise<{ status: number | undefined; location: string | undefined }>((resolve, reject) => {
      getPlain({ host: "127.0.0.1", port, path, headers: { host: "evil.test" } }, (response) => {
        response.resume();
        resolve({ status: response.statusCode, location: response.headers.location });
      }).on("error", reject);
    });
    assert.deepEqual(answer, { status: 308, location: expected });
  }
});

test("a panel that closes waits for no connection on which nothing is asked, and for every answer", { timeout: 30_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "mutu-tls-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tls = { certificate: join(folder, "panel.crt"), key: join(folder, "panel.key") };
  ensureCertificate({ tls, origin: "https://localhost" }, new Date());
  let answer = () => {};
  let begun = () => {};
  const asked = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const slow: Feature = {
    name: "slow",
    pages: (app) => {
      app.get("/slow", { config: { access: "public" } }, async () => {
        begun();
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
        return "the whole answer";
      });
    },
  };
  const app = await buildTestApp(t, { features: [auth, home, slow], env: { tls, trustedProxies: [] } });
  const server = await listen(app.app, app.services.env);
  t.after(() => server.close());
  const to = { host: "127.0.0.1", port: Number(new URL(server.address).port), rejectUnauthorized: false };
  const bare = connectPlain(to);
  const silent = connectSecure(to);
  const talking = connectSecure(to);
  await Promise.all([once(bare, "connect"), once(silent, "secureConnect"), once(talking, "secureConnect")]);
  talking.write("GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await asked;
  const heard = text(talking);
  for (const socket of [bare, silent]) socket.on("error", () => {}).resume();
  const closed = server.close();
  await Promise.all([once(bare, "close"), once(silent, "close")]);
  answer();
  await closed;
  assert.match(await heard, /the whole answer/);
});
