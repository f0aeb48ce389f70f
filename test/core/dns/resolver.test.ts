import assert from "node:assert/strict";
import { test } from "node:test";
import { askDelegation } from "../../../src/core/dns/delegation.js";
import { createResolver, type Resolver } from "../../../src/core/dns/resolver.js";
import { isOuterAddress, parseServers, resolverSettings } from "../../../src/core/dns/servers.js";
import { Gate } from "../../../src/core/gate.js";
import { resolverEnv, startNameServer, type TestNameServer } from "../../support/name-server.js";

/** Of those who hear nothing. */
const FAST = { tryMs: 150, totalMs: 400 };
const PATIENT = { tryMs: 10_000, totalMs: 40_000 };

function resolverOf(server: TestNameServer, limits = PATIENT): Resolver {
  return createResolver(resolverSettings({ mode: "test", ...resolverEnv(server) }), limits);
}

test("records come with their TTL, what is not there is told apart from what nobody knows", async (t) => {
  const server = await startNameServer(t, [
    { type: "MX", name: "asso.test", ttl: 1234, data: { preference: 5, exchange: "mx.asso.test" } },
    { type: "CNAME", name: "www.asso.test", ttl: 60, data: "host.elsewhere.test" },
    { type: "A", name: "host.elsewhere.test", ttl: 60, data: "192.0.2.7" },
  ]);
  const resolver = resolverOf(server);
  assert.deepEqual(await resolver.ask("asso.test", "MX"), {
    state: "found",
    records: [{ name: "asso.test.", type: "MX", ttl: 1234, value: "5 mx.asso.test." }],
    alias: null,
  });
  assert.deepEqual(await resolver.ask("asso.test", "CAA"), { state: "none", nameExists: true });
  assert.deepEqual(await resolver.ask("nobody.test", "A"), { state: "none", nameExists: false });
  const www = await resolver.ask("www.asso.test", "A");
  assert.ok(www.state === "found" && www.alias === "host.elsewhere.test." && www.records[0]?.value === "192.0.2.7");
});

test("what does not fit into a datagram comes over TCP", async (t) => {
  const strings = Array.from({ length: 40 }, (_, at) => `${at}`.padStart(200, "x"));
  const server = await startNameServer(t, [{ type: "TXT", name: "long.test", ttl: 1, data: strings }]);
  const seen = await resolverOf(server).ask("long.test", "TXT");
  assert.ok(seen.state === "found");
  assert.equal(seen.records[0]?.value, strings.map((one) => `"${one}"`).join(" "));
  assert.deepEqual(server.asked, ["TXT long.test", "TXT long.test"]);
});

test("a resolver that is silent, away, failing or talking nonsense is a reason, in bounded time", async (t) => {
  const server = await startNameServer(t);
  const resolver = resolverOf(server, FAST);
  const started = performance.now();
  server.mood = "silent";
  assert.deepEqual(await resolver.ask("a.test", "A"), { state: "unknown", reason: "timeout" });
  server.mood = "failing";
  assert.deepEqual(await resolver.ask("b.test", "A"), { state: "unknown", reason: "failed" });
  server.mood = "well";
  server.raw = () => Buffer.from("nonsense that is no message");
  assert.deepEqual(await resolver.ask("c.test", "A"), { state: "unknown", reason: "timeout" });
  await server.close();
  assert.deepEqual(await resolver.ask("d.test", "A"), { state: "unknown", reason: "unreachable" });
  assert.ok(performance.now() - started < 4 * PATIENT.totalMs);
});

test("the second resolver is asked when the first is away", async (t) => {
  const server = await startNameServer(t, [{ type: "A", name: "a.test", ttl: 1, data: "192.0.2.1" }]);
  const resolver = createResolver({ servers: [{ address: "127.0.0.1", port: 1 }, server], authorityPort: 53, innerAddresses: true }, PATIENT);
  assert.equal((await resolver.ask("a.test", "A")).state, "found");
});

