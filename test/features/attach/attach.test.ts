import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "dns-packet";
import fc from "fast-check";
import { isRefusal } from "../../../src/core/errors.js";
import { candidatesOf, dataOf } from "../../../src/features/attach/candidates.js";
import { attachDomain, getLook, lookAt } from "../../../src/features/attach/looks.js";
import { checkData, getZone, readTable } from "../../../src/features/dns/index.js";
import { addDomain } from "../../../src/features/domains/index.js";
import { createAccount, memberOf } from "../../support/factories.js";
import { HOSTILE_STRINGS } from "../../support/hostile.js";
import { createHealthScene, type HealthScene } from "../health/scene.js";

/** A domain as small associations have it: mail at a provider, a website somewhere, a proof for a service. */
function oldHome({ world, delegate }: HealthScene): void {
  const add = (type: string, name: string, data: unknown) => world.records.push({ type, name, ttl: 3600, data } as Answer);
  delegate("asso.test", ["ns1.old.test", "ns2.old.test"]);
  add("MX", "asso.test", { preference: 10, exchange: "mx.mail.example" });
  add("MX", "asso.test", { preference: 20, exchange: "relay.asso.test" });
  add("A", "relay.asso.test", "203.0.113.25");
  add("TXT", "asso.test", "v=spf1 include:mail.example -all");
  add("TXT", "asso.test", "google-site-verification=abc");
  add("TXT", "_dmarc.asso.test", "v=DMARC1; p=none");
  add("TXT", "mail._domainkey.asso.test", ["v=DKIM1; k=rsa; p=", "A".repeat(200)]);
  add("CNAME", "selector1._domainkey.asso.test", "selector1.mail.example");
  add("A", "asso.test", "203.0.113.80");
  add("CNAME", "www.asso.test", "asso.test");
  add("CAA", "asso.test", { flags: 0, tag: "issue", value: "letsencrypt.org", issuerCritical: false });
}

const own = async ({ ctx, app }: HealthScene, name: string) => {
  const { rows } = await readTable(ctx.db, app.services.features, await getZone(ctx, name));
  return rows.filter(({ id }) => id !== null).map((row) => `${row.name} ${row.data.type} ${row.value}`);
};

test("DNS with us: mail and proofs that exist are kept, the website is left unless it is asked for", async (t) => {
  const scene = await createHealthScene(t);
  const { owner, account, app } = scene;
  oldHome(scene);
  const { id } = await lookAt(owner, app.services, { accountId: account.id, name: "Asso.test" });
  const { seen } = await getLook(owner, id);
  assert.deepEqual(seen.nameServers, ["ns1.old.test", "ns2.old.test"]);
  assert.deepEqual(Object.fromEntries(seen.candidates.map(({ key, group }) => [key, group])), {
    "asso.test MX 10 mx.mail.example.": "mail",
    "asso.test MX 20 relay.asso.test.": "mail",
    "asso.test A 203.0.113.80": "web",
    'asso.test TXT "v=spf1 include:mail.example -all"': "mail",
    'asso.test TXT "google-site-verification=abc"': "other",
    'asso.test CAA 0 issue "letsencrypt.org"': "other",
    "www.asso.test CNAME asso.test.": "web",
    "relay.asso.test A 203.0.113.25": "mail",
    '_dmarc.asso.test TXT "v=DMARC1; p=none"': "mail",
    [`mail._domainkey.asso.test TXT "v=DKIM1; k=rsa; p=" "${"A".repeat(200)}"`]: "mail",
    "selector1._domainkey.asso.test CNAME selector1.mail.example.": "mail",
  });
  await assert.rejects(getZone(owner, "asso.test"), (error) => isRefusal(error) && error.status === 404, "nothing was added by looking");
  const { kept, left } = await attachDomain(owner, app.services, id, { way: "hosted" });
  assert.deepEqual([kept, left], [9, []]);
  const records = await own(scene, "asso.test");
  assert.ok(records.includes("asso.test MX 10 mx.mail.example.") && !records.some((one) => one.includes("203.0.113.80")));
  await assert.rejects(attachDomain(owner, app.services, id, { way: "hosted" }), (error) => isRefusal(error) && error.code === "attach.look_unknown");
});

