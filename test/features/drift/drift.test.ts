import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { addDomain } from "../../../src/features/domains/index.js";
import { driftChecks } from "../../../src/features/drift/checks.js";
import type { WebState } from "../../../src/features/sites/role.js";
import { addSite } from "../../../src/features/sites/sites.js";
import type { Daemon } from "../../../src/publish/contract.js";
import { publisherOf } from "../../../src/publish/index.js";
import { makeMachine } from "../../publish/machine.js";
import { buildTestApp } from "../../support/app.js";
import type { Scope } from "../../support/database.js";
import { createAccount, createHost, joinAccount } from "../../support/factories.js";

/** Renders what the web role collects as a few words. */
const daemon: Daemon<WebState> = {
  name: "tester",
  role: "web",
  render({ key, state }, probe) {
    if (state.kind === "base") return [{ path: "base.conf", content: "# base\n" }];
    const names = state.sites.flatMap((site) => site.names.map((name) => `name ${name}\n`)).join("");
    return [{ path: `accounts/${key}.conf`, content: `probe ${probe}\n${names}` }];
  },
  renderNotice: ({ key }) => [{ path: `accounts/${key}.conf`, content: "notice\n" }],
  explain: () => [],
  forwardOnly: false,
};

/** A panel whose one host is a real apply in a folder, and one member with a site that somebody edited there. */
async function createScene(t: Scope) {
  const machine = await makeMachine(t, "web1", ["tester"]);
  const panel = await buildTestApp(t, { daemons: [daemon as unknown as Daemon] });
  const ctx = panel.ctx();
  const host = await createHost(ctx, { name: "web1", roles: [], phpVersions: [] });
  const [applyFile, , machineFile] = machine.door.argv;
  await ctx.db.host.update({ where: { id: host.id }, data: { address: "127.0.0.1", httpsPort: machine.port, applyFile, machineFile } });
  await ctx.db.hostDaemon.create({ data: { hostId: host.id, daemon: "tester", role: "web" } });
  const account = await createAccount(ctx, { host, login: "club" });
  await joinAccount(ctx, account, await panel.createUser("jeanne"));
  await panel.createUser("admin", { admin: true });
  const publisher = publisherOf(panel.services);
  await addDomain(ctx, { accountId: account.id, name: "club.test" });
  await addSite(ctx, { accountId: account.id, address: "club.test", kind: "folder", folder: "www" });
  await publisher.idle();
  const { path } = await ctx.db.publishedFile.findFirstOrThrow({ where: { path: { contains: "accounts/" } } });
  const name = path.split("/").at(-1) as string;
  await machine.tamper(name, "edited <b>here</b>");
  const file = async () => (await machine.live())?.[`tester/accounts/${name}`] ?? "";
  return { panel, ctx, host, account, publisher, machine, file, path, admin: await panel.as("admin"), jeanne: await panel.as("jeanne") };
}

