/** Every type of record: fields and lines become the same typed data, and hostile text becomes none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fieldsOf, parseFields, parseLine, parseTtl, readData } from "../../../src/features/dns/record-input.js";
import { isRecordName, parseOwner, parseTarget, shownOwner } from "../../../src/features/dns/record-names.js";
import { inCanonicalOrder } from "../../../src/features/dns/record-order.js";
import { presentationOf, shownData } from "../../../src/features/dns/record-text.js";
import { isRecordType, RECORD_FIELDS, RECORD_TYPES, type TypedFields } from "../../../src/features/dns/record-types.js";
import type { RecordData, RecordType } from "../../../src/features/dns/role.js";
import { HOSTILE_STRINGS } from "../../support/hostile.js";

const ZONE = "example.org";
const strict = (text: string) => (text.endsWith(".") ? text.slice(0, -1).toLowerCase() : `${text}.${ZONE}`.toLowerCase());

/** Of each type: what is typed, and the line that it becomes. */
const SOUND: [RecordType, TypedFields, string][] = [
  ["A", { address: "192.0.2.1" }, "192.0.2.1"],
  ["AAAA", { address: "2001:DB8:0:0::0001" }, "2001:db8::1"],
  ["CNAME", { target: "ghs.google.com" }, "ghs.google.com."],
  ["CNAME", { target: "www" }, "www.example.org."],
  ["CNAME", { target: "@" }, "example.org."],
  ["MX", { priority: "10", target: "mail" }, "10 mail.example.org."],
  ["MX", { priority: "0", target: "." }, "0 ."],
  ["TXT", { text: "v=spf1 mx -all" }, '"v=spf1 mx -all"'],
  ["TXT", { text: '"v=spf1 mx" " -all"' }, '"v=spf1 mx" " -all"'],
  ["TXT", { text: 'say "hello"; \\ é' }, '"say \\"hello\\"; \\\\ \\195\\169"'],
  ["TXT", { text: "x".repeat(300) }, `"${"x".repeat(255)}" "${"x".repeat(45)}"`],
  ["SRV", { priority: "0", weight: "5", port: "5060", target: "sip.example.net" }, "0 5 5060 sip.example.net."],
  ["CAA", { flags: "0", tag: "issue", value: "letsencrypt.org" }, '0 issue "letsencrypt.org"'],
  ["CAA", { flags: "128", tag: "Issue", value: "ca.example; account=230123" }, '128 issue "ca.example; account=230123"'],
  ["CAA", { flags: "0", tag: "iodef", value: "mailto:security@example.org" }, '0 iodef "mailto:security@example.org"'],
  ["NS", { target: "ns1.example.net" }, "ns1.example.net."],
  ["DS", { tag: "60485", algorithm: "13", digestType: "2", digest: `${"AB ".repeat(32)}` }, `60485 13 2 ${"ab".repeat(32)}`],
  ["TLSA", { usage: "3", selector: "1", matching: "1", certificate: "0c".repeat(32) }, `3 1 1 ${"0c".repeat(32)}`],
  ["SSHFP", { algorithm: "4", digest: "2", fingerprint: "0C:".repeat(32).slice(0, -1) }, `4 2 ${"0c".repeat(32)}`],
  ["HTTPS", { priority: "1", target: ".", params: "ipv4hint=192.0.2.1 alpn=h2,h3" }, '1 . alpn="h2,h3" ipv4hint="192.0.2.1"'],
  [
    "SVCB",
    { priority: "2", target: "svc.example.net", params: "alpn=h2 no-default-alpn port=8443 key667=hello" },
    '2 svc.example.net. alpn="h2" no-default-alpn port="8443" key667="hello"',
  ],
  ["HTTPS", { priority: "0", target: "cdn.example.net", params: "" }, "0 cdn.example.net."],
  ["PTR", { target: "host.example.net" }, "host.example.net."],
];

