import assert from "node:assert/strict";
import { test } from "node:test";
import type { Resolver } from "../../../src/core/dns/index.js";
import { isRefusal } from "../../../src/core/errors.js";
import { grantName } from "../../../src/features/domains/claims.js";
import { releaseDomain } from "../../../src/features/domains/domains.js";
import { addDomain, domainNamed, removeDomain } from "../../../src/features/domains/index.js";
import { addSite, getSite } from "../../../src/features/sites/index.js";
import { acceptOffer, giveDomain, offerDomain, undoMove } from "../../../src/features/transfers/offers.js";
import { challengeRecord, challengeServers, type ProofSources } from "../../../src/features/transfers/proofs.js";
import {
  cancelRequest,
  checkRequest,
  getRequest,
  grantRequest,
  listRequests,
  objectRequest,
  refuseRequest,
  requestName,
  settleRequests,
  WAITING_DAYS,
  yieldRequest,
} from "../../../src/features/transfers/requests.js";
import type { TestNameServer } from "../../support/name-server.js";
import { createScene } from "./scene.js";

const DAY = 86_400;
const refused = (code: string) => (error: unknown) => {
  assert.ok(isRefusal(error), String(error));
  assert.equal(error.code, code);
  return true;
};

function publish(world: TestNameServer, { name, token }: { name: string; token: string }): void {
  world.records.push({ type: "TXT", name: challengeRecord(name, token).name, ttl: 1, data: token });
}

const sourcesOf = (resolver: Resolver, nameServers: string[] = []): ProofSources => ({ resolver, nameServers });

test("a name that somebody holds is proven by its own TXT record, waits for an objection, and passes with what hangs on it", async (t) => {
  const { app, ctx, world, giver, taker, asGiver, asTaker } = await createScene(t);
  const site = await addSite(asGiver, { accountId: giver.id, address: "club.test" });
  const sources = sourcesOf(app.services.resolver);
  const request = await requestName(asTaker, { accountId: taker.id, name: "Club.test." });
  assert.equal((await requestName(asTaker, { accountId: taker.id, name: "club.test" })).id, request.id, "asking twice is one request");
  assert.equal((await listRequests(asGiver, { side: "held" })).total, 0, "who asks without proof does not disturb");
  await assert.rejects(getRequest(asGiver, request.id), refused("transfers.request_unknown"));
  await assert.rejects(yieldRequest(asGiver, request.id), refused("transfers.request_unknown"));

  world.records.push({ type: "TXT", name: "_mutu-challenge.club.test", ttl: 1, data: ["some", request.token.slice(0, 10)] });
  const early = await checkRequest(asTaker, sources, request.id);
  assert.deepEqual([early.proof.by, early.request.state, early.proof.seen.length], [null, "waiting", 1]);
  await assert.rejects(checkRequest(asTaker, sources, request.id), refused("transfers.check_again"));
  publish(world, request);
  app.clock.advance(10);
  assert.equal((await checkRequest(asTaker, sources, request.id)).request.state, "proven");
  assert.equal((await listRequests(asGiver, { side: "held" })).total, 1, "now the holder is told");

  await settleRequests(ctx, sources);
  assert.equal((await domainNamed(ctx.db, "club.test"))?.accountId, giver.id, "not before the waiting is over");
  app.clock.advance(WAITING_DAYS * DAY + 60);
  await settleRequests(ctx, sources);
  assert.equal((await domainNamed(ctx.db, "club.test"))?.accountId, taker.id);
  assert.equal((await getRequest(asTaker, request.id)).state, "granted");
  assert.equal((await getSite(asGiver, site.id)).state, "bin", "files stay with the holder");
  const move = await ctx.db.domainOffer.findFirstOrThrow({ where: { name: "club.test" } });
  await undoMove(ctx, move.id);
  assert.equal((await getSite(asGiver, "club.test")).state, "live");
});

