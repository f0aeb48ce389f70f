/** Put-backs and holds on pages, in JSON, and for whom. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { resumeAccount, suspendAccount } from "../../../src/features/accounts/states.js";
import { webRole } from "../../../src/features/sites/roles.js";
import { editSite } from "../../../src/features/sites/sites.js";
import { createPanel } from "./panel.js";

/** Account `club` had a folder and leads elsewhere since; `voisin` never changed. */
async function createHistory(t: Parameters<typeof createPanel>[0]) {
  const made = await createPanel(t);
  const { ctx, account, neighbour, add, publisher, machine } = made;
  const site = await add(account.id, "club.test", "www");
  await add(neighbour.id, "voisin.test", "www");
  const release = await ctx.db.release.findFirstOrThrow({ where: { state: "live" } });
  const edit = async (target: string) => {
    await editSite(ctx, site.id, { kind: "redirect", target });
    await publisher.idle();
  };
  await edit("https://new.test/");
  const unit = await ctx.db.publishUnit.findFirstOrThrow({ where: { role: "web", accountId: account.id } });
  const live = async () => (await machine.live())?.[`tester/accounts/${unit.key}.conf`] ?? "";
  assert.match(await live(), /redirect/);
  return { ...made, site, release, unit, live, edit };
}

test("an administrator reads what would come back, puts the release back, and lets it go on", async (t) => {
  const { release, unit, live, admin, jeanne, publisher, edit, ctx, site } = await createHistory(t);
  const address = `/publications/releases/${release.id}`;
  assert.match((await admin.get("/publications/releases")).body, new RegExp(address));
  const page = await admin.get(address);
  assert.match(page.body, new RegExp(`club\\.test.*: as in release ${release.number} again`));
  assert.match(page.body, /diff-removed/);
  assert.match(await live(), /redirect/, "a look changes nothing");
  assert.equal((await admin.submit(address, `${address}/put-back`, {})).statusCode, 303);
  await publisher.idle();
  assert.match(await live(), /folder/);

  await edit("https://newer.test/");
  assert.match(await live(), /folder/);
  const sitePage = await jeanne.get(`/sites/${site.id}`);
  assert.match(sitePage.body, new RegExp(`release ${release.number}\\) was put back and is online`));
  const holds = await admin.get("/publications/holds");
  assert.match(holds.body, /Let all of them go on/);
  const one = await admin.get(`/publications/holds/${unit.id}`);
  assert.match(one.body, /club\.test/);
  assert.match(one.body, /diff-added/);
  assert.equal((await admin.submit(`/publications/holds/${unit.id}`, `/publications/holds/${unit.id}/release`, {})).statusCode, 303);
  await publisher.idle();
  assert.match(await live(), /redirect/);
  assert.equal((await admin.get(`/publications/holds/${unit.id}`)).statusCode, 404);
  const left = await ctx.db.publishUnit.count({ where: { hold: "putBack" } });
  assert.ok(left > 0, "the neighbour still stands");
  const list = async (host: string) => (await admin.get(`/publications/holds?host=${host}`)).body;
  assert.doesNotMatch(await list(unit.hostId), /Nothing is on hold/);
  assert.match(await list("another"), /Nothing is on hold/);
  // What was held since the page was drawn has been seen by nobody.
  const all = { host: unit.hostId, reason: "putBack" };
  const unseen = await admin.submit("/publications/holds", "/publications/holds/release", { ...all, count: String(left + 1) });
  assert.equal(unseen.statusCode, 409);
  assert.match(unseen.body, /which is not what you saw/);
  assert.equal(await ctx.db.publishUnit.count({ where: { hold: "putBack" } }), left);
  const released = await admin.submit("/publications/holds", "/publications/holds/release", { ...all, count: String(left) });
  assert.equal(released.statusCode, 303);
  assert.equal(await ctx.db.publishUnit.count({ where: { hold: "putBack" } }), 0);
  const verbs = await ctx.db.auditEntry.findMany({ where: { verb: { startsWith: "publications." } }, orderBy: { position: "asc" } });
  const told = ["publications.release.put_back", "publications.hold.released", "publications.hold.all_released"];
  assert.equal(verbs.map(({ verb }) => verb).join(), told.join());
  assert.match((await admin.get("/audit")).body, /put back the release/);
});

