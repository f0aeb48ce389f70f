import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefusal } from "../../../src/core/errors.js";
import { resumeAccount, suspendAccount } from "../../../src/features/accounts/states.js";
import { addRecord, getZone } from "../../../src/features/dns/index.js";
import { addDomain, domainNamed, removeDomain } from "../../../src/features/domains/index.js";
import { addAddress, addSite, editSite, getSite, removeSite } from "../../../src/features/sites/index.js";
import {
  acceptOffer,
  cancelOffer,
  countTransfer,
  expireOffers,
  giveDomain,
  listOffers,
  offerDomain,
  refuseOffer,
  undoMove,
} from "../../../src/features/transfers/offers.js";
import { memberOf } from "../../support/factories.js";
import { createScene } from "./scene.js";

const refused = (code: string) => (error: unknown) => {
  assert.ok(isRefusal(error), String(error));
  assert.equal(error.code, code);
  return true;
};

test("an offer that is accepted moves the domain with what has no files; the rest stops, stays, and comes back with it", async (t) => {
  const { app, ctx, giver, taker, asGiver, asTaker } = await createScene(t);
  const site = await addSite(asGiver, { accountId: giver.id, address: "club.test" });
  const redirect = await addSite(asGiver, { accountId: giver.id, address: "go.club.test", kind: "redirect", target: "https://example.org/" });
  const both = await addSite(asGiver, { accountId: giver.id, address: "shop.club.test" });
  await addAddress(asGiver, both.id, { address: "shop.other.test" });
  await editSite(asGiver, site.id, { canonical: "www.club.test" });
  assert.deepEqual(
    (await countTransfer(asGiver, "club.test", "taker")).map(({ what, key, count }) => [what, key, count]),
    [
      ["moves", "sites_without_files", 1],
      ["stops", "addresses", 3],
      ["stops", "sites", 1],
    ],
  );

  const offer = await offerDomain(asGiver, "club.test", { to: " Taker " });
  assert.equal((await domainNamed(ctx.db, "club.test"))?.accountId, giver.id, "nothing moves before it is accepted");
  await assert.rejects(acceptOffer(asGiver, offer.id), refused("transfers.offer_unknown"));
  await acceptOffer(asTaker, offer.id);

  assert.equal((await domainNamed(ctx.db, "club.test"))?.accountId, taker.id);
  assert.equal((await ctx.db.claim.findUniqueOrThrow({ where: { name: "club.test" } })).accountId, taker.id);
  assert.equal((await getSite(asTaker, "go.club.test")).id, redirect.id);
  assert.equal((await getSite(asTaker, "go.club.test")).folder, null, "a folder of the giver's is no folder of the taker's");
  const stayed = await getSite(asGiver, site.id);
  assert.deepEqual([stayed.state, stayed.addresses.length, stayed.canonical], ["bin", 0, null]);
  assert.deepEqual(
    (await getSite(asGiver, both.id)).addresses.map(({ name }) => name),
    ["shop.other.test"],
  );
  await addSite(asTaker, { accountId: taker.id, address: "club.test", withWww: false });
  await assert.rejects(addSite(asGiver, { accountId: giver.id, address: "new.club.test" }), refused("domains.needs_consent"));
  const audit = await ctx.db.auditEntry.findMany({ where: { verb: { startsWith: "domains.domain." } }, orderBy: { position: "asc" } });
  assert.deepEqual(
    audit.slice(-2).map(({ verb, accountId }) => [verb, accountId]),
    [
      ["domains.domain.left", giver.id],
      ["domains.domain.arrived", taker.id],
    ],
  );

  app.clock.advance(29 * 86_400);
  await assert.rejects(undoMove(asGiver, offer.id), refused("transfers.offer_unknown"));
  await removeSite(asTaker, "club.test");
  await undoMove(asTaker, offer.id);
  assert.equal((await domainNamed(ctx.db, "club.test"))?.accountId, giver.id);
  assert.equal((await getSite(asGiver, "go.club.test")).id, redirect.id);
  const back = await getSite(asGiver, site.id);
  assert.deepEqual([back.state, back.addresses.map(({ name }) => name), back.canonical], ["live", ["club.test", "www.club.test"], "www.club.test"]);
  assert.deepEqual(
    (await getSite(asGiver, both.id)).addresses.map(({ name }) => name),
    ["shop.club.test", "shop.other.test"],
  );
  await assert.rejects(undoMove(asTaker, offer.id), refused("transfers.not_undoable"));
});

test("an offer is refused, taken back or runs out, and then nobody can accept it", async (t) => {
  const { app, ctx, giver, asGiver, asTaker, stranger } = await createScene(t);
  for (const name of ["a.test", "b.test", "c.test"]) await addDomain(ctx, { accountId: giver.id, name });
  const [a, b, c] = [
    await offerDomain(asGiver, "a.test", { to: "taker" }),
    await offerDomain(asGiver, "b.test", { to: "taker" }),
    await offerDomain(asGiver, "c.test", { to: "taker" }),
  ];
  await assert.rejects(offerDomain(asGiver, "a.test", { to: "other" }), refused("transfers.already_offered"));
  await assert.rejects(refuseOffer(asGiver, a.id), refused("transfers.offer_unknown"));
  await assert.rejects(cancelOffer(asTaker, b.id), refused("transfers.offer_unknown"));
  for (const act of [acceptOffer, refuseOffer, cancelOffer, undoMove]) await assert.rejects(act(stranger, a.id), refused("transfers.offer_unknown"));
  assert.equal((await listOffers(stranger)).total, 0);
  await refuseOffer(asTaker, a.id);
  await cancelOffer(asGiver, b.id);
  app.clock.advance(15 * 86_400);
  await assert.rejects(acceptOffer(asTaker, c.id), refused("transfers.offer_closed"));
  assert.equal(await expireOffers(ctx), 1);
  for (const { id } of [a, b, c]) await assert.rejects(acceptOffer(asTaker, id), refused("transfers.offer_closed"));
  assert.deepEqual((await listOffers(asTaker)).rows.map(({ state }) => state).sort(), ["cancelled", "expired", "refused"]);
});

