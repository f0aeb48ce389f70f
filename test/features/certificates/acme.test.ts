/** Certificates from pebble, for names whose HTTP-01 the panel's own plain port answers: everything but the machines. */
import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, type TestContext, test } from "node:test";
import type { Answer } from "dns-packet";
import { createPlainServer } from "../../../src/core/http/listen.js";
import { chooseAuthority, currentAccount } from "../../../src/features/certificates/authorities.js";
import { answerChallenge } from "../../../src/features/certificates/plain-answer.js";
import { readProblem } from "../../../src/features/certificates/problems.js";
import { renewDue } from "../../../src/features/certificates/renewals.js";
import { getSubject, type ShownSubject } from "../../../src/features/certificates/subjects.js";
import { addAddress, addSite } from "../../../src/features/sites/sites.js";
import { buildTestApp, type TestApp } from "../../support/app.js";
import { createAccount } from "../../support/factories.js";
import { resolverEnv, startNameServer, type TestNameServer } from "../../support/name-server.js";
import { type Pebble, type PebbleOptions, startPebble } from "./pebble.js";

interface World {
  app: TestApp;
  dns: TestNameServer;
  pebble: Pebble;
  /** Done before a challenge is answered. */
  fetched: (() => Promise<void>) | null;
  /** Names whose challenges are answered wrongly. */
  refuse: Set<string>;
  run(): Promise<string>;
  site(...names: string[]): Promise<string>;
}

const a = (name: string, data = "127.0.0.1"): Answer => ({ type: "A", name, ttl: 60, data });

async function raise(t: TestContext, options: Partial<PebbleOptions> = {}): Promise<World> {
  const dns = await startNameServer(t);
  let app: TestApp | null = null;
  const refuse = new Set<string>();
  const plain = createPlainServer("https://panel.test", [async (path) => (app ? answerChallenge(app.services)(path) : null)]);
  const [answer] = plain.listeners("request") as ((request: IncomingMessage, response: ServerResponse) => void)[];
  plain.removeAllListeners("request").on("request", (request: IncomingMessage, response: ServerResponse) => {
    if (refuse.has((request.headers.host ?? "").split(":")[0] ?? "")) response.end("somebody else");
    else void Promise.resolve(world.fetched?.()).finally(() => answer?.(request, response));
  });
  await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
  t.after(() => plain.close());
  const pebble = await startPebble(t, { resolver: `${dns.address}:${dns.port}`, httpPort: (plain.address() as AddressInfo).port, ...options });
  const extra = (name: string) => (name === "MUTU_ACME_ROOTS" ? pebble.roots : resolverEnv(dns).extra(name));
  app = await buildTestApp(t, { env: { extra, origin: "https://localhost" } });
  const { services } = app;
  const account = await createAccount(app.ctx());
  await services.db.host.update({ where: { id: account.webHostId }, data: { publicIpv4: "127.0.0.1" } });
  const ctx = app.ctx();
  const world: World = {
    ...{ app, dns, pebble, refuse, fetched: null },
    run: () => renewDue(ctx, services),
    async site(first, ...others) {
      const site = await addSite(ctx, { accountId: account.id, address: first, withWww: false, kind: "folder" });
      for (const address of others) await addAddress(ctx, site.id, { address });
      return site.id;
    },
  };
  return world;
}

const namesOf = (subject: ShownSubject): string[] => (subject.current?.names ?? []) as string[];

async function choose({ app, pebble }: World, input: object = {}) {
  return chooseAuthority(app.ctx(), app.services, { directory: pebble.directory, contact: "admin@example.org", termsAgreed: true, ...input });
}