test("I keep my DNS: nothing is taken over, and the zone is published nowhere", async (t) => {
  const scene = await createHealthScene(t);
  const { owner, account, app } = scene;
  oldHome(scene);
  const { id } = await lookAt(owner, app.services, { accountId: account.id, name: "asso.test" });
  assert.equal((await attachDomain(owner, app.services, id, { way: "external" })).kept, 0);
  assert.equal((await getZone(owner, "asso.test")).mode, "external");
  assert.deepEqual(await own(scene, "asso.test"), []);
});

test("a name that exists nowhere, and a DNS that does not answer, do not stand in the way", async (t) => {
  const scene = await createHealthScene(t);
  const { owner, account, app, world } = scene;
  const fresh = await lookAt(owner, app.services, { accountId: account.id, name: "brandnew.test" });
  assert.deepEqual((await getLook(owner, fresh.id)).seen, { silent: false, nameServers: [], ds: [], candidates: [], odd: 0 });
  world.mood = "silent";
  const started = performance.now();
  const blind = await lookAt(owner, app.services, { accountId: account.id, name: "blind.test" });
  assert.ok(performance.now() - started < 20_000);
  assert.equal((await getLook(owner, blind.id)).seen.silent, true);
  await attachDomain(owner, app.services, blind.id, { way: "hosted" });
  assert.equal((await getZone(owner, "blind.test")).mode, "hosted");
});

test("a wildcard is told once, and not as every name that was asked", async (t) => {
  const scene = await createHealthScene(t);
  const { owner, account, app, world } = scene;
  scene.delegate("asso.test", ["ns1.old.test"]);
  world.records.push({ type: "A", name: "asso.test", ttl: 60, data: "203.0.113.80" });
  world.wildcard = { type: "A", name: "asso.test", ttl: 60, data: "203.0.113.81" };
  const { id } = await lookAt(owner, app.services, { accountId: account.id, name: "asso.test" });
  assert.deepEqual(
    (await getLook(owner, id)).seen.candidates.map(({ key }) => key),
    ["asso.test A 203.0.113.80", "*.asso.test A 203.0.113.81"],
  );
});

test("the same refusals as adding come before anybody is asked; only one's own looks are found", async (t) => {
  const scene = await createHealthScene(t);
  const { ctx, owner, account, app, world } = scene;
  const other = await createAccount(ctx, { host: account.host });
  await addDomain(ctx, { accountId: other.id, name: "taken.test" });
  world.asked.length = 0;
  for (const [name, code] of [
    ["taken.test", "domains.name_taken"],
    ["below.taken.test", "domains.needs_consent"],
    ["panel.test", "domains.panel_name"],
    ["no name", "domains.name_invalid"],
  ] as const)
    await assert.rejects(lookAt(owner, app.services, { accountId: account.id, name }), (error) => isRefusal(error) && error.code === code, name);
  assert.deepEqual(world.asked, []);
  const { id } = await lookAt(owner, app.services, { accountId: account.id, name: "mine.test" });
  for (const who of [app.ctx(memberOf(other)), app.ctx(memberOf(account, "reader"))]) {
    await assert.rejects(getLook(who, id), (error) => isRefusal(error) && error.status === 404);
    await assert.rejects(attachDomain(who, app.services, id, { way: "hosted" }), (error) => isRefusal(error) && error.status === 404);
  }
});

