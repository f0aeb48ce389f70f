import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { chipOf } from "../../src/publish/index.js";
import { makePanel, manifestOf, type Panel } from "./rig.js";

const site = (number: number, text = "www") => ({ text, names: [`s${number}.example.org`] });
const sites = (count: number, text = "www") => Object.fromEntries(Array.from({ length: count }, (_, i) => [String(2001 + i), site(2001 + i, text)]));

/** What the database believes must be what serves. */
async function assertAgrees({ ctx, machine }: Panel): Promise<void> {
  const live = Object.entries((await machine.live()) ?? {}).map(([path, content]) => `${path} ${createHash("sha256").update(content).digest("hex")}`);
  assert.deepEqual(await manifestOf(ctx), live.sort());
}

test("a touched unit is published and verified, and its publication says so", async (t) => {
  const panel = await makePanel(t);
  await panel.set({ "2001": site(2001) });
  await panel.publisher.idle();
  assert.match((await panel.machine.live())?.["tester/accounts/2001.conf"] ?? "", /^text www$/m);
  const publication = await panel.publication();
  assert.equal(publication.state, "done", JSON.stringify(publication));
  const unit = await panel.unit("2001");
  assert.deepEqual([unit.wanted, unit.published, unit.verified, unit.serving], [1, 1, 1, "present"]);
  assert.deepEqual(chipOf(unit), { state: "verified" });
  await assertAgrees(panel);
});

/** Each place where a unit can be refused, and what the run must say of it. */
const REFUSALS: { place: string; text: string; code: string; step: string | null }[] = [
  { place: "the renderer refuses the state", text: "UNRENDERABLE", code: "sites.folder_invalid", step: null },
  { place: "rehearsal names the file", text: "POISON", code: "sites.bad_word", step: "publish" },
  { place: "rehearsal names nothing", text: "MUTTER", code: "publications.refused", step: "publish" },
  { place: "the start names the file", text: "STRANGLE", code: "sites.bad_word", step: "publish" },
  { place: "the start names nothing", text: "SMOTHER", code: "publications.refused", step: "publish" },
  { place: "the switch fails and goes back", text: "FOUL", code: "sites.bad_word", step: "publish" },
];

for (const { place, text, code, step } of REFUSALS) {
  test(`a bad unit falls back, the others go live: ${place}`, async (t) => {
    const panel = await makePanel(t);
    await panel.set(sites(6));
    await panel.publisher.idle();
    await panel.set({ ...sites(6, "next"), "2003": site(2003, text) });
    await panel.publisher.idle();
    const live = (await panel.machine.live()) ?? {};
    for (const number of [2001, 2002, 2004, 2005, 2006]) assert.match(live[`tester/accounts/${number}.conf`] ?? "", /^text next$/m);
    assert.match(live["tester/accounts/2003.conf"] ?? "", /^text www$/m, "the last good files go on");
    const bad = await panel.unit("2003");
    assert.deepEqual([bad.quarantineCode, bad.failedVersion, bad.serving, bad.published, bad.verified], [code, 2, "lastGood", 2, 1]);
    assert.equal(chipOf(bad).state, "failed");
    const publication = await panel.publication();
    assert.equal(publication.state, "partial");
    if (step !== null) assert.ok((publication.steps as { step: string }[]).some((entry) => entry.step === step));
    const part = await panel.ctx.db.publicationPart.findFirstOrThrow({ where: { publicationId: publication.id, key: "2003" } });
    assert.deepEqual([part.accountId, part.result, part.faultCode, part.serving], ["2003", "failed", code, "lastGood"]);
    for (const number of [2001, 2002, 2004, 2005, 2006]) assert.deepEqual(chipOf(await panel.unit(String(number))), { state: "verified" });
    await assertAgrees(panel);

    await panel.set({ "2003": site(2003, "mended") });
    await panel.publisher.idle();
    assert.deepEqual(chipOf(await panel.unit("2003")), { state: "verified" }, "a mended unit is free again");
  });
}

test("a unit that was never good becomes a notice", async (t) => {
  const panel = await makePanel(t);
  await panel.set({ ...sites(3), "2009": site(2009, "POISON") });
  await panel.publisher.idle();
  const live = (await panel.machine.live()) ?? {};
  assert.match(live["tester/accounts/2009.conf"] ?? "", /^notice for s2009.example.org$/m);
  assert.equal((await panel.unit("2009")).serving, "notice");
  assert.deepEqual(chipOf(await panel.unit("2001")), { state: "verified" });
  await assertAgrees(panel);
});

