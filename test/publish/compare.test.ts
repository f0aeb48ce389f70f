/** Everything rendered and compared, nothing touched but what differs; a new renderer goes to one account first and waits for a person. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { probers } from "../../src/features/sites/probers.js";
import type { Daemon } from "../../src/publish/contract.js";
import { applyChange, chipOf, createPublisher } from "../../src/publish/index.js";
import { chooseFirst, reasonToWait } from "../../src/publish/renderer.js";
import type { Scope } from "../support/database.js";
import { directory, hostRecord, LIMITS, makePanel, type Panel, type PanelOptions, testDaemon, testRole, testServices, type Words } from "./rig.js";

const site = (number: number, text = "www"): Words => ({ text, names: [`s${number}.example.org`] });
const numbers = (count: number) => Array.from({ length: count }, (_, at) => 2001 + at);
const sites = (count: number, text = "www") => Object.fromEntries(numbers(count).map((number) => [String(number), site(number, text)]));

/** A daemon that writes what its version says at the end of each file: a program that was upgraded. */
function versioned(): { daemons: PanelOptions["daemons"]; version: { words: string } } {
  const version = { words: "" };
  const daemon = testDaemon("tester", "web");
  const render: Daemon<Words>["render"] = (unit, probe) => daemon.render(unit, probe).map((file) => ({ ...file, content: file.content + version.words }));
  return { daemons: [{ ...daemon, render }, testDaemon("folders", "files")] as unknown as Daemon<never>[], version };
}

async function village(t: Scope, count: number, options: PanelOptions = {}): Promise<Panel> {
  const panel = await makePanel(t, options);
  for (const host of panel.machines.keys()) await panel.set(sites(count), { host });
  await panel.publisher.idle();
  // What serves was written by this program: it is noted.
  assert.deepEqual(await panel.publisher.compareAll(), { units: count * panel.machines.size, different: 0, touched: 0, change: null });
  return panel;
}

const touched = (panel: Panel) => panel.ctx.db.publishUnit.count({ where: { wanted: { gt: 1 } } });
const another = (panel: Panel) => panel.ctx.db.rendererChange.updateMany({ data: { fingerprint: "another program" } });
const change = (panel: Panel) => panel.ctx.db.rendererChange.findFirstOrThrow({ orderBy: { id: "desc" } });

async function served(panel: Panel, words: string, machine = panel.machine): Promise<number> {
  return Object.values((await machine.live()) ?? {}).filter((content) => content.endsWith(words)).length;
}

test("what waits for a person: a new renderer and a tenth of all; never what one account has to itself", () => {
  const of = (...accounts: (string | null)[]) => accounts.map((accountId) => ({ accountId }));
  const waits = (units: number, different: { accountId: string | null }[], newRenderer = false) => reasonToWait({ units, different, newRenderer });
  assert.equal(waits(100, []), null);
  assert.equal(waits(100, [], true), null);
  assert.equal(waits(3, of("a", "a"), true), null);
  assert.equal(waits(3, of(null), true), "renderer");
  assert.equal(waits(1000, of("a", "b"), true), "renderer");
  assert.equal(waits(20, of("a", "b")), null, "a tenth is not more than a tenth");
  assert.equal(waits(19, of("a", "b")), "share");
});

test("who goes first shows most of what changes, with the fewest units", () => {
  const unit = (accountId: string | null, role: string) => ({ accountId, role, code: null });
  assert.equal(chooseFirst([unit(null, "web")]), null);
  assert.equal(chooseFirst([unit("b", "web"), unit("a", "web")]), "a");
  assert.equal(chooseFirst([unit("a", "web"), unit("b", "web"), unit("b", "php"), unit("c", "web"), unit("c", "php"), unit("c", "php")]), "b");
});

test("a change is carried out by the program that began it: a panel of another version neither renders it nor calls it done", async (t) => {
  const { daemons, version } = versioned();
  const panel = await village(t, 30, { daemons });
  await another(panel);
  version.words = "# new\n";
  assert.equal((await panel.publisher.compareAll()).change?.state, "waiting");
  const { id, fingerprint } = await applyChange(panel.ctx, "ana");
  const began = (words: string) => panel.ctx.db.rendererChange.update({ where: { id }, data: { fingerprint: words } });
  await began("the other panel's program");
  version.words = "";
  assert.equal((await panel.publisher.advanceRenderer())?.state, "applying");
  assert.equal((await change(panel)).state, "applying");
  await began(fingerprint);
  version.words = "# new\n";
  assert.equal((await panel.publisher.advanceRenderer())?.state, "done");
  assert.equal(await served(panel, "# new\n"), 30);
});