test("an answer is remembered shortly, a fresh one is asked for, and questions under way are shared", async (t) => {
  const server = await startNameServer(t, [{ type: "A", name: "a.test", ttl: 1, data: "192.0.2.1" }]);
  const resolver = resolverOf(server);
  await Promise.all([resolver.ask("a.test", "A"), resolver.ask("a.test", "A")]);
  await resolver.ask("a.test", "A");
  assert.equal(server.asked.length, 1);
  await resolver.ask("a.test", "A", { fresh: true });
  assert.equal(server.asked.length, 2);
});

test("the parent says who serves a name, and with which keys", async (t) => {
  const digest = Buffer.from("ab".repeat(32), "hex");
  const server = await startNameServer(t, [
    { type: "NS", name: "test", ttl: 60, data: "ns.registry.test" },
    { type: "A", name: "ns.registry.test", ttl: 60, data: "127.0.0.1" },
    { type: "NS", name: "asso.test", ttl: 3600, data: "ns2.old.test" },
    { type: "NS", name: "asso.test", ttl: 3600, data: "ns1.old.test" },
    { type: "DS", name: "asso.test", ttl: 3600, data: { keyTag: 1, algorithm: 13, digestType: 2, digest } },
  ]);
  server.delegated.add("asso.test");
  const resolver = resolverOf(server);
  assert.deepEqual(await askDelegation(resolver, "asso.test"), {
    state: "seen",
    parent: "test",
    nameServers: ["ns1.old.test.", "ns2.old.test."],
    ds: [`1 13 2 ${"ab".repeat(32)}`],
    ttl: 3600,
  });
  assert.deepEqual(await askDelegation(resolver, "free.test"), { state: "seen", parent: "test", nameServers: [], ds: [], ttl: 0 });
  server.mood = "silent";
  assert.deepEqual(await askDelegation(resolverOf(server, FAST), "other.example"), { state: "unknown", reason: "timeout" });
});

test("a stranger's name server with an address of an inner network is not asked in production", async (t) => {
  const server = await startNameServer(t, [
    { type: "NS", name: "test", ttl: 60, data: "ns.registry.test" },
    { type: "A", name: "ns.registry.test", ttl: 60, data: "127.0.0.1" },
  ]);
  const resolver = createResolver(resolverSettings({ mode: "production", ...resolverEnv(server) }), PATIENT);
  assert.deepEqual(await askDelegation(resolver, "asso.test"), { state: "unknown", reason: "no_server" });
  assert.ok(!server.asked.includes("NS asso.test"));
  for (const inner of ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1", "x"]) assert.equal(isOuterAddress(inner), false, inner);
  for (const outer of ["193.0.0.1", "2a01:4f8::1"]) assert.equal(isOuterAddress(outer), true, outer);
});

test("settings of the resolver are read, or refused with the name to mend", () => {
  assert.deepEqual(parseServers("192.0.2.1, [2001:db8::1]:5353 2001:db8::2 127.0.0.1:5300"), [
    { address: "192.0.2.1", port: 53 },
    { address: "2001:db8::1", port: 5353 },
    { address: "2001:db8::2", port: 53 },
    { address: "127.0.0.1", port: 5300 },
  ]);
  for (const wrong of ["resolver.example", "192.0.2.1:0", "192.0.2.1:70000", "[192.0.2]:53"]) assert.equal(parseServers(wrong), null, wrong);
  assert.throws(() => resolverSettings({ mode: "test", extra: (name) => (name === "MUTU_RESOLVER" ? "nonsense" : null) }), /MUTU_RESOLVER must be/);
});

test("no more than so many acts run at once, and the line has an end", async () => {
  const gate = new Gate(2, 3);
  let running = 0;
  let most = 0;
  const ends: (() => void)[] = [];
  const act = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((end) => ends.push(end));
    running -= 1;
    return true;
  };
  const passed = Array.from({ length: 6 }, () => gate.pass(act));
  assert.equal(await passed[5], null);
  for (let ended = 0; ended < 5; ended += 1) {
    while (ends.length === 0) await new Promise(setImmediate);
    ends.shift()?.();
  }
  assert.deepEqual(await Promise.all(passed), [true, true, true, true, true, null]);
  assert.equal(most, 2);
});
