/** Names between accounts, and between members and the panel: what a twin, a wildcard or a consent must not reach. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefusal } from "../../../src/core/errors.js";
import { grantName } from "../../../src/features/domains/claims.js";
import { addDomain, writePolicy } from "../../../src/features/domains/index.js";
import { removeSite, restoreSite } from "../../../src/features/sites/removal.js";
import { addAddress, addSite } from "../../../src/features/sites/sites.js";
import { createAccount, memberOf } from "../../support/factories.js";
import { createScene } from "./scene.js";

const refused = (code: string) => (error: unknown) => {
  assert.ok(isRefusal(error));
  assert.equal(error.code, code);
  return true;
};

test("Neither a twin nor a wildcard takes a name of the panel", async (t) => {
  const { ctx, account, owner } = await createScene(t);
  await writePolicy(ctx.db, { localNames: true, panelNames: ["www.club.test", "secure.hoster.test"] });
  const add = (address: string, withWww?: boolean) => addSite(owner, { accountId: account.id, address, withWww });
  for (const name of ["club.test", "hoster.test"]) {
    await assert.rejects(add(name, false), refused("domains.panel_name"), "who holds a domain says where the panel's name below it leads");
    await addDomain(ctx, { accountId: account.id, name });
  }
  await assert.rejects(add("club.test"), refused("domains.panel_name"));
  await assert.rejects(add("*.club.test"), refused("domains.panel_name"));
  const site = await add("club.test", false);
  await assert.rejects(addAddress(owner, site.id, { address: "*.club.test" }), refused("domains.panel_name"));
  await assert.rejects(add("*.hoster.test"), refused("domains.panel_name"));
  await add("*.shop.hoster.test");
});

test("A consent does not reach past a third account's domain that lies below it", async (t) => {
  const { ctx, account, neighbour, stranger } = await createScene(t);
  const third = await createAccount(ctx, { host: account.host });
  await addDomain(ctx, { accountId: account.id, name: "club.test" });
  await grantName(ctx, { accountId: third.id, name: "x.blog.club.test" });
  await grantName(ctx, { accountId: neighbour.id, name: "blog.club.test" });
  await addDomain(ctx.as(memberOf(third)), { accountId: third.id, name: "x.blog.club.test" });
  await assert.rejects(addDomain(stranger, { accountId: neighbour.id, name: "y.x.blog.club.test" }), refused("domains.needs_consent"));
  await assert.rejects(addSite(stranger, { accountId: neighbour.id, address: "y.x.blog.club.test" }), refused("domains.needs_consent"));
  await assert.rejects(addSite(stranger, { accountId: neighbour.id, address: "*.blog.club.test" }), refused("sites.wildcard_covers_other"));
  await addSite(stranger, { accountId: neighbour.id, address: "z.blog.club.test" });
});

test("A name in the bin is taken by nobody, in no spelling, and comes back to whom it belonged", async (t) => {
  const { account, owner, neighbour, stranger } = await createScene(t);
  const site = await addSite(owner, { accountId: account.id, address: "café.test" });
  await removeSite(owner, site.id);
  for (const spelling of [
    "café.test",
    "CAFÉ.test",
    "cafe\u0301.test",
    "xn--caf-dma.test",
    "www.café.test",
    "café.test.",
    "ｃafé.test",
    "café。test",
    "deep.café.test",
  ]) {
    await assert.rejects(addSite(stranger, { accountId: neighbour.id, address: spelling }), (error) => isRefusal(error), spelling);
  }
  await assert.rejects(restoreSite(stranger, site.id), refused("sites.site_unknown"));
  await restoreSite(owner, site.id);
});

test("An act in one account with the id of another finds nothing", async (t) => {
  const { account, owner, neighbour } = await createScene(t);
  await assert.rejects(addSite(owner, { accountId: neighbour.id, address: "free.test" }), refused("accounts.account_unknown"));
  await assert.rejects(addDomain(owner, { accountId: neighbour.id, name: "free.test" }), refused("accounts.account_unknown"));
  const extra = { accountId: account.id, address: "free.test", state: "bin", id: "planted", account: { connect: { id: neighbour.id } }, title: "planted" };
  const site = await addSite(owner, extra as never);
  assert.equal(site.accountId, account.id);
  assert.equal(site.state, "live");
  assert.notEqual(site.id, "planted");
  assert.equal(site.title, "free.test");
});
