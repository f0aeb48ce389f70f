import assert from "node:assert/strict";
import { test } from "node:test";
import { chipView } from "../../../src/features/sites/shown.js";
import { listSites } from "../../../src/features/sites/sites.js";
import { buildTestApp } from "../../support/app.js";
import type { Scope } from "../../support/database.js";
import { type AccountOptions, createAccount, createHost, joinAccount } from "../../support/factories.js";
import { HOSTILE_STRINGS } from "../../support/hostile.js";

/** A panel with a member and a neighbour, each with an account on one host. */
async function createPanel(t: Scope, options: AccountOptions = {}) {
  const panel = await buildTestApp(t);
  const ctx = panel.ctx();
  const host = await createHost(ctx);
  const account = await createAccount(ctx, { host, ...options });
  const neighbour = await createAccount(ctx, { host });
  await joinAccount(ctx, account, await panel.createUser("jeanne"));
  await joinAccount(ctx, neighbour, await panel.createUser("paul"));
  return { panel, ctx, host, account, neighbour, jeanne: await panel.as("jeanne"), paul: await panel.as("paul") };
}

const idIn = (location: unknown) => /^\/sites\/([0-9a-f-]{36})$/.exec(String(location))?.[1] ?? assert.fail(`no site in ${location}`);

async function addPage(panel: Awaited<ReturnType<typeof createPanel>>, address: string, fields: Record<string, string> = {}) {
  const answer = await panel.jeanne.submit("/sites/new", "/sites", { accountId: panel.account.id, address, withWww: "true", kind: "folder", ...fields });
  assert.equal(answer.statusCode, 303, answer.body);
  return idIn(answer.headers.location);
}

test("A member adds a site with one field, and its page says everything", async (t) => {
  const panel = await createPanel(t);
  const id = await addPage(panel, "club.test");
  const page = await panel.jeanne.get(`/sites/${id}`);
  assert.equal(page.statusCode, 200);
  for (const words of ["club.test", "www.club.test", "www/club.test", "PHP 8.4", `id="chip-${id}"`, "data-stream"]) assert.ok(page.body.includes(words), words);
  const list = await panel.jeanne.get("/sites?q=CLUB");
  assert.ok(list.body.includes(`/sites/${id}`));
  assert.ok(!(await panel.jeanne.get("/sites?q=other")).body.includes(`/sites/${id}`));
});

test("Every card of the page saves", async (t) => {
  const panel = await createPanel(t);
  const id = await addPage(panel, "club.test");
  const { jeanne, ctx } = panel;
  const page = `/sites/${id}`;
  const save = async (action: string, fields: Record<string, string>) => {
    const answer = await jeanne.submit(page, action, fields);
    assert.equal(answer.statusCode, 303, `${action}: ${answer.body.slice(0, 3000)}`);
    return ctx.db.site.findUniqueOrThrow({ where: { id }, include: { addresses: true } });
  };
  let site = await save(`${page}/php`, { phpVersion: "8.2", memoryMb: "64", timeSeconds: "", uploadMb: "" });
  assert.deepEqual([site.phpVersion, site.memoryMb, site.timeSeconds], ["8.2", 64, null]);
  site = await save(`${page}/php`, { phpVersion: "", memoryMb: "", timeSeconds: "", uploadMb: "" });
  assert.deepEqual([site.phpVersion, site.memoryMb], [null, null]);
  site = await save(`${page}/https`, { forceHttps: "true", hstsSeconds: "86400" });
  assert.deepEqual([site.forceHttps, site.hstsSeconds], [true, 86_400]);
  site = await save(`${page}/https`, { hstsSeconds: "0" });
  assert.deepEqual([site.forceHttps, site.hstsSeconds], [false, null]);
  site = await save(`${page}/files`, { indexFiles: "index.html", errorPage403: "", errorPage404: "/404.html", errorPage500: "" });
  assert.deepEqual([site.indexFiles, site.errorPages], ["index.html", { "404": "/404.html" }]);
  site = await save(`${page}/files`, { indexFiles: "index.html", errorPage403: "", errorPage404: "", errorPage500: "" });
  assert.deepEqual(site.errorPages, {});
  site = await save(`${page}/canonical`, { canonical: "" });
  assert.equal(site.canonical, null);
  site = await save(`${page}/canonical`, { canonical: "www.club.test" });
  assert.equal(site.canonical, "www.club.test");
  site = await save(`${page}/addresses`, { address: "blog.club.test" });
  assert.equal(site.addresses.length, 3);
  const blog = site.addresses.find(({ name }) => name === "blog.club.test");
  site = await save(`${page}/addresses/${blog?.id}/delete`, {});
  assert.equal(site.addresses.length, 2);
  for (const kind of ["folder", "redirect", "proxy", "maintenance"]) assert.equal((await jeanne.get(`${page}/kind?kind=${kind}`)).statusCode, 200);
  site = await save(page, { kind: "redirect", target: "https://example.org/", redirectStatus: "301" });
  assert.deepEqual([site.kind, site.target, site.redirectStatus, site.keepPath], ["redirect", "https://example.org/", 301, false]);
  // A redirect runs no PHP: nobody asks its machine for PHP's last error.
  assert.ok((await jeanne.get(page)).body.includes('data-stream="/sites/stream"'));
  site = await save(page, { kind: "maintenance" });
  assert.equal((await jeanne.get(page)).statusCode, 200);
  site = await save(page, { kind: "folder", folder: "www/club" });
  assert.deepEqual([site.kind, site.folder, site.target], ["folder", "www/club", "https://example.org/"]);
});

