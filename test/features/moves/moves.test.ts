/** An account goes to another web machine: proven before names lead there, both serving until caches have forgotten, undone at any time until then. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createText } from "../../../src/core/text.js";
import { removeAccount, suspendAccount } from "../../../src/features/accounts/index.js";
import { readTable } from "../../../src/features/dns/zone-table.js";
import { getZone } from "../../../src/features/dns/zones.js";
import { endMove, startMove, undoMove } from "../../../src/features/moves/moves.js";
import { nextTryOf, waitsOf } from "../../../src/features/moves/shown.js";
import { LEAST_SECONDS, MARGIN_SECONDS, stepAll } from "../../../src/features/moves/steps.js";
import { watchMoves } from "../../../src/features/moves/watched.js";
import { VIEWS } from "../../../src/features/moves/words.js";
import { addAddress } from "../../../src/features/sites/index.js";
import { createHost } from "../../support/factories.js";
import { createMoveScene, NEW, OLD } from "./scene.js";

type Scene = Awaited<ReturnType<typeof createMoveScene>>;
/** A zone of an hour; nobody knows what it was before. */
const OVERLAP = LEAST_SECONDS + MARGIN_SECONDS;

const waits = async (scene: Scene) =>
  (((await scene.move())?.waitsFor ?? []) as { key: string; data: Record<string, string> }[]).map(({ key, data }) => [
    key,
    data["name"] ?? data["names"] ?? "",
  ]);
const toldBy = async ({ ctx, panel }: Scene) => {
  const { rows } = await readTable(ctx.db, panel.services.features, await getZone(ctx, "ours.test"));
  return rows.flatMap(({ name, data }) => (data.type === "A" && name === "n3.ours.test" ? [data.address] : []));
};

/** To where names lead to the destination and the zone says so. */
async function led(scene: Scene): Promise<void> {
  await startMove(scene.ctx, scene.account.id, scene.web2.id);
  assert.equal(await scene.look(), "led");
  await scene.zoneSeen();
  assert.equal(await scene.look(), "told");
}

test("the destination is published and proven first, then names are led, the machine of before serves to the end, and nothing is held", async (t) => {
  const scene = await createMoveScene(t);
  const { ctx, web1, web2, account, panel } = scene;
  const wanted = await scene.zoneWanted();
  await startMove(ctx, account.id, web2.id);
  await scene.publisher.idle();
  assert.equal(await scene.serves(web2), await scene.serves(web1), "the very same files");
  assert.deepEqual([(await scene.place()).webHostId, await scene.zoneWanted(), await toldBy(scene)], [web1.id, wanted, [OLD]], "names do not move yet");

  assert.equal(await scene.look(), "led");
  assert.deepEqual([(await scene.place()).webHostId, await toldBy(scene)], [web2.id, [NEW]]);
  assert.ok((await scene.zoneWanted()) > wanted);
  assert.equal(await scene.look(), "waiting");
  assert.deepEqual(await waits(scene), [["moves.waits.zones", "ours.test"]]);
  await scene.zoneSeen();
  assert.equal(await scene.look(), "told");
  const { endsAt } = (await scene.move())!;
  assert.equal(endsAt?.getTime(), panel.clock.now().getTime() + OVERLAP * 1000);

  // What changes meanwhile is served by both, and its chip speaks of both.
  await addAddress(ctx, scene.site.id, { address: "late.ours.test", withWww: false });
  await scene.publisher.idle();
  for (const host of [web1, web2]) assert.match((await scene.serves(host)) ?? "", /^name late\.ours\.test$/m);
  await scene.zoneSeen();
  panel.clock.advance(LEAST_SECONDS);
  assert.equal(await scene.look(), "waiting", "not a moment earlier");
  assert.ok(await scene.serves(web1));

  panel.clock.advance(MARGIN_SECONDS + 1);
  for (const name of ["ours.test", "late.ours.test", ...Array.from({ length: 12 }, (_, at) => `n${at}.ours.test`)]) scene.tell(name, NEW);
  assert.equal(await scene.look(), "ended");
  assert.deepEqual([await scene.serves(web1), await scene.move(), (await scene.place()).alsoWebHostId], [undefined, null, null]);
  assert.match((await scene.serves(web2)) ?? "", /^name n11\.ours\.test$/m);
  assert.equal(await ctx.db.publishUnit.count({ where: { hold: { not: null } } }), 0, "that all its names left was no accident");
  const verbs = await ctx.db.auditEntry.findMany({ where: { verb: { startsWith: "moves." } }, orderBy: { at: "asc" }, select: { verb: true } });
  assert.deepEqual(
    verbs.map(({ verb }) => verb),
    ["moves.move.started", "moves.move.led", "moves.move.ended"],
  );
});

