/** "How do I upload?" on a member's first page. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { addLogin, getLogin } from "../../../src/features/ftp/index.js";
import { addKey } from "../../../src/features/ftp/login-keys.js";
import { dropPassword, editLogin } from "../../../src/features/ftp/logins.js";
import { removeLogin } from "../../../src/features/ftp/removal.js";
import { buildTestApp } from "../../support/app.js";
import type { Scope } from "../../support/database.js";
import { createAccount, createHost, joinAccount } from "../../support/factories.js";
import { ED25519 } from "./scene.js";

async function createPanel(t: Scope, roles = ["files", "ftp", "php", "web"]) {
  const panel = await buildTestApp(t);
  const ctx = panel.ctx();
  const host = await createHost(ctx, { roles });
  const account = await createAccount(ctx, { host, login: "club" });
  await joinAccount(ctx, account, await panel.createUser("jeanne"));
  await joinAccount(ctx, account, await panel.createUser("lucie"), "reader");
  await joinAccount(ctx, account, await panel.createUser("paul"), "mail");
  const home = async (login: string) => (await (await panel.as(login)).get("/")).body;
  return { panel, ctx, host, account, home };
}

test("Without a login, who may make one is offered the button, and nobody else anything", async (t) => {
  const { home } = await createPanel(t);
  assert.match(await home("jeanne"), /Upload your files[\s\S]*href="\/ftp-logins\/new"/);
  assert.doesNotMatch(await home("lucie"), /Upload your files/);
  assert.doesNotMatch(await home("paul"), /Upload your files/);
});

test("Where no machine would open a login, no button promises one", async (t) => {
  const { home } = await createPanel(t, ["files", "php", "web"]);
  assert.doesNotMatch(await home("jeanne"), /Upload your files/);
});

test("Server, user and port stand there to be copied; a neighbour's never do", async (t) => {
  const { panel, ctx, host, account, home } = await createPanel(t);
  const { login } = await addLogin(ctx, { accountId: account.id });
  const neighbour = await createAccount(ctx, { host, login: "voisin" });
  await addLogin(ctx, { accountId: neighbour.id });
  const page = await home("jeanne");
  for (const value of [host.address, "club", "2222"]) assert.ok(page.includes(`data-copy="${value}"`), value);
  assert.ok(page.includes(`/ftp-logins/${login.id}/filezilla.xml`) && page.includes("Forgot the password?") && page.includes(`/connect?account=${account.id}`));
  assert.doesNotMatch(page, /voisin/);
  const reader = await home("lucie");
  assert.ok(reader.includes("then the password") && !reader.includes("Forgot the password?"));
  assert.doesNotMatch(await home("paul"), /Upload your files/);
  // A login without a password: its key opens it.
  await addKey(ctx, login.id, { key: ED25519 });
  await dropPassword(ctx, login.id);
  assert.match(await home("jeanne"), /your SSH key opens/);
  assert.equal((await (await panel.as("paul")).get(`/ftp-logins/${login.id}/filezilla.xml`)).statusCode, 403);
});

test("A login that does not open is never the one to type; several accounts are told apart", async (t) => {
  const { panel, ctx, host, account, home } = await createPanel(t);
  const { login } = await addLogin(ctx, { accountId: account.id });
  await editLogin(ctx, login.id, { enabled: false });
  const shut = await home("jeanne");
  assert.ok(!shut.includes("filezilla.xml") && /Upload your files[\s\S]*Disabled/.test(shut));
  const { login: open } = await addLogin(ctx, { accountId: account.id, name: "marie" });
  assert.ok((await home("jeanne")).includes(`data-copy="${open.name}"`));
  const other = await createAccount(ctx, { host, login: "fanfare", name: "La Fanfare" });
  const jeanne = await ctx.db.user.findUniqueOrThrow({ where: { login: "jeanne" } });
  await joinAccount(ctx, other, jeanne);
  await addLogin(ctx, { accountId: other.id });
  const both = await home("jeanne");
  assert.ok(!both.includes("filezilla.xml"));
  assert.match(both, /club_marie<\/a> <span class="text-secondary">[^<]+<\/span>[\s\S]*fanfare<\/a> <span class="text-secondary">La Fanfare</);
  const chosen = await panel.as("jeanne");
  await chosen.submit("/", "/account/switch", { account: other.id, back: "/" });
  assert.ok((await chosen.get("/")).body.includes('data-copy="fanfare"'));
  await removeLogin(ctx, (await getLogin(ctx, "fanfare")).id);
  assert.match((await chosen.get("/")).body, /Upload your files[\s\S]*href="\/ftp-logins\/new"/);
});