test("one poisoned unit among a hundred: 99 others live and updated", async (t) => {
  const panel = await makePanel(t);
  await panel.set(sites(100));
  await panel.publisher.idle();
  await panel.set({ ...sites(100, "next"), "2050": site(2050, "SMOTHER") });
  await panel.publisher.idle();
  const live = Object.values((await panel.machine.live()) ?? {});
  assert.equal(live.filter((content) => /^text next$/m.test(content)).length, 99);
  assert.equal(live.filter((content) => /^text www$/m.test(content)).length, 1);
  assert.equal((await panel.unit("2050")).quarantineCode, "publications.refused");
  assert.equal(await panel.ctx.db.publishUnit.count({ where: { quarantineCode: { not: null } } }), 1);
  await assertAgrees(panel);
});

test("six accounts that fail alike are our error: nothing changes, nobody is blamed, withdrawn ones leave all the same", async (t) => {
  const panel = await makePanel(t);
  await panel.set(sites(8));
  await panel.publisher.idle();
  await panel.set({ ...sites(7, "POISON"), "2008": { ...site(2008, "POISON"), withdrawn: true } });
  await panel.publisher.idle();
  const publication = await panel.publication();
  assert.equal(publication.state, "refused");
  assert.equal((publication.errors as { code: string }[])[0]?.code, "publications.failing_alike");
  const live = (await panel.machine.live()) ?? {};
  for (let number = 2001; number <= 2007; number += 1) assert.match(live[`tester/accounts/${number}.conf`] ?? "", /^text www$/m);
  assert.equal(await panel.ctx.db.publishUnit.count({ where: { quarantineCode: { not: null }, key: { not: "2008" } } }), 0);
  assert.match(live["tester/accounts/2008.conf"] ?? "", /^notice/m);
  assert.deepEqual(chipOf(await panel.unit("2001")), { state: "waiting" });
  await assertAgrees(panel);
});

test("what was withdrawn never comes back: a suspension, a lost name", async (t) => {
  const panel = await makePanel(t);
  await panel.set(sites(4));
  await panel.publisher.idle();
  await panel.set({ ...sites(4, "next"), "2001": { ...site(2001, "POISON"), withdrawn: true }, "2002": { text: "POISON", names: ["other.example.org"] } });
  await panel.publisher.idle();
  const live = (await panel.machine.live()) ?? {};
  assert.match(live["tester/accounts/2001.conf"] ?? "", /^notice for s2001.example.org$/m);
  assert.match(live["tester/accounts/2002.conf"] ?? "", /^notice for other.example.org$/m);
  assert.doesNotMatch(JSON.stringify(live), /s2002.example.org/);
  assert.match(live["tester/accounts/2003.conf"] ?? "", /^text next$/m);
  await panel.set({ "2003": null });
  await panel.publisher.idle();
  assert.equal((await panel.machine.live())?.["tester/accounts/2003.conf"], undefined);
  await assertAgrees(panel);
});

for (const fault of ["mute", "stale", "lost"] as const) {
  test(`a unit that does not prove itself is taken back alone (${fault})`, async (t) => {
    const panel = await makePanel(t);
    await panel.set(sites(3));
    await panel.publisher.idle();
    panel.machine.faults.set("s2002.example.org", fault);
    await panel.set(sites(3, "next"));
    await panel.publisher.idle();
    const live = (await panel.machine.live()) ?? {};
    assert.match(live["tester/accounts/2001.conf"] ?? "", /^text next$/m);
    assert.match(live["tester/accounts/2002.conf"] ?? "", /^text www$/m);
    const codes = { mute: "publications.no_answer", stale: "publications.wrong_answer", lost: "publications.wrong_status" };
    assert.equal((await panel.unit("2002")).quarantineCode, codes[fault]);
    assert.deepEqual(chipOf(await panel.unit("2003")), { state: "verified" });
    await assertAgrees(panel);
  });
}

test("a single unit that does not prove itself: the release before serves again, a witness acquits the machine", async (t) => {
  const panel = await makePanel(t);
  await panel.set(sites(3));
  await panel.publisher.idle();
  panel.machine.faults.set("s2002.example.org", "stale");
  await panel.set({ "2002": site(2002, "next") });
  await panel.publisher.idle();
  assert.match((await panel.machine.live())?.["tester/accounts/2002.conf"] ?? "", /^text www$/m);
  assert.equal((await panel.unit("2002")).quarantineCode, "publications.wrong_answer");
  const releases = await panel.ctx.db.release.findMany({ orderBy: { number: "asc" } });
  assert.deepEqual(
    releases.map((release) => release.state),
    ["live", "rolledBack"],
  );
  await assertAgrees(panel);
});