test("a proof that is gone when the waiting ends proves nothing, and silence of the DNS decides nothing", async (t) => {
  const { app, ctx, world, giver, taker, asTaker } = await createScene(t);
  const sources = sourcesOf(app.services.resolver);
  await addDomain(ctx, { accountId: giver.id, name: "club.test" });
  const request = await requestName(asTaker, { accountId: taker.id, name: "club.test" });
  publish(world, request);
  await checkRequest(asTaker, sources, request.id);
  app.clock.advance(WAITING_DAYS * DAY + 60);
  world.mood = "failing";
  await settleRequests(ctx, sources);
  assert.equal((await getRequest(asTaker, request.id)).state, "proven");
  world.mood = "well";
  world.records = [];
  await settleRequests(ctx, sources);
  assert.equal((await getRequest(asTaker, request.id)).state, "waiting");
  assert.equal((await domainNamed(ctx.db, "club.test"))?.accountId, giver.id);
  app.clock.advance(40 * DAY);
  await settleRequests(ctx, sources);
  assert.equal((await getRequest(asTaker, request.id)).state, "expired");
});

test("a proof is bound to its account: another's record proves nothing", async (t) => {
  const { app, ctx, world, giver, taker, asTaker, stranger } = await createScene(t);
  const sources = sourcesOf(app.services.resolver);
  await addDomain(ctx, { accountId: giver.id, name: "club.test" });
  const mine = await requestName(asTaker, { accountId: taker.id, name: "club.test" });
  const other = await ctx.db.account.findFirstOrThrow({ where: { login: "other" } });
  const theirs = await requestName(stranger, { accountId: other.id, name: "club.test" });
  publish(world, mine);
  assert.equal((await checkRequest(stranger, sources, theirs.id)).proof.by, null);
  await assert.rejects(checkRequest(stranger, sources, mine.id), refused("transfers.request_unknown"));
  assert.equal((await checkRequest(asTaker, sources, mine.id)).proof.by, "txt");
});

test("a delegation to a name of ours that only this request has proves it too", async (t) => {
  const { app, ctx, world, giver, taker, asTaker } = await createScene(t);
  await addDomain(ctx, { accountId: giver.id, name: "club.test" });
  const request = await requestName(asTaker, { accountId: taker.id, name: "club.test" });
  world.records.push(
    { type: "NS", name: "test", ttl: 1, data: "ns.registry.test" },
    { type: "A", name: "ns.registry.test", ttl: 1, data: "127.0.0.1" },
    { type: "NS", name: "club.test", ttl: 1, data: "ns1.hoster.example" },
  );
  world.delegated.add("club.test");
  // The TXT record below a delegated name is asked of a resolver; here the same server plays it, and knows none.
  const sources = sourcesOf(app.services.resolver, ["ns1.hoster.example"]);
  assert.equal((await checkRequest(asTaker, sources, request.id)).proof.by, null, "our name servers alone are the holder's too");
  world.records.push({ type: "NS", name: "club.test", ttl: 1, data: challengeServers(request.token, ["ns1.hoster.example"])[0] ?? "" });
  app.clock.advance(10);
  assert.equal((await checkRequest(asTaker, sources, request.id)).proof.by, "delegation");
});

