/** The oldest kept release comes back; what was withdrawn since does not. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { daemon as apache } from "../../src/daemons/apache/daemon.js";
import { daemon as bind } from "../../src/daemons/bind/daemon.js";
import { daemon as homes } from "../../src/daemons/homes/daemon.js";
import { daemon as knot } from "../../src/daemons/knot/daemon.js";
import { daemon as nginx } from "../../src/daemons/nginx/daemon.js";
import { daemon as fpm } from "../../src/daemons/php-fpm/daemon.js";
import { daemon as proftpd } from "../../src/daemons/proftpd/daemon.js";
import { planPutBack, putBack } from "../../src/features/publications/put-backs.js";
import { chipOf, type Daemon, pruneReleases, rolesBack } from "../../src/publish/index.js";
import { createActor } from "../support/context.js";
import type { Scope } from "../support/database.js";
import { makePanel, type Panel, testDaemon, testRole, type Words } from "./rig.js";

const site = (number: number, text: string, ...more: string[]): Words => ({ text, names: [`s${number}.example.org`, ...more] });

async function publish(panel: Panel, units: Record<string, Words | null>, role = "web"): Promise<void> {
  await panel.set(units, { role });
  await panel.publisher.idle();
}

/** A host with sites and, as ProFTPD, logins that only go forward. */
function makeHost(t: Scope): Promise<Panel> {
  return makePanel(t, {
    hosts: {
      web1: [
        { name: "logins", role: "ftp" },
        { name: "tester", role: "web" },
      ],
      web2: [{ name: "tester", role: "web" }],
    },
    roles: [testRole("web"), testRole("ftp")] as never,
    daemons: [testDaemon("tester", "web"), { ...testDaemon("logins", "ftp"), forwardOnly: true }] as never,
  });
}

async function release(panel: Panel, number = 1, hostId = "web1"): Promise<string> {
  return (await panel.ctx.db.release.findFirstOrThrow({ where: { hostId, number } })).id;
}

async function back(panel: Panel, id: string, unit: { role: string; key: string } | null = null): Promise<void> {
  await putBack(panel.ctx, panel.publisher, id, unit);
  await panel.publisher.idle();
}

async function live(panel: Panel, daemon = "tester"): Promise<Record<string, string>> {
  const files = Object.entries((await panel.machine.live()) ?? {}).filter(([path]) => path.startsWith(`${daemon}/`));
  const words = (text: string) => /^(text .*|notice.*)/m.exec(text)?.[1] ?? "?";
  return Object.fromEntries(files.map(([path, text]) => [path.replace(/^.*\/(.*)\.conf$/, "$1"), words(text)]));
}

/** What the last publication says of each unit: the keys of its sentences. */
async function said(panel: Panel): Promise<Record<string, string>> {
  const { id } = await panel.publication();
  const parts = await panel.ctx.db.publicationPart.findMany({ where: { publicationId: id }, orderBy: { key: "asc" } });
  return Object.fromEntries(parts.map(({ key, says }) => [key, (says as { key: string }[]).at(-1)?.key.replace("publications.put_back.", "") ?? ""]));
}

