import assert from "node:assert/strict";
import { test } from "node:test";
import { purgeAccounts, removeAccount, restoreAccount, suspendAccount } from "../../../src/features/accounts/states.js";
import { removeDomain } from "../../../src/features/domains/index.js";
import { removeSite } from "../../../src/features/sites/removal.js";
import { filesRole, phpRole, webRole } from "../../../src/features/sites/roles.js";
import { addSite, editSite } from "../../../src/features/sites/sites.js";
import { createAccount, createHost } from "../../support/factories.js";
import { createScene } from "./scene.js";

async function scene(t: Parameters<typeof createScene>[0]) {
  const made = await createScene(t, { plan: { phpMemoryMb: 256, phpUploadMb: 64, phpTimeSeconds: 60, phpWorkers: 4, connections: 30, diskMb: 900 } });
  const { ctx, account } = made;
  const host = { id: account.host.id, name: account.host.name, homes: account.host.homes, options: {} };
  const key = String(account.number);
  const only = <T>(found: T[]): T => found[0] ?? assert.fail("nothing collected");
  return {
    ...made,
    host,
    key,
    web: async () => only(await webRole.collect(ctx.db, host, [key])),
    php: async (version = "8.4") => only(await phpRole.collect(ctx.db, host, [`${key}/${version}`])),
    files: async () => only(await filesRole.collect(ctx.db, host, [key])),
  };
}

test("A folder site's state is complete: names, canonical, root, every PHP value", async (t) => {
  const { account, owner, web, php, files, key } = await scene(t);
  const site = await addSite(owner, { accountId: account.id, address: "club.test", memoryMb: 128, language: "en" });
  const unit = await web();
  const pool = await owner.db.phpPool.findFirstOrThrow({ where: { accountId: account.id } });
  assert.match(pool.socket, /^[0-9a-f]{32}\.sock$/);
  assert.equal(pool.master, `m${String(account.number % 16).padStart(2, "0")}`);
  assert.deepEqual(unit, {
    key,
    accountId: account.id,
    says: [{ key: "sites.plan.folder_php", data: { name: "club.test", folder: "www/club.test", version: "8.4", memory: 128 } }],
    claims: ["club.test", "www.club.test"],
    withdrawn: false,
    probes: [
      { kind: "web", name: "club.test" },
      { kind: "web", name: "www.club.test" },
    ],
    state: {
      kind: "account",
      account: { number: account.number, login: account.login },
      home: `/srv/mutu/homes/${key}`,
      connectionLimit: 30,
      sites: [
        {
          id: site.id,
          names: ["club.test", "www.club.test"],
          canonical: "club.test",
          forceHttps: false,
          hstsSeconds: null,
          serve: {
            kind: "folder",
            root: `/srv/mutu/homes/${key}/www/club.test`,
            php: {
              version: "8.4",
              master: pool.master,
              socket: pool.socket,
              values: { max_execution_time: "60", memory_limit: "128M", post_max_size: "65M", upload_max_filesize: "64M" },
            },
            index: ["index.php", "index.html", "index.htm"],
            errorPages: {},
          },
        },
      ],
    },
  });
  const { state, probes } = await php();
  assert.deepEqual(probes, [{ kind: "php", name: "club.test" }]);
  assert.deepEqual([state?.workers, state?.memoryMb, state?.socket, state?.envelope], [4, 256, pool.socket, `${account.login}@${account.host.name}`]);
  assert.deepEqual((await files()).state, {
    account: { number: account.number, login: account.login },
    home: "present",
    path: `/srv/mutu/homes/${key}`,
    diskMb: 900,
    folders: [{ path: "www/club.test", starter: "en" }],
  });
});

test("Suspension is a notice on every name, withdrawn, and no pool; removal is nothing; restoring brings all back", async (t) => {
  const { account, owner, ctx, web, php, files } = await scene(t);
  await addSite(owner, { accountId: account.id, address: "club.test" });
  await addSite(owner, { accountId: account.id, address: "old.test", kind: "redirect", target: "https://example.org" });
  const before = [await web(), await php(), await files()];
  await suspendAccount(ctx, account.id, "unpaid");
  const suspended = await web();
  assert.equal(suspended.withdrawn, true);
  assert.deepEqual(suspended.claims, ["club.test", "old.test", "www.club.test", "www.old.test"]);
  assert.ok(suspended.state?.kind === "account" && suspended.state.sites.every(({ serve }) => serve.kind === "notice" && serve.notice === "suspended"));
  assert.deepEqual([(await php()).state, (await php()).withdrawn], [null, true]);
  await removeAccount(ctx, account.id);
  assert.deepEqual([(await web()).state, (await web()).claims, (await web()).withdrawn], [null, [], true]);
  assert.equal((await files()).state?.home, "present");
  assert.equal((await restoreAccount(ctx, account.id)).state, "suspended");
  await ctx.db.account.update({ where: { id: account.id }, data: { state: "active", suspendedAt: null, suspendedReason: null } });
  assert.deepEqual([await web(), await php(), await files()], before);
});

test("A purge frees the names and bins the home; the number is never given again", async (t) => {
  const { account, owner, ctx, web, files, host } = await scene(t);
  await addSite(owner, { accountId: account.id, address: "club.test" });
  await removeAccount(ctx, account.id, 5);
  assert.equal(await purgeAccounts(ctx), 0);
  ctx.clock.advance(6 * 86_400);
  assert.equal(await purgeAccounts(ctx), 1);
  assert.deepEqual([await ctx.db.claim.count({ where: { accountId: account.id } }), await ctx.db.site.count({ where: { accountId: account.id } })], [0, 0]);
  assert.equal((await web()).state, null);
  assert.deepEqual([(await files()).state?.home, (await files()).state?.folders], ["removed", []]);
  const next = await createAccount(ctx, { login: account.login });
  assert.ok(next.number > account.number);
  assert.ok((await filesRole.keys(ctx.db, host, "", 100)).includes(String(account.number)));
});

