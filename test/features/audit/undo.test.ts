/** One change taken back from its entry: where it still stands, by who might have made it, and never twice. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { daemon as nginx } from "../../../src/daemons/nginx/daemon.js";
import { editAccount } from "../../../src/features/accounts/accounts.js";
import { suspendAccount } from "../../../src/features/accounts/states.js";
import { addRecord, editRecord, removeRecord } from "../../../src/features/dns/records.js";
import { addDomain } from "../../../src/features/domains/index.js";
import { addLogin, editLogin } from "../../../src/features/ftp/logins.js";
import { setSettings } from "../../../src/features/hosts/settings.js";
import { addAddress, addSite, editSite, removeAddress } from "../../../src/features/sites/sites.js";
import { type Daemon, publisherOf } from "../../../src/publish/index.js";
import { buildTestApp } from "../../support/app.js";
import type { Scope } from "../../support/database.js";
import { allowTestNames, createAccount, createHost, joinAccount } from "../../support/factories.js";

async function createScene(t: Scope) {
  const app = await buildTestApp(t, { daemons: [{ ...nginx, name: "speaker", role: "speech" } as unknown as Daemon] });
  const ctx = app.ctx();
  await allowTestNames(ctx);
  const host = await createHost(ctx, { name: "web1" });
  const account = await createAccount(ctx, { host, login: "club" });
  const neighbour = await createAccount(ctx, { host, login: "voisin" });
  await joinAccount(ctx, account, await app.createUser("jeanne"));
  await joinAccount(ctx, neighbour, await app.createUser("paul"));
  await app.createUser("admin", { admin: true });
  await addDomain(ctx, { accountId: account.id, name: "club.test" });
  const last = async (verb: string) => (await ctx.db.auditEntry.findFirstOrThrow({ where: { verb }, orderBy: { position: "desc" } })).position;
  const [jeanne, paul, admin] = [await app.as("jeanne"), await app.as("paul"), await app.as("admin")];
  const undo = async (who: typeof jeanne, verb: string) => {
    const answer = await who.api("POST", `/api/v1/history/${await last(verb)}/undo`);
    return answer.statusCode === 200 ? 200 : `${answer.statusCode} ${answer.json().error.code}`;
  };
  return { app, ctx, host, account, neighbour, last, undo, jeanne, paul, admin };
}

test("a site's settings and addresses go back; what changed since is named, strangers find nothing", async (t) => {
  const { ctx, account, undo, jeanne, paul, last } = await createScene(t);
  const site = await addSite(ctx, { accountId: account.id, address: "club.test", withWww: false, kind: "folder", folder: "www" });
  const row = () => ctx.db.site.findUniqueOrThrow({ where: { id: site.id }, include: { addresses: true } });
  const names = async () => (await row()).addresses.map(({ name }) => name).sort();
  await editSite(ctx, site.id, { kind: "redirect", target: "https://elsewhere.test/", forceHttps: true, errorPage404: "/no.html" });
  const first = await last("sites.site.edited");
  assert.equal(await undo(paul, "sites.site.edited"), "404 audit.entry_unknown");
  assert.equal(await undo(jeanne, "sites.site.edited"), 200);
  const back = await row();
  assert.deepEqual([back.kind, back.folder, back.forceHttps, back.errorPages], ["folder", "www", false, {}]);
  // The undo is an entry like any other, and is taken back as one.
  assert.equal(await undo(jeanne, "sites.site.edited"), 200);
  assert.equal((await row()).kind, "redirect");
  await editSite(ctx, site.id, { target: "https://third.test/" });
  const refused = await jeanne.api("POST", `/api/v1/history/${first}/undo`);
  assert.equal(refused.statusCode, 409);
  assert.match(refused.json().error.message, /target: https:\/\/elsewhere\.test\/ → https:\/\/third\.test\//);

  await addAddress(ctx, site.id, { address: "new.club.test" });
  assert.equal(await undo(jeanne, "sites.address.added"), 200);
  assert.deepEqual(await names(), ["club.test"]);
  assert.equal(await undo(jeanne, "sites.address.added"), "409 core.undo_changed");
  await addAddress(ctx, site.id, { address: "new.club.test" });
  await removeAddress(ctx, site.id, "new.club.test");
  assert.equal(await undo(jeanne, "sites.address.removed"), 200);
  assert.deepEqual(await names(), ["club.test", "new.club.test"]);
  assert.equal(await undo(jeanne, "sites.site.added"), 200);
  assert.equal((await row()).state, "bin");
  assert.equal(await undo(jeanne, "sites.site.removed"), 200);
  assert.equal((await row()).state, "live");
  assert.equal(await ctx.db.auditEntry.count({ where: { verb: "audit.entry.undone" } }), 6);
});

test("records of a zone go back one by one", async (t) => {
  const { app, ctx, undo, jeanne, paul } = await createScene(t);
  const { features } = app.services;
  const zone = await ctx.db.zone.findFirstOrThrow({ where: { name: "club.test" } });
  const record = await addRecord(ctx, features, zone.name, { name: "note", type: "TXT", value: "one" });
  const row = () => ctx.db.dnsRecord.findUniqueOrThrow({ where: { id: record.id } });
  await editRecord(ctx, features, zone.name, record.id, { value: "two" });
  assert.equal(await undo(paul, "dns.record.edited"), "404 audit.entry_unknown");
  assert.equal(await undo(jeanne, "dns.record.added"), "409 core.undo_changed");
  assert.equal(await undo(jeanne, "dns.record.edited"), 200);
  assert.equal((await row()).value, '"one"');
  await removeRecord(ctx, features, zone.name, record.id);
  assert.equal(await undo(jeanne, "dns.record.removed"), 200);
  assert.equal((await row()).state, "live");
  assert.equal(await undo(jeanne, "dns.record.added"), 200);
  assert.equal((await row()).state, "bin");
});

test("a login's settings go back, its password never", async (t) => {
  const { ctx, account, undo, jeanne, paul, last } = await createScene(t);
  const { login } = await addLogin(ctx, { accountId: account.id, folder: "www", days: 20 });
  const row = () => ctx.db.ftpLogin.findUniqueOrThrow({ where: { id: login.id } });
  const before = await row();
  await editLogin(ctx, login.id, { folder: "other", enabled: false, days: null });
  assert.equal(await undo(paul, "ftp.login.edited"), "404 audit.entry_unknown");
  assert.equal(await undo(jeanne, "ftp.login.edited"), 200);
  const after = await row();
  assert.deepEqual([after.folder, after.enabled, after.hash], ["www", true, before.hash]);
  assert.equal(after.expiresAt?.toISOString().slice(0, 10), before.expiresAt?.toISOString().slice(0, 10));
  await ctx.transaction(async (tx) =>
    tx.audit({ verb: "ftp.login.password_changed", accountId: account.id, object: { type: "login", id: login.id, name: login.name } }),
  );
  assert.equal(await undo(jeanne, "ftp.login.password_changed"), "409 audit.not_undoable");
  assert.ok((await last("ftp.login.password_changed")) > 0);
  for (const none of ["2147483648", "1e300"]) assert.equal((await jeanne.api("POST", `/api/v1/history/${none}/undo`)).statusCode, 404, none);
});

test("accounts and machines: for administrators, on the page too; an owner is offered nothing of it", async (t) => {
  const { app, ctx, account, host, undo, jeanne, admin, last } = await createScene(t);
  await suspendAccount(ctx, account.id, "unpaid");
  assert.equal(await undo(jeanne, "accounts.account.suspended"), "409 audit.not_undoable");
  const position = await last("accounts.account.suspended");
  assert.doesNotMatch((await jeanne.get("/history")).body, new RegExp(`/history/${position}/undo`));
  assert.match((await admin.get("/audit")).body, new RegExp(`/history/${position}/undo`));
  assert.equal((await admin.submit("/audit", `/history/${position}/undo`, {})).statusCode, 303);
  assert.equal((await ctx.db.account.findUniqueOrThrow({ where: { id: account.id } })).state, "active");
  const twice = await admin.submit("/audit", `/history/${position}/undo`, {});
  assert.equal(twice.statusCode, 409);
  assert.match(twice.body, /this has changed since/);
  await editAccount(ctx, account.id, { name: "Another name" });
  assert.equal(await undo(admin, "accounts.account.edited"), 200);
  assert.notEqual((await ctx.db.account.findUniqueOrThrow({ where: { id: account.id } })).name, "Another name");

  const { daemons } = publisherOf(app.services);
  const where = { hostId_daemon: { hostId: host.id, daemon: "speaker" } };
  await ctx.db.hostDaemon.upsert({ where, create: { hostId: host.id, daemon: "speaker", role: "speech" }, update: {} });
  await setSettings(ctx, daemons, host.id, "speaker", { tlsProfile: "intermediate" });
  assert.equal(await undo(jeanne, "hosts.daemon.set"), "404 audit.entry_unknown");
  assert.equal(await undo(admin, "hosts.daemon.set"), 200);
  const { options } = await ctx.db.hostDaemon.findUniqueOrThrow({ where });
  assert.equal((options as Record<string, unknown>)["tlsProfile"], "modern");
});