test("a destination that does not answer for one name is never led to, whoever waits; and it is told which", async (t) => {
  const scene = await createMoveScene(t);
  const { ctx, web1, web2, account } = scene;
  web2.machine.faults.set("ours.test", "stale");
  await startMove(ctx, account.id, web2.id);
  for (let look = 0; look < 3; look += 1) assert.equal(await scene.look(), "waiting");
  assert.match((await waits(scene))[0]?.[0] ?? "", /^moves\.waits\.unit_(failed|waiting|published)$/);
  assert.deepEqual([(await scene.place()).webHostId, await toldBy(scene)], [web1.id, [OLD]]);
  assert.ok(nextTryOf((await scene.move())!), "it is tried again");
  // People read what it is, in their language.
  const { waitsFor } = (await scene.move())!;
  const unit = (language: "en" | "fr") => waitsOf({ waitsFor }, createText(VIEWS).translator(language))[0]?.split(/\u00a0?: /)[1];
  assert.deepEqual([unit("en"), unit("fr")], ["Web configuration", "Configuration web"]);
  web2.machine.faults.clear();
  await ctx.db.publishUnit.updateMany({ where: { hostId: web2.id }, data: { wanted: { increment: 1 } } });
  await scene.publisher.run(web2.id);
  // It proves itself now, but not to a visitor.
  web2.machine.faults.set("n5.ours.test", "mute");
  assert.equal(await scene.look(), "waiting");
  assert.deepEqual(await waits(scene), [["moves.waits.answer", "n5.ours.test"]]);
  web2.machine.faults.clear();
  assert.equal(await scene.look(), "led");
});

test("what the destination refused is tried again, less and less often, and its page says when; a person's look does not wait", async (t) => {
  const scene = await createMoveScene(t, 1);
  const { ctx, web2, account, panel, admin, key } = scene;
  const at = `/accounts/${account.id}/move`;
  // Something that this machine lacks, and the one of before has.
  const driver = join(web2.machine.folder, "daemons/tester/driver");
  const sound = readFileSync(driver, "utf8");
  const [whole, lacking] = ['then named POISON "$files"', `then named "name n0" "$files" | sed s/name.n0$/POISON/`];
  assert.ok(sound.includes(whole));
  writeFileSync(driver, sound.replace(whole, lacking).replace("grep -q POISON", "grep -q name.n0"));
  await startMove(ctx, account.id, web2.id);
  const tries = () => ctx.db.publicationPart.count({ where: { role: "web", key, result: "failed", publication: { hostId: web2.id } } });
  const next = async () => nextTryOf((await scene.move())!);
  /** One look at which the pause is kept, one after it: what was tried is seen by the look that follows. */
  const pauses = async (minutes: number) => {
    assert.equal(await scene.look(), "waiting");
    const before = await tries();
    assert.equal(await next(), new Date(panel.clock.now().getTime() + minutes * 60_000).toISOString());
    panel.clock.advance(minutes * 60 - 1);
    await scene.look();
    assert.equal(await tries(), before, "not a moment earlier");
    panel.clock.advance(1);
    await scene.look();
    assert.equal(await tries(), before + 1);
  };
  for (const minutes of [1, 2]) await pauses(minutes);
  assert.equal(await scene.look(), "waiting");
  assert.equal(await next(), new Date(panel.clock.now().getTime() + 4 * 60_000).toISOString());
  const [page, told] = [await admin.get(at), (await admin.api("GET", `/api/v1${at}`)).json()];
  assert.match(page.body, /tried again by itself[^<]*Next try: <time/);
  assert.equal(told.nextTryAt, await next());

  writeFileSync(driver, sound);
  await admin.submit(at, `${at}/look`, {});
  await scene.publisher.idle();
  assert.equal(await scene.look(), "led");
  assert.equal((await admin.api("GET", `/api/v1${at}`)).json().nextTryAt, null);
});