test("a whole host is put back; nothing withdrawn comes back, and each unit that stays says why", async (t) => {
  const panel = await makeHost(t);
  const first = Object.fromEntries([2001, 2002, 2003, 2004, 2005, 2008].map((number) => [String(number), site(number, "old")]));
  await publish(panel, { ...first, "2005": site(2005, "old", "lost.example.org"), "2008": { ...site(2008, "was suspended"), withdrawn: true } });
  await publish(panel, { "2001": { text: "old password" } }, "ftp");
  await publish(panel, { "2001": { text: "new password" } }, "ftp");
  const suspended = { ...site(2003, "suspended notice"), withdrawn: true };
  const since = {
    "2001": site(2001, "new"),
    "2003": suspended,
    "2004": null,
    "2005": site(2005, "new"),
    "2006": site(2006, "new"),
    "2008": site(2008, "resumed"),
  };
  await publish(panel, since);
  const oldest = await release(panel);

  const plan = await planPutBack(panel.ctx, panel.publisher, oldest, null);
  const planned = plan.dry.units.map(({ key, comesBack, change }) => `${key} ${comesBack} ${change}`);
  // Accounts 2004 and 2003 are what they are now; 2008 was withdrawn then, and is a site like any other now.
  assert.deepEqual(planned, [
    "2001 true changed",
    "2003 false unchanged",
    "2004 false unchanged",
    "2005 false unchanged",
    "2006 false unchanged",
    "2008 false unchanged",
  ]);
  assert.deepEqual([plan.changed, plan.more, plan.forwardOnly], [6, 0, ["ftp"]]);
  assert.match(JSON.stringify(plan.dry.files), /"mark":"\+","text":"text old"/);
  assert.equal(await panel.ctx.db.publishUnit.count({ where: { hold: { not: null } } }), 0, "a preview changes nothing");

  await back(panel, oldest);
  const expected = { "2001": "text old", "2002": "text old", "2003": "text suspended notice", "2005": "text new", "2006": "text new", "2008": "text resumed" };
  assert.deepEqual(await live(panel), expected);
  assert.deepEqual(await live(panel, "logins"), { "2001": "text new password" });
  const reasons = {
    "2001": "comes_back",
    "2003": "stays_withdrawn",
    "2004": "stays_gone",
    "2005": "stays_name",
    "2006": "stays_absent",
    "2008": "stays_notice",
  };
  assert.deepEqual(await said(panel), reasons);
  assert.deepEqual([(await panel.publication()).state, (await panel.publication()).cause], ["done", "putBack"]);
  const held = await panel.ctx.db.publishUnit.findMany({ where: { hold: "putBack" }, orderBy: { key: "asc" } });
  assert.deepEqual(
    held.map(({ role, key, putBackTo }) => [role, key, putBackTo]),
    [
      ["web", "2001", null],
      ["web", "2002", null],
    ],
  );
  assert.deepEqual(chipOf(await panel.unit("2001")), { state: "held", reason: "putBack", data: { number: "1" } });
  assert.equal((await panel.unit("2001")).verified, (await panel.unit("2001")).published, "asked from outside, as anything that is published");
  assert.equal((await panel.ctx.db.auditEntry.findMany({ where: { verb: "publications.release.put_back" } })).length, 1);

  await publish(panel, { "2001": site(2001, "newer"), "2002": site(2002, "newer"), "2006": site(2006, "newer") });
  assert.deepEqual(await live(panel), { ...expected, "2006": "text newer" }, "held units stand still, others go on");
  await publish(panel, { "2001": { ...site(2001, "suspended since"), withdrawn: true }, "2002": { text: "another", names: ["other.example.org"] } });
  assert.deepEqual(await live(panel), { ...expected, "2001": "text suspended since", "2002": "text another", "2006": "text newer" });
});

test("suspended while it is put back, an account shows the notice; resumed, it is what it is now", async (t) => {
  const panel = await makeHost(t);
  await publish(panel, { "2001": site(2001, "old"), "2002": { ...site(2002, "page"), withdrawn: true } });
  await publish(panel, { "2001": site(2001, "new") });
  await publish(panel, { "2001": { ...site(2001, "page"), withdrawn: true } });
  await back(panel, await release(panel));
  assert.deepEqual(await live(panel), { "2001": "text page", "2002": "text page" });
  await publish(panel, { "2001": site(2001, "resumed"), "2002": site(2002, "resumed") });
  assert.deepEqual(await live(panel), { "2001": "text resumed", "2002": "text resumed" });
});

test("one unit is put back alone, twice; let go on, it is its present state", async (t) => {
  const panel = await makeHost(t);
  await publish(panel, { "2001": site(2001, "one"), "2002": site(2002, "one") });
  await publish(panel, { "2001": site(2001, "two"), "2002": site(2002, "two") });
  await publish(panel, { "2001": site(2001, "three"), "2002": site(2002, "three") });
  const unit = { role: "web", key: "2001" };
  await back(panel, await release(panel, 1), unit);
  assert.deepEqual(await live(panel), { "2001": "text one", "2002": "text three" });
  await back(panel, await release(panel, 2), unit);
  assert.deepEqual(await live(panel), { "2001": "text two", "2002": "text three" });
  assert.equal((await panel.unit("2002")).hold, null);
  // The release that has just been made can be put back like any other.
  await back(panel, await release(panel, 4), unit);
  assert.deepEqual(await live(panel), { "2001": "text one", "2002": "text three" });
});

