import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefusal } from "../../../src/core/errors.js";
import { resumeAccount, suspendAccount } from "../../../src/features/accounts/states.js";
import { addDomain, removeDomain, restoreDomain } from "../../../src/features/domains/index.js";
import { purgeSites, removeSite, restoreSite } from "../../../src/features/sites/removal.js";
import { addAddress, addSite, editSite, getSite, listSites, removeAddress } from "../../../src/features/sites/sites.js";
import { createScene } from "./scene.js";

const refused = (code: string, field?: string) => (error: unknown) => {
  assert.ok(isRefusal(error), String(error));
  assert.equal(error.code, code);
  if (field) assert.equal(error.fields[0]?.field, field);
  return true;
};

test("A site takes its address, the www twin, a folder, PHP and its domain in one act", async (t) => {
  const { account, owner } = await createScene(t);
  const { id } = await addSite(owner, { accountId: account.id, address: "Élan.test" });
  const site = await getSite(owner, id);
  assert.deepEqual(
    site.addresses.map(({ name }) => name),
    ["xn--lan-9la.test", "www.xn--lan-9la.test"],
  );
  assert.equal(site.canonical, "xn--lan-9la.test");
  assert.equal(site.folder, "www/elan.test");
  assert.equal(site.phpVersion, "8.4");
  assert.equal(site.title, "élan.test");
  assert.equal((await getSite(owner, "www.élan.test")).id, id);
  assert.equal((await listSites(owner, { q: "ÉLAN" })).total, 1);
  const units = await owner.db.publishUnit.findMany({ where: { accountId: account.id }, orderBy: { role: "asc" } });
  assert.deepEqual(
    units.map(({ role, key }) => [role, key]),
    [
      ["files", `${account.number}`],
      ["php", `${account.number}/8.4`],
      ["web", `${account.number}`],
    ],
  );
});

test("Another account sees, changes and takes nothing", async (t) => {
  const { account, owner, neighbour, stranger } = await createScene(t);
  const { id } = await addSite(owner, { accountId: account.id, address: "one.test" });
  await assert.rejects(getSite(stranger, id), refused("sites.site_unknown"));
  await assert.rejects(editSite(stranger, id, { kind: "maintenance" }), refused("sites.site_unknown"));
  await assert.rejects(removeSite(stranger, id), refused("sites.site_unknown"));
  await assert.rejects(addSite(stranger, { accountId: account.id, address: "two.test" }), refused("accounts.account_unknown"));
  await assert.rejects(addSite(stranger, { accountId: neighbour.id, address: "one.test" }), refused("domains.name_taken", "address"));
  await assert.rejects(addSite(stranger, { accountId: neighbour.id, address: "blog.one.test" }), refused("domains.needs_consent", "address"));
  assert.equal((await listSites(stranger)).total, 0);
});

test("Names of the panel, public suffixes and taken addresses are refused at the address", async (t) => {
  const { account, owner } = await createScene(t);
  const add = (address: string) => addSite(owner, { accountId: account.id, address });
  await assert.rejects(add("panel.test"), refused("domains.panel_name", "address"));
  await assert.rejects(add("x.panel.test"), refused("domains.panel_name", "address"));
  await assert.rejects(add("co.uk"), refused("domains.suffix_itself", "address"));
  await assert.rejects(add("foo.lan"), refused("domains.suffix_unknown", "address"));
  await assert.rejects(add("pas une adresse"), refused("sites.address_invalid", "address"));
  await add("one.test");
  await assert.rejects(add("www.one.test"), refused("sites.address_taken", "address"));
});

test("A sub-domain and a wildcard lie below the account's domain and have no twin", async (t) => {
  const { account, owner } = await createScene(t);
  await addSite(owner, { accountId: account.id, address: "one.test" });
  const { id } = await addSite(owner, { accountId: account.id, address: "*.one.test" });
  assert.deepEqual(
    (await getSite(owner, id)).addresses.map(({ name }) => name),
    ["*.one.test"],
  );
  await addAddress(owner, id, { address: "blog.one.test" });
  assert.deepEqual(
    (await getSite(owner, id)).addresses.map(({ name }) => name),
    ["blog.one.test", "*.one.test"],
  );
  assert.equal((await getSite(owner, id)).folder, "www/one.test-2");
  await removeAddress(owner, id, "*.one.test");
  await assert.rejects(removeAddress(owner, id, "blog.one.test"), refused("sites.last_address"));
});

test("Settings stay within the plan, and each fault is told at its field", async (t) => {
  const { account, owner } = await createScene(t, { plan: { phpMemoryMb: 128 } });
  const { id } = await addSite(owner, { accountId: account.id, address: "one.test" });
  await assert.rejects(editSite(owner, id, { memoryMb: 129, phpVersion: "7.4", folder: "../x", indexFiles: "a;b", errorPage404: "404.html" }), (error) => {
    assert.ok(isRefusal(error));
    assert.deepEqual(
      error.fields.map(({ field, code }) => [field, code]),
      [
        ["folder", "sites.folder_invalid"],
        ["phpVersion", "sites.php_version_unknown"],
        ["memoryMb", "sites.above_plan"],
        ["indexFiles", "sites.index_invalid"],
        ["errorPage404", "sites.error_page_invalid"],
      ],
    );
    return true;
  });
  const site = await editSite(owner, id, { memoryMb: 128, phpVersion: "8.2", errorPage404: "/404.html", hstsSeconds: 3600, forceHttps: true });
  assert.deepEqual([site.memoryMb, site.phpVersion, site.hstsSeconds, site.errorPages], [128, "8.2", 3600, { "404": "/404.html" }]);
});