test("the holder gives at once, or objects and administrators decide", async (t) => {
  const { app, ctx, world, giver, taker, asGiver, asTaker, stranger } = await createScene(t);
  const sources = sourcesOf(app.services.resolver);
  for (const name of ["a.test", "b.test", "c.test"]) await addDomain(ctx, { accountId: giver.id, name });
  const proven = async (name: string) => {
    const request = await requestName(asTaker, { accountId: taker.id, name });
    publish(world, request);
    return (await checkRequest(asTaker, sources, request.id)).request;
  };
  const [a, b, c] = [await proven("a.test"), await proven("b.test"), await proven("c.test")];
  for (const act of [yieldRequest, objectRequest, cancelRequest]) await assert.rejects(act(stranger, a.id), refused("transfers.request_unknown"));
  for (const act of [yieldRequest, objectRequest]) await assert.rejects(act(asTaker, a.id), refused("transfers.request_unknown"));
  for (const act of [grantRequest, refuseRequest]) await assert.rejects(act(asTaker, a.id), refused("core.not_found"));
  await yieldRequest(asGiver, a.id);
  assert.equal((await domainNamed(ctx.db, "a.test"))?.accountId, taker.id);
  for (const { id } of [b, c]) assert.equal((await objectRequest(asGiver, id)).state, "objected");
  app.clock.advance(60 * DAY);
  await settleRequests(ctx, sources);
  assert.equal((await domainNamed(ctx.db, "b.test"))?.accountId, giver.id, "time alone does not decide against an objection");
  await grantRequest(ctx, b.id);
  assert.equal((await domainNamed(ctx.db, "b.test"))?.accountId, taker.id);
  await refuseRequest(ctx, c.id);
  assert.equal((await domainNamed(ctx.db, "c.test"))?.accountId, giver.id);
  await assert.rejects(grantRequest(ctx, c.id), refused("transfers.request_closed"));
});

test("a name below another account's domain: its owner agrees, and the name can be added", async (t) => {
  const { ctx, giver, taker, asGiver, asTaker } = await createScene(t);
  await addDomain(ctx, { accountId: giver.id, name: "club.test" });
  await assert.rejects(addDomain(asTaker, { accountId: taker.id, name: "blog.club.test" }), refused("domains.needs_consent"));
  const request = await requestName(asTaker, { accountId: taker.id, name: "blog.club.test" });
  assert.equal(request.kind, "consent");
  assert.equal((await listRequests(asGiver, { side: "held" })).rows[0]?.id, request.id);
  await yieldRequest(asGiver, request.id);
  await addDomain(asTaker, { accountId: taker.id, name: "blog.club.test" });
  assert.equal((await domainNamed(ctx.db, "club.test"))?.accountId, giver.id, "the domain above stays");
  const second = await requestName(asTaker, { accountId: taker.id, name: "shop.club.test" });
  assert.equal((await objectRequest(asGiver, second.id)).state, "refused");
});

test("a name in the holder's bin is let go, a full plan is told and tried again, a free name needs nobody", async (t) => {
  const { app, ctx, world, giver, taker, asTaker } = await createScene(t, { taker: { plan: { maxDomains: 0 } } });
  const sources = sourcesOf(app.services.resolver);
  await assert.rejects(requestName(asTaker, { accountId: taker.id, name: "free.test" }), refused("transfers.name_free"));
  for (const name of ["live.test", "binned.test"]) await addDomain(ctx, { accountId: giver.id, name });
  await removeDomain(ctx, "binned.test");
  for (const name of ["live.test", "binned.test"]) {
    const request = await requestName(asTaker, { accountId: taker.id, name });
    publish(world, request);
    await checkRequest(asTaker, sources, request.id);
  }
  app.clock.advance(WAITING_DAYS * DAY + 60);
  await settleRequests(ctx, sources);
  const rows = (await listRequests(asTaker, { side: "asked" })).rows;
  const of = (name: string) => rows.find((one) => one.name === name);
  assert.equal(of("binned.test")?.state, "granted");
  assert.equal(await domainNamed(ctx.db, "binned.test"), null);
  assert.deepEqual([of("live.test")?.state, JSON.parse(of("live.test")?.fault ?? "{}").code], ["proven", "domains.ceiling_reached"]);
  await ctx.db.plan.update({ where: { id: taker.planId }, data: { maxDomains: 3 } });
  await settleRequests(ctx, sources);
  assert.equal((await domainNamed(ctx.db, "live.test"))?.accountId, taker.id);
});