test("a stranger's unit, a role that only goes forward, another host, a release that never served, and members: refused", async (t) => {
  const panel = await makeHost(t);
  await publish(panel, { "2001": site(2001, "one") });
  await publish(panel, { "2001": { text: "old password" } }, "ftp");
  await panel.set({ "2009": site(2009, "elsewhere") }, { host: "web2" });
  await panel.publisher.idle();
  await panel.machine.fail("prepare", "no");
  await publish(panel, { "2001": site(2001, "two") });
  await panel.machine.mend("prepare");
  const first = await release(panel);
  const act = (id: string, unit: { role: string; key: string } | null, ctx = panel.ctx as Parameters<typeof putBack>[0]) =>
    putBack(ctx, panel.publisher, id, unit);
  await assert.rejects(act(first, { role: "web", key: "2009" }), { code: "publications.unit_unknown" });
  await assert.rejects(act(first, { role: "web", key: "nobody" }), { code: "publications.unit_unknown" });
  await assert.rejects(act(first, { role: "dns", key: "2001" }), { code: "publications.unit_unknown" });
  await assert.rejects(act(first, { role: "ftp", key: "2001" }), { code: "publications.forward_only" });
  await assert.rejects(act("01234567-0000-7000-8000-000000000000", null), { code: "publications.release_unknown" });
  const failed = await panel.ctx.db.release.findFirstOrThrow({ where: { state: "failed" } });
  await assert.rejects(act(failed.id, null), { code: "publications.release_never_served" });
  for (const role of ["owner", "webmaster", "mail", "reader"] as const) {
    const member = panel.ctx.as(createActor("m", { "2001": role }));
    await assert.rejects(act(first, { role: "web", key: "2001" }, member), { code: "core.not_found" });
    await assert.rejects(planPutBack(member, panel.publisher, first, null), { code: "core.not_found" });
  }
  assert.equal(await panel.ctx.db.publishUnit.count({ where: { hold: { not: null } } }), 0);
});

test("an older state that does not answer any more is no state to stand at: the unit goes on", async (t) => {
  const panel = await makeHost(t);
  await publish(panel, { "2001": site(2001, "old"), "2002": site(2002, "old") });
  await publish(panel, { "2001": site(2001, "new"), "2002": site(2002, "new") });
  panel.machine.faults.set("s2001.example.org", "lost");
  await putBack(panel.ctx, panel.publisher, await release(panel), null);
  await panel.publisher.idle();
  assert.equal((await live(panel))["2002"], "text old");
  assert.equal((await panel.unit("2001")).hold, null);
  assert.equal(await panel.ctx.db.auditEntry.count({ where: { verb: "publications.hold.refused" } }), 1);
  panel.machine.faults.clear();
  await publish(panel, { "2001": site(2001, "mended") });
  assert.deepEqual(await live(panel), { "2001": "text mended", "2002": "text old" });
});

test("the oldest kept release comes back although the one that made it is gone, across a machine installed anew", async (t) => {
  const panel = await makeHost(t);
  await publish(panel, { "2001": site(2001, "pruned"), "2002": site(2002, "pruned", "lost.example.org"), "2003": site(2003, "pruned") });
  panel.ctx.clock.advance(40 * 86_400);
  for (let round = 0; round < 10; round += 1) await publish(panel, { "2009": site(2009, `round ${round}`) });
  assert.equal((await pruneReleases(panel.ctx, panel.publisher.store)).releases, 1);
  await publish(panel, { "2001": site(2001, "new"), "2002": site(2002, "new"), "2003": site(2003, "new") });
  await panel.machine.wipe();
  await publish(panel, { "2001": site(2001, "newest") });
  assert.equal(await panel.ctx.db.release.count({ where: { state: "wiped" } }), 1);
  const lost = await panel.ctx.db.releaseChange.findFirstOrThrow({ where: { key: "2003", role: "web" }, orderBy: { release: { number: "asc" } } });
  await rm(join(panel.services.env.state, "store", (lost.oldHash as string).slice(0, 2), lost.oldHash as string));
  await back(panel, await release(panel, 2));
  const now = await live(panel);
  assert.deepEqual(now, { "2001": "text pruned", "2002": "text new", "2003": "text new", "2009": "text round 0" });
  assert.deepEqual(await said(panel), { "2001": "comes_back", "2002": "stays_name", "2003": "stays_lost", "2009": "comes_back" });
});

test("releases that a waiting put-back needs are not pruned", async (t) => {
  const panel = await makeHost(t);
  for (let round = 0; round < 13; round += 1) await publish(panel, { "2001": site(2001, `round ${round}`) });
  panel.ctx.clock.advance(40 * 86_400);
  const unit = await panel.unit("2001");
  await panel.ctx.db.publishUnit.update({ where: { id: unit.id }, data: { hold: "putBack", putBackTo: 2 } });
  assert.equal((await pruneReleases(panel.ctx, panel.publisher.store)).releases, 1);
  await panel.ctx.db.publishUnit.update({ where: { id: unit.id }, data: { hold: null, putBackTo: null } });
  assert.equal((await pruneReleases(panel.ctx, panel.publisher.store)).releases, 2);
});

test("of the real daemons, those with logins, folders, keys or serials are never put back", () => {
  const daemons = [apache, bind, homes, knot, nginx, fpm, proftpd] as unknown as Daemon[];
  const host = { daemons: daemons.map(({ name, role }) => ({ name, role })) } as Parameters<typeof rolesBack>[1];
  assert.deepEqual(rolesBack({ daemons: new Map(daemons.map((daemon) => [daemon.name, daemon])) }, host), ["php", "web"]);
});