test("only an owner gives and takes, and a receiver must exist, be another one, and have room", async (t) => {
  const { app, ctx, giver, taker, asGiver, asTaker } = await createScene(t, { taker: { plan: { maxDomains: 1, maxSites: 0 } } });
  await addSite(asGiver, { accountId: giver.id, address: "club.test", kind: "redirect", target: "https://example.org/", withWww: false });
  await assert.rejects(offerDomain(app.ctx(memberOf(giver, "webmaster")), "club.test", { to: "taker" }), refused("domains.domain_unknown"));
  await assert.rejects(offerDomain(asGiver, "club.test", { to: "nobody" }), refused("transfers.receiver_unknown"));
  await assert.rejects(offerDomain(asGiver, "club.test", { to: "giver" }), refused("transfers.receiver_same"));
  await assert.rejects(giveDomain(asGiver, "club.test", { to: "taker" }), refused("core.not_found"));
  const offer = await offerDomain(asGiver, "club.test", { to: "taker" });
  await assert.rejects(acceptOffer(app.ctx(memberOf(taker, "webmaster")), offer.id), refused("transfers.offer_unknown"));
  await assert.rejects(acceptOffer(asTaker, offer.id), refused("sites.move_ceiling"));
  assert.equal((await getSite(asGiver, "club.test")).accountId, giver.id, "a refused move leaves everything where it was");
  await ctx.db.plan.update({ where: { id: taker.planId }, data: { maxSites: 5 } });
  await addDomain(ctx, { accountId: taker.id, name: "full.test" });
  await assert.rejects(acceptOffer(asTaker, offer.id), refused("domains.ceiling_reached"));
  await removeDomain(asTaker, "full.test");
  await removeDomain(asGiver, "club.test");
  await assert.rejects(acceptOffer(asTaker, offer.id), refused("domains.already_in_bin"));
});

test("what a suspended account offered before is not taken while it is suspended", async (t) => {
  const { ctx, giver, asGiver, asTaker } = await createScene(t);
  await addDomain(ctx, { accountId: giver.id, name: "club.test" });
  const offer = await offerDomain(asGiver, "club.test", { to: "taker" });
  await suspendAccount(ctx, giver.id, "asked to explain");
  await assert.rejects(acceptOffer(asTaker, offer.id), refused("transfers.giver_inactive"));
  await resumeAccount(ctx, giver.id);
  await acceptOffer(asTaker, offer.id);
});

test("an administrator moves a domain at once and takes it back; an open offer of it ends", async (t) => {
  const { app, ctx, giver, taker, asGiver, asTaker } = await createScene(t);
  await addDomain(ctx, { accountId: giver.id, name: "club.test" });
  const open = await offerDomain(asGiver, "club.test", { to: "other" });
  const moved = await giveDomain(ctx, "club.test", { to: "taker" });
  assert.equal((await domainNamed(ctx.db, "club.test"))?.accountId, taker.id);
  assert.equal((await ctx.db.domainOffer.findUniqueOrThrow({ where: { id: open.id } })).state, "cancelled");
  assert.equal((await listOffers(asTaker)).rows[0]?.id, moved.id);
  app.clock.advance(31 * 86_400);
  await assert.rejects(undoMove(ctx, moved.id), refused("transfers.not_undoable"));
  app.clock.advance(-2 * 86_400);
  await undoMove(ctx, moved.id);
  assert.equal((await domainNamed(ctx.db, "club.test"))?.accountId, giver.id);
});

test("the zone goes with its domain, records, notes and what was turned off", async (t) => {
  const { app, ctx, giver, taker, asGiver, asTaker } = await createScene(t);
  const { features } = app.services;
  const { id } = await addDomain(ctx, { accountId: giver.id, name: "club.test" });
  await addRecord(asGiver, features, "club.test", { name: "www", type: "TXT", value: '"hello"', note: "ours" });
  await ctx.db.dnsOverride.create({ data: { zoneId: (await getZone(ctx, id)).id, accountId: giver.id, name: "club.test", type: "MX" } });
  assert.deepEqual(await countTransfer(asGiver, "club.test"), [{ what: "moves", key: "records", count: 1 }]);
  await giveDomain(ctx, "club.test", { to: "taker" });
  await assert.rejects(getZone(asGiver, id), refused("domains.domain_unknown"));
  const zone = await getZone(asTaker, id);
  const [record] = await ctx.db.dnsRecord.findMany({ where: { zoneId: zone.id } });
  assert.deepEqual([zone.accountId, record?.accountId, record?.note], [taker.id, taker.id, "ours"]);
  assert.equal((await ctx.db.dnsOverride.findFirstOrThrow({ where: { zoneId: zone.id } })).accountId, taker.id);
  await addRecord(asTaker, features, "club.test", { name: "new", type: "TXT", value: '"theirs"' });
});
