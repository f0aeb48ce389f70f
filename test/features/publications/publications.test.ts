import assert from "node:assert/strict";
import { test } from "node:test";
import type { Context } from "../../../src/core/context.js";
import { addDomain } from "../../../src/features/domains/index.js";
import { partBody } from "../../../src/features/publications/shown.js";
import { addSite } from "../../../src/features/sites/sites.js";
import { programFingerprint } from "../../../src/publish/fingerprint.js";
import { until } from "../../support/until.js";
import { createPanel } from "./panel.js";

test("a member sees the part that concerns the own account, an administrator everything", async (t) => {
  const { ctx, account, neighbour, add, admin, jeanne, paul } = await createPanel(t);
  await add(account.id, "club.test", "www");
  const mine = await ctx.db.publicationPart.findFirstOrThrow({ where: { accountId: account.id, role: "web" }, orderBy: { id: "desc" } });
  await add(neighbour.id, "voisin.test", "www");

  const list = await jeanne.get("/publications");
  assert.equal(list.statusCode, 200);
  assert.match(list.body, /club\.test/);
  assert.doesNotMatch(list.body, /voisin/);
  const page = await jeanne.get(`/publications/${mine.publicationId}`);
  assert.equal(page.statusCode, 200);
  assert.match(page.body, /club\.test/);
  assert.doesNotMatch(page.body, /accounts\/\d+\.conf|class="diff/, "generated files are not for members");
  assert.equal((await paul.get(`/publications/${mine.publicationId}`)).statusCode, 404);
  assert.equal((await paul.api("GET", `/api/v1/publications/${mine.publicationId}`)).statusCode, 404);

  const all = await admin.get("/publications");
  assert.match(all.body, /club\.test/);
  assert.match(all.body, /voisin\.test/);
  const whole = await admin.get(`/publications/${mine.publicationId}`);
  assert.match(whole.body, /tester\/accounts\/\d+\.conf/);
  assert.match(whole.body, /diff-added/);
  assert.match((await admin.get("/publications/releases")).body, /Release 1/);
  assert.equal((await jeanne.get("/publications/releases")).statusCode, 404);
});

test("a refused change: its owner reads why, the neighbour sees nothing of it, the programs' words are the administrators'", async (t) => {
  const { ctx, account, neighbour, add, admin, jeanne, paul } = await createPanel(t);
  await add(neighbour.id, "voisin.test", "www");
  await add(account.id, "club.test", "poison");
  const part = await ctx.db.publicationPart.findFirstOrThrow({ where: { accountId: account.id, result: "failed" }, orderBy: { id: "desc" } });
  const page = await jeanne.get(`/publications/${part.publicationId}`);
  assert.match(page.body, /could not be written/);
  assert.match(page.body, /notice page/);
  const json = (await admin.api("GET", `/api/v1/publications/${part.publicationId}`)).json();
  assert.equal(json.state, "partial");
  assert.equal(json.parts.find((one: { accountId: string; role: string }) => one.accountId === account.id && one.role === "web").result, "failed");
  assert.doesNotMatch((await paul.get("/publications")).body, /club/);

  const words = /POISON/;
  const ownJson = (await jeanne.api("GET", `/api/v1/publications/${part.publicationId}`)).json();
  const found = (parts: { accountId: string; role: string; output: string[] }[]) =>
    parts.find((one) => one.accountId === account.id && one.role === "web")?.output;
  assert.match(found(json.parts)?.join("\n") ?? "", words);
  assert.deepEqual(found(ownJson.parts), []);
  assert.match((await admin.get(`/publications/${part.publicationId}`)).body, words);
  assert.doesNotMatch(page.body, words);
});

test("an administrator reads what waits, then publishes; nobody else may", async (t) => {
  const { ctx, host, account, add, admin, jeanne, machine, publisher } = await createPanel(t);
  await add(account.id, "club.test", "www");
  await machine.lock();
  await addDomain(ctx, { accountId: account.id, name: "second.test" });
  await addSite(ctx, { accountId: account.id, address: "second.test", kind: "folder", folder: "second" });
  await publisher.idle();
  const failed = await ctx.db.publication.findFirstOrThrow({ orderBy: { number: "desc" } });
  assert.equal(failed.state, "failed");
  assert.match((await admin.get(`/publications/${failed.id}`)).body, /could not finish|cannot be reached/);
  assert.match((await jeanne.get(`/publications/${failed.id}`)).body, /did not go through/);

  const plan = await admin.get(`/publications/plan?host=${host.id}`);
  assert.match(plan.body, /second\.test/);
  const dry = await admin.api("POST", "/api/v1/publications/plan", { host: host.id });
  assert.ok(
    dry
      .json()
      .files.some((file: { lines: { mark: string; text: string }[] }) => file.lines.some(({ mark, text }) => mark === "+" && text === "name second.test")),
  );
  assert.equal((await jeanne.get("/publications/plan")).statusCode, 404);

  await machine.unlock();
  const answer = await admin.submit(`/publications/plan?host=${host.id}`, "/publications", { host: host.id });
  assert.equal(answer.statusCode, 303);
  await publisher.idle();
  assert.match(JSON.stringify(await machine.live()), /name second\.test/);
  assert.equal((await ctx.db.publication.findFirstOrThrow({ orderBy: { number: "desc" } })).state, "done");
  assert.equal((await jeanne.post("/publications", { host: host.id }, await jeanne.csrf("/"))).statusCode, 404);
  const unknown = await admin.api("POST", "/api/v1/publications", { host: "nowhere" });
  assert.equal(unknown.statusCode, 404);
});

test("lists are told apart by host, in French too", async (t) => {
  const { account, add, admin, panel, host } = await createPanel(t);
  await add(account.id, "café.test", "www");
  // Machines are told the other name, people this one.
  const { body } = await admin.get(`/publications?host=${host.id}`);
  assert.match(body, /café\.test will answer/);
  assert.doesNotMatch(body, /xn--/);
  assert.doesNotMatch((await admin.get("/publications?host=other")).body, /café\.test/);
  const french = await panel.withToken("", "GET", "/publications");
  assert.equal(french.statusCode, 303);
  const listed = (await admin.api("GET", `/api/v1/publications?host=${host.id}`)).json();
  assert.equal(listed.items[0].host, "web1");
  const releases = (await admin.api("GET", "/api/v1/publications/releases")).json();
  assert.equal(releases.items[0].state, "live");
});

test("a new renderer waits on its page, in the API and for the command; members never see it", async (t) => {
  const { ctx, host, account, add, admin, jeanne } = await createPanel(t);
  await add(account.id, "club.test", "www");
  const { id: publicationId } = await ctx.db.publication.findFirstOrThrow({ orderBy: { number: "desc" } });
  assert.match((await admin.get("/publications/renderer")).body, /written by the present version/);
  assert.equal((await admin.api("GET", "/api/v1/publications/renderer")).json(), null);
  assert.equal((await jeanne.get("/publications/renderer")).statusCode, 404);
  const hosts = [{ id: host.id, name: "web1", different: 12, state: "pending" }];
  const facts = { state: "waiting", reason: "renderer", fingerprint: await programFingerprint(), units: 40, different: 12 };
  await ctx.db.rendererChange.create({ data: { ...facts, accountId: account.id, publications: [publicationId], hosts, createdAt: ctx.clock.now() } });
  const { body } = await admin.get("/publications/renderer");
  for (const words of [/12 of 40 units/, /club: its files are online/, /web1: 12 units/, /accounts\/\d+\.conf/]) assert.match(body, words);
  assert.deepEqual((await admin.api("GET", "/api/v1/publications/renderer")).json().first, { id: account.id, login: "club" });
  assert.equal((await jeanne.api("POST", "/api/v1/publications/renderer/apply", {})).statusCode, 404);
  assert.equal((await admin.api("POST", "/api/v1/publications/renderer/apply", {})).statusCode, 202);
  await until(async () => (await ctx.db.rendererChange.findFirstOrThrow()).state === "done");
  assert.equal(await ctx.db.auditEntry.count({ where: { verb: "publications.renderer.applied" } }), 1);
  assert.equal((await admin.api("POST", "/api/v1/publications/renderer/apply", {})).statusCode, 409);
});

test("sentences name what people read, also within a target and a login; a folder is what it is called on the disk", () => {
  const told = (data: Record<string, string | number>) => {
    const part = { role: "web", key: "2000", accountId: null, change: "added", says: [{ key: "x", data }], serving: "present", result: "verified" };
    const say = (_key: string, words: Record<string, unknown> = {}) => Object.values(words).join(" ");
    return partBody({ actor: { kind: "nobody", address: "" } } as unknown as Context, say, { ...part, faultCode: "x.y", faultData: data, output: [] });
  };
  const { sentences, fault } = told({ name: "*.xn--caf-dma.fr", folder: "www/xn--caf-dma.fr", count: 2 });
  assert.deepEqual([sentences, fault], [["*.café.fr www/xn--caf-dma.fr 2"], "*.café.fr www/xn--caf-dma.fr 2"]);
  assert.deepEqual(told({ name: "plain.org", target: "https://xn--caf-dma.fr:8443/xn" }).sentences, ["plain.org https://café.fr:8443/xn"]);
  assert.deepEqual(told({ names: "xn--caf-dma.fr_marie, club_paul" }).sentences, ["café.fr_marie, club_paul"]);
});