test("a comparison of what is as it should be writes nothing at all", async (t) => {
  const panel = await village(t, 30);
  const rows = () => panel.ctx.db.publishUnit.findMany({ orderBy: { id: "asc" } });
  const before = await rows();
  assert.equal((await panel.publisher.compareAll()).units, 30);
  assert.deepEqual(await rows(), before);
  assert.equal(await panel.ctx.db.publication.count(), 1);
});

test("one forgotten, one that should be gone, one that was never made: these three and no other", async (t) => {
  const panel = await village(t, 40);
  await panel.ctx.db.setting.update({ where: { key: "web.2004" }, data: { value: JSON.stringify(site(2004, "forgotten")) } });
  await panel.ctx.db.setting.delete({ where: { key: "web.2009" } });
  await panel.ctx.db.setting.create({ data: { key: "web.2999", value: JSON.stringify(site(2999)) } });
  const { different, touched: put, change: waiting } = await panel.publisher.compareAll();
  assert.deepEqual([different, put, waiting], [3, 3, null]);
  await panel.publisher.idle();
  const { cause, id, state } = await panel.publication();
  assert.deepEqual([cause, state], ["nightly", "done"]);
  const parts = await panel.ctx.db.publicationPart.findMany({ where: { publicationId: id }, orderBy: { key: "asc" } });
  assert.deepEqual(
    parts.map(({ key, change: how }) => `${how} ${key}`),
    ["changed 2004", "removed 2009", "added 2999"],
  );
  assert.equal(await touched(panel), 2);
  assert.deepEqual(chipOf(await panel.unit("2004")), { state: "verified" });
});

test("what waits, is held or is known to fail is left to whom it concerns", async (t) => {
  const panel = await village(t, 30);
  await panel.set({ "2003": site(2003, "POISON") });
  await panel.publisher.idle();
  await panel.ctx.db.publishUnit.updateMany({ where: { key: "2005" }, data: { hold: "putBack" } });
  await panel.ctx.db.setting.update({ where: { key: "web.2005" }, data: { value: JSON.stringify(site(2005, "later")) } });
  assert.deepEqual(await panel.publisher.compareAll(), { units: 28, different: 0, touched: 0, change: null });
});

test("a new renderer: one account, then a person's word, then all; members' changes go on meanwhile", async (t) => {
  const { daemons, version } = versioned();
  const panel = await village(t, 30, { daemons });
  await another(panel);
  version.words = "second\n";
  const { different, touched: put, change: waiting } = await panel.publisher.compareAll();
  assert.deepEqual([different, put, waiting?.state, waiting?.reason, waiting?.accountId], [30, 0, "waiting", "renderer", "2001"]);
  assert.equal(await served(panel, "second\n"), 1);
  assert.equal((await panel.publication()).cause, "renderer");
  assert.deepEqual(waiting?.publications, [(await panel.publication()).id]);
  assert.deepEqual(chipOf(await panel.unit("2001")), { state: "verified" });
  assert.equal(await touched(panel), 1, "no other chip waits");

  await panel.set({ "2002": site(2002, "mine") });
  await panel.publisher.idle();
  assert.equal(await served(panel, "second\n"), 2);
  // The next nights, other panels and restarts find the same row and wait on.
  const again = await panel.publisher.compareAll();
  assert.deepEqual([again.different, again.touched, again.change?.id], [28, 0, waiting?.id]);
  assert.equal((await panel.publisher.advanceRenderer())?.state, "waiting");
  assert.equal(await served(panel, "second\n"), 2);

  await applyChange(panel.ctx, "root");
  await assert.rejects(applyChange(panel.ctx, "root"), /renderer_nothing_waits/);
  assert.equal((await panel.publisher.advanceRenderer())?.state, "done");
  assert.equal(await served(panel, "second\n"), 30);
  assert.equal((await change(panel)).decidedBy, "root");
  assert.deepEqual(await panel.publisher.compareAll(), { units: 30, different: 0, touched: 0, change: null });
  assert.equal(await panel.ctx.db.rendererChange.count(), 2);
});

