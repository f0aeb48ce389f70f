import assert from "node:assert/strict";
import { createServer as createTcpServer } from "node:net";
import { test } from "node:test";
import { createServer, type Server } from "node:tls";
import { selfSigned } from "../../../src/core/http/certificate.js";
import { shakeHands } from "../../../src/features/certificates/handshake.js";
import { lookAt } from "../../../src/features/certificates/looks.js";
import { getSubject } from "../../../src/features/certificates/subjects.js";
import { addSite } from "../../../src/features/sites/sites.js";
import { buildTestApp } from "../../support/app.js";
import type { Scope } from "../../support/database.js";
import { allowTestNames, createAccount, createHost, joinAccount } from "../../support/factories.js";
import { freePort } from "../../support/free-port.js";
import { resolverEnv, startNameServer } from "../../support/name-server.js";
import { issueStrange, makeAuthority } from "./authority.js";

/** A server that shows what it is told to; the test changes it. */
async function startServer(t: Scope, shown: { cert: string; key: string }, address = "127.0.0.1"): Promise<{ port: number; server: Server }> {
  const server = createServer(shown, (socket) => socket.end());
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  t.after(() => new Promise((resolve) => server.close(resolve)));
  return { port: (server.address() as { port: number }).port, server };
}

/** The end of a certificate falls into the 99th month. */
function withMonth99(pem: string): string {
  const der = Buffer.from(pem.replace(/-----.*-----|\s/g, ""), "base64");
  const utcTime = Buffer.from("170d", "hex");
  const end = der.indexOf(utcTime, der.indexOf(utcTime) + 1);
  // Two bytes of tag and length, two of the year.
  der.write("99", end + 4, "latin1");
  return `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
}

test("What a browser would say of a certificate is said with its reason", async (t) => {
  const { issue, intermediate, root } = makeAuthority(t);
  const good = issue();
  const whole = { cert: good.certificate + intermediate, key: good.key };
  const { port, server } = await startServer(t, whole);
  const look = async (name = "asso.test", now = new Date(Date.now() + 5000), authorities: string[] | undefined = [root]) =>
    shakeHands({ address: "127.0.0.1", port, name }, { now, timeoutMs: 1000, ...(authorities ? { authorities } : {}) });
  const show = (cert: string, key: string) => server.setSecureContext({ cert, key });
  const year = (shift: number) => new Date(Date.now() + shift * 365 * 86_400_000);

  const seen = await look();
  assert.equal(seen.verdict, "good");
  assert.deepEqual(seen.facts?.names, ["asso.test", "www.asso.test"]);
  assert.equal((await look("other.test")).verdict, "other_name");
  assert.equal((await look("asso.test", year(1))).verdict, "expired");
  assert.equal((await look("asso.test", year(-1))).verdict, "not_yet_valid");
  show(good.certificate, good.key);
  assert.equal((await look()).verdict, "incomplete");
  const lone = issue({ extensions: [] });
  show(lone.certificate, lone.key);
  assert.equal((await look()).verdict, "unknown_authority");
  show(whole.cert, whole.key);
  assert.notEqual((await look("asso.test", new Date(Date.now() + 5000), [])).verdict, "good", "an authority that nobody trusts");
  const own = selfSigned(["asso.test"], [], new Date());
  show(own.certificate, own.key);
  assert.equal((await look()).verdict, "self_signed");

  const strange = issueStrange(t, ["-days", "30"]);
  show(strange.certificate, strange.key);
  const nameless = await look();
  assert.deepEqual([nameless.verdict, nameless.facts?.issuer], ["self_signed", ""], "an issuer without a name");

  const dateless = issueStrange(t);
  show(withMonth99(dateless.certificate), dateless.key);
  assert.deepEqual(await look(), { verdict: "broken", facts: null }, "a date that is none");

  const closed = await shakeHands({ address: "127.0.0.1", port: await freePort(), name: "asso.test" }, { now: new Date() });
  assert.deepEqual(closed, { verdict: "closed", facts: null });
  const mute = createTcpServer(() => {});
  const babbler = createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  for (const [other, verdict] of [
    [mute, "silent"],
    [babbler, "broken"],
  ] as const) {
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    t.after(() => other.close());
    const { port: at } = other.address() as { port: number };
    assert.equal((await shakeHands({ address: "127.0.0.1", port: at, name: "asso.test" }, { now: new Date(), timeoutMs: 700 })).verdict, verdict);
  }
});

test("A name is looked at where the DNS says that it leads; strangers' inner addresses are not", async (t) => {
  const { issue, intermediate, root } = makeAuthority(t);
  const { certificate, key } = issue();
  const { port, server } = await startServer(t, { cert: certificate + intermediate, key });
  const dns = await startNameServer(t, [{ type: "A", name: "asso.test", ttl: 60, data: "127.0.0.1" }]);
  const { extra } = resolverEnv(dns);
  const panel = await buildTestApp(t, { env: { extra, mode: "production" } });
  panel.clock.advance(300);
  const ctx = panel.ctx();
  await allowTestNames(ctx);
  const host = await createHost(ctx);
  const account = await createAccount(ctx, { host });
  await joinAccount(ctx, account, await panel.createUser("jeanne"));
  const site = await addSite(ctx, { accountId: account.id, address: "asso.test", kind: "folder", folder: "www" });
  const look = (name?: string) => lookAt(ctx, panel.services, site.id, name, { authorities: [root] });
  const verdicts = async (name?: string) => (await look(name)).looks.map(({ verdict, address, ours }) => [verdict, address, ours]);

  // Not a machine of ours: an inner address could be anything beside the panel.
  assert.deepEqual(await verdicts(), [["not_asked", "127.0.0.1", false]]);
  await ctx.db.host.update({ where: { id: host.id }, data: { publicIpv4: "127.0.0.1", httpsPort: port } });
  assert.deepEqual(await verdicts(), [["good", "127.0.0.1", true]]);
  const own = selfSigned(["localhost"], [], panel.clock.now());
  server.setSecureContext({ cert: own.certificate, key: own.key });
  assert.deepEqual(await verdicts(), [["fallback", "127.0.0.1", true]]);
  assert.deepEqual(await verdicts("www.asso.test"), [["no_address", null, null]]);
  for (const address of ["169.254.169.254", "10.0.0.1", "0.0.0.0"]) {
    dns.records = [{ type: "A", name: "asso.test", ttl: 60, data: address }];
    assert.deepEqual(await verdicts(), [["not_asked", address, false]]);
  }
  for (const address of ["::1", "::ffff:127.0.0.1", "fd00::1", "64:ff9b::7f00:1"]) {
    dns.records = [{ type: "AAAA", name: "asso.test", ttl: 60, data: address }];
    const [only] = (await look()).looks;
    assert.equal(only?.verdict, "not_asked", address);
  }
  dns.mood = "failing";
  assert.deepEqual(await verdicts(), [["dns_unknown", null, null]]);
  await assert.rejects(look("neighbour.test"), { code: "certificates.look_unknown" });

  dns.mood = "well";
  dns.records = [{ type: "A", name: "asso.test", ttl: 60, data: "127.0.0.1" }];
  const jeanne = await panel.as("jeanne");
  const page = await jeanne.get("/certificates/warning?name=asso.test");
  assert.equal(page.headers.location, `/certificates/${(await getSubject(ctx, site.id)).id}/warning?name=asso.test`);
  const shown = await jeanne.get(String(page.headers.location));
  assert.ok(shown.body.includes("Provisional certificate"), shown.body.slice(0, 3000));
  assert.equal((await jeanne.get("/certificates/warning?name=neighbour.test")).statusCode, 404);
  const answer = await jeanne.api("GET", "/api/v1/certificates/asso.test/look?name=asso.test");
  assert.equal(answer.json().looks[0].verdict, "fallback");
});
