/** Changing a zone's key: which step it is at, and who may begin it when. The change itself, on real servers: test/machines/roll-over.test.ts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createResolver } from "../../../src/core/dns/index.js";
import { checkDnssec } from "../../../src/features/dns/dnssec.js";
import type { ZoneState } from "../../../src/features/dns/role.js";
import { startRollOver } from "../../../src/features/dns/roll-over.js";
import { type KeysSeen, stepOf } from "../../../src/features/dns/roll-over-step.js";
import { editZone, lockZone, unlockZone } from "../../../src/features/dns/zone-settings.js";
import { getZone } from "../../../src/features/dns/zones.js";
import type { HostDirectory, HostRecord } from "../../../src/publish/contract.js";
import { startNameServer } from "../../support/name-server.js";
import { createDnsScene } from "./scene.js";

const [OLD, NEW] = ["10 13 2 aa", "20 13 2 bb"];
// RFC 6605 §6.1.
const KEY = "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==";
const TAG = 55_648;

test("each step follows from what the primary and the parent say", () => {
  const steps: [string, KeysSeen][] = [
    ["none", { leaving: [], wanted: [OLD], keys: [OLD], parent: [OLD] }],
    ["none", { leaving: [], wanted: [OLD], keys: [OLD], parent: [] }],
    ["announcing", { leaving: [10], wanted: [OLD], keys: [OLD], parent: [OLD] }],
    ["announcing", { leaving: [10], wanted: [OLD], keys: [OLD, NEW], parent: [OLD] }],
    ["parent", { leaving: [10], wanted: [NEW], keys: [OLD, NEW], parent: [OLD] }],
    ["parent", { leaving: [10], wanted: [NEW], keys: [OLD, NEW], parent: [] }],
    // BIND wants both for a while.
    ["parent", { leaving: [10], wanted: [OLD, NEW], keys: [OLD, NEW], parent: [OLD] }],
    ["finishing", { leaving: [10], wanted: [NEW], keys: [OLD, NEW], parent: [OLD, NEW] }],
    ["finishing", { leaving: [10], wanted: [NEW], keys: [OLD, NEW], parent: [NEW] }],
    ["done", { leaving: [10], wanted: [NEW], keys: [NEW], parent: [NEW] }],
    // A change that the primary began by itself is told too.
    ["parent", { leaving: [], wanted: [NEW], keys: [OLD, NEW], parent: [OLD] }],
    ["none", { leaving: [], wanted: [NEW], keys: [OLD, NEW], parent: [NEW] }],
    // Before the zone is signed, or where its keys were lost on the way.
    ["announcing", { leaving: [10], wanted: [], keys: [], parent: [OLD] }],
    ["none", { leaving: [], wanted: [], keys: [], parent: [] }],
  ];
  for (const [step, seen] of steps) assert.equal(stepOf(seen), step, JSON.stringify(seen));
});

test("a change is begun by who may, where it can end, and once", async (t) => {
  const { ctx, owner, stranger, unit, wanted } = await createDnsScene(t);
  const primary = await startNameServer(t, []);
  const world = await startNameServer(t, []);
  const host = (parentResolvers: string) =>
    ({
      ...{ id: "h", name: "web1", homes: "/srv", address: primary.address, web: null },
      ...{ options: { knot: { port: primary.port, parentResolvers } }, daemons: [{ name: "knot", role: "dns" }] },
    }) as unknown as HostRecord;
  let found = host("");
  const hosts: HostDirectory = { list: async () => [found], find: async () => found };
  const resolver = createResolver({ servers: [world], authorityPort: 53, innerAddresses: true }, { tryMs: 200, totalMs: 400 });
  const start = (as = owner) => startRollOver(as, { hosts, resolver }, "asso.test");

  await assert.rejects(start(), { code: "dns.roll_over_blind" });
  found = host("192.0.2.53");
  await assert.rejects(start(), { code: "dns.roll_over_silent" }, "not signed yet");
  primary.records.push({ type: "DNSKEY", name: "asso.test", data: { flags: 257, algorithm: 13, key: Buffer.from(KEY, "base64") } } as never);
  await assert.rejects(start(stranger), { code: "domains.domain_unknown" });
  await lockZone(owner, "asso.test", "");
  await assert.rejects(start(), { code: "dns.locked" });
  await unlockZone(owner, "asso.test");
  assert.equal(((await unit()).state as ZoneState).leavingKeys, undefined);

  const before = await wanted("asso.test");
  const zone = await start();
  assert.deepEqual([zone.rollOver, zone.leavingKeys], ["announcing", [TAG]]);
  assert.deepEqual(((await unit()).state as ZoneState).leavingKeys, [TAG]);
  assert.equal(await wanted("asso.test"), before + 1);
  await assert.rejects(start(), { code: "dns.roll_over_runs" });
  // Asked again: the only key is still the one that should leave.
  assert.equal((await checkDnssec(owner, { hosts, resolver }, "asso.test")).rollOver, "announcing");
  const verbs = async () => (await ctx.db.auditEntry.findMany({ where: { verb: { startsWith: "dns.zone.roll" } } })).map(({ verb }) => verb);
  assert.deepEqual(await verbs(), ["dns.zone.roll_over_begun"]);

  // Who turns signatures off changes no key any more.
  await editZone(owner, "asso.test", { signed: false, knowingly: true });
  const off = await getZone(ctx, "asso.test");
  assert.deepEqual([off.rollOver, off.leavingKeys], ["none", []]);
  await assert.rejects(start(), { code: "dns.not_signed" });
});

test("when the old key has left, the change is told as ended", async (t) => {
  const { ctx, owner } = await createDnsScene(t);
  const key = { type: "DNSKEY", name: "asso.test", data: { flags: 257, algorithm: 13, key: Buffer.from(KEY, "base64") } };
  const primary = await startNameServer(t, [key as never]);
  const world = await startNameServer(t, []);
  const host = {
    id: "h",
    name: "web1",
    homes: "/srv",
    address: primary.address,
    options: { knot: { port: primary.port } },
    daemons: [{ name: "knot", role: "dns" }],
  };
  const hosts: HostDirectory = { list: async () => [], find: async () => host as unknown as HostRecord };
  const resolver = createResolver({ servers: [world], authorityPort: 53, innerAddresses: true }, { tryMs: 200, totalMs: 400 });
  const check = () => checkDnssec(owner, { hosts, resolver }, "asso.test");
  const [ds] = (await check()).ds as string[];
  await ctx.db.zone.updateMany({ where: { name: "asso.test" }, data: { leavingKeys: [7], rollOver: "announcing" } });
  assert.equal((await check()).rollOver, "parent");
  world.records.push({
    type: "DS",
    name: "asso.test",
    data: { keyTag: TAG, algorithm: 13, digestType: 2, digest: Buffer.from((ds ?? "").split(" ")[3] as string, "hex") },
  });
  const ended = await check();
  assert.deepEqual([ended.rollOver, ended.leavingKeys, ended.parentState], ["none", [], "present"]);
  const [entry] = await ctx.db.auditEntry.findMany({ where: { verb: "dns.zone.rolled_over" } });
  assert.ok(entry);
});