test("programs do the same; one unit alone is held", async (t) => {
  const { release, unit, live, admin, publisher, ctx } = await createHistory(t);
  const address = `/api/v1/publications/releases/${release.id}`;
  const plan = (await admin.api("GET", `${address}?role=web&key=${unit.key}`)).json();
  assert.deepEqual([plan.changed, plan.more, plan.parts.length, plan.parts[0].comesBack], [1, 0, 1, true]);
  const answer = await admin.api("POST", `${address}/put-back`, { role: "web", key: unit.key });
  assert.deepEqual([answer.statusCode, answer.json()], [202, { changed: 1, held: 1 }]);
  await publisher.idle();
  assert.match(await live(), /folder/);
  const { items } = (await admin.api("GET", "/api/v1/publications/holds?reason=putBack")).json();
  assert.deepEqual([items.length, items[0].id, items[0].heldBy], [1, unit.id, "admin"]);
  assert.equal((await admin.api("GET", "/api/v1/publications/holds?reason=guard")).json().total, 0);
  assert.equal((await admin.api("GET", `/api/v1/publications/holds/${unit.id}`)).json().parts.length, 1);
  assert.equal((await admin.api("POST", `/api/v1/publications/holds/${unit.id}/release`)).statusCode, 204);
  await publisher.idle();
  assert.match(await live(), /redirect/);
  assert.equal((await admin.api("POST", `/api/v1/publications/holds/${unit.id}/release`)).statusCode, 404);
  assert.equal((await admin.api("POST", `${address}/put-back`, { role: "web", key: "9999" })).statusCode, 404);
  assert.equal((await admin.api("POST", `${address}/put-back`, { role: "web" })).statusCode, 404, "half a name is not the whole machine");
  assert.equal(await ctx.db.publishUnit.count({ where: { hold: { not: null } } }), 0);
});

test("members see their own holds and no button; putting back and letting go are no acts of theirs", async (t) => {
  const { release, unit, live, admin, jeanne, paul, publisher } = await createHistory(t);
  await admin.api("POST", `/api/v1/publications/releases/${release.id}/put-back`, { role: "web", key: unit.key });
  await publisher.idle();
  const own = await jeanne.get("/publications/holds");
  assert.match(own.body, /<td>Web configuration</, "what it is; whose it is, they know");
  assert.doesNotMatch(own.body, /Let all|\/publications\/holds\/|>admin</);
  assert.doesNotMatch((await paul.get("/publications/holds")).body, /Web configuration/);
  assert.equal((await jeanne.api("GET", "/api/v1/publications/holds")).json().items[0].heldBy, null);
  assert.equal((await paul.api("GET", "/api/v1/publications/holds")).json().total, 0);
  for (const member of [jeanne, paul]) {
    const csrf = await member.csrf("/publications/holds");
    assert.equal((await member.get(`/publications/releases/${release.id}`)).statusCode, 404);
    assert.equal((await member.get(`/publications/holds/${unit.id}`)).statusCode, 404);
    const posts = [`/publications/releases/${release.id}/put-back`, `/publications/holds/${unit.id}/release`, "/publications/holds/release"];
    for (const url of posts) assert.equal((await member.post(url, { host: unit.hostId, reason: "putBack" }, csrf)).statusCode, 404, url);
  }
  assert.match(await live(), /folder/);
});

test("a suspended account's notice does not give way to a put-back; resumed, it is what it is now", async (t) => {
  const { ctx, account, release, unit, live, admin, publisher } = await createHistory(t);
  await suspendAccount(ctx, account.id, "unpaid");
  await publisher.idle();
  assert.match(await live(), /notice/);
  const address = `/api/v1/publications/releases/${release.id}`;
  const plan = (await admin.api("GET", address)).json();
  const part = plan.parts.find(({ role, key }: { role: string; key: string }) => role === "web" && key === unit.key);
  assert.equal(part.comesBack, false);
  assert.match(part.sentences.at(-1), /suspended or removed since/);
  await admin.api("POST", `${address}/put-back`, {});
  await publisher.idle();
  assert.match(await live(), /notice/);
  await resumeAccount(ctx, account.id);
  await publisher.idle();
  assert.match(await live(), /redirect/);
});