test("more than a tenth by the same program waits as well", async (t) => {
  const panel = await village(t, 30);
  for (const key of ["2001", "2002", "2003", "2004"])
    await panel.ctx.db.setting.update({ where: { key: `web.${key}` }, data: { value: JSON.stringify(site(Number(key), "other")) } });
  const { change: waiting } = await panel.publisher.compareAll();
  assert.deepEqual([waiting?.state, waiting?.reason, waiting?.different], ["waiting", "share", 4]);
  assert.equal(await touched(panel), 1);
});

test("a renderer that fails for the first account stops there", async (t) => {
  const { daemons, version } = versioned();
  const panel = await village(t, 30, { daemons });
  await another(panel);
  version.words = "POISON\n";
  const { change: stopped } = await panel.publisher.compareAll();
  assert.equal(stopped?.state, "failed");
  assert.deepEqual(stopped?.error, { code: "publications.renderer_failing", data: { host: "web1", count: "1" } });
  assert.equal(await touched(panel), 1);
  assert.equal(await served(panel, "POISON\n"), 0);
});

test("host by host: where the first does not take it, the second is left alone; said again, it goes on from there", async (t) => {
  const { daemons, version } = versioned();
  const hosts = { web1: [{ name: "tester", role: "web" }], web2: [{ name: "tester", role: "web" }] };
  const panel = await village(t, 30, { daemons, hosts });
  const [first, second] = [...panel.machines.values()] as [Panel["machine"], Panel["machine"]];
  await another(panel);
  version.words = "second\n";
  assert.equal((await panel.publisher.compareAll()).change?.state, "waiting");
  await first.lock();
  await applyChange(panel.ctx, "root");
  assert.equal((await panel.publisher.advanceRenderer())?.state, "failed");
  await first.unlock();
  assert.deepEqual([await served(panel, "second\n", first), await served(panel, "second\n", second)], [1, 1]);
  await applyChange(panel.ctx, "root");
  assert.equal((await panel.publisher.advanceRenderer())?.state, "done");
  assert.deepEqual([await served(panel, "second\n", first), await served(panel, "second\n", second)], [30, 30]);
});

test("two panels at which two people press at once: one of them says the word, one panel carries it out, and the other leaves it alone", async (t) => {
  const { daemons, version } = versioned();
  const role = testRole("web");
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let arrive = (): void => undefined;
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  let stall = false;
  const slow: typeof role = {
    ...role,
    async collect(...words) {
      if (stall) {
        arrive();
        await opened;
      }
      return role.collect(...words);
    },
  };
  const panel = await village(t, 30, { daemons, roles: [slow, testRole("files")] as never });
  const steps: string[] = [];
  const { door, port } = panel.machine;
  const other = createPublisher({
    services: testServices(t, panel.ctx),
    roles: [role] as never,
    daemons: daemons as never,
    hosts: directory([hostRecord("web1", door, [{ name: "tester", role: "web" }], port)]),
    probers,
    limits: LIMITS,
    onStep: (step) => steps.push(step),
  });
  t.after(() => other.close());
  t.after(() => open());
  await another(panel);
  version.words = "second\n";
  assert.equal((await panel.publisher.compareAll()).change?.state, "waiting");
  const pressed = await Promise.allSettled([applyChange(panel.ctx, "ana"), applyChange(panel.ctx, "eve")]);
  assert.deepEqual(pressed.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  // A committed touch wakes every publisher of a process: of these runs nothing is asked here.
  await other.idle();
  steps.length = 0;

  stall = true;
  const carried = panel.publisher.advanceRenderer();
  await arrived;
  assert.equal((await other.advanceRenderer())?.state, "applying");
  assert.equal((await panel.publisher.advanceRenderer())?.state, "applying", "nor does the same panel begin twice");
  assert.deepEqual(steps, []);
  // The one that stalled finds the change ended by another, and writes nothing over that.
  await panel.ctx.db.rendererChange.updateMany({ where: { state: "applying" }, data: { state: "superseded" } });
  stall = false;
  open();
  assert.equal((await carried)?.state, "superseded");
  assert.equal(await served(panel, "second\n"), 30);
  assert.equal(await other.advanceRenderer(), null, "the lease was given back, and nothing is open");
});
