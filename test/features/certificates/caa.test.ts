/** CAA: what the owner of a name allows (RFC 8659, RFC 8657), and the climb to the names above. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "dns-packet";
import { createResolver } from "../../../src/core/dns/index.js";
import { caaProblem, judge, parseCaa } from "../../../src/features/certificates/caa.js";
import { startNameServer } from "../../support/name-server.js";

const ours = { name: "www.example.org", issuers: ["our-ca.example"], method: "http-01" as const, accountUrl: "https://ca.example/acct/1" };
const verdict = (lines: string[], changes: object = {}) =>
  judge(
    lines.map((line) => parseCaa(line) ?? assert.fail(line)),
    { ...ours, ...changes },
    "example.org",
  )?.code ?? null;

test("sets of records", () => {
  const rows: [string[], object, string | null][] = [
    [['0 issue "our-ca.example"'], {}, null],
    [['0 issue "Our-CA.example; policy=x"'], {}, null],
    [['0 issue "other.example"'], {}, "certificates.caa_forbids"],
    [['0 issue "other.example"', '0 issue "our-ca.example"'], {}, null],
    [['0 issue ";"'], {}, "certificates.caa_forbids"],
    [['0 iodef "mailto:a@example.org"'], {}, null],
    [['0 issuewild "other.example"'], {}, null],
    [['0 issuewild "other.example"', '0 issue "our-ca.example"'], { name: "*.example.org" }, "certificates.caa_forbids"],
    [['0 issue "our-ca.example"'], { name: "*.example.org" }, null],
    [['128 future "x"', '0 issue "our-ca.example"'], {}, "certificates.caa_strange"],
    [['0 future "x"', '0 issue "our-ca.example"'], {}, null],
    [['0 issue "our-ca.example; validationmethods=dns-01"'], {}, "certificates.caa_forbids"],
    [['0 issue "our-ca.example; validationmethods=dns-01,http-01"'], {}, null],
    [['0 issue "our-ca.example; accounturi=https://ca.example/acct/1"'], {}, null],
    [['0 issue "our-ca.example; accounturi=https://ca.example/acct/2"'], {}, "certificates.caa_forbids"],
  ];
  for (const [lines, changes, wanted] of rows) assert.equal(verdict(lines, changes), wanted, `${lines.join(" ")} ${JSON.stringify(changes)}`);
  assert.equal(parseCaa("no record"), null);
});

test("the nearest name with records decides; a server that fails keeps the authority away, silence does not", async (t) => {
  const dns = await startNameServer(t, [
    { type: "CAA", name: "example.org", ttl: 60, data: { flags: 0, tag: "issue", value: "other.example" } },
    { type: "CAA", name: "free.example.org", ttl: 60, data: { flags: 0, tag: "issue", value: "our-ca.example" } },
  ] as Answer[]);
  const settings = { servers: [{ address: dns.address, port: dns.port }], authorityPort: dns.port, innerAddresses: true };
  const ask = async (name: string) => (await caaProblem(createResolver(settings, { tryMs: 200, totalMs: 300 }), { ...ours, name }))?.code ?? null;
  assert.equal(await ask("a.b.example.org"), "certificates.caa_forbids");
  assert.equal(await ask("a.free.example.org"), null);
  assert.equal(await ask("*.free.example.org"), null);
  assert.equal(await ask("www.example.net"), null);
  assert.equal(await caaProblem(createResolver(settings), { ...ours, name: "a.b.example.org", issuers: [] }), null, "an authority that does not tell its name");
  dns.mood = "failing";
  assert.equal(await ask("a.b.example.org"), "certificates.caa_unknown");
  dns.mood = "silent";
  assert.equal(await ask("a.b.example.org"), null);
});
