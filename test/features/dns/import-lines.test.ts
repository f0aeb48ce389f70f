/** What an import says of each line that it does not take as it stands, and that hostile text becomes nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { createText } from "../../../src/core/text.js";
import { MAX_BYTES, MAX_LINES, MAX_RECORDS, parseZoneFile } from "../../../src/features/dns/import/zone-file.js";
import { recordText } from "../../../src/features/dns/import/zone-text.js";
import { parseLine } from "../../../src/features/dns/record-input.js";
import { isRecordName } from "../../../src/features/dns/record-names.js";
import type { RecordData, ZoneRecord } from "../../../src/features/dns/role.js";
import { HOSTILE_STRINGS } from "../../support/hostile.js";

const ZONE = "example.org";
const NAMES = ["example.org", "www.example.org", "*.example.org", "_dmarc.example.org", "a.b.c.example.org", "xn--caf-dma.example.org"];
const text = createText(fileURLToPath(new URL("../../../views", import.meta.url)));

/** Lines, and what is said of them: line number, outcome, code. */
const SAID: [string, string[]][] = [
  ["$INCLUDE /etc/passwd", ["1 refused include"]],
  ["$include other.zone sub", ["1 refused include"]],
  ["$GENERATE 1-100000000 host$ A 192.0.2.$", ["1 refused generate"]],
  ["$DATE 1", ["1 refused directive"]],
  ["$TTL soon", ["1 refused ttl"]],
  ["$ORIGIN a..b.\nwww A 192.0.2.1\nftp.example.org. A 192.0.2.2", ["1 refused name", "2 refused origin_unknown"]],
  ["www A 192.0.2.256\n MX 10 mail", ["1 refused ipv4"]],
  ["w!w A 192.0.2.1\n A 192.0.2.2", ["1 refused name_characters", "2 refused owner_missing"]],
  ["www A (\n192.0.2.1\nftp A 192.0.2.2", ["1 refused parenthesis_open", "2 refused type_missing"]],
  ["www A 192.0.2.1 )", ["1 refused parenthesis_closed"]],
  ['www TXT "open\nftp A 192.0.2.2', ["1 refused quote_open"]],
  ["www TXT a\\", ["1 refused escape"]],
  ["www TXT a\\25", ["1 refused escape"]],
  ["www TXT a\\256", ["1 refused escape"]],
  ["www TXT a\0b", ["1 refused control_character"]],
  ["www CH A 192.0.2.1", ["1 refused class"]],
  ["www ADDR 192.0.2.1", ["1 refused type"]],
  ["www IN", ["1 refused type_missing"]],
  ["www A", ["1 refused words_missing"]],
  ["www A 192.0.2.1 192.0.2.2", ["1 refused words_left"]],
  ["www MX 65536 mail", ["1 refused number"]],
  ["www MX mail", ["1 refused number"]],
  ["www AAAA 192.0.2.1", ["1 refused ipv6"]],
  ["www.example.com. A 192.0.2.1", ["1 refused outside"]],
  ["wwwexample.org. A 192.0.2.1", ["1 refused outside"]],
  [`${"a".repeat(64)} A 192.0.2.1`, ["1 refused label_long"]],
  [`${"a.".repeat(125)}a A 192.0.2.1`, ["1 refused name_long"]],
  ["www CNAME .", ["1 refused target_root"]],
  ["www TLSA 3 1 1 abc", ["1 refused hex"]],
  ["www TYPE1 \\# 5 C0000201", ["1 refused opaque_length"]],
  ["www TYPE1 \\# 3 C00002", ["1 refused bytes"]],
  ["www TYPE15 \\# 4 000A C000", ["1 refused bytes"]],
  ["www CAA 0 is-sue ca.example", ["1 refused tag"]],
  ["www HTTPS 1 . port=99999", ["1 refused dns.svcb_value_invalid"]],
  ['www HTTPS 1 . "alpn=h2"', ["1 refused param"]],
  ["sub SOA a b 1 2 3 4 5", ["1 refused soa_elsewhere"]],
  ["@ SOA a b 1 2 3 4 5", ["1 left soa"]],
  ["www NSEC a.example.org. A", ["1 left signing"]],
  ["www LOC 48 51 30.000 N 2 17 40.000 E 35.00m", ["1 aside type_aside"]],
  ["www TYPE4711 \\# 0", ["1 aside type_aside"]],
  ["www ALIAS cdn.example.net.", ["1 aside type_aside"]],
  ['@ SPF "v=spf1 -all"', ["1 changed spf_type"]],
  ["café A 192.0.2.1", ["1 changed idn"]],
  ["www CNAME café.example.net.", ["1 changed idn"]],
  [`www TXT "${"x".repeat(256)}"`, ["1 changed txt_split"]],
  ["www A 192.0.2.1\nWWW 300 A 192.0.2.1", ["2 left double"]],
  ["www 60 A 192.0.2.1\nwww 300 A 192.0.2.2", ["2 changed ttl_of_set"]],
  ["www CNAME shop.example.org", ["1 doubt dot_forgotten"]],
];

