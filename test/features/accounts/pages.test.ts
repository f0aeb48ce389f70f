import assert from "node:assert/strict";
import { test } from "node:test";
import { buildTestApp } from "../../support/app.js";
import type { Scope } from "../../support/database.js";
import { createAccount, createHost, joinAccount } from "../../support/factories.js";
import { HOSTILE_STRINGS } from "../../support/hostile.js";

async function createPanel(t: Scope, options: Parameters<typeof buildTestApp>[1] = {}) {
  const panel = await buildTestApp(t, options);
  const ctx = panel.ctx();
  const host = await createHost(ctx);
  await panel.createUser("root", { admin: true });
  return { panel, ctx, host, root: await panel.as("root") };
}

const accountIn = (body: string) => /\/accounts\/([0-9a-f-]{36})"/.exec(body)?.[1] ?? assert.fail("no account in the page");

test("An administrator creates an account with a new owner, whose password is shown once and opens the panel", async (t) => {
  const lines: string[] = [];
  const { panel, ctx, root } = await createPanel(t, { logTo: { write: (line) => void lines.push(line) } });
  for (const page of ["/sites/new", "/domains/new", "/ftp-logins/new"]) assert.ok((await root.get(page)).body.includes('href="/accounts/new"'), page);
  const fields = { login: "club", name: "Club de ski", ownerLogin: "jeanne", ownerEmail: "jeanne@example.org" };
  const answer = await root.submit("/accounts/new", "/accounts", fields);
  assert.equal(answer.statusCode, 200, answer.body.slice(0, 2000));
  assert.deepEqual(
    lines.filter((line) => line.includes('"level":"error"')),
    [],
    "the page that the form answers is an end, not an error",
  );
  const password = /<code class="secret">([^<]+)<\/code>/.exec(answer.body)?.[1] ?? assert.fail("no password");
  const id = accountIn(answer.body);
  const account = await ctx.db.account.findUniqueOrThrow({ where: { id } });
  assert.equal(account.number, 2000);
  assert.ok(!(await root.get(`/accounts/${id}`)).body.includes(password));
  const jeanne = await panel.as("jeanne", password);
  assert.equal((await jeanne.get("/sites/new")).statusCode, 200);
  assert.equal((await jeanne.get("/accounts")).statusCode, 404);
  const files = await ctx.db.publishUnit.findMany({ where: { accountId: id } });
  assert.deepEqual(
    files.map(({ role, key }) => [role, key]),
    [["files", "2000"]],
  );
});

test("Refused accounts say why at each field", async (t) => {
  const { root, ctx, host } = await createPanel(t);
  await createAccount(ctx, { host, login: "club" });
  const refused = async (fields: Record<string, string>) => {
    const good = { login: "ski", name: "Ski", ownerLogin: "root" };
    const answer = await root.submit("/accounts/new", "/accounts", { ...good, ...fields });
    assert.ok([409, 422].includes(answer.statusCode), `${JSON.stringify(fields)} ${answer.statusCode}`);
    return answer.body;
  };
  assert.ok((await refused({ login: "club" })).includes("The short name club is taken"));
  assert.ok((await refused({ login: "9x" })).includes("beginning with a letter"));
  assert.ok((await refused({ login: "purged-2000" })).includes("beginning with a letter"));
  const unnamed = await refused({ name: "" });
  assert.ok(unnamed.includes('aria-invalid="true"'));
  assert.ok(unnamed.includes('<a href="#field-name">Association — Fill this in.</a>'));
  assert.ok((await refused({ webHostId: "nowhere" })).includes('role="alert"'));
  assert.ok((await refused({ ownerLogin: "new-one", ownerEmail: "nonsense" })).includes('aria-invalid="true"'));
  for (const bad of HOSTILE_STRINGS) await refused({ login: `a${bad}b` });
});

test("A name that was emptied is refused at its field, and the old one stays", async (t) => {
  const { root, ctx, host } = await createPanel(t);
  const account = await createAccount(ctx, { host, name: "Club de ski" });
  const page = `/accounts/${account.id}`;
  const answer = await root.submit(page, page, { name: "  " });
  assert.equal(answer.statusCode, 422);
  assert.match(answer.body, /aria-invalid="true"/);
  assert.equal((await ctx.db.account.findUniqueOrThrow({ where: { id: account.id } })).name, "Club de ski");
});