/** Of each type what an RFC refuses, and the field where it is told. */
const REFUSED: [RecordType, TypedFields, string, string][] = [
  ["A", { address: "192.0.2.256" }, "address", "dns.ipv4_invalid"],
  ["A", { address: "2001:db8::1" }, "address", "dns.ipv4_invalid"],
  ["A", { address: "010.0.0.1" }, "address", "dns.ipv4_invalid"],
  ["AAAA", { address: "192.0.2.1" }, "address", "dns.ipv6_invalid"],
  ["AAAA", { address: "fe80::1%eth0" }, "address", "dns.ipv6_invalid"],
  ["CNAME", { target: "192.0.2.1" }, "target", "dns.target_is_address"],
  ["CNAME", { target: "*.example.net" }, "target", "dns.target_invalid"],
  ["CNAME", { target: "." }, "target", "dns.target_invalid"],
  ["MX", { priority: "65536", target: "mail" }, "priority", "dns.number_range"],
  ["MX", { priority: "-1", target: "mail" }, "priority", "dns.number_range"],
  ["MX", { priority: "10", target: "2001:db8::1" }, "target", "dns.target_is_address"],
  ["MX", { priority: "10", target: "_mail.example.net" }, "target", "dns.target_no_host"],
  ["MX", { priority: "", target: "mail" }, "priority", "dns.field_missing"],
  ["TXT", { text: "" }, "text", "dns.field_missing"],
  ["TXT", { text: "a\nb" }, "text", "dns.control_character"],
  ["TXT", { text: "x".repeat(5000) }, "text", "dns.text_long"],
  ["SRV", { priority: "0", weight: "0", port: "70000", target: "sip" }, "port", "dns.number_range"],
  ["CAA", { flags: "0", tag: "issue", value: "not a name" }, "value", "dns.caa_issuer_invalid"],
  ["CAA", { flags: "0", tag: "is-sue", value: "x" }, "tag", "dns.caa_tag_invalid"],
  ["CAA", { flags: "0", tag: "iodef", value: "nobody" }, "value", "dns.caa_iodef_invalid"],
  ["CAA", { flags: "0", tag: "issue", value: "é.example" }, "value", "dns.caa_value_invalid"],
  ["NS", { target: "ns_1.example.net" }, "target", "dns.target_no_host"],
  ["DS", { tag: "1", algorithm: "13", digestType: "2", digest: "abcd" }, "digest", "dns.hex_length"],
  ["DS", { tag: "1", algorithm: "99", digestType: "2", digest: "ab".repeat(32) }, "algorithm", "dns.number_choice"],
  ["TLSA", { usage: "4", selector: "1", matching: "1", certificate: "0c".repeat(32) }, "usage", "dns.number_choice"],
  ["SSHFP", { algorithm: "4", digest: "2", fingerprint: "zz".repeat(32) }, "fingerprint", "dns.hex_invalid"],
  ["HTTPS", { priority: "0", target: "cdn.example.net", params: "alpn=h2" }, "params", "dns.svcb_alias_params"],
  ["HTTPS", { priority: "1", target: ".", params: "alpn=h2 alpn=h3" }, "params", "dns.svcb_key_twice"],
  ["HTTPS", { priority: "1", target: ".", params: "ipv4hint=2001:db8::1" }, "params", "dns.svcb_value_invalid"],
  ["HTTPS", { priority: "1", target: ".", params: "mandatory=port" }, "params", "dns.svcb_value_invalid"],
  ["HTTPS", { priority: "1", target: ".", params: "colour=red" }, "params", "dns.svcb_key_unknown"],
  ["HTTPS", { priority: "1", target: ".", params: "no-default-alpn" }, "params", "dns.svcb_needs_alpn"],
  ["SVCB", { priority: "1", target: "svc", params: "port=http" }, "params", "dns.svcb_value_invalid"],
  ["PTR", { target: "a..b" }, "target", "dns.target_invalid"],
];

test("each field says what is wrong with it, also beside another one", () => {
  const parsed = parseFields("SRV", { priority: "99999", weight: "", port: "70000", target: "a b" }, "example.org");
  assert.deepEqual("faults" in parsed && parsed.faults.map(({ field, code }) => `${field} ${code}`).sort(), [
    "port dns.number_range",
    "priority dns.number_range",
    "target dns.target_invalid",
    "weight dns.field_missing",
  ]);
});

test("every type has a sound sample and a refused one", () => {
  for (const type of RECORD_TYPES) {
    assert.ok(
      SOUND.some(([one]) => one === type),
      type,
    );
    assert.ok(
      REFUSED.some(([one]) => one === type),
      type,
    );
  }
});

for (const [type, fields, line] of SOUND)
  test(`${type} from ${JSON.stringify(fields).slice(0, 60)}`, () => {
    const parsed = parseFields(type, fields, ZONE);
    assert.ok("value" in parsed, JSON.stringify(parsed));
    assert.equal(presentationOf(parsed.value), line);
    // The line and the refilled form lead back to the same data.
    assert.deepEqual(parseLine(type, line, strict), parsed);
    assert.deepEqual(parseFields(type, fieldsOf(parsed.value), ZONE), parsed);
    assert.deepEqual(readData(JSON.parse(JSON.stringify(parsed.value))), parsed.value);
    assert.ok(shownData(parsed.value).length > 0);
  });