describe("ACME", { timeout: 400_000 }, () => {
  test("a site gets one certificate for all its addresses", async (t) => {
    const world = await raise(t);
    const id = await world.site("asso.example.org", "www.asso.example.org");
    world.dns.records.push(a("asso.example.org"), a("www.asso.example.org"));
    assert.match(await world.run(), /authority: none/);
    const account = await choose(world);
    assert.ok(account.url);
    assert.equal(await world.run(), "1 obtained, 0 failed, 0 looked at");
    const subject = await getSubject(world.app.ctx(), id);
    assert.equal(subject.state, "valid");
    assert.deepEqual(namesOf(subject), ["asso.example.org", "www.asso.example.org"]);
    assert.ok(subject.nextAt && subject.nextAt > world.app.clock.now());
    assert.equal(await world.run(), "nothing due");
    assert.equal((await currentAccount(world.app.services.db))?.directory, world.pebble.directory);
    assert.equal(readProblem(subject.problem), null);
  });

  test("one of ten names leads elsewhere: nine are covered, the tenth is told, and comes along once it leads here", async (t) => {
    const world = await raise(t);
    await choose(world);
    const names = Array.from({ length: 10 }, (_, index) => `n${index}.example.org`);
    const id = await world.site(names[0] as string, ...names.slice(1));
    world.dns.records.push(...names.map((name, index) => a(name, index === 7 ? "192.0.2.77" : "127.0.0.1")));
    assert.equal(await world.run(), "1 obtained, 0 failed, 0 looked at");
    let subject = await getSubject(world.app.ctx(), id);
    assert.equal(subject.state, "partial");
    assert.equal(namesOf(subject).length, 9);
    const seventh = subject.names.find(({ name }) => name === "n7.example.org");
    const problem = readProblem(seventh?.problem ?? null);
    assert.deepEqual([seventh?.state, problem?.code, problem?.data["seen"]], ["failing", "certificates.points_elsewhere", "192.0.2.77"]);
    assert.ok(seventh?.nextAt && seventh.nextAt > world.app.clock.now());
    assert.equal(await world.run(), "nothing due");

    world.dns.records.splice(0, world.dns.records.length, ...names.map((name) => a(name)));
    world.app.clock.advance(600);
    assert.equal(await world.run(), "1 obtained, 0 failed, 0 looked at");
    subject = await getSubject(world.app.ctx(), id);
    assert.deepEqual([subject.state, namesOf(subject).length], ["valid", 10]);
  });

  test("what the authority itself refuses is left out and ordered again without; CAA is asked before", async (t) => {
    const world = await raise(t, { caaIdentities: ["Our-CA.example"], blocked: ["blocked.example.org"] });
    await choose(world);
    const id = await world.site("good.example.org", "bad.example.org", "forbidden.example.net", "blocked.example.org");
    world.dns.records.push(a("good.example.org"), a("bad.example.org"), a("forbidden.example.net"), a("blocked.example.org"));
    world.dns.records.push({ type: "CAA", name: "example.net", ttl: 60, data: { flags: 0, tag: "issue", value: "other-ca.example" } } as Answer);
    world.refuse.add("bad.example.org");
    assert.equal(await world.run(), "1 obtained, 0 failed, 0 looked at");
    const subject = await getSubject(world.app.ctx(), id);
    assert.deepEqual(namesOf(subject), ["good.example.org"]);
    const codes = Object.fromEntries(subject.names.map(({ name, problem }) => [name, readProblem(problem)?.code]));
    assert.deepEqual(codes, {
      "good.example.org": undefined,
      "bad.example.org": "certificates.authority_unauthorized",
      "forbidden.example.net": "certificates.caa_forbids",
      "blocked.example.org": "certificates.authority_rejected",
    });
    const orders = await world.app.services.db.acmeOrder.findMany({ orderBy: { at: "asc" }, select: { names: true, ok: true } });
    assert.deepEqual(orders.map(({ names, ok }) => [names, ok]).sort(), [
      ["bad.example.org blocked.example.org good.example.org", false],
      ["bad.example.org good.example.org", false],
      ["good.example.org", true],
    ]);
  });

  test("twenty percent of refused nonces change nothing", async (t) => {
    const world = await raise(t, { nonceReject: 20 });
    await choose(world);
    const ids = await Promise.all(["one", "two", "three"].map((word) => world.site(`${word}.example.org`)));
    world.dns.records.push(...["one", "two", "three"].map((word) => a(`${word}.example.org`)));
    assert.equal(await world.run(), "3 obtained, 0 failed, 0 looked at");
    for (const id of ids) assert.equal((await getSubject(world.app.ctx(), id)).state, "valid");
  });

  test("an authority that is down is left alone, longer each time; then it goes on by itself", async (t) => {
    const world = await raise(t);
    await choose(world);
    const id = await world.site("asso.example.org");
    world.dns.records.push(a("asso.example.org"));
    await world.pebble.stop();
    assert.equal(await world.run(), "1 due, authority: away");
    assert.equal(await world.run(), "1 due, authority: paused");
    world.app.clock.advance(400);
    assert.equal(await world.run(), "1 due, authority: away");
    world.app.clock.advance(400);
    assert.equal(await world.run(), "1 due, authority: paused", "the second pause is longer");
    const account = await currentAccount(world.app.services.db);
    assert.equal(readProblem(account?.problem ?? null)?.code, "certificates.authority_away");
    assert.equal((await getSubject(world.app.ctx(), id)).failures, 0, "it is not the name's fault");
    await world.pebble.start();
    world.app.clock.advance(400);
    // pebble forgot our account with its memory: that is told, and asks for a person.
    assert.equal(await world.run(), "0 obtained, 1 failed, 0 looked at");
    assert.equal(readProblem((await currentAccount(world.app.services.db))?.problem ?? null)?.code, "certificates.authority_refused");
    await choose(world);
    assert.equal(await world.run(), "1 obtained, 0 failed, 0 looked at");
    assert.equal((await currentAccount(world.app.services.db))?.problem, null);
  });

  test("a clock that jumps asks for nothing and drops nothing", async (t) => {
    const world = await raise(t);
    await choose(world);
    const id = await world.site("asso.example.org");
    world.dns.records.push(a("asso.example.org"));
    await world.run();
    const { currentId, nextAt } = await getSubject(world.app.ctx(), id);
    const years = 10 * 365 * 86_400;
    world.app.clock.advance(years);
    assert.equal(await world.run(), "1 due, authority: away");
    assert.equal(readProblem((await currentAccount(world.app.services.db))?.problem ?? null)?.code, "certificates.clock_ahead");
    assert.equal(await world.run(), "1 due, authority: paused");
    world.app.clock.advance(-years);
    // What the wrong clock wrote (a pause that ends in ten years) is not believed.
    assert.equal(await world.run(), "nothing due");
    await world.app.services.db.certificateSubject.update({
      where: { siteId: id },
      data: { nextAt: new Date(world.app.clock.now().getTime() + years * 1000) },
    });
    assert.equal(await world.run(), "0 obtained, 0 failed, 1 looked at");
    world.app.clock.advance(-years);
    assert.equal(await world.run(), "1 due, authority: away");
    assert.equal(readProblem((await currentAccount(world.app.services.db))?.problem ?? null)?.code, "certificates.clock_behind");
    world.app.clock.advance(years);
    const after = await getSubject(world.app.ctx(), id);
    assert.equal(after.currentId, currentId);
    assert.ok(nextAt);
    assert.equal(await world.app.services.db.acmeOrder.count(), 1, "nothing was ordered meanwhile");
  });

  test("a renewal is another certificate with another key; the budget stops what repeats too often", async (t) => {
    const world = await raise(t);
    await choose(world);
    const id = await world.site("asso.example.org");
    world.dns.records.push(a("asso.example.org"));
    await world.run();
    const { db } = world.app.services;
    const first = await getSubject(world.app.ctx(), id);
    for (let turn = 2; turn <= 6; turn += 1) {
      const now = world.app.clock.now();
      const { currentId } = await getSubject(world.app.ctx(), id);
      await db.certificate.update({ where: { id: currentId as string }, data: { renewAt: now } });
      await db.certificateSubject.update({ where: { siteId: id }, data: { nextAt: now } });
      world.app.clock.advance(1);
      assert.equal(await world.run(), turn < 6 ? "1 obtained, 0 failed, 0 looked at" : "0 obtained, 1 failed, 0 looked at");
    }
    const last = await getSubject(world.app.ctx(), id);
    assert.notEqual(last.current?.fingerprint, first.current?.fingerprint);
    assert.notEqual(last.current?.key, first.current?.key);
    assert.ok((last.current?.number ?? 0) > (first.current?.number ?? 0));
    assert.equal(readProblem(last.problem)?.code, "certificates.budget_same");
    const week = 7 * 86_400_000;
    const until = (last.nextAt?.getTime() ?? 0) - world.app.clock.now().getTime();
    assert.ok(until > week - 120_000 && until <= week, "tried again when there is room, not before");
  });

  test("an address that comes while its site's certificate is being asked for is asked for right after", async (t) => {
    const world = await raise(t);
    await choose(world);
    const id = await world.site("asso.example.org");
    world.dns.records.push(a("asso.example.org"), a("www.asso.example.org"));
    // The moment in which pebble fetches the proof.
    world.fetched = async () => {
      world.fetched = null;
      await addAddress(world.app.ctx(), id, { address: "www.asso.example.org" });
    };
    assert.equal(await world.run(), "1 obtained, 0 failed, 0 looked at");
    assert.equal(await world.run(), "1 obtained, 0 failed, 0 looked at");
    assert.deepEqual(namesOf(await getSubject(world.app.ctx(), id)), ["asso.example.org", "www.asso.example.org"]);
  });

  test("an authority that says when to renew is listened to (RFC 9773)", async (t) => {
    let window: { start: Date; end: Date } | null = null;
    const world = await raise(t, { renewalWindow: () => window });
    await choose(world);
    const id = await world.site("asso.example.org");
    world.dns.records.push(a("asso.example.org"));
    await world.run();
    const first = await getSubject(world.app.ctx(), id);
    assert.match(first.current?.ariId ?? "", /^[\w-]{20,}\.[\w-]{8,}$/);
    const look = async () => {
      await world.app.services.db.certificateSubject.update({ where: { siteId: id }, data: { nextAt: world.app.clock.now() } });
      return world.run();
    };
    assert.equal(await look(), "0 obtained, 0 failed, 1 looked at", "it does not say: two thirds of the life");
    const soon = world.app.clock.now().getTime() + 3_600_000;
    window = { start: new Date(soon), end: new Date(soon + 1000) };
    assert.equal(await look(), "0 obtained, 0 failed, 1 looked at");
    const planned = await getSubject(world.app.ctx(), id);
    const late = (planned.current?.renewAt.getTime() ?? 0) - soon;
    assert.ok(late >= 0 && late <= 1000, "within the window");
    assert.deepEqual(planned.nextAt, planned.current?.renewAt);
    window = { start: new Date(0), end: new Date(1000) };
    assert.equal(await look(), "1 obtained, 0 failed, 0 looked at", "a certificate that is to be revoked is renewed at once");
    assert.notEqual((await getSubject(world.app.ctx(), id)).currentId, first.currentId);
    assert.deepEqual(
      world.pebble.asked,
      Array.from({ length: 3 }, () => `/renewal-info/${first.current?.ariId}`),
    );
  });

  test("an authority for customers: its key opens an account, and stays sealed", async (t) => {
    const secret = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";
    const world = await raise(t, { eab: { "kid-1": secret } });
    await assert.rejects(choose(world, { termsAgreed: false }), { code: "certificates.terms_needed" });
    await assert.rejects(choose(world), { code: "certificates.eab_needed" });
    await assert.rejects(choose(world, { eabKeyId: "kid-1" }), { code: "certificates.eab_secret_needed" });
    await assert.rejects(choose(world, { eabKeyId: "kid-9", eabSecret: secret }), { code: "certificates.authority_refused" });
    const account = await choose(world, { eabKeyId: "kid-1", eabSecret: secret });
    assert.ok(account.url);
    assert.doesNotMatch(JSON.stringify(account), new RegExp(secret));
    const told = JSON.stringify(await world.app.services.db.auditPayload.findMany());
    assert.doesNotMatch(told, new RegExp(secret));
    await assert.rejects(choose(world, { directory: "http://127.0.0.1/dir" }), { code: "certificates.directory_invalid" });
    await assert.rejects(choose(world, { directory: world.pebble.directory.replace("/dir", "/nonce-plz") }), { code: /certificates\.authority_/ });
  });
});