test("a name whose DNS is kept elsewhere has its overlap too, from when its owner was seen to have changed it, once", async (t) => {
  const scene = await createMoveScene(t, 1);
  const { ctx, web1, web2, world, panel } = scene;
  const ends = async () => (await scene.move())?.endsAt?.getTime() ?? null;
  const inSeconds = (seconds: number) => panel.clock.now().getTime() + seconds * 1000;
  scene.tell("theirs.test", OLD, 60);
  await ctx.db.zone.update({ where: { name: "ours.test" }, data: { defaultTtl: 100_000 } });
  await startMove(ctx, scene.account.id, web2.id);
  assert.equal(await scene.look(), "led");
  await scene.zoneSeen();
  assert.equal(await scene.look(), "told");
  assert.deepEqual([await ends(), await waits(scene)], [null, [["moves.waits.name", "theirs.test"]]], "its DNS is somebody else's");
  const asked = world.asked.length;
  assert.equal(await stepAll(ctx, panel.services), "waiting");
  assert.equal(world.asked.length, asked, "the job does not ask each minute");
  panel.clock.advance(40 * LEAST_SECONDS);
  assert.equal(await stepAll(ctx, panel.services), "waiting");
  assert.ok(world.asked.length > asked);
  assert.deepEqual([await ends(), Boolean(await scene.serves(web1))], [null, true]);

  for (const name of ["ours.test", "n0.ours.test"]) scene.tell(name, NEW, 60);
  scene.tell("theirs.test", NEW, 200_000);
  assert.equal(await scene.look(), "forgetting");
  assert.deepEqual([await ends(), await waits(scene)], [inSeconds(200_000 + MARGIN_SECONDS), []], "the longest that is known");
  panel.clock.advance(200_000 + MARGIN_SECONDS - 1);
  assert.equal(await scene.look(), "waiting", "not a moment earlier");
  panel.clock.advance(2);
  // It went back meanwhile: whoever hears that now keeps it again.
  scene.tell("theirs.test", OLD, 60);
  assert.equal(await scene.look(), "waiting");
  assert.equal(await ends(), null);
  scene.tell("theirs.test", NEW, 2_000_000_000);
  assert.equal(await scene.look(), "forgetting");
  assert.equal(await ends(), inSeconds(7 * LEAST_SECONDS + MARGIN_SECONDS), "no cache keeps longer, whatever a stranger says");
  await ctx.db.accountMove.updateMany({ data: { endsAt: panel.clock.now() } });
  world.mood = "failing";
  assert.equal(await scene.look(), "waiting");
  assert.equal(await ends(), panel.clock.now().getTime(), "silence does not begin it anew");
  world.mood = "well";
  assert.equal(await scene.look(), "ended");
  assert.deepEqual([await scene.serves(web1), Boolean(await scene.serves(web2))], [undefined, true]);
  assert.deepEqual(
    world.asked.filter((one) => one.startsWith("AAAA")),
    [],
    "the machine of before has no IPv6",
  );
});

test("nobody can tell whether names elsewhere lead to a machine without a known address: a person ends it", async (t) => {
  const scene = await createMoveScene(t, 1);
  const { ctx, web1, account, panel } = scene;
  await ctx.db.host.update({ where: { id: web1.id }, data: { publicIpv4: null, address: "localhost" } });
  await startMove(ctx, account.id, scene.web2.id);
  assert.equal(await scene.look(), "led");
  await scene.zoneSeen();
  assert.equal(await scene.look(), "told");
  panel.clock.advance(40 * LEAST_SECONDS);
  assert.equal(await scene.look(), "waiting");
  assert.deepEqual([(await scene.move())?.endsAt, await waits(scene)], [null, [["moves.waits.address_unknown", "theirs.test"]]]);
  const page = await (await panel.as("admin")).get(`/accounts/${account.id}/move`);
  assert.match(page.body, /web1 has no known public address/);
  // With zones of ours alone there is nothing that could not be known.
  await ctx.db.zone.update({ where: { name: "theirs.test" }, data: { mode: "hosted" } });
  assert.equal(await scene.look(), "forgetting");
  panel.clock.advance(OVERLAP + 1);
  assert.equal(await scene.look(), "ended");
});

test("a move is late when nothing comes of it, not while caches forget", async (t) => {
  const scene = await createMoveScene(t, 1);
  const { ctx, panel } = scene;
  const state = async () => (await watchMoves(ctx))[0]?.state;
  await led(scene);
  panel.clock.advance(LEAST_SECONDS + 1);
  assert.equal(await state(), "ok");
  panel.clock.advance(MARGIN_SECONDS + 3_600);
  assert.equal(await state(), "warning");
});

