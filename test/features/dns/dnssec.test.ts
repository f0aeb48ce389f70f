/** The prober and the chain of signatures, against a name server that answers over real sockets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createResolver } from "../../../src/core/dns/index.js";
import { checkDnssec, compareDs, dsOfKey } from "../../../src/features/dns/dnssec.js";
import { probers } from "../../../src/features/dns/probers.js";
import type { HostDirectory, HostRecord } from "../../../src/publish/contract.js";
import { startNameServer, type TestNameServer } from "../../support/name-server.js";
import { createDnsScene } from "./scene.js";

// RFC 6605 §6.1.
const KEY = "257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==";
const DIGEST = "b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17";
const TAG = 55_648;
const DS = `${TAG} 13 2 ${DIGEST}`;

const hostAt = (server: TestNameServer) =>
  ({
    id: "h",
    name: "web1",
    homes: "/srv",
    address: server.address,
    options: { knot: { port: server.port } },
    daemons: [{ name: "knot", role: "dns" }],
    web: null,
  }) as unknown as HostRecord;

test("a DS record is made of a key as RFC 6605 shows it, and only of one that signs keys", () => {
  assert.equal(dsOfKey("example.net", KEY), DS);
  assert.equal(dsOfKey("example.net", KEY.replace(/^257/, "256")), null);
  assert.equal(dsOfKey("example.net", KEY.replace(/^257/, "385")), null);
});

test("chains: what the parent has against what the primary wants", () => {
  assert.equal(compareDs([DS], []), "absent");
  assert.equal(compareDs([DS], ["1 5 2 ab"]), "partial");
  assert.equal(compareDs([DS], ["1 5 2 ab", DS]), "present");
});

test("the prober takes the hash of this very zone, and nothing else", async (t) => {
  const server = await startNameServer(t, [{ type: "TXT", name: "_mutu-probe.asso.test", data: "a".repeat(64) }]);
  const prober = probers["dns"] ?? assert.fail();
  const ask = (zone: string) => prober.ask(hostAt(server), { kind: "dns", name: zone }, "", 1000);
  assert.equal(prober.reaches(hostAt(server)), true);
  assert.equal(prober.reaches({ ...hostAt(server), daemons: [] }), false);
  assert.deepEqual(await ask("asso.test"), { status: 200, body: "a".repeat(64) });
  assert.equal(((await ask("other.test")) as { status: number }).status, 404);
  server.mood = "silent";
  assert.deepEqual(await prober.ask(hostAt(server), { kind: "dns", name: "asso.test" }, "", 200), { error: "timeout" });
  await server.close();
  assert.ok("error" in (await ask("asso.test")));
});

test("a check asks both sides, keeps what it learned, and does not take silence for absence", async (t) => {
  const { ctx, owner, stranger } = await createDnsScene(t);
  const primary = await startNameServer(t, [{ type: "CDS" as never, name: "asso.test", data: Buffer.from(`d9600d02${DIGEST}`, "hex") } as never]);
  const world = await startNameServer(t, []);
  const hosts: HostDirectory = { list: async () => [hostAt(primary)], find: async () => hostAt(primary) };
  const resolver = createResolver({ servers: [world], authorityPort: 53, innerAddresses: true }, { tryMs: 200, totalMs: 400 });
  const check = () => checkDnssec(owner, { hosts, resolver }, "asso.test");
  let zone = await check();
  assert.deepEqual([zone.parentState, zone.ds], ["absent", [DS]]);
  world.records.push({ type: "DS", name: "asso.test", data: { keyTag: TAG, algorithm: 13, digestType: 2, digest: Buffer.from(DIGEST, "hex") } });
  zone = await check();
  assert.equal(zone.parentState, "present");
  world.mood = "silent";
  primary.mood = "silent";
  zone = await check();
  assert.deepEqual([zone.parentState, zone.ds], ["unknown", [DS]]);
  await assert.rejects(checkDnssec(stranger, { hosts, resolver }, "asso.test"), { code: "domains.domain_unknown" });
  assert.ok(ctx);
});
