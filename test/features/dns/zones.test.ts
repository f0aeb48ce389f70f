/** Zones from facts: what is derived, what is added beside it, what yields, and what a machine is told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Context } from "../../../src/core/context.js";
import { removeAccount, restoreAccount, suspendAccount } from "../../../src/features/accounts/states.js";
import { giveBack, turnOff } from "../../../src/features/dns/overrides.js";
import { addRecord, editRecord, listBin, purgeRecords, removeRecord, restoreRecord } from "../../../src/features/dns/records.js";
import type { ZoneState } from "../../../src/features/dns/role.js";
import { DEFAULT_SETTINGS } from "../../../src/features/dns/settings.js";
import { changeSettings, editZone, lockZone, unlockZone } from "../../../src/features/dns/zone-settings.js";
import { problemsOf } from "../../../src/features/dns/zone-table.js";
import { getZone, listZones, raiseSerial } from "../../../src/features/dns/zones.js";
import { grantName } from "../../../src/features/domains/claims.js";
import { releaseDomain } from "../../../src/features/domains/domains.js";
import { addDomain, moveDomain, removeDomain, restoreDomain } from "../../../src/features/domains/index.js";
import { setAddresses } from "../../../src/features/hosts/index.js";
import { addAddress, addSite, removeSite, restoreSite } from "../../../src/features/sites/index.js";
import { acceptOffer, giveDomain, offerDomain } from "../../../src/features/transfers/offers.js";
import { memberOf } from "../../support/factories.js";
import { createDnsScene } from "./scene.js";

const NS = ["asso.test - NS ns1.dns.test.", "asso.test - NS ns2.dns.test."];
const code = (expected: string) => (error: { code?: string }) => {
  assert.equal(error.code, expected);
  return true;
};

test("a new domain has a zone with the hosting's name servers, and a unit that waits", async (t) => {
  const { lines, unit, wanted } = await createDnsScene(t);
  assert.deepEqual(await lines(), NS);
  const { state, probes, claims, says, withdrawn } = await unit();
  assert.deepEqual({ probes, claims, withdrawn }, { probes: [{ kind: "dns", name: "asso.test" }], claims: ["asso.test"], withdrawn: false });
  assert.deepEqual(says, [{ key: "dns.plan.zone_signed", data: { name: "asso.test", count: 2 } }]);
  const { records, serialFloor, ...rest } = state as ZoneState;
  assert.deepEqual(rest, {
    kind: "zone",
    zone: "asso.test",
    primary: "ns1.dns.test",
    mailbox: "hostmaster.dns.test",
    defaultTtl: 3600,
    negativeTtl: 300,
    signed: true,
  });
  assert.ok(serialFloor > 2_026_112_200);
  assert.equal(await wanted("asso.test"), 1);
  assert.equal(records.length, 2);
});

test("before the name servers are named nothing is published; then every zone is", async (t) => {
  const { ctx, role, facts, unit, wanted } = await createDnsScene(t, { ready: false });
  assert.deepEqual(await role.keys(ctx.db, facts, "", 10), ["base"]);
  assert.equal((await unit()).state, null);
  assert.equal(await wanted("asso.test"), 0);
  await changeSettings(ctx, { nameServers: "ns1.dns.test", hostmaster: "hostmaster@dns.test" });
  assert.deepEqual(await role.keys(ctx.db, facts, "", 10), ["base", "asso.test"]);
  assert.deepEqual(await role.keys(ctx.db, facts, "base", 10), ["asso.test"]);
  assert.deepEqual(await role.keys(ctx.db, facts, "asso.test", 10), []);
  assert.equal(await wanted("asso.test"), 1);
});

test("sites bring their addresses with the reason, and take them away", async (t) => {
  const { ctx, owner, account, lines, table, wanted, host } = await createDnsScene(t);
  const site = await addSite(owner, { accountId: account.id, address: "asso.test" });
  const addresses = ["198.51.100.7", "2001:db8::7"];
  const led = (name: string) => [`${name} - A ${addresses[0]}`, `${name} - AAAA ${addresses[1]}`];
  assert.deepEqual(await lines(), [...led("asso.test"), ...NS, ...led("www.asso.test")]);
  const row = (await table()).rows.find(({ name, data }) => name === "www.asso.test" && data.type === "A");
  assert.deepEqual(row?.derived, { feature: "sites", reason: { key: "sites.dns.reason", data: { name: "asso.test" } } });
  await addAddress(owner, site.id, { address: "*.asso.test" });
  assert.ok((await lines()).includes("*.asso.test - A 198.51.100.7"));
  const before = await wanted("asso.test");
  await removeSite(owner, site.id);
  assert.deepEqual(await lines(), NS);
  assert.equal(await wanted("asso.test"), before + 1);
  await restoreSite(owner, site.id);
  await setAddresses(ctx, host.id, { publicIpv4: "203.0.113.9", publicIpv6: "" });
  assert.equal(await wanted("asso.test"), before + 3);
  assert.ok((await lines()).includes("www.asso.test - A 203.0.113.9"));
  assert.equal((await lines()).filter((line) => line.includes("AAAA")).length, 0);
});

test("serials only grow: with each change, and past what another server showed", async (t) => {
  const { ctx, owner, features, unit } = await createDnsScene(t);
  const serial = async () => ((await unit()).state as ZoneState).serialFloor;
  const first = await serial();
  await addRecord(owner, features, "asso.test", { name: "a", type: "A", value: "192.0.2.1" });
  assert.equal(await serial(), first + 1);
  await ctx.transaction(async (tx) => {
    assert.equal(await raiseSerial(tx, await getZone(tx, "asso.test"), 4_000_000_000), true);
    assert.equal(await raiseSerial(tx, await getZone(tx, "asso.test"), 3_900_000_000), false);
  });
  await addRecord(owner, features, "asso.test", { name: "b", type: "A", value: "192.0.2.1" });
  assert.equal(await serial(), 4_000_000_001);
});

test("own records stand beside derived ones, replace those that say the same, and give them back", async (t) => {
  const { owner, features, account, lines, table } = await createDnsScene(t);
  await addSite(owner, { accountId: account.id, address: "asso.test" });
  const input = { name: "www", type: "A", value: "192.0.2.55" } as const;
  await assert.rejects(addRecord(owner, features, "asso.test", input), code("dns.replaces_derived"));
  assert.equal((await lines()).filter((line) => line.startsWith("www.asso.test")).length, 2);
  const own = await addRecord(owner, features, "asso.test", { ...input, knowingly: true });
  assert.deepEqual(
    (await lines()).filter((line) => line.startsWith("www.")),
    ["www.asso.test - A 192.0.2.55", "www.asso.test - AAAA 2001:db8::7"],
  );
  assert.equal((await table()).rows.find(({ value }) => value === "198.51.100.7")?.state, "served");
  await turnOff(owner, features, "asso.test", { name: "www", type: "AAAA" });
  assert.deepEqual(
    (await lines()).filter((line) => line.startsWith("www.")),
    ["www.asso.test - A 192.0.2.55"],
  );
  await assert.rejects(turnOff(owner, features, "asso.test", { name: "www", type: "AAAA" }), code("dns.derived_off_already"));
  await assert.rejects(turnOff(owner, features, "asso.test", { name: "www", type: "MX" }), code("dns.derived_unknown"));
  assert.deepEqual(await giveBack(owner, features, "asso.test", { name: "www", type: "A" }), { name: "www.asso.test", removed: 1 });
  await giveBack(owner, features, "asso.test", { name: "www", type: "AAAA" });
  assert.deepEqual(
    (await lines()).filter((line) => line.startsWith("www.")),
    ["www.asso.test - A 198.51.100.7", "www.asso.test - AAAA 2001:db8::7"],
  );
  assert.deepEqual(
    (await listBin(owner, "asso.test")).rows.map(({ id }) => id),
    [own.id],
  );
});

test("an own alias wins over what a later site implies, and the zone stays sound", async (t) => {
  const { owner, features, account, lines, table } = await createDnsScene(t);
  await addRecord(owner, features, "asso.test", { name: "www", type: "CNAME", value: "elsewhere.example.net" });
  await addSite(owner, { accountId: account.id, address: "www.asso.test", withWww: false });
  assert.deepEqual(
    (await lines()).filter((line) => line.startsWith("www.")),
    ["www.asso.test - CNAME elsewhere.example.net."],
  );
  assert.deepEqual(
    (await table()).rows.filter(({ state }) => state === "yields").map(({ value }) => value),
    ["198.51.100.7", "2001:db8::7"],
  );
  assert.deepEqual(problemsOf(await table()), []);
});

test("the last name server of a zone cannot be turned off", async (t) => {
  const { owner, features } = await createDnsScene(t);
  await assert.rejects(turnOff(owner, features, "asso.test", { name: "@", type: "NS" }), code("dns.apex_without_ns"));
  await addRecord(owner, features, "asso.test", { name: "@", type: "NS", value: "ns.example.net." });
  await turnOff(owner, features, "asso.test", { name: "@", type: "NS" });
});

test("edit, remove into the bin, restore, purge; a stale form is refused", async (t) => {
  const { ctx, owner, features, lines } = await createDnsScene(t);
  const record = await addRecord(owner, features, "asso.test", { name: "txt", type: "TXT", value: "one", ttl: 600 });
  await assert.rejects(addRecord(owner, features, "asso.test", { name: "txt", type: "TXT", value: "one" }), code("dns.record_exists"));
  const edited = await editRecord(owner, features, "asso.test", record.id, { value: "two", version: record.version });
  assert.equal(edited.ttl, 600);
  await assert.rejects(editRecord(owner, features, "asso.test", record.id, { value: "three", version: record.version }), code("dns.changed_meanwhile"));
  await addRecord(owner, features, "asso.test", { name: "txt", type: "TXT", value: "three", ttl: 300 });
  // RFC 2181 §5.2: one TTL for both.
  assert.deepEqual(
    (await lines()).filter((line) => line.startsWith("txt.")),
    ['txt.asso.test 300 TXT "three"', 'txt.asso.test 300 TXT "two"'],
  );
  await removeRecord(owner, features, "asso.test", record.id);
  assert.equal((await lines()).filter((line) => line.startsWith("txt.")).length, 1);
  await restoreRecord(owner, features, "asso.test", record.id);
  assert.equal((await lines()).filter((line) => line.startsWith("txt.")).length, 2);
  await removeRecord(owner, features, "asso.test", record.id);
  assert.equal(await purgeRecords(ctx), 0);
  ctx.clock.advance(31 * 86_400);
  assert.equal(await purgeRecords(ctx), 1);
  assert.deepEqual((await listBin(owner, "asso.test")).rows, []);
});

test("a locked zone refuses changes with the reason; what an administrator locked, only one opens", async (t) => {
  const { ctx, owner, features, account, lines } = await createDnsScene(t);
  const add = () => addRecord(owner, features, "asso.test", { name: "a", type: "A", value: "192.0.2.1" });
  await lockZone(owner, "asso.test", "the webmaster is away");
  await assert.rejects(add(), code("dns.locked"));
  await assert.rejects(editZone(owner, "asso.test", { signed: false, knowingly: true }), code("dns.locked"));
  // What follows from sites goes on.
  await addSite(owner, { accountId: account.id, address: "asso.test" });
  assert.equal((await lines()).length, 6);
  await unlockZone(owner, "asso.test");
  await add();
  await lockZone(ctx, "asso.test", "migration");
  await assert.rejects(unlockZone(owner, "asso.test"), code("dns.locked_by_admin"));
  await assert.rejects(add(), code("dns.locked_by_admin"));
  await unlockZone(ctx, "asso.test");
});

test("a locked zone keeps its domain where it is, and cannot be had unlocked by adding the domain again", async (t) => {
  const { ctx, owner, stranger } = await createDnsScene(t);
  await lockZone(ctx, "asso.test", "whose it is will be decided");
  await assert.rejects(removeDomain(owner, "asso.test"), code("dns.locked_by_admin"));
  await assert.rejects(removeDomain(ctx, "asso.test"), code("dns.locked"));
  const offer = await offerDomain(owner, "asso.test", { to: "other" });
  await assert.rejects(acceptOffer(stranger, offer.id), code("dns.locked_by_admin"));
  await unlockZone(ctx, "asso.test");
  await lockZone(owner, "asso.test", "the webmaster is away");
  await assert.rejects(removeDomain(owner, "asso.test"), code("dns.locked"));
  // A holder's own lock does not hold what the system decides about the name.
  await ctx.as({ kind: "system", name: "job" }).transaction((tx) => moveDomain(tx, offer.domainId, offer.toAccountId));
});

test("the bin of a zone is shown by pages and holds as much as a zone can", async (t) => {
  const { ctx, owner, features } = await createDnsScene(t);
  const zone = await getZone(ctx, "asso.test");
  const row = { zoneId: zone.id, accountId: zone.accountId, type: "A", data: { type: "A", address: "192.0.2.1" }, value: "192.0.2.1", state: "bin" as const };
  const removedAt = new Date(ctx.clock.now().getTime() - 1000);
  const max = DEFAULT_SETTINGS.maxRecords;
  await ctx.db.dnsRecord.createMany({
    data: Array.from({ length: max }, (_, at) => ({ ...row, name: `n${at}.asso.test`, removedAt, binUntil: new Date(removedAt.getTime() + 86_400_000) })),
  });
  const record = await addRecord(owner, features, "asso.test", { name: "last", type: "A", value: "192.0.2.9" });
  await removeRecord(owner, features, "asso.test", record.id);
  const { rows, total } = await listBin(owner, "asso.test", { skip: 0, take: 20 });
  assert.deepEqual([rows.length, rows[0]?.id, total], [20, record.id, max]);
});

test("another account finds nothing, whatever it asks", async (t) => {
  const { owner, stranger, features, ctx } = await createDnsScene(t);
  const record = await addRecord(owner, features, "asso.test", { name: "a", type: "A", value: "192.0.2.1" });
  const unknown = code("domains.domain_unknown");
  await assert.rejects(getZone(stranger, "asso.test"), unknown);
  await assert.rejects(addRecord(stranger, features, "asso.test", { name: "b", type: "A", value: "192.0.2.1" }), unknown);
  await assert.rejects(editRecord(stranger, features, "asso.test", record.id, { value: "192.0.2.2" }), unknown);
  await assert.rejects(removeRecord(stranger, features, "asso.test", record.id), unknown);
  await assert.rejects(turnOff(stranger, features, "asso.test", { name: "@", type: "NS" }), unknown);
  await assert.rejects(lockZone(stranger, "asso.test", ""), unknown);
  await assert.rejects(editZone(stranger, "asso.test", { mode: "external" }), unknown);
  assert.deepEqual((await listZones(stranger)).rows, []);
  // A neighbour's record under one's own zone's address is not found either.
  await addDomain(ctx, { accountId: (await ctx.db.account.findFirstOrThrow({ where: { login: "other" } })).id, name: "other.test" });
  await assert.rejects(removeRecord(stranger, features, "other.test", record.id), code("dns.record_unknown"));
});

test("bin, suspension, account's bin: who is withdrawn and who goes on", async (t) => {
  const { ctx, owner, account, unit, wanted } = await createDnsScene(t);
  const gone = async () => (await unit()).state === null && (await unit()).withdrawn;
  await removeDomain(owner, "asso.test");
  assert.equal(await gone(), true);
  assert.equal(await wanted("asso.test"), 2);
  await restoreDomain(owner, "asso.test");
  assert.equal(await gone(), false);
  await suspendAccount(ctx, account.id, "unpaid");
  assert.equal(await gone(), false);
  assert.equal(await wanted("asso.test"), 3);
  await removeAccount(ctx, account.id);
  assert.equal(await gone(), true);
  await restoreAccount(ctx, account.id);
  assert.equal(await gone(), false);
  assert.equal(await wanted("asso.test"), 5);
  await removeDomain(ctx, "asso.test");
  await releaseDomain(ctx, "asso.test");
  assert.equal(await gone(), true);
  assert.equal(await ctx.db.zone.count(), 0);
});

test("a zone below another is delegated there, whoever owns it, and its names are answered in the nearer one", async (t) => {
  const { ctx, owner, account, neighbour, lines, features, table, wanted } = await createDnsScene(t);
  await addSite(owner, { accountId: account.id, address: "deep.sub.asso.test", withWww: false });
  assert.ok((await lines()).some((line) => line.startsWith("deep.sub.asso.test")));
  const before = await wanted("asso.test");
  await grantName(ctx, { accountId: neighbour.id, name: "guest.asso.test" });
  await addDomain(ctx, { accountId: neighbour.id, name: "guest.asso.test" });
  await addDomain(owner, { accountId: account.id, name: "sub.asso.test" });
  assert.equal(await wanted("asso.test"), before + 2);
  const parent = await lines();
  assert.ok(parent.includes("guest.asso.test - NS ns1.dns.test."));
  assert.ok(parent.includes("sub.asso.test - NS ns1.dns.test."));
  assert.ok(!parent.some((line) => line.startsWith("deep.")));
  assert.ok((await lines("sub.asso.test")).includes("deep.sub.asso.test - A 198.51.100.7"));
  await assert.rejects(turnOff(owner, features, "asso.test", { name: "sub", type: "NS" }), code("dns.derived_required"));
  await assert.rejects(addRecord(owner, features, "asso.test", { name: "x.sub", type: "A", value: "192.0.2.1" }), code("dns.below_delegation"));
  await addRecord(owner, features, "asso.test", { name: "x.sub", type: "A", value: "192.0.2.1", knowingly: true });
  assert.equal((await table()).rows.find(({ name }) => name === "x.sub.asso.test")?.state, "hidden");
  await removeDomain(owner, "sub.asso.test");
  assert.ok((await lines()).includes("x.sub.asso.test - A 192.0.2.1"));
});

test("kept elsewhere: nothing is published, and signatures are not dropped under the parent's feet", async (t) => {
  const { ctx, owner, unit } = await createDnsScene(t);
  await assert.rejects(editZone(owner, "asso.test", { signed: false }), code("dns.ds_unknown"));
  await ctx.db.zone.updateMany({ data: { parentState: "present" } });
  await assert.rejects(editZone(owner, "asso.test", { signed: false }), code("dns.ds_at_parent"));
  await assert.rejects(editZone(owner, "asso.test", { mode: "external" }), code("dns.ds_at_parent"));
  await ctx.db.zone.updateMany({ data: { parentState: "absent" } });
  await editZone(owner, "asso.test", { signed: false });
  assert.equal(((await unit()).state as ZoneState).signed, false);
  await editZone(owner, "asso.test", { mode: "external" });
  assert.equal((await unit()).state, null);
  await assert.rejects(editZone(owner, "asso.test", { dnsHostId: "another" }), code("core.forbidden"));
  await assert.rejects(editZone(owner, "asso.test", { defaultTtl: 5 }), code("dns.ttl_range"));
});

test("a name server's name is nobody's, and only an administrator adds the domain that holds it", async (t) => {
  const { ctx, owner, account, neighbour } = await createDnsScene(t);
  const add = (as: Context, name: string) => addDomain(as, { accountId: account.id, name });
  for (const name of ["ns1.dns.test", "x.ns2.dns.test", "dns.test"]) await assert.rejects(add(owner, name), code("domains.panel_name"), name);
  await assert.rejects(add(ctx, "ns1.dns.test"), code("domains.panel_name"));
  await add(owner, "other-dns.test");
  await addDomain(ctx, { accountId: neighbour.id, name: "dns.test" });
  const ours = ctx.as(memberOf(neighbour));
  for (const address of ["ns1.dns.test", "*.dns.test"])
    await assert.rejects(addSite(ours, { accountId: neighbour.id, address }), code("domains.panel_name"), address);
  await addSite(ours, { accountId: neighbour.id, address: "dns.test" });
  await changeSettings(ctx, { nameServers: "a.names.test" });
  await assert.rejects(add(owner, "a.names.test"), code("domains.panel_name"));
});

test("a domain that moves takes its unit along: its new owner's chip, and what delegates to it is told", async (t) => {
  const { ctx, features, owner, account, neighbour, stranger, role, facts, wanted, lines, host } = await createDnsScene(t);
  await addDomain(owner, { accountId: account.id, name: "sub.asso.test" });
  await addRecord(owner, features, "sub.asso.test", { name: "www", type: "A", value: "192.0.2.7" });
  const before = { zone: await wanted("sub.asso.test"), above: await wanted("asso.test") };
  const published = await lines("sub.asso.test");
  await giveDomain(ctx, "sub.asso.test", { to: neighbour.login });
  assert.deepEqual({ zone: await wanted("sub.asso.test"), above: await wanted("asso.test") }, { zone: before.zone + 1, above: before.above + 1 });
  const unitOf = (key: string) => ctx.db.publishUnit.findUniqueOrThrow({ where: { hostId_role_key: { hostId: host.id, role: "dns", key } } });
  assert.equal((await unitOf("sub.asso.test")).accountId, neighbour.id);
  assert.equal((await unitOf("asso.test")).accountId, account.id);
  const [desired] = await role.collect(ctx.db, facts, ["sub.asso.test"]);
  assert.deepEqual([desired?.accountId, desired?.withdrawn], [neighbour.id, false]);
  assert.deepEqual(await lines("sub.asso.test"), published, "the same zone, and the same place in the tree");
  assert.ok(
    (await lines("asso.test")).some((line) => line.startsWith("sub.asso.test - NS ")),
    "the delegation stays",
  );
  assert.equal((await getZone(stranger, "sub.asso.test")).accountId, neighbour.id);
  await assert.rejects(getZone(owner, "sub.asso.test"), code("domains.domain_unknown"));
});