test("records that contradict each other are left, and told", async (t) => {
  const scene = await createHealthScene(t);
  const { owner, account, app, ctx } = scene;
  const row = await lookAt(owner, app.services, { accountId: account.id, name: "asso.test" });
  const { candidates, odd } = candidatesOf("asso.test", [
    { name: "mail.asso.test.", type: "CNAME", ttl: 60, value: "a.example." },
    { name: "mail.asso.test.", type: "A", ttl: 60, value: "192.0.2.1" },
    { name: "elsewhere.example.", type: "A", ttl: 60, value: "192.0.2.1" },
    { name: "a\\.b.asso.test.", type: "A", ttl: 60, value: "192.0.2.1" },
  ]);
  assert.equal(odd, 2, "what lies outside, and a name that no zone of ours serves");
  await ctx.db.domainLook.update({ where: { id: row.id }, data: { seen: { silent: false, nameServers: [], ds: [], candidates, odd } as never } });
  const { kept, left } = await attachDomain(owner, app.services, row.id, { way: "hosted" });
  assert.deepEqual([kept, left], [1, ["mail.asso.test A 192.0.2.1"]]);
});

test("whatever strangers' DNS says, what is kept passes the rules of zones", () => {
  const text = fc.oneof(fc.constantFrom(...HOSTILE_STRINGS), fc.string(), fc.string({ unit: "binary" }));
  const type = fc.constantFrom("A", "AAAA", "CNAME", "MX", "TXT", "SRV", "CAA", "TLSA", "SSHFP", "HTTPS", "NS", "DS", "SOA", "DNSKEY");
  fc.assert(
    fc.property(fc.array(fc.record({ name: text, type, ttl: fc.nat(), value: text }), { maxLength: 20 }), (records) => {
      const { candidates, odd } = candidatesOf("asso.test", records as never);
      assert.ok(candidates.length + odd <= records.length);
      for (const one of candidates) {
        const data = dataOf(one);
        assert.ok(data);
        assert.deepEqual(checkData(data), []);
        assert.match(one.name, /^[a-z0-9_*.-]+$/);
        assert.ok(one.ttl >= 300 && one.ttl <= 86_400);
      }
    }),
    { numRuns: 500 },
  );
});

test("a look at a name whose mail servers have names of odd bytes ends, and keeps what is sound", async (t) => {
  const scene = await createHealthScene(t);
  oldHome(scene);
  // dns-packet writes one byte a letter: twenty that no text can hold, below the domain's own name.
  scene.world.records.push({ type: "MX", name: "asso.test", ttl: 60, data: { preference: 5, exchange: `${"\u0001".repeat(20)}.asso.test` } } as Answer);
  const { id } = await lookAt(scene.owner, scene.app.services, { accountId: scene.account.id, name: "asso.test" });
  const { seen } = await getLook(scene.owner, id);
  assert.equal(seen.odd, 1);
  assert.ok(seen.candidates.some(({ key }) => key === "asso.test MX 10 mx.mail.example."));
});

test("looks of an account are bounded in number, in time and in what they hold", async (t) => {
  const { app, ctx, account, owner, world } = await createHealthScene(t);
  await ctx.db.domainLook.createMany({
    data: Array.from({ length: 12 }, (_, at) => ({
      accountId: account.id,
      name: `n${at}.test`,
      seen: {},
      createdAt: new Date(app.clock.now().getTime() - 120_000 - at),
    })),
  });
  world.mood = "failing";
  for (let at = 0; at < 10; at += 1) await lookAt(owner, app.services, { accountId: account.id, name: `m${at}.test` });
  await assert.rejects(
    lookAt(owner, app.services, { accountId: account.id, name: "late.test" }),
    (error) => isRefusal(error) && error.code === "attach.looks_many",
  );
  assert.equal(await ctx.db.domainLook.count({ where: { accountId: account.id } }), 10);
  app.clock.advance(61);
  await lookAt(owner, app.services, { accountId: account.id, name: "late.test" });

  const long = Array.from(
    { length: 40 },
    (_, at) => ({ name: "a.test.", type: "TXT", ttl: 60, value: `"${`${at}`.padEnd(255, "x")}" `.repeat(15).trim() }) as const,
  );
  const { candidates, odd } = candidatesOf("a.test", long);
  assert.ok(candidates.reduce((sum, { key }) => sum + key.length, 0) <= 100_000);
  assert.equal(candidates.length + odd, 40);
});