test("where a relay led is the origin of whoever has it now: a put-back leaves it and says so; one that still leads there comes back", async (t) => {
  const { ctx, site, unit, live, admin, publisher, host, panel } = await createHistory(t);
  await ctx.db.proxyTarget.create({ data: { origin: "http://10.0.0.5:3000" } });
  const to = async (change: Parameters<typeof editSite>[2]) => {
    await editSite(ctx, site.id, change);
    await publisher.idle();
    return ctx.db.release.findFirstOrThrow({ where: { state: "live" } });
  };
  const relayed = await to({ kind: "proxy", proxyTarget: "http://10.0.0.5:3000" });
  const row = await ctx.db.publishUnit.findUniqueOrThrow({ where: { id: unit.id } });
  assert.deepEqual(row.claims, ["club.test", "proxy http://10.0.0.5:3000", "www.club.test"]);
  const [host1] = (await panel.services.publisher?.hosts.list(ctx.db)) ?? [];
  assert.ok(host1?.id === host.id);
  assert.deepEqual([...((await webRole.outline?.(ctx.db, host1, unit.key))?.claims ?? [])].sort(), row.claims);
  const part = async (id: string) => {
    const { parts } = (await admin.api("GET", `/api/v1/publications/releases/${id}`)).json();
    return parts.find(({ role, key }: { role: string; key: string }) => role === "web" && key === unit.key);
  };
  // It led elsewhere meanwhile, and leads there again: what was may come back.
  await to({ kind: "redirect", target: "https://newer.test/" });
  await to({ kind: "proxy", proxyTarget: "http://10.0.0.5:3000" });
  assert.equal((await part(relayed.id)).comesBack, true);
  await to({ kind: "redirect", target: "https://newest.test/" });
  const told = await part(relayed.id);
  assert.equal(told.comesBack, false);
  assert.match(
    told.sentences.at(-1),
    /^club\.test, www\.club\.test: does not come back, for release \d+ serves what it no longer has \(http:\/\/10\.0\.0\.5:3000\)/,
  );
  const page = (await admin.get(`/publications/releases/${relayed.id}?role=web&key=${unit.key}`)).body;
  assert.match(page, /does not come back/);
  assert.doesNotMatch(page, /newest\.test/, "what it is now is no news here");
  await admin.api("POST", `/api/v1/publications/releases/${relayed.id}/put-back`, { role: "web", key: unit.key });
  await publisher.idle();
  assert.match(await live(), /redirect/);
});

test("a refused change that led a relay elsewhere too leaves the last good files; an administrator's hold outlasts a relay's new target", async (t) => {
  const { ctx, site, unit, live, add, account, release, admin, publisher } = await createHistory(t);
  for (const origin of ["http://10.0.0.5:3000", "http://10.0.0.6:3000"]) await ctx.db.proxyTarget.create({ data: { origin } });
  const second = await add(account.id, "second.test", "second");
  const relay = async (proxyTarget: string) => {
    await editSite(ctx, site.id, { kind: "proxy", proxyTarget });
    await publisher.idle();
  };
  await relay("http://10.0.0.5:3000");
  const before = await live();
  assert.match(before, /proxy\n[\s\S]*folder\n/);
  await ctx.transaction(async () => {
    await editSite(ctx, site.id, { kind: "proxy", proxyTarget: "http://10.0.0.6:3000" });
    await editSite(ctx, second.id, { folder: "poison" });
  });
  await publisher.idle();
  const refused = await ctx.db.publishUnit.findUniqueOrThrow({ where: { id: unit.id } });
  assert.deepEqual([refused.serving, await live()], ["lastGood", before]);
  assert.ok((refused.claims as string[]).includes("proxy http://10.0.0.5:3000"), "what is served is what it claims");
  await editSite(ctx, second.id, { folder: "second" });
  await publisher.idle();
  assert.equal((await ctx.db.publishUnit.findUniqueOrThrow({ where: { id: unit.id } })).serving, "present");
  // Put back to what leads there, and led elsewhere meanwhile: it stands until somebody lets it go on.
  const led = await ctx.db.release.findFirstOrThrow({ where: { state: "live" } });
  assert.ok(led.number > release.number);
  await editSite(ctx, second.id, { folder: "third" });
  await publisher.idle();
  await admin.api("POST", `/api/v1/publications/releases/${led.id}/put-back`, { role: "web", key: unit.key });
  await publisher.idle();
  const holdOf = async () => (await ctx.db.publishUnit.findUniqueOrThrow({ where: { id: unit.id } })).hold;
  assert.equal(await holdOf(), "putBack");
  await relay("http://10.0.0.5:3000");
  assert.equal(await holdOf(), "putBack");
});

test("a release of which nothing comes back offers no button, and says so; what only goes forward is named in words", async (t) => {
  const { ctx, admin, release, host } = await createHistory(t);
  await ctx.db.hostDaemon.create({ data: { hostId: host.id, daemon: "keeper", role: "ftp" } });
  const live = await ctx.db.release.findFirstOrThrow({ where: { state: "live" } });
  const now = (await admin.get(`/publications/releases/${live.id}`)).body;
  assert.match(now, /Nothing would change/);
  assert.doesNotMatch(now, /btn-danger|\/put-back"/);
  assert.match(now, /Always as they are now, whatever is put back: FTP accounts, certificates/);
  const before = (await admin.get(`/publications/releases/${release.id}`)).body;
  assert.doesNotMatch(before, /Nothing would change/);
  assert.match(before, /btn-danger/);
});
