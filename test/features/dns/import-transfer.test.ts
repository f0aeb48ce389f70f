/** Zones taken over from real servers, and from servers that lie. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { Secret } from "../../../src/core/secret.js";
import { Fault } from "../../../src/features/dns/import/fault.js";
import { readAnswer } from "../../../src/features/dns/import/message.js";
import { mayReach, parseNetwork } from "../../../src/features/dns/import/reach.js";
import { transferZone } from "../../../src/features/dns/import/transfer.js";
import { TransferText } from "../../../src/features/dns/import/transfer-text.js";
import type { TsigAlgorithm, TsigKey } from "../../../src/features/dns/import/tsig.js";
import { parseZoneFile } from "../../../src/features/dns/import/zone-file.js";
import { recordText } from "../../../src/features/dns/import/zone-text.js";
import { freePort } from "../../support/free-port.js";
import { until } from "../../support/until.js";
import { LOOPBACK, startBind, startFake, startKnot, type ZoneSource } from "./import-servers.js";

const ZONE = "example.org";
const clock = { now: () => new Date() };
const zoneFile = (name: string) => readFileSync(fileURLToPath(new URL(`./zones/${name}`, import.meta.url)), "utf8");
const HEAD = "$TTL 300\n@ SOA ns hostmaster 4294967290 3600 600 86400 300\n@ NS ns\nns A 192.0.2.1\n";
// Knot does not know CLASS1 as a name of the class IN.
const odd = zoneFile("11-every-type.zone").replace("CLASS1", "IN");
const many = `${HEAD}${Array.from({ length: 3000 }, (_, i) => `host-${i} A 192.0.2.${i % 250}\nhost-${i} TXT "number ${i}" "${"x".repeat(i % 200)}"`).join("\n")}\n`;
const key = (algorithm: TsigAlgorithm) => ({
  name: `${algorithm}.example`,
  algorithm,
  secret: Buffer.from(`secret of ${algorithm}, long enough`).toString("base64"),
});
const KEYS = (["hmac-sha256", "hmac-sha512", "hmac-sha384", "hmac-sha1"] as const).map(key);
const tsigOf = (algorithm: TsigAlgorithm, change: Partial<{ name: string; secret: string }> = {}): TsigKey => {
  const { name, secret } = { ...key(algorithm), ...change };
  return { name, algorithm, secret: new Secret(secret) };
};
const ZONES: ZoneSource[] = [
  { name: ZONE, text: odd, key: null },
  { name: "many.example", text: many, key: null },
  { name: "closed.example", text: HEAD, key: "nobody" },
  ...KEYS.map(({ name }, at) => ({ name: `signed${at}.example`, text: many, key: name })),
];
const records = (text: string, zone: string) =>
  parseZoneFile(text, zone)
    .records.map(({ record }) => recordText(record))
    .sort();
function fault(...codes: string[]) {
  return (error: unknown) => {
    if (!(error instanceof Fault)) return false;
    assert.ok(codes.includes(error.code), `${error.code} instead of ${codes.join(" or ")}`);
    return true;
  };
}

for (const [name, start] of Object.entries({ BIND: startBind, Knot: startKnot }))
  test(`${name}: what is transferred reads as the file that it serves`, async (t) => {
    const port = await start(t, ZONES, KEYS);
    const ask = (zone: string, tsig: TsigKey | null = null) => transferZone(zone, { address: LOOPBACK, port, tsig }, clock);
    // A server listens before its zones are loaded.
    const text = await until(() => ask(ZONE).catch(() => ""), 20, "the zone is loaded");
    assert.deepEqual(records(text, ZONE), records(odd, ZONE));
    const outcomes = (file: string) =>
      parseZoneFile(file, ZONE)
        .findings.map(({ outcome, code, data }) => `${outcome} ${code} ${data["type"] ?? data["serial"]}`)
        .sort();
    assert.deepEqual(outcomes(text), outcomes(odd));

    const long = await ask("many.example");
    assert.equal(parseZoneFile(long, "many.example").soa?.serial, 4294967290);
    assert.deepEqual(records(long, "many.example"), records(many, "many.example"));

    for (const [at, { algorithm }] of KEYS.entries()) {
      const zone = `signed${at}.example`;
      assert.deepEqual(records(await ask(zone, tsigOf(algorithm)), zone), records(many, zone));
      await assert.rejects(ask(zone), fault("refused", "not_served"));
      await assert.rejects(ask(zone, tsigOf(algorithm, { secret: Buffer.from("another secret").toString("base64") })), fault("tsig_error"));
      await assert.rejects(ask(zone, tsigOf(algorithm, { name: "stranger.example" })), fault("tsig_error"));
    }
    const late = { now: () => new Date(Date.now() + 3_600_000) };
    await assert.rejects(transferZone("signed0.example", { address: LOOPBACK, port, tsig: tsigOf("hmac-sha256") }, late), fault("tsig_error"));
    await assert.rejects(ask("closed.example"), fault("refused", "not_served"));
    await assert.rejects(ask("elsewhere.example"), fault("refused", "not_served"));
  });

test("Knot that signs: records come, signatures are left out and told once a type", async (t) => {
  const port = await startKnot(t, [{ name: ZONE, text: HEAD, key: null, signed: true }], []);
  const ask = () => transferZone(ZONE, { address: LOOPBACK, port, tsig: null }, clock);
  let text = "";
  const isSigned = async () => {
    text = await ask().catch(() => "");
    return text.includes("RRSIG");
  };
  await until(isSigned, 60, "the zone is signed");
  const read = parseZoneFile(text, ZONE);
  assert.deepEqual(read.records.map(({ record }) => recordText(record)).sort(), records(HEAD, ZONE));
  const left = read.findings.filter(({ code }) => code === "signing").map(({ data }) => data["type"]);
  assert.deepEqual([...new Set(left)].sort(), [...left].sort());
  for (const type of ["RRSIG", "DNSKEY", "NSEC"]) assert.ok(left.includes(type), `${type} is not told`);
});

const short = (value: number) => Buffer.of(value >> 8, value & 255);
const name = (text: string) => Buffer.concat([...text.split(".").map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)])), Buffer.of(0)]);
const record = (owner: Buffer, type: number, data: Buffer) => Buffer.concat([owner, short(type), short(1), Buffer.alloc(4), short(data.length), data]);
const soa = record(name(ZONE), 6, Buffer.concat([name("ns"), name("root"), Buffer.alloc(20)]));
/** A message that answers a question with these records. */
function answerTo(question: Buffer, parts: Buffer[], flags = 0x8400): Buffer {
  const body = Buffer.concat([question.subarray(0, 2), short(flags), short(0), short(parts.length), short(0), short(0), ...parts]);
  return Buffer.concat([short(body.length), body]);
}