for (const [type, fields, field, code] of REFUSED)
  test(`refused: ${type} ${JSON.stringify(fields).slice(0, 60)}`, () => {
    const parsed = parseFields(type, fields, ZONE);
    assert.ok("faults" in parsed, JSON.stringify(parsed));
    assert.ok(
      parsed.faults.some((fault) => fault.field === field && fault.code === code),
      JSON.stringify(parsed.faults),
    );
  });

test("names: what people type beside a zone", () => {
  const owners: [string, string | null][] = [
    ["", "example.org"],
    ["@", "example.org"],
    ["www", "www.example.org"],
    ["WWW", "www.example.org"],
    ["www.example.org", "www.example.org"],
    ["www.example.org.", "www.example.org"],
    ["example.org", "example.org"],
    ["a.b", "a.b.example.org"],
    ["*", "*.example.org"],
    ["*.dev", "*.dev.example.org"],
    ["_dmarc", "_dmarc.example.org"],
    ["été", "xn--t-9fab.example.org"],
    ["a.*", null],
    ["w*w", null],
    ["www.example.net.", null],
    ["-a", null],
    ["a..b", null],
    [".", null],
    ["a b", null],
    ["a\nb", null],
    ["$ORIGIN", null],
    ["a".repeat(64), null],
    ["a".repeat(300), null],
    [`${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(60)}`, null],
  ];
  for (const [typed, expected] of owners) assert.equal(parseOwner(typed, ZONE), expected, JSON.stringify(typed));
  assert.equal(shownOwner("xn--t-9fab.example.org", ZONE), "été");
  assert.equal(parseTarget("mail", ZONE), "mail.example.org");
  assert.equal(parseTarget("mail.example.net", ZONE), "mail.example.net");
  assert.equal(parseTarget("mail.", ZONE), "mail");
});

test("TTL: a range, and nothing for the zone's own", () => {
  assert.deepEqual(parseTtl(""), { value: null });
  assert.deepEqual(parseTtl(3600), { value: 3600 });
  for (const wrong of ["0", "29", "2592001", "-5", "1h", "1e3", "３６００"]) assert.ok("faults" in parseTtl(wrong), wrong);
});

test("one order: the apex first, by labels from the right, doubles once", () => {
  const a = (name: string, address: string) => ({ name, ttl: null, data: { type: "A", address } as RecordData });
  const sorted = inCanonicalOrder([
    a("z.example.org", "192.0.2.2"),
    a("a.z.example.org", "192.0.2.1"),
    a("example.org", "192.0.2.9"),
    a("b.example.org", "192.0.2.1"),
    a("z.example.org", "192.0.2.2"),
  ]);
  assert.deepEqual(
    sorted.map(({ name }) => name),
    ["example.org", "b.example.org", "z.example.org", "a.z.example.org"],
  );
});

test("property: whatever is typed, data come out sound and on one line, or not at all", () => {
  const nasty = fc.oneof(
    fc.constantFrom(...HOSTILE_STRINGS),
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.string({ maxLength: 400 }),
    fc.constantFrom("$INCLUDE /etc/passwd", "$ORIGIN .", "@", "a".repeat(300), "\0", "x\r\ny 1 IN A 192.0.2.1", '"', "\\", "\\010"),
  );
  let seen = 0;
  fc.assert(
    fc.property(fc.constantFrom(...RECORD_TYPES), fc.array(nasty, { minLength: 5, maxLength: 5 }), nasty, fc.boolean(), (type, texts, owner, numbers) => {
      assert.ok(isRecordType(type));
      const fields = Object.fromEntries(
        RECORD_FIELDS[type].map((field, at) => [
          field,
          numbers && /prio|weight|port|flags|tag|algor|digest|usage|select|match/.test(field) ? "1" : (texts[at] ?? ""),
        ]),
      );
      const parsed = parseFields(type, fields, ZONE);
      const name = parseOwner(owner, ZONE);
      if (name !== null) assert.ok(isRecordName(name) && /^[a-z0-9._*-]+$/.test(name), name);
      if (!("value" in parsed)) return assert.ok(parsed.faults.length > 0);
      seen += 1;
      const line = presentationOf(parsed.value);
      assert.match(line, /^[\x20-\x7e]+$/);
      assert.deepEqual(parseLine(type, line, strict), parsed);
    }),
    { numRuns: 3000 },
  );
  assert.ok(seen > 100, `only ${seen} were accepted`);
});