test("who passed a domain on decides no more about its name: the new holder hears of it and has its own week", async (t) => {
  const { app, ctx, world, giver, taker, asGiver, asTaker, stranger } = await createScene(t);
  const sources = sourcesOf(app.services.resolver);
  await addDomain(ctx, { accountId: giver.id, name: "club.test" });
  const request = await requestName(asTaker, { accountId: taker.id, name: "club.test" });
  publish(world, request);
  await checkRequest(asTaker, sources, request.id);
  app.clock.advance((WAITING_DAYS - 1) * DAY);
  const offer = await offerDomain(asGiver, "club.test", { to: "other" });
  await acceptOffer(stranger, offer.id);
  for (const act of [yieldRequest, objectRequest]) await assert.rejects(act(asGiver, request.id), refused("transfers.request_unknown"));
  assert.equal((await listRequests(asGiver, { side: "held" })).total, 0);
  assert.equal((await listRequests(stranger, { side: "held" })).total, 1);
  app.clock.advance(2 * DAY);
  await settleRequests(ctx, sources);
  const other = await ctx.db.account.findFirstOrThrow({ where: { login: "other" } });
  assert.equal((await domainNamed(ctx.db, "club.test"))?.accountId, other.id, "the former holder's week is not the new one's");
  assert.equal((await objectRequest(stranger, request.id)).state, "objected");
});

test("a consent gives no domain that came to stand there meanwhile, whoever says yes", async (t) => {
  const { ctx, giver, taker, asGiver, asTaker, stranger } = await createScene(t);
  const other = await ctx.db.account.findFirstOrThrow({ where: { login: "other" } });
  await addDomain(ctx, { accountId: giver.id, name: "club.test" });
  const request = await requestName(asTaker, { accountId: taker.id, name: "team.club.test" });
  assert.equal(request.kind, "consent");
  await grantName(ctx, { accountId: other.id, name: "team.club.test" });
  await addDomain(stranger, { accountId: other.id, name: "team.club.test" });
  await assert.rejects(yieldRequest(asGiver, request.id), refused("transfers.request_outdated"));
  await assert.rejects(grantRequest(ctx, request.id), refused("transfers.request_outdated"));
  assert.equal((await domainNamed(ctx.db, "team.club.test"))?.accountId, other.id);
  const again = await requestName(asTaker, { accountId: taker.id, name: "team.club.test" });
  assert.deepEqual([again.id, again.kind, again.holderId, again.state], [request.id, "claim", other.id, "waiting"], "asking again asks who is there now");
});

test("a name that was let go and taken by somebody else is not its first holder's to give", async (t) => {
  const { app, ctx, world, giver, taker, asGiver, asTaker, stranger } = await createScene(t);
  const sources = sourcesOf(app.services.resolver);
  const other = await ctx.db.account.findFirstOrThrow({ where: { login: "other" } });
  await addDomain(ctx, { accountId: giver.id, name: "club.test" });
  const request = await requestName(asTaker, { accountId: taker.id, name: "club.test" });
  publish(world, request);
  await checkRequest(asTaker, sources, request.id);
  await removeDomain(asGiver, "club.test");
  await releaseDomain(asGiver, "club.test");
  await addDomain(stranger, { accountId: other.id, name: "club.test" });
  await assert.rejects(yieldRequest(asGiver, request.id), refused("transfers.request_outdated"));
  app.clock.advance((WAITING_DAYS + 1) * DAY);
  await settleRequests(ctx, sources);
  assert.equal((await domainNamed(ctx.db, "club.test"))?.accountId, other.id);
});

test("a domain that is passed back and forth does not keep its owner waiting for ever", async (t) => {
  const { app, ctx, world, giver, taker, asTaker } = await createScene(t);
  const sources = sourcesOf(app.services.resolver);
  await addDomain(ctx, { accountId: giver.id, name: "club.test" });
  const request = await requestName(asTaker, { accountId: taker.id, name: "club.test" });
  publish(world, request);
  await checkRequest(asTaker, sources, request.id);
  for (const to of ["other", "giver", "other", "giver"]) {
    app.clock.advance((WAITING_DAYS - 1) * DAY);
    await giveDomain(ctx, "club.test", { to });
    await settleRequests(ctx, sources);
  }
  assert.equal((await domainNamed(ctx.db, "club.test"))?.accountId, taker.id);
});