test("Suspend, resume, remove, restore: from the pages, with the reason kept and shown", async (t) => {
  const { panel, ctx, host, root } = await createPanel(t);
  const account = await createAccount(ctx, { host });
  await joinAccount(ctx, account, await panel.createUser("jeanne"));
  const page = `/accounts/${account.id}`;
  const act = async (from: string, action: string, fields: Record<string, string> = {}) => {
    const answer = await root.submit(from, action, fields);
    assert.equal(answer.statusCode, 303, `${action} ${answer.body.slice(0, 1500)}`);
    return ctx.db.account.findUniqueOrThrow({ where: { id: account.id } });
  };
  assert.equal((await act(`${page}/suspend`, `${page}/suspend`, { reason: "Cotisation <impayée>" })).suspendedReason, "Cotisation <impayée>");
  assert.ok((await root.get(page)).body.includes("Cotisation &lt;impayée&gt;"));
  assert.ok((await root.get("/accounts/suspended")).body.includes(page));
  assert.equal((await root.submit(page, `${page}/suspend`, { reason: "again" })).statusCode, 409);
  assert.equal((await act(page, `${page}/resume`)).state, "active");
  assert.equal((await act(`${page}/delete`, `${page}/delete`, { days: "10" })).state, "removed");
  const jeanne = await panel.as("jeanne");
  assert.equal((await jeanne.get(`/sites/new`)).statusCode, 403);
  assert.ok((await root.get("/accounts/bin")).body.includes(page));
  assert.equal((await act(page, `${page}/restore`)).state, "active");
  assert.equal((await jeanne.get(`/sites/new`)).statusCode, 200);
});

test("Plans: a change reaches the accounts, a used or default one stays", async (t) => {
  const { root, ctx, host } = await createPanel(t);
  await root.get("/accounts/new");
  const account = await createAccount(ctx, { host });
  const plan = await ctx.db.plan.findUniqueOrThrow({ where: { id: account.planId } });
  const numbers = {
    maxDomains: "1",
    maxSites: "2",
    diskMb: "3",
    phpMemoryMb: "64",
    phpTimeSeconds: "30",
    phpUploadMb: "8",
    phpWorkers: "2",
    connections: "9",
    maxFtpLogins: "4",
  };
  const before = await ctx.db.publishUnit.findFirstOrThrow({ where: { accountId: account.id, role: "web" } }).catch(() => null);
  assert.equal(before, null);
  assert.equal((await root.submit("/plans/new", `/plans/${plan.id}`, { name: "Petite", ...numbers })).statusCode, 303);
  assert.ok(await ctx.db.publishUnit.findFirst({ where: { accountId: account.id, role: "web" } }));
  assert.ok(await ctx.db.publishUnit.findFirst({ where: { hostId: host.id, role: "web", key: "base" } }));
  assert.equal((await root.submit("/plans/new", `/plans/${plan.id}/delete`)).statusCode, 409);
  assert.equal((await root.submit("/plans/new", "/plans", { name: "Petite", ...numbers })).statusCode, 422);
  assert.equal((await root.submit("/plans/new", "/plans", { name: "Grande", ...numbers, phpMemoryMb: "1" })).statusCode, 422);
  assert.equal((await root.submit("/plans/new", "/plans", { name: "Grande", ...numbers })).statusCode, 303);
  assert.ok((await root.get("/plans")).body.includes("Grande"));
});

test("People of an account: roles given, changed, taken; the last owner stays", async (t) => {
  const { panel, root, ctx, host } = await createPanel(t);
  const account = await createAccount(ctx, { host });
  const jeanne = await panel.createUser("jeanne");
  await joinAccount(ctx, account, jeanne);
  await panel.createUser("paul");
  const page = `/accounts/${account.id}`;
  assert.equal((await root.submit(page, `${page}/members`, { login: "nobody", role: "reader" })).statusCode, 422);
  assert.equal((await root.submit(page, `${page}/members`, { login: "paul", role: "webmaster" })).statusCode, 303);
  assert.ok((await root.get(page)).body.includes("Webmaster"));
  assert.equal((await root.submit(page, `${page}/members/${jeanne.id}/delete`)).statusCode, 409);
  assert.equal((await root.submit(page, `${page}/members`, { login: "paul", role: "owner" })).statusCode, 303);
  assert.equal((await root.submit(page, `${page}/members/${jeanne.id}/delete`)).statusCode, 303);
});

test("The API does what pages do, and strangers find nothing", async (t) => {
  const { panel, root, ctx, host } = await createPanel(t);
  const made = await root.api("POST", "/api/v1/accounts", { login: "club", name: "Club", ownerLogin: "jeanne", ownerEmail: "jeanne@example.org" });
  assert.equal(made.statusCode, 201, made.body);
  const { account, ownerPassword } = made.json();
  const other = await createAccount(ctx, { host });
  const jeanne = await panel.as("jeanne", ownerPassword);
  assert.equal((await jeanne.api("GET", `/api/v1/accounts/${account.id}`)).json().login, "club");
  assert.equal((await jeanne.api("GET", `/api/v1/accounts/${other.id}`)).statusCode, 404);
  assert.equal((await jeanne.api("GET", `/api/v1/accounts/${other.id}/members`)).statusCode, 404);
  assert.equal((await jeanne.api("GET", "/api/v1/accounts")).json().total, 1);
  assert.equal((await jeanne.api("POST", `/api/v1/accounts/${account.id}/suspend`, { reason: "x" })).statusCode, 404);
  assert.equal((await root.api("POST", `/api/v1/accounts/${account.id}/suspend`, { reason: "unpaid" })).json().state, "suspended");
  assert.equal((await root.api("DELETE", `/api/v1/accounts/${account.id}`)).json().state, "removed");
  assert.equal((await root.api("POST", `/api/v1/accounts/${account.id}/restore`)).json().state, "suspended");
  assert.equal((await root.api("GET", "/api/v1/plans")).json().length, 2);
});