for (const [lines, said] of SAID)
  test(`said of ${JSON.stringify(lines.length > 60 ? `${lines.slice(0, 60)}…` : lines)}`, () => {
    const { findings } = parseZoneFile(lines, ZONE);
    assert.deepEqual(
      findings.map(({ line, outcome, code }) => `${line} ${outcome} ${code}`),
      said,
    );
    for (const { code, data } of findings) for (const locale of ["fr", "en"] as const) assert.doesNotMatch(sentence(locale, code, data), /\{\{|\p{Cc}/u);
  });

function sentence(locale: "fr" | "en", code: string, data: Record<string, string | number>): string {
  return code.startsWith("dns.") ? text.explain(locale, { code, data }) : text.translate(locale, `dns.import.why.${code}`, data);
}

test("what stands behind a faulty line is still read", () => {
  const { records } = parseZoneFile('a TXT "open\nb A (\nc A 192.0.2.3\n$INCLUDE x\n A 192.0.2.4\n', ZONE);
  assert.deepEqual(
    records.map(({ line, record }) => `${line} ${recordText(record)}`),
    ["3 c.example.org. IN A 192.0.2.3", "5 c.example.org. IN A 192.0.2.4"],
  );
});

test("line ends of every system, a byte order mark and no-break spaces", () => {
  const { records, findings } = parseZoneFile("\ufeff@\u00a0300 IN A 192.0.2.1\r\nwww\tA 192.0.2.2\rftp A 192.0.2.3\n", ZONE);
  assert.deepEqual(findings, []);
  assert.deepEqual(
    records.map(({ line, record }) => [line, record.name, record.ttl]),
    [
      [1, ZONE, 300],
      [2, `www.${ZONE}`, 300],
      [3, `ftp.${ZONE}`, 300],
    ],
  );
});

test("too much is refused as a whole or from a line on, and told", () => {
  assert.deepEqual(codes(parseZoneFile(";".repeat(MAX_BYTES + 1), ZONE)), ["file_large"]);
  assert.deepEqual(codes(parseZoneFile("é".repeat(MAX_BYTES / 2 + 1), ZONE)), ["file_large"]);
  assert.deepEqual(codes(parseZoneFile("\n".repeat(MAX_LINES), ZONE)), ["file_long"]);
  const many = Array.from({ length: MAX_RECORDS + 2 }, (_, i) => `h${i} A 192.0.2.1`).join("\n");
  const read = parseZoneFile(many, ZONE);
  assert.equal(read.records.length, MAX_RECORDS);
  assert.deepEqual(codes(read), ["records_many", "records_many"]);
});

const codes = (read: { findings: { code: string }[] }) => read.findings.map(({ code }) => code);

test("text made to cost much is read in bounded time", () => {
  const started = performance.now();
  for (const piece of ["(\n", "a (\n", '"\n', "\\\n", "a. ", "((((", '"a"', "\\000", "( ;\n", " A\n", "é.", "a TXT a\n", "$ORIGIN a\n", "@ SOA (\n"])
    parseZoneFile(piece.repeat(Math.min(MAX_BYTES / Buffer.byteLength(piece), piece.includes("\n") ? MAX_LINES - 1 : MAX_BYTES)), ZONE);
  assert.ok(performance.now() - started < 30_000, `took ${Math.round(performance.now() - started)} ms`);
});

const hostileWord = fc.oneof(
  fc.constantFrom(
    ...HOSTILE_STRINGS,
    "@",
    "$INCLUDE",
    "$ORIGIN",
    "$GENERATE 1-9",
    "(",
    ")",
    "\\#",
    "IN",
    "1h",
    "A",
    "TXT",
    "HTTPS",
    "MX",
    "SOA",
    " ",
    "\n",
    "example.org.",
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.string({ maxLength: 20 }),
);

const hostileLine = fc
  .tuple(
    fc.oneof(fc.constantFrom("@", "", "www", "*"), hostileWord),
    fc.constantFrom("", "300", "IN", "1h IN"),
    fc.constantFrom("TXT", "A", "CNAME", "CAA 0 issue", "HTTPS 1 .", "SRV 1 2 3", "MX 10"),
    fc.array(hostileWord, { maxLength: 3 }),
  )
  .map(([owner, ttl, type, words]) => `${[owner, ttl, type, ...words].join(" ")}\n`);

test("never throws, and gives only sound names and printable sentences", () => {
  let taken = 0;
  fc.assert(
    fc.property(fc.array(fc.oneof(hostileWord, hostileLine), { maxLength: 40 }), fc.constantFrom(" ", "", "\t"), (words, between) => {
      const { records, findings } = parseZoneFile(words.join(between), ZONE);
      taken += records.length;
      for (const { record } of records) {
        assert.ok(isRecordName(record.name), record.name);
        if ("target" in record.data) assert.ok(record.data.target === "" || isRecordName(record.data.target), record.data.target);
      }
      for (const { code, data } of findings) assert.doesNotMatch(sentence("en", code, data), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }),
    { numRuns: 3000 },
  );
  assert.ok(taken > 100, `only ${taken} records were taken: does this still reach them?`);
});

const byte = (max = 255) => fc.integer({ min: 0, max });
/** Records with the prototype that the program's own objects have. */
const plain = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> => fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
const short = byte(65_535);
const name = fc.constantFrom(...NAMES);
const host = fc.constantFrom("example.org", "mail.example.net", "a.b.c.example.org", "xn--caf-dma.example.org");
const hex = (min: number, max: number) => fc.uint8Array({ minLength: min, maxLength: max }).map((bytes) => Buffer.from(bytes).toString("hex"));
const anyData: fc.Arbitrary<RecordData> = fc.oneof(
  fc
    .ipV4()
    .filter((address) => /^(\d{1,3}\.){3}\d{1,3}$/.test(address))
    .map((address): RecordData => ({ type: "A", address: address.split(".").map(Number).join(".") })),
  fc.ipV6().map((address): RecordData => ({ type: "AAAA", address: new URL(`http://[${address}]`).hostname.slice(1, -1) })),
  plain({ type: fc.constantFrom("CNAME", "NS", "PTR"), target: host }),
  plain({ type: fc.constant("MX"), priority: short, target: fc.oneof(host, fc.constant("")) }),
  plain({ type: fc.constant("TXT"), strings: fc.array(hex(0, 255), { minLength: 1, maxLength: 4 }) }),
  plain({ type: fc.constant("SRV"), priority: short, weight: short, port: short, target: fc.oneof(host, fc.constant("")) }),
  plain({ type: fc.constant("CAA"), flags: byte(), tag: fc.constantFrom("issue", "iodef", "x1"), value: hex(0, 300) }),
  plain({ type: fc.constant("TLSA"), usage: byte(), selector: byte(), matching: byte(), certificate: hex(1, 64) }),
  plain({ type: fc.constant("SSHFP"), algorithm: byte(), digest: byte(), fingerprint: hex(1, 64) }),
  plain({ type: fc.constant("DS"), tag: short, algorithm: byte(), digestType: byte(), digest: hex(1, 64) }),
  plain({
    type: fc.constantFrom("SVCB", "HTTPS"),
    priority: fc.integer({ min: 1, max: 65_535 }),
    target: fc.oneof(host, fc.constant("")),
    params: fc.subarray([
      { key: "alpn", value: "h2,h3" },
      { key: "port", value: "8443" },
      { key: "ipv4hint", value: "192.0.2.1,192.0.2.2" },
      { key: "ech", value: "AEn+DQBF" },
      { key: "ipv6hint", value: "2001:db8::1" },
      { key: "dohpath", value: "/dns-query{?dns}" },
      { key: "ohttp", value: null },
      { key: "key667", value: "hello" },
      { key: "key668", value: null },
    ]),
  }),
) as fc.Arbitrary<RecordData>;
const anyRecord: fc.Arbitrary<ZoneRecord> = plain({ name, ttl: fc.integer({ min: 0, max: 0x7fffffff }), data: anyData });

test("reading what was written gives the same record, below any origin", () => {
  const types = new Set<string>();
  fc.assert(
    fc.property(anyRecord, fc.constantFrom("", "$ORIGIN com.\n", "$TTL 5\n"), (record, before) => {
      types.add(record.data.type);
      const { records, findings } = parseZoneFile(before + recordText(record), ZONE);
      assert.deepEqual(findings, []);
      assert.deepEqual(
        records.map((one) => one.record),
        [record],
      );
    }),
    { numRuns: 3000 },
  );
  assert.equal(types.size, 14);
});

test("the line of a record means the same in a file and in the panel's own form", () => {
  let same = 0;
  fc.assert(
    fc.property(anyRecord, (record) => {
      const line = recordText({ ...record, ttl: null });
      const typed = parseLine(record.data.type, line.slice(line.indexOf(` ${record.data.type} `) + record.data.type.length + 2), (text) =>
        text.replace(/\.$/, ""),
      );
      if (!("value" in typed)) return;
      same += 1;
      assert.deepEqual(typed.value, parseZoneFile(line, ZONE).records[0]?.record.data);
    }),
  );
  assert.ok(same > 20, `only ${same} lines were sound`);
});