test("a hand edit is seen, shown with what differs, kept, and put right; members read their chip and nothing else", async (t) => {
  const { panel, ctx, host, account, publisher, machine, file, path, admin, jeanne } = await createScene(t);
  assert.equal((await driftChecks(ctx, panel.services)).find(({ subject }) => subject === "web1")?.state, "ok");
  assert.equal((await admin.submit("/drift", "/drift/look", {})).statusCode, 303);
  await publisher.idle();
  const row = await ctx.db.drift.findFirstOrThrow();
  assert.deepEqual([row.path, row.accountId, row.state, row.carried], [path, account.id, "open", true]);
  const [check] = await driftChecks(ctx, panel.services);
  assert.deepEqual([check?.state, check?.says.data["count"]], ["warning", 1]);

  for (const url of ["/drift", `/drift/${row.id}`, "/drift/repair"]) assert.equal((await jeanne.get(url)).statusCode, 404, url);
  const unit = await ctx.db.publishUnit.findFirstOrThrow({ where: { role: row.role as string, key: row.key as string } });
  assert.deepEqual([unit.hold, unit.accountId], ["drift", account.id]);

  const list = await admin.get(`/drift?account=${account.id}`);
  assert.match(list.body, new RegExp(path));
  const page = await admin.get(`/drift/${row.id}`);
  assert.match(page.body, /diff-added">\+ edited &lt;b&gt;here&lt;\/b&gt;/);
  const told = (await admin.api("GET", `/api/v1/drift/${row.id}`)).json() as { lines: { mark: string; text: string }[] };
  assert.ok(told.lines.some(({ mark, text }) => mark === "+" && text === "edited <b>here</b>"));

  assert.equal((await admin.submit("/drift", `/drift/${row.id}/adopt`, {})).statusCode, 303);
  assert.equal((await ctx.db.publishUnit.findUniqueOrThrow({ where: { id: unit.id } })).hold, "adopted");
  await addDomain(ctx, { accountId: account.id, name: "second.test" });
  await addSite(ctx, { accountId: account.id, address: "second.test", kind: "folder", folder: "www" });
  await publisher.idle();
  assert.match(await file(), /edited <b>here/, "what was adopted stays");
  const instead = (await admin.api("GET", `/api/v1/drift/${row.id}`)).json() as { instead: { mark: string; text: string }[] };
  assert.deepEqual(
    instead.instead.filter(({ mark, text }) => (mark === "-" && text.startsWith("edited")) || (mark === "+" && text.includes("second.test"))).length >= 2,
    true,
    JSON.stringify(instead.instead),
  );
  assert.doesNotMatch(await file(), /second\.test/);

  // what was adopted is not put right with the rest; an old count is refused
  assert.equal((await admin.submit("/drift", "/drift/repair", { host: host.id, count: "1" })).statusCode, 409);
  assert.equal((await admin.submit("/drift", `/drift/${row.id}/repair`, {})).statusCode, 303);
  await publisher.idle();
  assert.match(await file(), /second\.test/);
  assert.doesNotMatch(await file(), /edited/);
  const ended = await ctx.db.drift.findUniqueOrThrow({ where: { id: row.id } });
  assert.deepEqual([ended.state, ended.decidedBy], ["repaired", "admin"]);
  assert.equal((await ctx.db.publication.findFirstOrThrow({ orderBy: { startedAt: "desc" } })).cause, "repair");
  assert.match((await admin.get(`/drift/${row.id}`)).body, /diff-added/, "what was written stays readable");

  await machine.tamper(path.split("/").at(-1));
  await admin.submit("/drift", "/drift/look", { host: host.id });
  await publisher.idle();
  assert.match((await admin.get(`/drift/repair?host=${host.id}`)).body, /1 file that was changed by hand/);
  assert.equal((await admin.submit("/drift", "/drift/repair", { host: host.id, count: "1" })).statusCode, 303);
  await publisher.idle();
  assert.doesNotMatch(await file(), /by hand/);
});

test("asked for while the machine was away, the repair comes as soon as it answers", async (t) => {
  const { ctx, publisher, machine, file, admin } = await createScene(t);
  await admin.submit("/drift", "/drift/look", {});
  await machine.lock();
  await publisher.idle();
  const row = await ctx.db.drift.findFirstOrThrow();
  const [look] = (await admin.api("POST", "/api/v1/drift/look", {})).json() as { files: number | null; reason: string | null }[];
  assert.equal(look?.files, null);
  assert.ok(look?.reason);
  assert.deepEqual((await admin.api("POST", `/api/v1/drift/${row.id}/repair`)).json(), { files: 1 });
  await publisher.idle();
  await machine.unlock();
  await publisher.run((await ctx.db.host.findFirstOrThrow()).id);
  await publisher.idle();
  assert.doesNotMatch(await file(), /edited/);
  assert.equal((await ctx.db.drift.findUniqueOrThrow({ where: { id: row.id } })).state, "repaired");
});

test("what holds a release together waits for its machine, has a button, an API and a command, and nobody can keep it", async (t) => {
  const { ctx, publisher, machine, host, admin, jeanne } = await createScene(t);
  await writeFile(join(machine.root, "live/release/index"), "");
  await machine.lock();
  const now = ctx.clock.now();
  const { id } = await ctx.db.drift.create({ data: { hostId: host.id, path: "index", kind: "part", seenAt: now, lastSeenAt: now } });
  const page = await admin.get(`/drift/${id}`);
  assert.match(page.body, new RegExp(`action="/drift/${id}/repair"`));
  assert.doesNotMatch(page.body, /\/adopt"/);
  assert.equal((await admin.submit("/drift", `/drift/${id}/adopt`, {})).statusCode, 409);
  assert.equal((await jeanne.api("POST", `/api/v1/drift/${id}/repair`)).statusCode, 404);
  assert.deepEqual((await admin.api("POST", `/api/v1/drift/${id}/repair`)).json(), { files: 1 });
  await publisher.idle();
  assert.equal((await ctx.db.drift.findUniqueOrThrow({ where: { id } })).state, "open", "its machine is away");
  await machine.unlock();
  assert.equal((await admin.submit("/drift", `/drift/${id}/repair`, {})).statusCode, 303);
  await publisher.idle();
  const ended = await ctx.db.drift.findUniqueOrThrow({ where: { id } });
  assert.deepEqual([ended.state, ended.decidedBy], ["repaired", "admin"]);
  const edit = await ctx.db.drift.findFirstOrThrow({ where: { kind: "changed" } });
  assert.deepEqual([edit.state, edit.carried], ["open", true], "the hand edit of before, which the broken index hid, is seen and kept");
  const looks = (await admin.api("POST", "/api/v1/drift/look", {})).json() as { files: number | null }[];
  assert.deepEqual(
    looks.map(({ files }) => files),
    [0],
  );
});