test("undone before names were told: the destination stops, and no name ever moved", async (t) => {
  const scene = await createMoveScene(t);
  const wanted = await scene.zoneWanted();
  await startMove(scene.ctx, scene.account.id, scene.web2.id);
  await scene.publisher.idle();
  assert.ok(await scene.serves(scene.web2));
  assert.equal(await undoMove(scene.ctx, scene.account.id), null);
  await scene.publisher.idle();
  assert.deepEqual([await scene.serves(scene.web2), await scene.zoneWanted(), await scene.move()], [undefined, wanted, null]);
  assert.equal(await scene.ctx.db.publishUnit.count({ where: { hold: { not: null } } }), 0);
});

test("undone after names were told: they are told to go back, and the other machine serves until that is known", async (t) => {
  const scene = await createMoveScene(t);
  await led(scene);
  scene.panel.clock.advance(600);
  await undoMove(scene.ctx, scene.account.id);
  await scene.publisher.idle();
  const move = await scene.move();
  assert.deepEqual([move?.state, move?.back, move?.endsAt, move?.fromHostId], ["leading", true, null, scene.web2.id]);
  assert.deepEqual([(await scene.place()).webHostId, await toldBy(scene)], [scene.web1.id, [OLD]]);
  for (const host of [scene.web1, scene.web2]) assert.ok(await scene.serves(host), host.name);
  await scene.zoneSeen();
  assert.equal(await scene.look(), "told");
  scene.panel.clock.advance(OVERLAP + 1);
  for (const name of ["ours.test", "theirs.test", ...Array.from({ length: 12 }, (_, at) => `n${at}.ours.test`)]) scene.tell(name, OLD);
  assert.equal(await scene.look(), "ended");
  assert.deepEqual([await scene.serves(scene.web2), Boolean(await scene.serves(scene.web1))], [undefined, true]);
});

test("visitors are not sent back to a machine that does not serve; who suspends or removes the account meanwhile does so on both", async (t) => {
  const scene = await createMoveScene(t, 2);
  const { ctx, account, web1, web2 } = scene;
  await led(scene);
  for (const away of [{ reachable: false }, { reachable: null, awaySince: scene.panel.clock.now() }]) {
    await ctx.db.host.update({ where: { id: web1.id }, data: away });
    await assert.rejects(undoMove(ctx, account.id), { code: "moves.old_not_ready" });
  }
  await ctx.db.host.update({ where: { id: web1.id }, data: { reachable: true, awaySince: null } });
  await ctx.db.publishUnit.updateMany({ where: { hostId: web1.id, role: "web", key: scene.key }, data: { verified: 0 } });
  await assert.rejects(undoMove(ctx, account.id), { code: "moves.old_not_ready" });
  await suspendAccount(ctx, account.id, "cotisation");
  await scene.publisher.idle();
  for (const host of [web1, web2]) assert.ok(await scene.serves(host), "its notice stands on both");
  const rows = await ctx.db.publishUnit.findMany({ where: { role: "web", key: scene.key }, select: { withdrawn: true } });
  assert.deepEqual(
    rows.map(({ withdrawn }) => withdrawn),
    [true, true],
  );
  await removeAccount(ctx, account.id);
  await scene.publisher.idle();
  assert.deepEqual([await scene.serves(web1), await scene.serves(web2), await scene.move()], [undefined, undefined, null]);
});

test("silence, a failure and a refusal of the world end nothing; an administrator may, knowing it", async (t) => {
  const scene = await createMoveScene(t, 1);
  await led(scene);
  scene.panel.clock.advance(OVERLAP + 1);
  for (const mood of ["failing", "refusing", "silent"] as const) {
    scene.world.mood = mood;
    assert.equal(await scene.look(), "waiting", mood);
    assert.deepEqual(new Set((await waits(scene)).map(([key]) => key)), new Set(["moves.waits.name_unknown"]), mood);
    assert.ok(await scene.serves(scene.web1));
    scene.panel.clock.advance(301);
  }
  await endMove(scene.ctx, scene.account.id);
  await scene.publisher.idle();
  assert.deepEqual([await scene.serves(scene.web1), await scene.move()], [undefined, null]);
});