test("A redirect may not lead to its own names, nor a proxy to an origin that nobody allowed", async (t) => {
  const { account, owner, ctx } = await createScene(t);
  const add = (kind: "redirect" | "proxy", target: string) => addSite(owner, { accountId: account.id, address: "one.test", kind, target, proxyTarget: target });
  await assert.rejects(add("redirect", "https://www.one.test/x"), refused("sites.target_own", "target"));
  await assert.rejects(add("redirect", "https://u:p@two.test/"), refused("sites.target_credentials", "target"));
  await assert.rejects(add("redirect", ""), refused("sites.target_missing", "target"));
  await assert.rejects(add("proxy", "http://127.0.0.1:8081"), refused("sites.proxy_target_refused", "proxyTarget"));
  await ctx.db.proxyTarget.create({ data: { origin: "http://10.9.8.7:3000" } });
  const proxy = await add("proxy", "http://10.9.8.7:3000/");
  assert.equal(proxy.proxyTarget, "http://10.9.8.7:3000");
  const redirect = await editSite(owner, proxy.id, { kind: "redirect", target: "example.org/a b".replace(" ", "%20"), redirectStatus: 308, keepPath: false });
  assert.deepEqual([redirect.target, redirect.redirectStatus, redirect.keepPath], ["https://example.org/a%20b", 308, false]);
  await assert.rejects(editSite(owner, proxy.id, { redirectStatus: 303 }), refused("sites.redirect_status_invalid", "redirectStatus"));
});

test("An edit that was overtaken is refused", async (t) => {
  const { account, owner } = await createScene(t);
  const site = await addSite(owner, { accountId: account.id, address: "one.test" });
  await editSite(owner, site.id, { keepPath: false, version: site.version });
  await assert.rejects(editSite(owner, site.id, { keepPath: true, version: site.version }), refused("sites.changed_meanwhile"));
});

test("The bin keeps a site whole, counts down, and lets go", async (t) => {
  const { account, owner, ctx } = await createScene(t);
  const { id } = await addSite(owner, { accountId: account.id, address: "one.test" });
  await removeSite(owner, id);
  assert.equal(await ctx.db.phpPool.count({ where: { accountId: account.id } }), 0);
  await assert.rejects(addSite(owner, { accountId: account.id, address: "one.test" }), refused("sites.address_in_bin", "address"));
  await assert.rejects(editSite(owner, id, { kind: "maintenance" }), refused("sites.in_bin"));
  const back = await restoreSite(owner, id);
  assert.equal(back.state, "live");
  assert.equal(await ctx.db.phpPool.count({ where: { accountId: account.id } }), 1);
  await removeSite(owner, id);
  assert.equal(await purgeSites(ctx), 0);
  ctx.clock.advance(31 * 86_400);
  assert.equal(await purgeSites(ctx), 1);
  await addSite(owner, { accountId: account.id, address: "one.test" });
});

test("A removed domain takes its names along and brings them back", async (t) => {
  const { account, owner, ctx } = await createScene(t);
  const { id } = await addSite(owner, { accountId: account.id, address: "one.test" });
  await removeDomain(owner, "one.test");
  const site = await getSite(owner, id);
  assert.ok(site.addresses.every(({ domain }) => domain.state === "bin"));
  await assert.rejects(addSite(owner, { accountId: account.id, address: "blog.one.test" }), refused("sites.domain_in_bin", "address"));
  await restoreDomain(owner, "one.test");
  const unit = await ctx.db.publishUnit.findFirstOrThrow({ where: { accountId: account.id, role: "web" } });
  assert.equal(unit.wanted, 3);
});

test("While an account is suspended its members change nothing, administrators do", async (t) => {
  const { account, owner, ctx } = await createScene(t);
  const { id } = await addSite(owner, { accountId: account.id, address: "one.test" });
  await suspendAccount(ctx, account.id, "cotisation impayée");
  await assert.rejects(editSite(owner, id, { keepPath: false }), refused("accounts.is_suspended"));
  await editSite(ctx, id, { keepPath: false });
  await resumeAccount(ctx, account.id);
  await editSite(owner, id, { keepPath: true });
});

test("Fifty racing creations against a ceiling of ten make ten", async (t) => {
  const { account, owner } = await createScene(t, { plan: { maxSites: 10 } });
  await addDomain(owner, { accountId: account.id, name: "race.test" });
  const acts = Array.from({ length: 50 }, (_, i) => addSite(owner, { accountId: account.id, address: `s${i}.race.test` }));
  const results = await Promise.allSettled(acts);
  const made = results.filter(({ status }) => status === "fulfilled").length;
  const other = results.filter((one) => one.status === "rejected" && !(isRefusal(one.reason) && one.reason.code === "sites.ceiling_reached"));
  assert.deepEqual(other, []);
  assert.equal(made, 10);
  assert.equal(await owner.db.site.count({ where: { accountId: account.id } }), 10);
});