test("Kinds become what daemons know; HSTS only with HTTPS; a removed domain takes its names", async (t) => {
  const { account, owner, ctx, web } = await scene(t);
  await ctx.db.proxyTarget.create({ data: { origin: "http://10.0.0.5:3000" } });
  const site = await addSite(owner, { accountId: account.id, address: "club.test", phpVersion: "", hstsSeconds: 3600 });
  const serve = async () => {
    const { state } = await web();
    return state?.kind === "account" ? state.sites[0] : undefined;
  };
  assert.equal((await serve())?.hstsSeconds, null);
  const plain = await serve();
  assert.ok(plain?.serve.kind === "folder" && plain.serve.php === null);
  await editSite(owner, site.id, { forceHttps: true, kind: "redirect", target: "https://example.org/x", redirectStatus: 307, keepPath: false });
  assert.equal((await serve())?.hstsSeconds, 3600);
  assert.deepEqual((await serve())?.serve, { kind: "redirect", target: "https://example.org/x", status: 307, keepPath: false });
  await editSite(owner, site.id, { kind: "proxy", proxyTarget: "http://10.0.0.5:3000" });
  assert.deepEqual((await serve())?.serve, { kind: "proxy", target: "http://10.0.0.5:3000", timeoutSeconds: 60 });
  await editSite(owner, site.id, { kind: "maintenance" });
  assert.deepEqual((await serve())?.serve, { kind: "notice", notice: "maintenance" });
  await removeDomain(owner, "club.test");
  assert.equal((await web()).state, null);
});

test("A lower plan lowers a site's own values; a wildcard is asked by a name that nobody has", async (t) => {
  const { account, owner, ctx, web } = await scene(t);
  const site = await addSite(owner, { accountId: account.id, address: "*.club.test", memoryMb: 256 });
  await ctx.db.plan.update({ where: { id: account.planId }, data: { phpMemoryMb: 64 } });
  const { state, probes } = await web();
  const serve = state?.kind === "account" ? state.sites[0]?.serve : undefined;
  assert.equal(serve?.kind === "folder" && serve.php?.values["memory_limit"], "64M");
  assert.deepEqual(probes, [{ kind: "web", name: "mutu-probe.club.test" }]);
  await removeSite(owner, site.id);
  assert.equal((await web()).state, null);
});

test("Keys come in pages, on their own host only", async (t) => {
  const { ctx, host, account, owner, neighbour } = await scene(t);
  await addSite(owner, { accountId: account.id, address: "club.test" });
  await addSite(owner, { accountId: account.id, address: "old.test", phpVersion: "8.2" });
  await createAccount(ctx, { host: await createHost(ctx) });
  const all = async (role: typeof webRole | typeof phpRole | typeof filesRole, limit: number) => {
    const keys: string[] = [];
    for (let page = await role.keys(ctx.db, host, "", limit); page.length > 0; page = await role.keys(ctx.db, host, keys.at(-1) ?? "", limit))
      keys.push(...page);
    return keys;
  };
  const numbers = [account.number, neighbour.number].map(String);
  for (const limit of [1, 2, 100]) {
    assert.deepEqual(await all(webRole, limit), ["base", ...numbers]);
    assert.deepEqual(await all(filesRole, limit), numbers);
    assert.deepEqual(await all(phpRole, limit), [`${account.number}/8.2`, `${account.number}/8.4`]);
  }
  const base = (await webRole.collect(ctx.db, host, ["base"]))[0];
  assert.deepEqual(base?.state, { kind: "base", uploadMb: 64, timeSeconds: 60 });
});

test("What is collected for an account of another host is nothing", async (t) => {
  const { ctx, account, owner } = await scene(t);
  await addSite(owner, { accountId: account.id, address: "club.test" });
  const other = await createHost(ctx);
  const facts = { id: other.id, name: other.name, homes: other.homes, options: {} };
  for (const role of [webRole, phpRole, filesRole] as (typeof webRole)[]) {
    const key = role.name === "php" ? `${account.number}/8.4` : String(account.number);
    const [unit] = await role.collect(ctx.db, facts, [key]);
    assert.deepEqual([unit?.state, unit?.withdrawn], [null, true], role.name);
  }
});

test("The outline of a unit tells names and withdrawal without reading any other value", async (t) => {
  const { ctx, account, owner, host, key } = await scene(t);
  await addSite(owner, { accountId: account.id, address: "club.test" });
  const outlines = async () => [
    await webRole.outline?.(ctx.db, host, key),
    await phpRole.outline?.(ctx.db, host, `${key}/8.4`),
    await filesRole.outline?.(ctx.db, host, key),
  ];
  const none = { withdrawn: false, claims: [] };
  assert.deepEqual(await outlines(), [{ withdrawn: false, claims: ["club.test", "www.club.test"] }, none, none]);
  assert.deepEqual(await webRole.outline?.(ctx.db, host, "base"), none);
  await suspendAccount(ctx, account.id, "unpaid");
  const gone = { withdrawn: true, claims: [] };
  assert.deepEqual(await outlines(), [{ ...gone, claims: ["club.test", "www.club.test"] }, gone, none]);
  assert.equal((await webRole.outline?.(ctx.db, { ...host, id: "another" }, key))?.withdrawn, true);
});