test("a machine on which nothing answers: rolled back, both errors kept, nobody blamed, retried later", async (t) => {
  const panel = await makePanel(t);
  await panel.set(sites(3));
  await panel.publisher.idle();
  panel.machine.silence(true);
  await panel.set(sites(2, "next"));
  await panel.publisher.idle();
  const publication = await panel.publication();
  assert.equal(publication.state, "failed");
  const errors = publication.errors as { step: string; code: string }[];
  assert.deepEqual([...new Set(errors.map((error) => error.step))].sort(), ["rollback", "verify"]);
  assert.match((await panel.machine.live())?.["tester/accounts/2001.conf"] ?? "", /^text www$/m);
  assert.deepEqual(chipOf(await panel.unit("2001")), { state: "waiting" });
  await assertAgrees(panel);

  panel.machine.silence(false);
  panel.ctx.clock.advance(30);
  assert.deepEqual(await panel.publisher.catchUp(), [], "not before its time");
  panel.ctx.clock.advance(60);
  assert.deepEqual(await panel.publisher.catchUp(), ["web1"]);
  await panel.publisher.idle();
  assert.deepEqual(chipOf(await panel.unit("2001")), { state: "verified" });
});

/** Failures of the machine itself: nothing goes live, nobody is blamed, and the run says why. */
const MACHINE: { what: string; broken(panel: Panel): Promise<void> | void; code: string }[] = [
  { what: "apply is gone", broken: (panel) => panel.machine.lock(), code: "publications.machine_unreachable" },
  { what: "the machine saw another root than any of ours", broken: (panel) => panel.machine.forgeRoot(), code: "publications.unknown_root" },
];

for (const { what, broken, code } of MACHINE) {
  test(`the release before stays: ${what}`, async (t) => {
    const panel = await makePanel(t);
    await panel.set(sites(2));
    await panel.publisher.idle();
    await broken(panel);
    await panel.set(sites(2, "next"));
    await panel.publisher.idle();
    const publication = await panel.publication();
    assert.equal((publication.errors as { code: string }[])[0]?.code, code, JSON.stringify(publication.errors));
    assert.doesNotMatch(JSON.stringify(await panel.machine.live()), /text next/);
    assert.deepEqual(chipOf(await panel.unit("2001")), { state: "waiting" });
    assert.equal(await panel.ctx.db.publishUnit.count({ where: { quarantineCode: { not: null } } }), 0);
  });
}

test("a machine that was installed again is filled from the database", async (t) => {
  const panel = await makePanel(t);
  await panel.set(sites(5));
  await panel.publisher.idle();
  const before = await panel.machine.live();
  await panel.machine.wipe();
  await panel.set({ "2001": site(2001) });
  await panel.publisher.idle();
  assert.deepEqual(await panel.machine.live(), before);
  await assertAgrees(panel);
});

test("nothing changed: no release, and the version is published all the same", async (t) => {
  const panel = await makePanel(t);
  await panel.set(sites(2));
  await panel.publisher.idle();
  const calls = panel.machine.calls().length;
  await panel.set({ "2001": site(2001) });
  await panel.publisher.idle();
  assert.deepEqual(
    panel.machine
      .calls()
      .slice(calls)
      .filter((call) => call !== "status"),
    [],
  );
  assert.deepEqual(chipOf(await panel.unit("2001")), { state: "verified" });
  assert.equal(await panel.ctx.db.release.count(), 1);
});

test("a dry run says what would change and touches nothing", async (t) => {
  const panel = await makePanel(t);
  await panel.set(sites(2));
  await panel.publisher.idle();
  await panel.publisher.close();
  await panel.set({ "2001": site(2001, "next"), "2002": null });
  const calls = panel.machine.calls().length;
  const dry = await panel.publisher.dryRun("web1");
  assert.deepEqual(
    dry.units.map(({ key, change }) => [key, change]),
    [
      ["2001", "changed"],
      ["2002", "removed"],
    ],
  );
  assert.deepEqual(dry.units[0]?.says, [{ key: "sites.plan.answers", data: { name: "s2001.example.org", folder: "next" } }]);
  const changed = dry.files.find((file) => file.key === "2001");
  assert.ok(changed?.lines.some(({ mark, text }) => mark === "-" && text === "text www"));
  assert.ok(changed?.lines.some(({ mark, text }) => mark === "+" && text === "text next"));
  assert.equal(panel.machine.calls().length, calls);
  assert.deepEqual(chipOf(await panel.unit("2001")), { state: "waiting" });
});

test("two units that write one path: the later one is refused, the earlier one goes live", async (t) => {
  const panel = await makePanel(t);
  // Different owners lie in different shards, so only units of one owner can meet.
  await panel.set({ "2001/a-b": site(2003), "2001/a/b": site(2004) });
  await panel.publisher.idle();
  assert.equal((await panel.unit("2001/a/b")).quarantineCode, "publications.path_taken");
  assert.deepEqual(chipOf(await panel.unit("2001/a-b")), { state: "verified" });
  await assertAgrees(panel);
});
