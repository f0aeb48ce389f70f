/** Rules between the records of a zone, each with the case that breaks it and one beside it that does not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLine } from "../../../src/features/dns/record-input.js";
import { parseOwner, parseTarget } from "../../../src/features/dns/record-names.js";
import type { RecordType, ZoneRecord } from "../../../src/features/dns/role.js";
import { occludedOf, zoneProblems } from "../../../src/features/dns/zone-rules.js";

const ZONE = "example.org";
const facts = { zone: ZONE, issuers: ["letsencrypt.org"], maxRecords: 100 };

/** `www A 192.0.2.1` */
function record(line: string): ZoneRecord {
  const [, name = "", type = "", value = ""] = /^(\S+) (\S+) (.*)$/.exec(line) ?? [];
  const parsed = parseLine(type as RecordType, value, (text) => parseTarget(text, ZONE));
  assert.ok("value" in parsed, `${line}: ${JSON.stringify(parsed)}`);
  return { name: parseOwner(name, ZONE) ?? assert.fail(name), ttl: null, data: parsed.value };
}

const BASE = ["@ NS ns1.example.net.", "@ NS ns2.example.net."];
const problems = (...lines: string[]) => zoneProblems([...BASE, ...lines].map(record), facts).map(({ level, code }) => `${level} ${code}`);

const CASES: [what: string, lines: string[], expected: string[]][] = [
  ["a plain zone", ["@ A 198.51.100.1", "www CNAME @", "@ MX 10 mail", "mail A 198.51.100.2", '@ TXT "v=spf1 mx -all"', '@ CAA 0 issue "letsencrypt.org"'], []],
  ["alias at the apex", ["@ CNAME example.net."], ["error dns.cname_at_apex"]],
  ["alias beside an address", ["www CNAME example.net.", "www A 198.51.100.1"], ["error dns.cname_beside"]],
  ["two aliases", ["www CNAME a.example.net.", "www CNAME b.example.net."], ["error dns.cname_twice"]],
  ["a circle of aliases", ["a CNAME b", "b CNAME a"], ["error dns.cname_circle", "error dns.cname_circle"]],
  ["a wildcard alias that answers itself", ["* CNAME nowhere"], ["error dns.cname_circle"]],
  ["DS for the zone itself", [`@ DS 1 13 2 ${"ab".repeat(32)}`], ["error dns.ds_at_apex"]],
  ["DS without delegation", [`sub DS 1 13 2 ${"ab".repeat(32)}`], ["error dns.ds_without_ns"]],
  ["DS beside its delegation", [`sub DS 1 13 2 ${"ab".repeat(32)}`, "sub NS ns.example.net."], []],
  ["delegation of every name", ["* NS ns.example.net."], ["error dns.wildcard_ns"]],
  ["an address on an underscore", ["_x A 198.51.100.1"], ["error dns.owner_no_host"]],
  ["null MX alone", ["@ MX 0 ."], []],
  ["null MX beside another", ["@ MX 0 .", "@ MX 10 mail.example.net."], ["error dns.null_mx_beside"]],
  ["two SPF", ['@ TXT "v=spf1 -all"', '@ TXT "v=spf1 mx -all"'], ["doubt dns.spf_twice"]],
  ["ten look-ups", [`@ TXT "v=spf1 ${"include:a.example ".repeat(10)}-all"`], []],
  ["eleven look-ups", [`@ TXT "v=spf1 ${"include:a.example ".repeat(10)}mx -all"`], ["doubt dns.spf_lookups"]],
  ["a term that means nothing", ['@ TXT "v=spf1 ipv4:192.0.2.1 -all"'], ["doubt dns.spf_unknown"]],
  ["CAA without our authority", ['@ CAA 0 issue "other.example"'], ["doubt dns.caa_without_us"]],
  ["CAA that only reports", ['@ CAA 0 iodef "mailto:a@example.org"'], []],
  ["a private address", ["www A 192.168.1.1"], ["doubt dns.address_private"]],
  ["a target that does not exist", ["www CNAME nowhere"], ["doubt dns.target_dangling"]],
  ["a target that a wildcard answers", ["www CNAME anything", "* A 198.51.100.1"], []],
  ["a name between two others has no wildcard", ["www CNAME between", "* A 198.51.100.1", "x.between A 198.51.100.1"], ["doubt dns.target_dangling"]],
  ["mail to an alias", ["@ MX 10 mail", "mail CNAME mail.example.net."], ["doubt dns.target_is_alias"]],
  ["mail to a name without address", ["@ MX 10 mail", 'mail TXT "x"'], ["doubt dns.target_without_address"]],
  ["SRV on a plain name", ["sip SRV 0 0 5060 sip.example.net."], ["doubt dns.srv_name"]],
  ["TLSA on a plain name", [`www TLSA 3 1 1 ${"ab".repeat(32)}`], ["doubt dns.tlsa_name"]],
  ["PTR outside of a reverse zone", ["www PTR host.example.net."], ["doubt dns.ptr_forward"]],
];

for (const [what, lines, expected] of CASES)
  test(what, () => {
    assert.deepEqual(problems(...lines), expected);
  });

test("delegation: glue that is missing is told, and what lies below a delegation is hidden", () => {
  assert.deepEqual(problems("sub NS ns.sub.example.org."), ["doubt dns.glue_missing"]);
  assert.deepEqual(problems("sub NS ns.sub.example.org.", "ns.sub A 198.51.100.1"), []);
  const records = [
    ...BASE,
    "sub NS ns.sub.example.org.",
    "ns.sub A 198.51.100.1",
    "www.sub A 198.51.100.2",
    "sub A 198.51.100.3",
    "sub NS ns.example.net.",
  ].map(record);
  assert.deepEqual(
    occludedOf(records, ZONE).map(({ name }) => name),
    ["www.sub.example.org", "sub.example.org"],
  );
});

test("no zone without a name server, none above its ceiling", () => {
  assert.deepEqual(
    zoneProblems([record("www A 198.51.100.1")], facts).map(({ code }) => code),
    ["dns.apex_without_ns"],
  );
  const many = Array.from({ length: 120 }, (_, i) => record(`n${i} A 198.51.100.1`));
  assert.deepEqual(
    zoneProblems([...BASE.map(record), ...many], facts).map(({ code }) => code),
    ["dns.zone_full"],
  );
});
