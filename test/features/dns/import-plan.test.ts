/** Plans over random zones: an export imports as nothing, an import repeated is nothing, and no plan brings an error. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { planImport } from "../../../src/features/dns/import/plan.js";
import { parseZoneFile } from "../../../src/features/dns/import/zone-file.js";
import { recordText } from "../../../src/features/dns/import/zone-text.js";
import { inCanonicalOrder } from "../../../src/features/dns/record-order.js";
import type { RecordData, ZoneRecord } from "../../../src/features/dns/role.js";
import { DEFAULT_SETTINGS } from "../../../src/features/dns/settings.js";
import { zoneProblems } from "../../../src/features/dns/zone-rules.js";
import { buildTable, type ZoneTable } from "../../../src/features/dns/zone-table.js";
import { zoneText } from "../../../src/features/dns/zone-text.js";
import type { Zone } from "../../../src/generated/sqlite/client.js";

const NAME = "example.org";
const zone = { id: "z", name: NAME, defaultTtl: null, serialFloor: 7n } as Zone;
const settings = { ...DEFAULT_SETTINGS, nameServers: [{ name: "ns1.dns.test", addresses: [] }], mailbox: "hostmaster.dns.test" };
const hex = (text: string) => Buffer.from(text).toString("hex");
const txt = (...strings: string[]): RecordData => ({ type: "TXT", strings: strings.map(hex) });
const reason = { key: "dns.derived.name_server", data: { name: "x" } };
const derived = (feature: string, name: string, data: RecordData) => ({ feature, name, ttl: null, data, reason, needed: [] });

const names = fc.constantFrom(
  NAME,
  `www.${NAME}`,
  `mail.${NAME}`,
  `*.${NAME}`,
  `a.b.${NAME}`,
  `_dmarc.${NAME}`,
  `k1._domainkey.${NAME}`,
  `_sip._tcp.${NAME}`,
  `sub.${NAME}`,
);
const data = fc.constantFrom<RecordData>(
  { type: "A", address: "192.0.2.1" },
  { type: "A", address: "192.0.2.2" },
  { type: "AAAA", address: "2001:db8::1" },
  { type: "CNAME", target: "www.example.net" },
  { type: "CNAME", target: `www.${NAME}` },
  { type: "NS", target: "ns.example.net" },
  { type: "MX", priority: 10, target: "mx.example.net" },
  { type: "MX", priority: 0, target: "" },
  txt("v=spf1 -all"),
  txt("v=spf1 mx ~all"),
  txt("v=DMARC1; p=none"),
  txt("v=DKIM1; p=abc"),
  txt('a "quoted"; \\ text\u0007', "é", ""),
  { type: "SRV", priority: 1, weight: 2, port: 5060, target: "sip.example.net" },
  { type: "CAA", flags: 0, tag: "issue", value: hex("letsencrypt.org; validationmethods=dns-01") },
  { type: "TLSA", usage: 3, selector: 1, matching: 1, certificate: "0c".repeat(32) },
  { type: "SSHFP", algorithm: 4, digest: 2, fingerprint: "0c".repeat(32) },
  { type: "DS", tag: 1, algorithm: 13, digestType: 2, digest: "ab".repeat(32) },
  { type: "HTTPS", priority: 1, target: "", params: [{ key: "alpn", value: "h2,h3" }] },
  { type: "SVCB", priority: 0, target: "svc.example.net", params: [] },
  { type: "PTR", target: "host.example.net" },
);
const records = fc.array(
  fc.tuple(names, fc.constantFrom(null, 30, 300, 3600), data).map(([name, ttl, value]): ZoneRecord => ({ name, ttl, data: value })),
  { maxLength: 14 },
);
const implied = fc.subarray([
  derived("sites", NAME, { type: "A", address: "198.51.100.7" }),
  derived("sites", NAME, { type: "AAAA", address: "2001:db8::7" }),
  derived("sites", `www.${NAME}`, { type: "A", address: "198.51.100.7" }),
  derived("mail", NAME, { type: "MX", priority: 10, target: "mx.dns.test" }),
  derived("mail", NAME, txt("v=spf1 mx -all")),
  derived("mail", `_dmarc.${NAME}`, txt("v=DMARC1; p=none")),
  derived("mail", NAME, txt("a text of ours")),
]);

function tableOf(own: readonly ZoneRecord[], also: ReturnType<typeof derived>[], off: { name: string; type: string }[] = []): ZoneTable {
  const rows = inCanonicalOrder(own).map((record, at) => ({ id: `own ${at}`, note: "", ...record }));
  return buildTable(zone, settings, rows, off, [derived("dns", NAME, { type: "NS", target: "ns1.dns.test" }), ...also]);
}

/** What the rules of a zone allow: the panel never serves anything else. */
function isSound(table: ZoneTable): boolean {
  return !zoneProblems(table.served, { zone: NAME, ...settings }).some(({ level }) => level === "error");
}

