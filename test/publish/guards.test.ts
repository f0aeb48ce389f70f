/** What would take away too much at once waits for a person, and nothing else does. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Role } from "../../src/publish/contract.js";
import { isMass, lostNames } from "../../src/publish/guards.js";
import { letLeave, releaseHold } from "../../src/publish/holds.js";
import { chipOf } from "../../src/publish/index.js";
import type { Scope } from "../support/database.js";
import { makePanel, type Panel, type PanelOptions, testRole, type Words } from "./rig.js";

const site = (number: number, text = "www"): Words => ({ text, names: [`s${number}.example.org`] });
const numbers = (count: number, from = 2001) => Array.from({ length: count }, (_, at) => from + at);
const all = (list: number[], words: (number: number) => Words | null = (number) => site(number)) =>
  Object.fromEntries(list.map((number) => [String(number), words(number)]));
const gone = () => null;

async function publish(panel: Panel, units: Record<string, Words | null>, options = {}): Promise<void> {
  await panel.set(units, options);
  await panel.publisher.idle();
}

async function village(t: Scope, count: number, options: PanelOptions = {}): Promise<Panel> {
  const panel = await makePanel(t, options);
  await publish(panel, all(numbers(count)));
  return panel;
}

const held = (panel: Panel) => panel.ctx.db.publishUnit.count({ where: { hold: "guard" } });
const served = async (panel: Panel) => Object.keys((await panel.machine.live()) ?? {}).length;
const errors = async (panel: Panel) => ((await panel.publication()).errors as { code: string }[]).map(({ code }) => code);

async function letGo(panel: Panel): Promise<void> {
  const rows = await panel.ctx.db.publishUnit.findMany({ where: { hold: "guard" } });
  await panel.ctx.transaction((tx) => releaseHold(tx, rows));
  await panel.publisher.idle();
}

test("many are more than three tenths of ten at least, with what left just before", () => {
  const mass = (lost: number, standing: number, before = 0) => isMass({ lost, standing, before });
  assert.deepEqual([mass(9, 9), mass(3, 10), mass(4, 10), mass(0, 10), mass(0, 10, 9)], [false, false, true, false, false]);
  assert.deepEqual([mass(300, 1000), mass(301, 1000)], [false, true]);
  assert.deepEqual([mass(1, 71, 29), mass(1, 70, 30), mass(1, 9, 1)], [false, true, false], "what is left counts with what has just left");
});

test("what a unit loses: its names when it is withdrawn or gone, those that it gives up, nothing twice", () => {
  const unit = (row: object, desired: object) =>
    lostNames({
      row: { serving: "present", withdrawn: false, claims: ["a", "b"], ...row },
      desired: { withdrawn: false, claims: ["a", "b"], state: {}, ...desired },
      unreadable: null,
    } as never);
  assert.deepEqual(unit({}, {}), []);
  assert.deepEqual(unit({}, { claims: ["b", "c"] }), ["a"]);
  assert.deepEqual(unit({}, { withdrawn: true }), ["a", "b"]);
  assert.deepEqual(unit({}, { state: null, claims: [] }), ["a", "b"]);
  assert.deepEqual(unit({ withdrawn: true }, { withdrawn: true }), []);
  assert.deepEqual(unit({ serving: "nothing" }, { withdrawn: true }), []);
});

for (const [how, words] of [
  ["gone", gone],
  ["suspended", (number: number) => ({ ...site(number), text: "closed", withdrawn: true })],
  ["without their names", () => ({ text: "empty", names: [] })],
] as const) {
  test(`eight of twenty ${how}: held out, everything else goes on in the same run; a word lets them go`, async (t) => {
    const panel = await village(t, 20);
    const units = { ...all(numbers(8), words), ...all(numbers(6, 2009), (number) => site(number, "changed")), "2050": site(2050) };
    await publish(panel, units);
    const { state, id } = await panel.publication();
    assert.deepEqual([state, await errors(panel), await held(panel), await served(panel)], ["partial", ["publications.guard_mass"], 8, 21]);
    assert.equal(await panel.ctx.db.publicationPart.count({ where: { publicationId: id, result: "verified" } }), 7);
    const row = await panel.unit("2001");
    assert.deepEqual([chipOf(row), row.heldBy, row.serving], [{ state: "held", reason: "guard", data: {} }, null, "present"]);
    const entry = await panel.ctx.db.auditEntry.findFirstOrThrow({ where: { verb: "publications.guard.held" }, include: { payload: true } });
    assert.match(entry.payload?.payload ?? "", /"units":8/);
    assert.deepEqual(await panel.publisher.run("web1"), { publicationId: null, state: "idle" });
    await letGo(panel);
    assert.deepEqual([await held(panel), (await panel.publication()).state], [0, "done"]);
    assert.equal((await panel.unit("2001")).letGoAt, null);
    const live = (await panel.machine.live()) ?? {};
    assert.deepEqual(
      numbers(8).filter((number) => live[`tester/accounts/${number}.conf`]?.includes("text www")),
      [],
    );
  });
}

test("three tenths, and a host of nine, are nobody's business", async (t) => {
  const panel = await village(t, 20);
  await publish(panel, all(numbers(6), gone));
  assert.deepEqual([await held(panel), await served(panel), (await panel.publication()).state], [0, 14, "done"]);
  const small = await village(t, 9);
  await publish(small, all(numbers(9), gone));
  assert.deepEqual([await held(small), await served(small)], [0, 0]);
});

test("cut small: runs that follow each other closely count as one; after ten quiet minutes it is meant", async (t) => {
  const panel = await village(t, 20);
  for (const number of numbers(6)) {
    await publish(panel, { [number]: null });
    panel.ctx.clock.advance(60);
  }
  assert.equal(await held(panel), 0);
  await publish(panel, { "2007": null });
  assert.deepEqual([await held(panel), await served(panel)], [1, 14], "the seventh of twenty within ten minutes");
  panel.ctx.clock.advance(11 * 60);
  await publish(panel, { "2008": null });
  assert.deepEqual([await held(panel), await served(panel)], [1, 13]);
});

test("who was suspended and is back has not left: the next removal is not counted with it", async (t) => {
  const panel = await village(t, 8);
  const suspended = (number: number) => ({ ...site(number), withdrawn: true });
  await publish(panel, all(numbers(6), suspended));
  await publish(panel, all(numbers(6)));
  await publish(panel, { "2008": null });
  assert.deepEqual([await held(panel), await served(panel)], [0, 7]);
});

test("batches of one run are one plan: nothing of it leaves before the person's word", async (t) => {
  const panel = await village(t, 40, { limits: { batch: { units: 5, rows: 1_000_000 } } });
  await publish(panel, { ...all(numbers(16), gone), ...all(numbers(10, 2017), (number) => site(number, "changed")) });
  assert.deepEqual([await held(panel), await served(panel), (await panel.publication()).state], [16, 40, "partial"]);
  assert.equal(Object.values((await panel.machine.live()) ?? {}).filter((content) => content.includes("text changed")).length, 10);
});

test("what is held goes on by itself when nothing of it would leave any more", async (t) => {
  const panel = await village(t, 20);
  await publish(panel, all(numbers(8), gone));
  await publish(panel, { "2001": site(2001, "back"), "2002": null });
  assert.equal((await panel.unit("2001")).hold, null);
  assert.deepEqual(chipOf(await panel.unit("2001")), { state: "verified" });
  assert.equal((await panel.unit("2002")).hold, "guard", "touched again, it waits on");
  assert.equal(await held(panel), 7);
  assert.equal(await panel.ctx.db.auditEntry.count({ where: { verb: "publications.guard.held" } }), 1, "told once");
});

test("what it stands on stays as well, on another host too, and goes with it", async (t) => {
  const hosts = { web1: [{ name: "tester", role: "web" }], control: [{ name: "folders", role: "files" }] };
  const panel = await makePanel(t, { hosts });
  const onFiles = { host: "control", role: "files" };
  await publish(panel, all(numbers(20)), onFiles);
  await publish(panel, all(numbers(20)));
  await panel.ctx.transaction(async () => {
    await panel.set(all(numbers(8), gone), onFiles);
    await panel.set(all(numbers(8), gone));
  });
  await panel.publisher.idle();
  await panel.publisher.run("control");
  await panel.publisher.idle();
  const rows = await panel.ctx.db.publishUnit.groupBy({ by: ["role", "serving"], where: { hold: "guard" }, _count: true, orderBy: { role: "asc" } });
  assert.deepEqual(
    rows.map(({ role, serving, _count }) => [role, serving, _count]),
    [
      ["files", "present", 8],
      ["web", "present", 8],
    ],
  );
  await letGo(panel);
  await panel.publisher.run("control");
  await panel.publisher.idle();
  assert.equal(await panel.ctx.db.publishUnit.count({ where: { serving: "nothing" } }), 16);
});

test("a word that comes while a run is under way outlives that run: it is for the version that waits", async (t) => {
  let meanwhile: (() => Promise<void>) | null = null;
  const web = testRole("web", ["files"]);
  const collect: typeof web.collect = async (...asked) => {
    const read = await web.collect(...asked);
    const act = meanwhile;
    meanwhile = null;
    await act?.();
    return read;
  };
  const panel = await village(t, 20, { roles: [{ ...web, collect }, testRole("files")] as unknown as Role<never>[] });
  meanwhile = async () => {
    await panel.set(all(numbers(12), gone));
    await panel.ctx.transaction(async (tx) => {
      for (const number of numbers(12)) await letLeave(tx, { hostId: "web1", accountId: String(number), roles: ["web"] });
    });
  };
  await publish(
    panel,
    all(numbers(20), (number) => site(number, "changed")),
  );
  assert.equal(meanwhile, null, "it came in between");
  assert.deepEqual([await held(panel), await served(panel)], [0, 8]);
  assert.equal(await panel.ctx.db.publishUnit.count({ where: { letGoAt: { not: null } } }), 0, "and counts for nothing more");
});

test("the panel's own names: a single one waits, as a claim or as a record of a zone", async (t) => {
  const panel = await makePanel(t);
  (panel.services.features as unknown as object[]).push({ ownNames: async () => ["panel.example.org", "ns1.own.example"] });
  await publish(panel, {
    "2001": { text: "www", names: ["panel.example.org", "s2001.example.org"] },
    "2002": { text: "zone\nrecord ns1.own.example\nrecord www.own.example", names: ["own.example"] },
    "2003": site(2003),
  });
  await publish(panel, {
    "2001": { text: "www", names: ["s2001.example.org"] },
    "2002": { text: "zone\nrecord ns1.own.example", names: ["own.example"] },
    "2003": null,
  });
  assert.deepEqual([await held(panel), await errors(panel), (await panel.unit("2001")).hold], [1, ["publications.guard_own_name"], "guard"]);
  assert.equal(await served(panel), 2);
  await publish(panel, { "2002": { text: "zone", names: ["own.example"] } });
  assert.equal((await panel.unit("2002")).hold, "guard");
  await letGo(panel);
  assert.equal(await held(panel), 0);
  assert.doesNotMatch(Object.values((await panel.machine.live()) ?? {}).join(""), /panel\.example|ns1\.own/);
});

test("whom a person suspends goes offline at once, however many names leave; for others, and for a name of ours, the guard stands", async (t) => {
  const panel = await makePanel(t);
  const names = (number: number, count: number) => Array.from({ length: count }, (_, at) => `n${at}.s${number}.example.org`);
  const big = (withdrawn: boolean): Words => ({ text: withdrawn ? "closed" : "www", names: names(2001, 8), withdrawn });
  let meant: string[] = ["2001"];
  let asked = 0;
  const feature = {
    name: "accounts",
    ownNames: async () => ["n0.s2030.example.org"],
    meantOffline: async (_tx: unknown, going: readonly { accountId: string }[]) => {
      asked += 1;
      return meant.filter((id) => going.some(({ accountId }) => accountId === id));
    },
  };
  (panel.services.features as unknown[]).push(feature);
  await publish(panel, { "2001": big(false), ...all(numbers(10, 2010)), "2030": { text: "www", names: names(2030, 1) } });
  assert.equal(asked, 0, "nothing leaves: nobody is asked");
  // Eight of nineteen names by the suspension; five others vanish in the same run.
  await publish(panel, { "2001": big(true), ...all(numbers(6, 2010), gone) });
  assert.deepEqual([await errors(panel), await held(panel)], [["publications.guard_mass"], 6]);
  assert.deepEqual([(await panel.unit("2001")).hold, (await panel.unit("2001")).withdrawn, asked], [null, true, 1]);
  assert.match((await panel.machine.live())?.["tester/accounts/2001.conf"] ?? "", /text closed/);
  // A resumption and a suspension that nobody meant: the guard holds as ever.
  await publish(panel, { "2001": big(false) });
  meant = [];
  await publish(panel, { "2001": big(true) });
  assert.equal((await panel.unit("2001")).hold, "guard");
  meant = ["2030"];
  await publish(panel, { "2030": { text: "closed", names: names(2030, 1), withdrawn: true } });
  assert.equal((await panel.unit("2030")).hold, "guard", "the panel's own name waits for a person, whoever is meant");
});

test("what a guard held of an account goes when a person suspends it, with what it stands on; the panel's own name and the others wait on", async (t) => {
  const hosts = {
    web1: [
      { name: "tester", role: "web" },
      { name: "folders", role: "files" },
    ],
  };
  const panel = await makePanel(t, { hosts });
  let meant: string[] = [];
  const told: (Date | null)[] = [];
  const feature = {
    name: "accounts",
    ownNames: async () => ["s2002.example.org"],
    meantOffline: async (_tx: unknown, going: readonly { accountId: string; heldAt: Date | null }[]) => {
      told.push(...going.map(({ heldAt }) => heldAt));
      return meant.filter((id) => going.some(({ accountId }) => accountId === id));
    },
  };
  (panel.services.features as unknown[]).push(feature);
  const both = (units: Record<string, Words | null>) =>
    panel.ctx.transaction(async () => {
      await panel.set(Object.fromEntries(Object.entries(units).map(([key, words]) => [key, words && { ...words, names: [] }])), { role: "files" });
      await panel.set(units);
    });
  await both(all(numbers(20)));
  await panel.publisher.idle();
  await both(all(numbers(8), gone));
  await panel.publisher.idle();
  assert.equal(await held(panel), 16, "eight sites and their folders");
  const since = (await panel.unit("2001")).heldAt;
  meant = ["2001", "2002"];
  told.length = 0;
  const closed = (number: number): Words => ({ ...site(number, "closed"), withdrawn: true });
  await both({ "2001": closed(2001), "2002": closed(2002), "2003": closed(2003) });
  await panel.publisher.idle();
  assert.deepEqual(told, [since, since, since], "whoever answers knows since when they are held");
  const standing = async (key: string) => [(await panel.unit(key)).hold, (await panel.unit(key, { role: "files" })).hold];
  assert.deepEqual([await standing("2001"), (await panel.unit("2001")).withdrawn], [[null, null], true]);
  assert.deepEqual(await standing("2002"), ["guard", "guard"], "a name of ours");
  assert.deepEqual(await standing("2003"), ["guard", "guard"], "nobody meant it");
  assert.match((await panel.machine.live())?.["tester/accounts/2001.conf"] ?? "", /text closed/);
  const { removed } = await panel.publication();
  assert.deepEqual(removed, { web: 1 }, "it counts for the minutes that follow");
});
