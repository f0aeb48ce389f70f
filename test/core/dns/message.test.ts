import assert from "node:assert/strict";
import { test } from "node:test";
import packet, { type Answer } from "dns-packet";
import fc from "fast-check";
import { decodeAnswer, encodeQuestion, type Question } from "../../../src/core/dns/message.js";

const QUESTION: Question = { name: "example.org", type: "TXT" };
const PRINTABLE = /^[ -~]*$/;

/** Header, question, then answers of our own making. */
function message(records: Buffer[], question: Question = QUESTION, id = 7): Buffer {
  const asked = encodeQuestion(id, question, true).subarray(12, -11);
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, asked, ...records]);
}

function record(type: number, data: Buffer, name = Buffer.from([0xc0, 0x0c]), ttl = 300): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([name, fixed, data]);
}

const label = (bytes: Buffer) => Buffer.concat([Buffer.from([bytes.length]), bytes]);
const text = (value: string) => label(Buffer.from(value));
const values = (bytes: Buffer, question = QUESTION) => decodeAnswer(bytes, 7, question)?.answers.map(({ value }) => value);

test("a question reads back as itself by a second opinion", () => {
  const read = packet.decode(encodeQuestion(4711, { name: "www.Example.org", type: "CAA" }, true));
  assert.equal(read.id, 4711);
  assert.equal(read.flag_rd, true);
  assert.deepEqual(read.questions, [{ name: "www.Example.org", type: "CAA", class: "IN" }]);
  assert.equal((read.additionals?.[0] as { udpPayloadSize?: number } | undefined)?.udpPayloadSize, 1232);
  const signed = packet.decode(encodeQuestion(1, { name: "example.org", type: "SOA" }, false, true));
  assert.equal((signed.additionals?.[0] as { flag_do?: boolean } | undefined)?.flag_do, true);
  assert.throws(() => encodeQuestion(1, { name: `${"a".repeat(64)}.org`, type: "A" }, true), RangeError);
});

test("what dns-packet writes, we read in presentation form", () => {
  const answers: Answer[] = [
    { type: "A", name: "example.org", ttl: 60, data: "192.0.2.1" },
    { type: "AAAA", name: "example.org", ttl: 60, data: "2001:db8:0:0:0:0:0:1" },
    { type: "NS", name: "example.org", ttl: 60, data: "NS1.example.net" },
    { type: "MX", name: "example.org", ttl: 60, data: { preference: 10, exchange: "mx.example.net" } },
    { type: "TXT", name: "example.org", ttl: 60, data: ["v=spf1 mx", 'a "b" \\ é'] },
    { type: "CAA", name: "example.org", ttl: 60, data: { flags: 0, tag: "issue", value: "letsencrypt.org", issuerCritical: false } },
    { type: "SRV", name: "example.org", ttl: 60, data: { priority: 1, weight: 2, port: 443, target: "a.example.org" } },
    { type: "DS", name: "example.org", ttl: 60, data: { keyTag: 12, algorithm: 13, digestType: 2, digest: Buffer.from("ab".repeat(32), "hex") } },
    { type: "SSHFP", name: "example.org", ttl: 60, data: { algorithm: 4, hash: 2, fingerprint: "cd".repeat(32) } },
    {
      type: "RRSIG",
      name: "example.org",
      ttl: 60,
      data: {
        typeCovered: "SOA",
        algorithm: 13,
        labels: 2,
        originalTTL: 3600,
        expiration: Date.UTC(2026, 11, 12, 1, 2, 3) / 1000,
        inception: Date.UTC(2026, 10, 28) / 1000,
        keyTag: 4711,
        signersName: "example.org",
        signature: Buffer.from("c2ln", "base64"),
      },
    },
    { type: "TLSA", name: "example.org", ttl: 60, data: { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.from("ef".repeat(32), "hex") } },
    {
      type: "SOA",
      name: "example.org",
      ttl: 60,
      data: { mname: "ns1.example.net", rname: "h.example.net", serial: 9, refresh: 1, retry: 2, expire: 3, minimum: 4 },
    },
  ];
  const questions = [{ type: "TXT" as const, name: QUESTION.name, class: "IN" as const }];
  const bytes = packet.encode({ type: "response", id: 7, flags: packet.AUTHORITATIVE_ANSWER, questions, answers });
  assert.deepEqual(values(bytes), [
    "192.0.2.1",
    "2001:db8::1",
    "ns1.example.net.",
    "10 mx.example.net.",
    '"v=spf1 mx" "a \\"b\\" \\\\ \\195\\169"',
    '0 issue "letsencrypt.org"',
    "1 2 443 a.example.org.",
    `12 13 2 ${"ab".repeat(32)}`,
    `4 2 ${"cd".repeat(32)}`,
    "SOA 13 2 3600 20261212010203 20261128000000 4711 example.org. c2ln",
    `3 1 1 ${"ef".repeat(32)}`,
    "ns1.example.net. h.example.net. 9 1 2 3 4",
  ]);
  assert.equal(decodeAnswer(bytes, 7, QUESTION)?.authoritative, true);
});