test("certificates go along, an older one too, and names wait for them", async (t) => {
  const scene = await createMoveScene(t);
  const { ctx, account, web1, web2, panel } = scene;
  const subject = await ctx.db.certificateSubject.findFirstOrThrow({ where: { accountId: account.id } });
  const now = panel.clock.now();
  const facts = { subjectId: subject.id, names: ["ours.test"], source: "acme", chain: "", key: "", fingerprint: "f", serial: "1", issuer: "x" };
  const times = { notBefore: now, notAfter: new Date(now.getTime() + 1e9), renewAt: new Date(now.getTime() + 5e8) };
  const certificate = await ctx.db.certificate.create({ data: { ...facts, ...times, number: 1 } as never });
  const seen = { role: "web", wantedId: certificate.id, placedId: certificate.id, verifiedAt: now };
  await ctx.db.certificatePlace.create({ data: { hostId: web1.id, name: "ours.test", ...seen } });
  await startMove(ctx, account.id, web2.id);
  assert.equal(await scene.look(), "waiting");
  assert.deepEqual(await waits(scene), [["moves.waits.certificates", "ours.test"]]);
  await ctx.db.certificatePlace.updateMany({ where: { hostId: web2.id, name: "ours.test", wantedId: certificate.id }, data: { verifiedAt: now } });
  assert.equal(await scene.look(), "led");
  await endMove(ctx, account.id);
  const places = await ctx.db.certificatePlace.findMany({ where: { name: "ours.test" }, orderBy: { hostId: "asc" } });
  assert.deepEqual(
    new Map(places.map(({ hostId, wantedId }) => [hostId, wantedId])),
    new Map([
      [web1.id, null],
      [web2.id, certificate.id],
    ]),
  );
});

test("pages and API: what is refused, what is shown, and that nobody else gets near", async (t) => {
  const scene = await createMoveScene(t);
  const { account, admin, jeanne, web1, web2, ctx } = scene;
  const at = `/accounts/${account.id}/move`;
  assert.equal((await jeanne.get(at)).statusCode, 404);
  const page = await admin.get(at);
  assert.match(page.body, /web2/);
  const refused = async (hostId: string, sentence: RegExp) => {
    const answer = await admin.submit(at, at, { hostId });
    assert.equal(answer.statusCode, 422);
    assert.match(answer.body, sentence);
  };
  await refused(web1.id, /lead to web1 already/);
  await refused("nobody", /is not known/);
  const bare = await createHost(ctx, { name: "web3", roles: ["web"], phpVersions: [] });
  await ctx.db.phpPool.create({ data: { accountId: account.id, version: "8.2", master: "m01", socket: "x.sock" } });
  await refused(bare.id, /missing on web3: 8\.2/);
  await ctx.db.phpPool.deleteMany({ where: { accountId: account.id } });
  assert.equal((await admin.submit(at, at, { hostId: web2.id })).statusCode, 303);
  assert.match((await admin.get("/moves")).body, /web1 → web2/);
  await assert.rejects(startMove(ctx, account.id, web2.id), { code: "moves.under_way" });
  await assert.rejects(endMove(ctx, account.id), { code: "moves.not_led" });
  await scene.publisher.idle();
  assert.equal((await admin.submit(at, `${at}/look`, {})).statusCode, 303);
  await admin.submit(at, `${at}/look`, {});
  // What it waits for is told in words, on both pages and in JSON.
  for (const path of [at, "/moves"]) assert.match((await admin.get(path)).body, /1 zone is not yet published: ours\.test/);
  const told = await admin.api("GET", `/api/v1${at}`);
  assert.equal(told.statusCode, 200);
  assert.deepEqual([told.json().state, told.json().waitsFor], ["leading", ["1 zone is not yet published: ours.test"]]);
  await scene.zoneSeen();
  await admin.submit(at, `${at}/look`, {});
  assert.match((await admin.get(at)).body, /web1 still serves until/);
  assert.match((await admin.get(`${at}/end`)).body, /Stop web1 for this account\?/);
  const removal = await admin.submit(`/hosts/${web1.id}/delete`, `/hosts/${web1.id}/delete`, {});
  assert.notEqual(removal.statusCode, 303, "a machine that still serves is not removed");
});

test("names are told as they are read", () => {
  const waitsFor = [
    { key: "name", data: { name: "xn--caf-dma.ours.test" } },
    { key: "zones", data: { count: 7, names: "xn--caf-dma.test, ours.test, …" } },
  ];
  const told = waitsOf({ waitsFor }, (key, data) => `${key} ${Object.values(data ?? {}).join(" ")}`);
  assert.deepEqual(told, ["name café.ours.test", "zones 7 café.test, ours.test, …"]);
});
