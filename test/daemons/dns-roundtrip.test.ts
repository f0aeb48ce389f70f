/** Any record of any type that the panel takes is served as it is, byte for byte, by both daemons: rendered, checked, served, transferred. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RecordData, RecordType, ZoneRecord } from "../../src/features/dns/role.js";
import { baseOf, NameServer, TSIG, zoneOf } from "./dns-rig.js";
import { TYPE_NUMBERS, wireOf } from "./dns-wire.js";

const ZONE = "round.test";
const hexOf = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength }).map((bytes) => Buffer.from(bytes).toString("hex"));
const word = fc.integer({ min: 0, max: 65_535 });
const label = fc.stringMatching(/^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/);
const host = fc
  .array(fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/), { minLength: 1, maxLength: 5 })
  .map((labels) => [...labels, "example"].join("."));
const target = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => [...labels, "example"].join("."));
const v4 = fc.ipV4();
const v6 = fc.ipV6().map((address) => new URL(`http://[${address}]/`).hostname.slice(1, -1));
const printable = fc.stringMatching(/^[ -~]{0,60}$/).map((text) => Buffer.from(text).toString("hex"));
const param = fc.oneof(
  fc.record({ key: fc.constant("alpn"), value: fc.constantFrom("h2", "h3,h2", "dot", "http/1.1") }),
  fc.record({ key: fc.constant("port"), value: fc.integer({ min: 0, max: 65_535 }).map(String) }),
  fc.record({ key: fc.constant("ipv4hint"), value: fc.array(v4, { minLength: 1, maxLength: 3 }).map((list) => list.join()) }),
  fc.record({ key: fc.constant("ipv6hint"), value: fc.array(v6, { minLength: 1, maxLength: 3 }).map((list) => list.join()) }),
  fc.record({ key: fc.constant("ech"), value: fc.uint8Array({ minLength: 1, maxLength: 60 }).map((one) => Buffer.from(one).toString("base64")) }),
  fc.record({ key: fc.constant("dohpath"), value: fc.constant("/dns-query{?dns}") }),
  fc.record({ key: fc.constant("ohttp"), value: fc.constant(null) }),
  fc.record({
    key: fc.integer({ min: 9, max: 65_534 }).map((number) => `key${number}`),
    value: fc.option(fc.stringMatching(/^[A-Za-z0-9+/=.,:_~{}?&-]{1,30}$/)),
  }),
);
const svc = (type: "SVCB" | "HTTPS"): fc.Arbitrary<RecordData> =>
  fc.oneof(
    fc.record({ type: fc.constant(type), priority: fc.constant(0), target, params: fc.constant<{ key: string; value: string | null }[]>([]) }),
    fc.record({
      type: fc.constant(type),
      priority: fc.integer({ min: 1, max: 65_535 }),
      target: fc.oneof(target, fc.constant("")),
      params: fc.uniqueArray(param, { selector: ({ key }) => key, maxLength: 5 }).map(withMandatory),
    }),
  );

const DATA: Record<RecordType, fc.Arbitrary<RecordData>> = {
  A: fc.record({ type: fc.constant("A"), address: v4 }),
  AAAA: fc.record({ type: fc.constant("AAAA"), address: v6 }),
  CNAME: fc.record({ type: fc.constant("CNAME"), target }),
  PTR: fc.record({ type: fc.constant("PTR"), target }),
  NS: fc.record({ type: fc.constant("NS"), target: host }),
  MX: fc.record({ type: fc.constant("MX"), priority: word, target: fc.oneof(host, fc.constant("")) }),
  TXT: fc
    .array(hexOf(0, 255), { minLength: 1, maxLength: 12 })
    .filter((all) => all.join("") !== "")
    .map((strings) => ({ type: "TXT", strings })),
  SRV: fc.record({ type: fc.constant("SRV"), priority: word, weight: word, port: word, target: fc.oneof(host, fc.constant("")) }),
  CAA: fc.record({ type: fc.constant("CAA"), flags: fc.integer({ min: 0, max: 255 }), tag: fc.stringMatching(/^x[a-z0-9]{0,14}$/), value: printable }),
  TLSA: fc.oneof(
    fc.record({ type: fc.constant("TLSA"), usage: fc.nat(3), selector: fc.nat(1), matching: fc.constant(0), certificate: hexOf(1, 600) }),
    fc.record({ type: fc.constant("TLSA"), usage: fc.nat(3), selector: fc.nat(1), matching: fc.constant(1), certificate: hexOf(32) }),
  ),
  SSHFP: fc.record({ type: fc.constant("SSHFP"), algorithm: fc.constantFrom(1, 2, 3, 4, 6), digest: fc.constant(2), fingerprint: hexOf(32) }),
  DS: fc.oneof(
    fc.record({ type: fc.constant("DS"), tag: word, algorithm: fc.constantFrom(8, 13, 14, 15, 16), digestType: fc.constant(2), digest: hexOf(32) }),
    fc.record({ type: fc.constant("DS"), tag: word, algorithm: fc.constantFrom(8, 13), digestType: fc.constant(4), digest: hexOf(48) }),
  ),
  SVCB: svc("SVCB"),
  HTTPS: svc("HTTPS"),
};
const TYPES = Object.keys(DATA) as RecordType[];

/** One of the keys that are there may be demanded (RFC 9460 §8). */
function withMandatory(params: { key: string; value: string | null }[]) {
  const demanded = params.find(({ key }) => key !== "ohttp" && key.length % 2 === 0);
  return demanded ? [{ key: "mandatory", value: demanded.key }, ...params] : params;
}