test("parameters of HTTPS records read as they are written in a zone file", () => {
  const parameter = (key: number, value: Buffer) => Buffer.concat([Buffer.from([0, key, value.length >> 8, value.length & 255]), value]);
  const data = Buffer.concat([
    Buffer.from([0, 1, 0]),
    parameter(1, Buffer.concat([text("h2"), text("h3")])),
    parameter(3, Buffer.from([0x20, 0xfb])),
    parameter(4, Buffer.from([192, 0, 2, 1, 192, 0, 2, 2])),
    parameter(6, Buffer.from(`20010db8${"0".repeat(22)}01`, "hex")),
  ]);
  const question: Question = { name: "example.org", type: "HTTPS" };
  assert.deepEqual(values(message([record(65, data)], question), question), [
    '1 . alpn="h2,h3" port="8443" ipv4hint="192.0.2.1,192.0.2.2" ipv6hint="2001:db8::1"',
  ]);
});

test("only the answer to this very question counts", () => {
  const good = message([record(16, text("x"))]);
  assert.deepEqual(values(good), ['"x"']);
  assert.equal(decodeAnswer(good, 8, QUESTION), null);
  assert.equal(decodeAnswer(good, 7, { ...QUESTION, name: "example.com" }), null);
  assert.equal(decodeAnswer(good, 7, { ...QUESTION, type: "A" }), null);
  const asked = Buffer.from(good);
  asked.writeUInt16BE(0x0180, 2);
  assert.equal(decodeAnswer(asked, 7, QUESTION), null);
});

test("a dot or a backslash inside a label never looks like two labels", () => {
  const odd = Buffer.concat([text("ns1.mutu.example"), Buffer.from([0])]);
  const question: Question = { name: "example.org", type: "NS" };
  assert.deepEqual(values(message([record(2, odd)], question), question), ["ns1\\.mutu\\.example."]);
});

test("pointers that go forward, or round in a circle, are no names", () => {
  const question: Question = { name: "example.org", type: "NS" };
  const self = 12 + 17 + 12; // where the data of the first record begin
  for (const target of [self, self + 1, 0x3fff]) {
    const pointer = Buffer.from([0xc0 | (target >> 8), target & 255]);
    assert.deepEqual(values(message([record(2, pointer)], question), question), [], String(target));
  }
});

test("one record that makes no sense does not hide the others, and none of it is shown", () => {
  const records = [record(16, Buffer.from([200, 1])), record(16, text("whole")), record(16, Buffer.alloc(0)), record(99, Buffer.from("anything"))];
  assert.deepEqual(values(message(records)), ['"whole"']);
});

test("whatever bytes strangers put into a name or a text come out as printable ASCII, and back to the same bytes", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 63 }),
      fc.array(fc.uint8Array({ maxLength: 255 }), { minLength: 1, maxLength: 4 }),
      (name, strings) => {
        const owner = Buffer.concat([label(Buffer.from(name)), Buffer.from([0])]);
        const data = Buffer.concat(strings.map((one) => label(Buffer.from(one))));
        const [seen] = decodeAnswer(message([record(16, data, owner)]), 7, QUESTION)?.answers ?? [];
        assert.ok(seen);
        assert.match(seen.name, PRINTABLE);
        assert.match(seen.value, PRINTABLE);
        assert.equal(seen.name.replace(/\\(\d{3}|.)/g, "").split(".").length, 2, "one label and the root");
        assert.deepEqual(
          [...seen.value.matchAll(/"((?:\\.|[^"\\])*)"/g)].map(([, inner = ""]) => unescaped(inner)),
          strings.map((one) => Buffer.from(one).toString("hex")),
        );
      },
    ),
  );
});

test("no bytes make the reader fail or run on", () => {
  const base = message([record(16, text("v=spf1 -all")), record(15, Buffer.concat([Buffer.from([0, 10]), text("mx"), Buffer.from([0xc0, 0x0c])]))]);
  const changed = fc.tuple(fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { maxLength: 12 }), fc.nat(base.length)).map(([edits, length]) => {
    const bytes = Buffer.from(base);
    for (const [at, byte] of edits) bytes[at] = byte;
    return bytes.subarray(0, length);
  });
  const anything = fc.uint8Array({ maxLength: 600 }).map((bytes) => message([Buffer.from(bytes)]));
  fc.assert(
    fc.property(fc.oneof(changed, anything), (bytes) => {
      const answer = decodeAnswer(bytes, 7, QUESTION);
      for (const one of [...(answer?.answers ?? []), ...(answer?.authority ?? []), ...(answer?.additional ?? [])])
        assert.match(one.name + one.value, PRINTABLE);
    }),
    { numRuns: 2000 },
  );
});

function unescaped(inner: string): string {
  const bytes = inner.replace(/\\(\d{3})|\\(.)/g, (_, digits?: string, letter?: string) =>
    digits === undefined ? (letter ?? "") : String.fromCharCode(Number(digits)),
  );
  return Buffer.from(bytes, "latin1").toString("hex");
}