test("A removal counts what stops, the bin gives the site back", async (t) => {
  const panel = await createPanel(t);
  const id = await addPage(panel, "club.test");
  const page = `/sites/${id}`;
  const asked = await panel.jeanne.get(`${page}/delete`);
  assert.ok(asked.body.includes("2 addresses will not answer any more"));
  assert.equal((await panel.jeanne.submit(`${page}/delete`, `${page}/delete`)).headers.location, page);
  const [domain] = (await panel.jeanne.get("/api/v1/domains")).json().items as { addresses: number }[];
  assert.equal(domain?.addresses, 0, "a domain counts the addresses that answer");
  const bin = await panel.jeanne.get("/sites/bin");
  assert.ok(bin.body.includes(page));
  assert.ok(!(await panel.jeanne.get("/sites")).body.includes(`href="${page}"`));
  assert.equal((await panel.jeanne.submit(page, `${page}/restore`)).statusCode, 303);
  assert.ok((await panel.jeanne.get("/sites")).body.includes(`href="${page}"`));
});

test("A refused form says why at the field and keeps what was typed", async (t) => {
  const panel = await createPanel(t);
  const answer = await panel.jeanne.submit("/sites/new", "/sites", { accountId: panel.account.id, address: "pas une adresse", folder: "../x", kind: "folder" });
  assert.equal(answer.statusCode, 422);
  assert.ok(answer.body.includes('value="pas une adresse"'));
  assert.ok(answer.body.includes("This does not look like a site address"));
  assert.ok(answer.body.includes('aria-invalid="true"'));
});

test("Day-one strings are refused with 422 in every field, and nothing is stored", async (t) => {
  const panel = await createPanel(t);
  const id = await addPage(panel, "club.test");
  await panel.ctx.db.proxyTarget.create({ data: { origin: "http://10.0.0.5:3000" } });
  const page = `/sites/${id}`;
  // What a person may write inside a folder or an address of a page is less narrow than a host name.
  const inside = (bad: string) => `a${bad}b`;
  const fields: [string, string, (bad: string) => Record<string, string>][] = [
    ["/sites", "address", (bad) => ({ accountId: panel.account.id, address: `${inside(bad)}.test` })],
    [`${page}/addresses`, "address", (bad) => ({ address: `${inside(bad)}.club.test` })],
    [page, "folder", (bad) => ({ kind: "folder", folder: `www/${inside(bad)}/..` })],
    [page, "target", (bad) => ({ kind: "redirect", target: `https://${inside(bad)}@example.org/` })],
    [page, "proxyTarget", (bad) => ({ kind: "proxy", proxyTarget: `http://10.0.0.5:3000/${inside(bad)}` })],
    [`${page}/php`, "phpVersion", (bad) => ({ phpVersion: inside(bad), memoryMb: "", timeSeconds: "", uploadMb: "" })],
    [`${page}/php`, "memoryMb", (bad) => ({ phpVersion: "", memoryMb: inside(bad), timeSeconds: "", uploadMb: "" })],
    [`${page}/https`, "hstsSeconds", (bad) => ({ hstsSeconds: inside(bad) })],
    [`${page}/files`, "errorPage404", (bad) => ({ indexFiles: "a", errorPage404: `/${inside(bad)}//`, errorPage403: "", errorPage500: "" })],
    [`${page}/files`, "indexFiles", (bad) => ({ indexFiles: `-${inside(bad)}`, errorPage404: "", errorPage403: "", errorPage500: "" })],
    [`${page}/canonical`, "canonical", (bad) => ({ canonical: inside(bad) })],
  ];
  const before = JSON.stringify(await panel.ctx.db.site.findMany({ include: { addresses: true } }));
  const token = await panel.jeanne.csrf("/sites/new");
  let sent = 0;
  for (const [action, field, body] of fields) {
    for (const bad of HOSTILE_STRINGS) {
      const answer = await panel.jeanne.post(action, body(bad), token);
      assert.equal(answer.statusCode, 422, `${action} ${field} ${JSON.stringify(bad)}`);
      assert.ok(!answer.body.includes("<script>alert"), `${field} unescaped`);
      sent += 1;
    }
  }
  assert.ok(sent > 200);
  assert.equal(JSON.stringify(await panel.ctx.db.site.findMany({ include: { addresses: true } })), before);
});