/** A few of every type, each at a name of its own: conflicts of names are the panel's matter. */
const zone = fc
  .tuple(
    ...TYPES.map((type) =>
      fc.array(fc.tuple(label, fc.boolean(), fc.option(fc.integer({ min: 0, max: 2_147_483_647 })), DATA[type]), { minLength: 3, maxLength: 6 }),
    ),
  )
  .map((groups) =>
    groups.flatMap((group, kind) =>
      group.flatMap(([word, wild, ttl, data], at): ZoneRecord[] => {
        const below = `${word.slice(0, 40)}.t${kind}x${at}.${ZONE}`;
        const name = wild && data.type !== "NS" && data.type !== "DS" ? `*.${below}` : below;
        // RFC 4035 §2.4: a DS stands where a delegation does.
        const delegation: ZoneRecord[] = data.type === "DS" ? [{ name, ttl: null, data: { type: "NS", target: "ns.example" } }] : [];
        return [...delegation, { name, ttl, data }];
      }),
    ),
  );

for (const daemon of ["knot", "bind"])
  test(`${daemon} serves every record of every type as it was asked for`, async () => {
    const server = await NameServer.raise(daemon);
    try {
      fc.assert(
        fc.property(zone, (records) => {
          const state = zoneOf(ZONE, [], { signed: false });
          server.publish([baseOf(), { ...state, records: [...state.records, ...records] }]);
          const given = new Map(transferred(server).map((line) => [line.slice(0, line.lastIndexOf(" ")), line]));
          const wanted = records.map(({ name, ttl, data }) => `${name}. TYPE${TYPE_NUMBERS[data.type]} ${wireOf(data)} ${ttl ?? state.defaultTtl}`);
          for (const line of wanted) assert.equal(given.get(line.slice(0, line.lastIndexOf(" "))), line);
          // The SOA twice, the name server, its address, the probe; nothing else.
          assert.equal(given.size, new Set(wanted.map((line) => line.slice(0, line.lastIndexOf(" ")))).size + 4);
        }),
        // A release that was refused cannot be laid again: the first counterexample is told as it is.
        { numRuns: 4, endOnFailure: true },
      );
    } finally {
      server.close();
    }
  });

test("the wire of this test is the one of RFC 9460's own example", () => {
  // Appendix D.2, figure 9: mandatory, alpn and ipv4hint in the order of their numbers.
  const params = [
    { key: "alpn", value: "h2,h3-19" },
    { key: "mandatory", value: "ipv4hint,alpn" },
    { key: "ipv4hint", value: "192.0.2.1" },
  ];
  const wire = wireOf({ type: "SVCB", priority: 16, target: "foo.example.org", params });
  assert.equal(wire, "001003666F6F076578616D706C65036F72670000000004000100040001000902683205" + "68332D3139" + "00040004C0000201");
});

/** `name TYPEn RDATA ttl` of each record, as dig prints types that it does not know. */
function transferred(server: NameServer): string[] {
  const lines = server.dig("-y", TSIG, ZONE, "AXFR", "+unknownformat", "+nosplit").split("\n");
  return lines.flatMap((line) => {
    const [, name, ttl, type, data = ""] = /^(\S+)\s+(\d+)\s+CLASS1\s+(TYPE\d+)\s+\\# \d+ ?(.*)$/.exec(line) ?? [];
    return name && type !== "TYPE250" ? [`${name} ${type} ${data.replaceAll(" ", "")} ${ttl}`] : [];
  });
}
