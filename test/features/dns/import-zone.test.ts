/** A zone taken over: what the preview says is what happens, nothing is stored twice, mail stays where it is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { importRecords, previewImport } from "../../../src/features/dns/import/imports.js";
import { addRecord, listBin } from "../../../src/features/dns/records.js";
import { undoChange } from "../../../src/features/dns/undo.js";
import { lockZone } from "../../../src/features/dns/zone-settings.js";
import { zoneText } from "../../../src/features/dns/zone-text.js";
import { getZone } from "../../../src/features/dns/zones.js";
import { addSite } from "../../../src/features/sites/index.js";
import { createDnsScene } from "./scene.js";

const NS = ["asso.test - NS ns1.dns.test.", "asso.test - NS ns2.dns.test."];
const OLD = `$TTL 3600
@ SOA ns1.old.test. root.old.test. 3000000000 1 2 3 4
@ NS ns1.old.test.
@ NS ns2.old.test.
@ A 192.0.2.10
@ MX 10 mx.old.test.
@ TXT "v=spf1 mx -all"
@ TXT "verification=1"
www CNAME @
old 5 A 192.0.2.11
k1._domainkey TXT "v=DKIM1; p=abc"
_sip._tcp SRV 0 0 5060 sip.old.test.
loc LOC 48 51 30.000 N 2 17 40.000 E 35.00m
`;

type Scene = Awaited<ReturnType<typeof createDnsScene>>;
const run = (scene: Scene, text: string, choices: Record<string, string> = {}) => importRecords(scene.owner, scene.features, "asso.test", { text, choices });
const code = (expected: string) => (error: { code?: string }) => {
  assert.equal(error.code, expected);
  return true;
};

test("an empty zone takes everything that is sound; the old server's own records are left out", async (t) => {
  const scene = await createDnsScene(t);
  const before = await getZone(scene.ctx, "asso.test");
  const wanted = await scene.wanted("asso.test");
  const { plan: shown } = await previewImport(scene.owner, scene.features, "asso.test", { text: OLD });
  assert.deepEqual(await scene.lines(), NS, "a preview changes nothing");
  const { plan } = await run(scene, OLD);
  assert.deepEqual(plan.counts, shown.counts);
  assert.deepEqual(plan.counts, { added: 8, replaced: 0, overridden: 0, same: 0, kept: 0, left: 3, aside: 1, refused: 0 });
  assert.deepEqual(
    await scene.lines(),
    [
      "asso.test - A 192.0.2.10",
      "asso.test - MX 10 mx.old.test.",
      ...NS,
      'asso.test - TXT "v=spf1 mx -all"',
      'asso.test - TXT "verification=1"',
      'k1._domainkey.asso.test - TXT "v=DKIM1; p=abc"',
      "_sip._tcp.asso.test - SRV 0 0 5060 sip.old.test.",
      "old.asso.test 30 A 192.0.2.11",
      "www.asso.test - CNAME asso.test.",
    ].sort((a, b) => (a.startsWith("asso") ? 0 : 1) - (b.startsWith("asso") ? 0 : 1)),
  );
  assert.deepEqual(
    plan.findings.map(({ line, outcome, code }) => `${line} ${outcome} ${code}`),
    ["2 left soa", "3 left apex_ns", "4 left apex_ns", "10 changed ttl_raised", "13 aside type_aside"],
  );
  const zone = await getZone(scene.ctx, "asso.test");
  assert.equal(zone.serialFloor, 3_000_000_001n);
  assert.ok(zone.serialFloor > before.serialFloor);
  assert.equal(await scene.wanted("asso.test"), wanted + 1);
  const entry = await scene.ctx.db.auditEntry.findFirst({ where: { verb: "dns.zone.imported" } });
  assert.ok(entry);

  const again = await run(scene, OLD);
  assert.deepEqual({ ...again.plan.counts, same: 0 }, { added: 0, replaced: 0, overridden: 0, same: 0, kept: 0, left: 3, aside: 1, refused: 0 });
  assert.equal(again.plan.counts.same, 8);
  assert.equal((await getZone(scene.ctx, "asso.test")).serialFloor, 3_000_000_001n, "nothing changed, nothing is published");
});

test("what the zone exports changes nothing when it is imported", async (t) => {
  const scene = await createDnsScene(t);
  await addSite(scene.owner, { accountId: scene.account.id, address: "asso.test" } as never);
  await run(scene, OLD.replace("www CNAME @\n", ""), { "asso.test address": "keep" });
  const table = await scene.table();
  const { plan } = await previewImport(scene.owner, scene.features, "asso.test", { text: zoneText(table) });
  assert.deepEqual(plan.groups, []);
  assert.deepEqual({ ...plan.counts, same: 0 }, { added: 0, replaced: 0, overridden: 0, same: 0, kept: 0, left: 1 + NS.length, aside: 0, refused: 0 });
  assert.equal(plan.counts.same, table.served.length - NS.length);
  assert.deepEqual(
    plan.findings.map(({ outcome }) => outcome),
    ["left", "left", "left"],
  );
});

test("a site keeps its address unless somebody decides otherwise, and gets it back", async (t) => {
  const scene = await createDnsScene(t);
  await addSite(scene.owner, { accountId: scene.account.id, address: "asso.test" } as never);
  const served = async () => (await scene.lines()).filter((line) => /^(www\.)?asso\.test \S+ (A|AAAA|CNAME) /.test(line));
  const before = await served();
  assert.ok(before.length >= 2, before.join());
  const { plan } = await run(scene, "@ A 192.0.2.10\n");
  assert.deepEqual(
    plan.groups.map(({ key, choice, choices }) => ({ key, choice, choices })),
    [{ key: "asso.test address", choice: "keep", choices: ["keep", "replace"] }],
  );
  assert.deepEqual(await served(), before);
  await run(scene, "@ A 192.0.2.10\n", { "asso.test address": "replace" });
  const apex = (await served()).filter((line) => line.startsWith("asso.test"));
  assert.deepEqual(apex, ["asso.test - A 192.0.2.10"], "the IPv6 address of the site would lead half of the visitors elsewhere");
});

test("records that people added: replaced into the bin, joined or kept", async (t) => {
  const scene = await createDnsScene(t);
  const add = (name: string, type: "MX" | "TXT" | "CNAME", value: string) =>
    addRecord(scene.owner, scene.features, "asso.test", { name, type, value } as never);
  await add("@", "MX", "5 mine.test.");
  await add("@", "TXT", "mine");
  await add("shop", "CNAME", "mine.test.");
  const text = '@ MX 10 theirs.test.\n@ TXT "theirs"\nshop A 192.0.2.1\n';
  const mx = async () => (await scene.lines()).filter((line) => line.includes(" MX "));
  await run(scene, text, { "asso.test MX": "keep", "asso.test TXT": "keep", "shop.asso.test name": "keep" });
  assert.deepEqual(await mx(), ["asso.test - MX 5 mine.test."]);
  await run(scene, text, { "asso.test MX": "add", "shop.asso.test name": "keep" });
  assert.deepEqual(await mx(), ["asso.test - MX 10 theirs.test.", "asso.test - MX 5 mine.test."]);
  assert.deepEqual(
    (await scene.lines()).filter((line) => line.includes("TXT")),
    ['asso.test - TXT "mine"', 'asso.test - TXT "theirs"'],
  );
  const { plan } = await run(scene, "@ MX 20 third.test.\nshop A 192.0.2.1\n");
  assert.equal(plan.counts.replaced, 3);
  assert.deepEqual(await mx(), ["asso.test - MX 20 third.test."]);
  assert.ok((await scene.lines()).includes("shop.asso.test - A 192.0.2.1"));
  assert.equal((await listBin(scene.owner, "asso.test")).total, 3);
});

test("what breaks a rule of the zone is refused with its lines, the rest is taken", async (t) => {
  const scene = await createDnsScene(t);
  const { plan } = await run(
    scene,
    '@ CNAME elsewhere.test.\na CNAME b.test.\na TXT "beside"\nb CNAME c\nc CNAME b\nd A 192.0.2.1\n@ DS 1 13 2 ' +
      "ab".repeat(32) +
      '\n_x A 192.0.2.2\n@ CAA 0 issue "not a name!"\nx.y A 10.0.0.1\n',
  );
  assert.deepEqual(
    plan.findings.filter(({ outcome }) => outcome === "refused").map(({ line, code }) => `${line} ${code}`),
    [
      "1 dns.cname_at_apex",
      "2 dns.cname_beside",
      "3 dns.cname_beside",
      "4 dns.cname_circle",
      "5 dns.cname_circle",
      "7 dns.ds_at_apex",
      "8 dns.owner_no_host",
      "9 dns.caa_issuer_invalid",
    ],
  );
  assert.deepEqual(await scene.lines(), [...NS, "d.asso.test - A 192.0.2.1", "x.y.asso.test - A 10.0.0.1"]);
  assert.deepEqual(
    plan.doubts.map(({ code: doubt }) => doubt),
    ["dns.address_private"],
  );
});

test("serials only grow, by RFC 1982", async (t) => {
  const scene = await createDnsScene(t);
  const floor = async () => (await getZone(scene.ctx, "asso.test")).serialFloor;
  const soa = (serial: number) => `@ SOA a. b. ${serial} 1 2 3 4\n`;
  const start = await floor();
  await run(scene, soa(5));
  assert.equal(await floor(), start, "a smaller one changes nothing");
  await run(scene, soa(4_000_000_000));
  assert.equal(await floor(), 4_000_000_001n);
  await run(scene, soa(3_999_999_999));
  assert.equal(await floor(), 4_000_000_001n);
  await run(scene, soa(4_294_967_295));
  assert.equal(await floor(), 1n, "after the last one comes the first; zero is left out");
  await run(scene, soa(2_000_000_000));
  assert.equal(await floor(), 2_000_000_001n);
});

test("too many records, a locked zone, a stale preview and another account are refused, and nothing is stored", async (t) => {
  const scene = await createDnsScene(t);
  const many = Array.from({ length: 2001 }, (_, at) => `h${at} A 192.0.2.1`).join("\n");
  await assert.rejects(run(scene, many), code("dns.zone_full"));
  const zone = await getZone(scene.ctx, "asso.test");
  await assert.rejects(
    importRecords(scene.owner, scene.features, "asso.test", { text: "a A 192.0.2.1", version: zone.version - 1 }),
    code("dns.import_changed_meanwhile"),
  );
  // Also where nothing is published from here, a change makes the preview one of before.
  await scene.ctx.db.zone.update({ where: { id: zone.id }, data: { mode: "external" } });
  await addRecord(scene.owner, scene.features, "asso.test", { name: "b", type: "A", value: "192.0.2.2" });
  await assert.rejects(
    importRecords(scene.owner, scene.features, "asso.test", { text: "a A 192.0.2.1", version: zone.version }),
    code("dns.import_changed_meanwhile"),
  );
  await undoChange(scene.owner, scene.features, "asso.test");
  await scene.ctx.db.zone.update({ where: { id: zone.id }, data: { mode: "hosted" } });
  await assert.rejects(importRecords(scene.stranger, scene.features, "asso.test", { text: "a A 192.0.2.1" }), code("domains.domain_unknown"));
  await assert.rejects(previewImport(scene.stranger, scene.features, "asso.test", { text: "a A 192.0.2.1" }), code("domains.domain_unknown"));
  await lockZone(scene.owner, "asso.test", "election");
  await assert.rejects(run(scene, "a A 192.0.2.1"), code("dns.locked"));
  assert.deepEqual(await scene.lines(), NS);
});