const apart = ({ name, data: value }: ZoneRecord) => !(name === NAME && value.type === "NS");

test("what a zone exports changes nothing when it is imported", () => {
  let seen = 0;
  fc.assert(
    fc.property(records, implied, (own, also) => {
      const table = tableOf(own.filter(apart), also);
      fc.pre(isSound(table));
      const plan = planImport(parseZoneFile(zoneText(table), NAME), table);
      assert.deepEqual(plan.groups, []);
      assert.deepEqual(
        plan.findings.filter(({ outcome, code }) => outcome !== "left" && code !== "ttl_kept"),
        [],
      );
      assert.equal(plan.counts.same, table.served.filter(apart).length);
      if (table.served.length > 4) seen += 1;
    }),
    { numRuns: 500 },
  );
  assert.ok(seen > 50, `only ${seen} zones had something in them`);
});

test("an import brings no error, and the same one again brings nothing", () => {
  const seen = new Set<string>();
  const choices = fc.dictionary(
    fc.tuple(names, fc.constantFrom("address", "name", "MX", "TXT", "SPF", "CAA")).map(([name, kind]) => `${name} ${kind}`),
    fc.constantFrom("add", "replace", "keep", "nonsense"),
  );
  fc.assert(
    fc.property(records, implied, records, choices, (own, also, imported, chosen) => {
      const table = tableOf(own.filter(apart), also);
      fc.pre(isSound(table));
      const text = imported.map(recordText).join("\n");
      const plan = planImport(parseZoneFile(text, NAME), table, chosen);
      assert.equal(plan.fault, null);
      const gone = new Set(plan.changes.remove);
      const left = table.rows.filter(({ id }) => id !== null && !gone.has(id));
      const after = tableOf(
        [...left, ...plan.changes.add].map(({ name, ttl, data: value }) => ({ name, ttl, data: value })),
        also,
        [...plan.changes.turnOff],
      );
      assert.ok(isSound(after), JSON.stringify(after.served));
      const again = planImport(parseZoneFile(text, NAME), after, chosen);
      const taken = again.groups.filter(({ choice }) => choice !== "keep");
      assert.deepEqual(taken, []);
      for (const { choice, choices: offered } of plan.groups) {
        assert.ok(offered.includes(choice));
        seen.add(choice);
      }
      for (const { outcome } of plan.findings) seen.add(outcome);
    }),
    { numRuns: 800 },
  );
  for (const what of ["add", "replace", "keep", "refused", "left"]) assert.ok(seen.has(what), `never ${what}`);
});

test("the cost of a plan follows the number of lines, whatever a stranger put together", () => {
  const shapes: Record<string, (at: number) => string> = {
    chain: (at) => `c${at} CNAME c${at + 1}`,
    "no hosts": (at) => `a_${at} A 192.0.2.1`,
    delegations: (at) => (at % 2 ? `d${at} NS x.d${at - 1}` : `m${at} MX 1 q${at}`),
    "beside an alias": (at) => (at % 2 ? `d${at - 1} CNAME q` : `d${at} A 192.0.2.1`),
  };
  const cost = (line: (at: number) => string, lines: number): number => {
    const file = parseZoneFile(Array.from({ length: lines }, (_, at) => line(at)).join("\n"), NAME);
    const table = buildTable(zone, settings, [], [], []);
    const runs = [1, 2, 3].map(() => {
      const started = performance.now();
      planImport(file, table);
      return performance.now() - started;
    });
    return Math.min(...runs);
  };
  for (const [name, line] of Object.entries(shapes)) {
    const [few, many] = [cost(line, 1000), cost(line, 10_000)];
    // Ten times the lines: a hundred times the cost is what one pair after the other took.
    assert.ok(many < 40 * Math.max(few, 5), `${name}: ${few.toFixed(1)} ms, then ${many.toFixed(1)} ms`);
  }
});
