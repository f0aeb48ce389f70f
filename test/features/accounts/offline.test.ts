/** A suspension takes effect at once; what keeps it back is told where it was asked for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { suspendAccount } from "../../../src/features/accounts/index.js";
import { touch } from "../../../src/publish/index.js";
import { createAccount, joinAccount } from "../../support/factories.js";
import { createPanel } from "../publications/panel.js";

/** Two accounts with six names each (a site and its www), and as many of others as wanted. */
async function createVillage(t: Parameters<typeof createPanel>[0], others: number) {
  const made = await createPanel(t);
  // Who suspends is answered when the machine has answered, however slow the tests' machine is.
  Object.assign(made.panel.services, { offlinePatienceMs: 120_000 });
  const { ctx, host, add, account, neighbour } = made;
  for (const [at, { id }] of [account, account, account, neighbour, neighbour, neighbour].entries()) await add(id, `n${at}.test`, `www${at}`);
  const more = [];
  for (let at = 0; at < others; at += 1) {
    const one = await createAccount(ctx, { host, login: `other${"abcdef"[at]}` });
    more.push(one);
    await add(one.id, `other${at}.test`, "www");
  }
  const serving = async (id: string) => (await ctx.db.publishUnit.findFirstOrThrow({ where: { role: "web", accountId: id } })).withdrawn;
  return { ...made, more, serving };
}

test("half of a machine's names leave with a suspension that a person asked for: at once, and nothing is left to tell", async (t) => {
  const { ctx, admin, jeanne, account, serving } = await createVillage(t, 0);
  const page = `/accounts/${account.id}`;
  assert.equal((await admin.submit(`${page}/suspend`, `${page}/suspend`, { reason: "spam" })).statusCode, 303);
  const shown = (await admin.get(page)).body;
  assert.match(shown, /spam/);
  assert.doesNotMatch(shown, /still online|on its way/);
  assert.equal(await serving(account.id), true);
  assert.equal(await ctx.db.publishUnit.count({ where: { hold: "guard" } }), 0);
  assert.equal((await admin.api("GET", `/api/v1${page}`)).json().stillOnline, null);
  assert.equal((await jeanne.get(page)).statusCode, 404);
});

test("more accounts than a hand suspends: the page that follows, and the API's answer, say what is still online, why, and where it is let go", async (t) => {
  const { ctx, admin, panel, publisher, account, neighbour, more, serving } = await createVillage(t, 3);
  for (const { id } of more) await suspendAccount(ctx, id, "a slip of a script");
  await publisher.idle();
  assert.equal(await ctx.db.publishUnit.count({ where: { hold: "guard" } }), 0, "three of nine sites, one by one");
  const page = `/accounts/${account.id}`;
  const answer = await admin.submit(`${page}/suspend`, `${page}/suspend`, { reason: "spam" });
  const shown = (await admin.get(answer.headers["location"] as string)).body;
  assert.match(shown, /1 part is still online: to take so much off a machine at once/);
  const where = /href="(\/publications\/holds\?q)&#x3D;(\d+)"/.exec(shown)?.slice(1).join("=") ?? assert.fail("no way to let it go");
  assert.equal(await serving(account.id), false);
  const holds = (await admin.get(where)).body;
  const unit = /\/publications\/holds\/([0-9a-f-]{36})"/.exec(holds)?.[1] ?? assert.fail("not listed there");
  const { stillOnline } = (await admin.api("POST", `/api/v1/accounts/${neighbour.id}/suspend`, { reason: "spam" })).json();
  assert.deepEqual([stillOnline.held, stillOnline.href], [1, `/publications/holds?q=${neighbour.number}`]);
  assert.match(stillOnline.message, /^1 part is still online/);
  const reader = await panel.createUser("ines");
  await joinAccount(ctx, neighbour, reader);
  assert.equal((await (await panel.as("ines")).api("GET", `/api/v1/accounts/${neighbour.id}`)).json().stillOnline, null, "no member decides it");
  assert.equal((await admin.submit(`/publications/holds/${unit}`, `/publications/holds/${unit}/release`, {})).statusCode, 303);
  await publisher.idle();
  assert.equal(await serving(account.id), true);
  assert.doesNotMatch((await admin.get(page)).body, /still online/);
});

test("suspended after a guard has held it, an account goes offline at once; held with its suspension, it waits for a person, however long", async (t) => {
  const { ctx, admin, panel, host, publisher, account, neighbour, more, serving } = await createVillage(t, 3);
  const touchWeb = async ({ id, number }: typeof account) => {
    await ctx.transaction((tx) => touch(tx, [{ hostId: host.id, role: "web", key: String(number), accountId: id }]));
    await publisher.idle();
  };
  const holdOf = async ({ id }: typeof account) => (await ctx.db.publishUnit.findFirstOrThrow({ where: { role: "web", accountId: id } })).hold;
  const suspend = async ({ id }: typeof account) => {
    const page = `/accounts/${id}`;
    assert.equal((await admin.submit(`${page}/suspend`, `${page}/suspend`, { reason: "spam" })).statusCode, 303);
  };
  // A third of the machine's names vanishes, by no act on that account.
  await ctx.db.site.updateMany({ where: { accountId: account.id }, data: { state: "bin" } });
  await touchWeb(account);
  assert.equal(await holdOf(account), "guard");
  panel.clock.advance(60);
  await suspend(account);
  assert.deepEqual([await holdOf(account), await ctx.db.publishUnit.count({ where: { accountId: account.id, hold: "guard" } })], [null, 0]);
  assert.equal(await serving(account.id), true);
  for (const one of more) await suspendAccount(ctx, one.id, "a slip of a script");
  await publisher.idle();
  panel.clock.advance(60);
  await suspend(neighbour);
  assert.equal(await holdOf(neighbour), "guard");
  panel.clock.advance(3_600);
  await touchWeb(neighbour);
  assert.equal(await holdOf(neighbour), "guard", "what came later is no word of a person");
});