const LIES: [string, (question: Buffer) => Buffer | null, string, TsigKey | null][] = [
  ["another id", (q) => answerTo(Buffer.of((q[0] ?? 0) ^ 1, q[1] ?? 0), [soa, soa]), "bytes", null],
  ["no answer but a question", (q) => answerTo(q, [soa, soa], 0), "bytes", null],
  ["a zone without its SOA first", (q) => answerTo(q, [record(name(`a.${ZONE}`), 1, Buffer.alloc(4)), soa]), "bytes", null],
  ["the SOA of another zone", (q) => answerTo(q, [record(name("example.com"), 6, Buffer.concat([name("a"), name("b"), Buffer.alloc(20)]))]), "bytes", null],
  ["a name that turns in circles", (q) => answerTo(q, [soa, record(Buffer.of(0xc0, 12 + soa.length), 1, Buffer.alloc(4))]), "bytes", null],
  ["more behind the end", (q) => answerTo(q, [soa, soa, soa]), "bytes", null],
  ["a length beyond the message", (q) => answerTo(q, [soa, Buffer.concat([name("x"), short(1), short(1), Buffer.alloc(4), short(999)])]), "bytes", null],
  ["no signature where one is due", (q) => answerTo(q, [soa, soa]), "tsig_missing", tsigOf("hmac-sha256")],
  ["SERVFAIL", (q) => answerTo(q, [], 0x8002), "failed", null],
];

for (const [what, lie, code, tsig] of LIES)
  test(`a server that sends ${what}`, async (t) => {
    const port = await startFake(t, lie);
    await assert.rejects(transferZone(ZONE, { address: LOOPBACK, port, tsig }, clock), fault(code));
  });