test("A neighbour's ids are not found, in pages and in the API", async (t) => {
  const panel = await createPanel(t);
  const id = await addPage(panel, "club.test");
  const token = await panel.paul.csrf("/sites/new");
  for (const url of [
    `/sites/${id}`,
    `/sites/${id}/kind`,
    `/sites/${id}/delete`,
    `/connect?account=${panel.account.id}`,
    `/api/v1/sites/${id}`,
    "/api/v1/sites/club.test",
  ]) {
    assert.equal((await panel.paul.get(url)).statusCode, 404, url);
  }
  for (const part of ["/php", "/https", "/files", "/canonical", "/addresses", "/delete", "/restore", "/release", ""]) {
    const fields = {
      kind: "maintenance",
      phpVersion: "",
      memoryMb: "",
      timeSeconds: "",
      uploadMb: "",
      hstsSeconds: "0",
      indexFiles: "a",
      canonical: "",
      address: "x.club.test",
    };
    const answer = await panel.paul.post(`/sites/${id}${part}`, fields, token);
    assert.equal(answer.statusCode, 404, part);
  }
  const list = await panel.paul.get("/sites?q=club");
  assert.ok(!list.body.includes(id));
  const added = await panel.paul.post("/sites", { accountId: panel.account.id, address: "x.test" }, token);
  assert.equal(added.statusCode, 404);
});

test("A reader sees and changes nothing", async (t) => {
  const panel = await createPanel(t);
  const id = await addPage(panel, "club.test");
  const reader = await panel.panel.createUser("lise");
  await joinAccount(panel.ctx, panel.account, reader, "reader");
  const lise = await panel.panel.as("lise");
  const page = await lise.get(`/sites/${id}`);
  assert.equal(page.statusCode, 200);
  assert.ok(!page.body.includes(`/sites/${id}/php`));
  assert.equal((await lise.post(`/sites/${id}/delete`, {}, await lise.csrf("/"))).statusCode, 403);
  // Who may write, but not now, is told so, instead of being asked to choose among no accounts.
  await panel.ctx.db.account.update({ where: { id: panel.account.id }, data: { state: "suspended" } });
  assert.ok((await panel.jeanne.get("/sites/new")).body.includes("No account to work in"));
  const { rows } = await listSites(panel.ctx, {});
  const chip = chipView({ t: (key) => key }, rows[0] as (typeof rows)[0], { state: "verified" });
  assert.equal(chip.text, "sites.notice_answers", "what answers is the notice, and is called so");
});

test("The API does what pages do", async (t) => {
  const panel = await createPanel(t);
  const { jeanne, account } = panel;
  const made = await jeanne.api("POST", "/api/v1/sites", { accountId: account.id, address: "club.test", phpVersion: "8.2" });
  assert.equal(made.statusCode, 201, made.body);
  const site = made.json();
  assert.deepEqual([site.canonical, site.phpVersion, site.chip.state], ["club.test", "8.2", "waiting"]);
  const changed = await jeanne.api("PATCH", "/api/v1/sites/club.test", { kind: "redirect", target: "https://example.org", memoryMb: null });
  assert.equal(changed.json().target, "https://example.org/", changed.body);
  const bad = await jeanne.api("PATCH", "/api/v1/sites/club.test", { memoryMb: 100_000 });
  assert.equal(bad.statusCode, 422);
  assert.equal(bad.json().error.fields[0].field, "memoryMb");
  const refused = await jeanne.api("POST", "/api/v1/sites", { accountId: account.id, address: "co.uk" });
  assert.deepEqual(
    refused.json().error.fields.map(({ field, code }: { field: string; code: string }) => [field, code]),
    [["address", "domains.suffix_itself"]],
  );
  assert.equal((await jeanne.api("DELETE", `/api/v1/sites/${site.id}`)).json().state, "bin");
  assert.equal((await jeanne.api("POST", `/api/v1/sites/${site.id}/restore`)).json().state, "live");
  assert.equal((await jeanne.api("GET", "/api/v1/sites?q=club")).json().total, 1);
});

test("The connect sheet and the list of relays draw", async (t) => {
  const panel = await createPanel(t);
  await addPage(panel, "club.test");
  const sheet = await panel.jeanne.get("/connect");
  assert.equal(sheet.statusCode, 200, sheet.body);
  assert.ok(sheet.body.includes(panel.host.address));
  await panel.panel.createUser("root", { admin: true });
  const root = await panel.panel.as("root");
  const answer = await root.submit("/proxy-targets", "/proxy-targets", { origin: "http://10.0.0.5:3000" });
  assert.equal(answer.statusCode, 303, answer.body);
  assert.ok((await root.get("/proxy-targets")).body.includes("http://10.0.0.5:3000"));
  assert.equal((await root.submit("/proxy-targets", "/proxy-targets", { origin: "unix:/x" })).statusCode, 422);
  assert.equal((await panel.jeanne.get("/proxy-targets")).statusCode, 404);
});