test("a server that hangs up, one that is not there, and one that never ends", async (t) => {
  const cut = await startFake(t, (question, socket) => {
    socket.end(answerTo(question, [soa]));
    return null;
  });
  await assert.rejects(transferZone(ZONE, { address: LOOPBACK, port: cut, tsig: null }, clock), fault("cut"));
  await assert.rejects(transferZone(ZONE, { address: LOOPBACK, port: await freePort(), tsig: null }, clock), fault("unreachable"));
  const endless = await startFake(t, (question, socket) => {
    const more = answerTo(
      question,
      Array.from({ length: 900 }, (_, i) => record(name(`host${i}.${ZONE}`), 16, Buffer.concat([Buffer.of(20), Buffer.alloc(20, 0x61)]))),
    );
    const go = () => {
      while (!socket.destroyed && socket.write(more));
      if (!socket.destroyed) socket.once("drain", go);
    };
    socket.write(answerTo(question, [soa]));
    go();
    return null;
  });
  await assert.rejects(transferZone(ZONE, { address: LOOPBACK, port: endless, tsig: null }, clock), fault("transfer_large"));
});

test("whatever bytes come, they are read or refused, and what is read is a zone file", () => {
  const question = Buffer.of(0, 7);
  let read = 0;
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.constantFrom(1, 2, 5, 15, 16, 28, 33, 64, 257, 99, 4711, 46),
          fc.uint8Array({ maxLength: 40 }),
          fc.uint8Array({ minLength: 1, maxLength: 20 }),
        ),
        { maxLength: 6 },
      ),
      fc.uint8Array({ maxLength: 12 }),
      (parts, noise) => {
        const between = parts.map(([type, data, label]) => record(Buffer.concat([Buffer.of(label.length), label, name(ZONE)]), type, Buffer.from(data)));
        const message = Buffer.from(answerTo(question, [soa, ...between, soa]).subarray(2));
        for (const [at, value] of noise.entries()) if (at > 0 && message.length > 60) message[(at * 31 + value) % message.length] = value;
        try {
          const text = new TransferText(ZONE);
          text.take(message, readAnswer(message, 7).records);
          for (const { code } of parseZoneFile(text.text(), ZONE).findings)
            assert.ok(!["control_character", "quote_open", "parenthesis_open", "parenthesis_closed", "include", "directive"].includes(code), code);
          read += 1;
        } catch (error) {
          if (!(error instanceof Fault)) throw error;
        }
      },
    ),
    { numRuns: 3000 },
  );
  assert.ok(read > 50, `only ${read} were read`);
});

test("the hosting's own networks are not asked, unless an administrator allows them", () => {
  const rules = { own: ["198.51.100.7", "2001:DB8::7"], allowed: [] };
  const refused = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "198.18.0.1",
    "192.0.0.8",
  ];
  const refused6 = [
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fd12::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:192.0.2.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:1::1",
    "fe80::1%lo",
    "::127.0.0.1",
  ];
  for (const address of [...refused, ...refused6, "198.51.100.7", "2001:db8:0::7", "localhost", "0x7f.1", "127.1", "2130706433", ""])
    assert.equal(mayReach(address, rules), false, address);
  for (const address of ["192.0.2.1", "172.32.0.1", "2001:db8::8", "2600::1"]) assert.equal(mayReach(address, rules), true, address);
  const open = { ...rules, allowed: ["127.0.0.0/8", "fd00::/8", "198.51.100.7/32"] };
  for (const address of ["127.0.0.1", "fd12::1", "198.51.100.7"]) assert.equal(mayReach(address, open), true, address);
  for (const address of ["10.0.0.1", "::1", "2001:db8::7", "::ffff:10.0.0.1"]) assert.equal(mayReach(address, open), false, address);
  assert.equal(parseNetwork(" 10.0.0.0/8 "), "10.0.0.0/8");
  assert.equal(parseNetwork("2001:DB8::1"), "2001:db8::1/128");
  for (const wrong of ["", "10.0.0.0/33", "10.0.0.0/8/9", "example.org", "10.0.0.0/-1", "10.0.0.0/"]) assert.equal(parseNetwork(wrong), null, wrong);
});
