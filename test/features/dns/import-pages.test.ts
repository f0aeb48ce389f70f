/** Taking a zone over through pages, API and command line: paste, ask the old server, decide, do. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Command } from "commander";
import { importCommands } from "../../../src/features/dns/import/commands.js";
import { changeSettings } from "../../../src/features/dns/zone-settings.js";
import { addDomain } from "../../../src/features/domains/index.js";
import { buildTestApp } from "../../support/app.js";
import type { Scope } from "../../support/database.js";
import { createAccount, createHost, joinAccount } from "../../support/factories.js";
import { HOSTILE_STRINGS } from "../../support/hostile.js";
import { LOOPBACK, startBind } from "./import-servers.js";
import { SETTINGS } from "./scene.js";

const ZONE = "asso.test";
const OLD = `$TTL 3600\n@ SOA a b 3000000000 1 2 3 4\n@ NS ns.old.test.\nns A 192.0.2.53\n@ MX 10 mx.old.test.\nwww A 192.0.2.10\n`;

async function createPanel(t: Scope) {
  const panel = await buildTestApp(t);
  const ctx = panel.ctx();
  const host = await createHost(ctx, { name: "web1", roles: ["files", "php", "web", "dns"] });
  await changeSettings(ctx, SETTINGS);
  const account = await createAccount(ctx, { host });
  const neighbour = await createAccount(ctx, { host });
  await joinAccount(ctx, account, await panel.createUser("jeanne"));
  await joinAccount(ctx, neighbour, await panel.createUser("paul"));
  await panel.createUser("root", { admin: true });
  const { id } = await addDomain(ctx, { accountId: account.id, name: ZONE });
  return {
    panel,
    ctx,
    host,
    path: `/domains/${id}/import`,
    key: id,
    jeanne: await panel.as("jeanne"),
    paul: await panel.as("paul"),
    root: await panel.as("root"),
  };
}

const fieldOf = (body: string, key: string) =>
  new RegExp(`name="(choice:\\d+:${key.replaceAll(".", "\\.")})"`).exec(body)?.[1] ?? assert.fail(`no choice for ${key}`);
const versionOf = (body: string) => /name="version" value="(\d+)"/.exec(body)?.[1] ?? assert.fail("no version");

test("paste, see, decide, do; the text travels along and nothing is stored before", async (t) => {
  const { jeanne, ctx, path } = await createPanel(t);
  assert.equal((await jeanne.get(path)).statusCode, 200);
  const text = `${OLD}café A 192.0.2.11\nbad A 1.2.3\n$INCLUDE /etc/passwd\n`;
  const shown = await jeanne.submit(path, `${path}/preview`, { text });
  assert.equal(shown.statusCode, 200, shown.body.slice(0, 3000));
  for (const words of [
    "4 records added",
    "2 lines refused",
    "$INCLUDE asks to read another file",
    "“1.2.3” is no IPv4 address",
    "mx.old.test",
    "xn--caf-dma",
    "3000000000",
    "bad A 1.2.3",
  ])
    assert.ok(shown.body.includes(words), words);
  assert.equal(await ctx.db.dnsRecord.count(), 0);
  const token = await jeanne.csrf(path);
  const again = await jeanne.post(`${path}/preview`, { text, [fieldOf(shown.body, "www.asso.test address")]: "keep" }, token);
  assert.ok(again.body.includes("1 record left out by choice"));
  const done = await jeanne.post(path, { text, version: versionOf(again.body), [fieldOf(again.body, "www.asso.test address")]: "keep" }, token);
  assert.equal(done.statusCode, 200, done.body.slice(0, 3000));
  for (const words of ["3 records added", "$INCLUDE asks", "1 record left out by choice"]) assert.ok(done.body.includes(words), words);
  const rows = await ctx.db.dnsRecord.findMany({ orderBy: [{ name: "asc" }, { type: "asc" }] });
  assert.deepEqual(
    rows.map(({ name, type }) => `${name} ${type}`),
    ["asso.test MX", "ns.asso.test A", "xn--caf-dma.asso.test A"],
  );

  const stale = await jeanne.post(path, { text, version: versionOf(again.body) }, token);
  assert.equal(stale.statusCode, 409);
  assert.ok(stale.body.includes("The zone has changed since this preview"));
  assert.ok(stale.body.includes("$INCLUDE /etc/passwd"), "the text is still there");
});

test("blanks at the beginning keep their meaning, and nothing at all is told", async (t) => {
  const { jeanne, path } = await createPanel(t);
  const blank = await jeanne.submit(path, `${path}/preview`, { text: "  A 192.0.2.1\nwww A 192.0.2.2" });
  assert.ok(blank.body.includes("The line repeats the name of the line before"));
  const none = await jeanne.submit(path, `${path}/preview`, { text: "; nothing here" });
  assert.equal(none.statusCode, 200);
  assert.ok(none.body.includes("No record to take"));
  assert.ok(!none.body.includes(">Take over<"));
  const empty = await jeanne.submit(path, `${path}/preview`, { text: "" });
  assert.equal(empty.statusCode, 422);
});

test("hostile text is drawn as text", async (t) => {
  const { jeanne, path } = await createPanel(t);
  const token = await jeanne.csrf(path);
  const text = HOSTILE_STRINGS.flatMap((bad) => [`a${bad}b A 192.0.2.1`, `t TXT ${bad}`, `t TXT "${bad}"`, `${bad} ${bad} ${bad}`]).join("\n");
  const shown = await jeanne.post(`${path}/preview`, { text }, token);
  assert.equal(shown.statusCode, 200, shown.body.slice(0, 2000));
  assert.ok(!shown.body.includes("<script>alert"));
  assert.ok(shown.body.includes("&lt;script&gt;alert"));
  const done = await jeanne.post(path, { text }, token);
  assert.equal(done.statusCode, 200, done.body.slice(0, 2000));
  assert.ok(!done.body.includes("<script>alert"));
});

test("a megabyte passes, more is told", async (t) => {
  const { jeanne, path, root, key } = await createPanel(t);
  const token = await jeanne.csrf(path);
  const line = `; ${"é".repeat(100)}\n`;
  const full = line.repeat(Math.floor((1024 * 1024 - 100) / Buffer.byteLength(line)));
  const shown = await jeanne.post(`${path}/preview`, { text: `www A 192.0.2.1\n${full}` }, token);
  assert.equal(shown.statusCode, 200, shown.body.slice(0, 500));
  assert.ok(shown.body.includes("1 record added"));
  const long = await jeanne.post(`${path}/preview`, { text: "x".repeat(1024 * 1024 + 1) }, token);
  assert.equal(long.statusCode, 422);
  assert.ok(long.body.includes("1 MB at most"));
  assert.equal((await root.api("POST", `/api/v1/domains/${key}/import/preview`, { text: full })).statusCode, 200);
});

test("from the old server: refused where it must not be asked, read where it may", async (t) => {
  const { jeanne, root, ctx, host, path, key } = await createPanel(t);
  const port = await startBind(t, [{ name: ZONE, text: OLD, key: null }], []);
  const ask = (browser: typeof jeanne, fields: Record<string, string>) => browser.submit(path, `${path}/transfer`, fields);
  for (const server of [LOOPBACK, "10.0.0.1", "169.254.169.254", "[::1]", "::1", "::ffff:127.0.0.1", host.address]) {
    const answer = await ask(jeanne, { server });
    assert.equal(answer.statusCode, 422, server);
    assert.match(answer.body, /it is not asked|is expected, for example/, server);
  }
  for (const bad of HOSTILE_STRINGS) assert.equal((await ask(jeanne, { server: `a${bad}b.test` })).statusCode, 422, JSON.stringify(bad));
  assert.ok((await ask(jeanne, { server: "192.0.2.1", port: "8053" })).body.includes("Only an administrator may ask another port"));
  assert.ok((await ask(jeanne, { server: "192.0.2.1", tsigName: "a b", tsigSecret: "not base64!" })).body.includes("The secret is expected in base64"));

  assert.equal((await root.submit("/dns/transfer-networks", "/dns/transfer-networks", { networks: "127.0.0.0/8, 10.0.0.0" })).statusCode, 303);
  assert.equal((await root.submit("/dns/transfer-networks", "/dns/transfer-networks", { networks: "example.org" })).statusCode, 422);
  assert.equal((await jeanne.get("/dns/transfer-networks")).statusCode, 404);
  assert.deepEqual((await root.api("GET", "/api/v1/transfer-networks")).json(), { networks: ["10.0.0.0/32", "127.0.0.0/8"] });
  const shown = await ask(root, { server: LOOPBACK, port: String(port) });
  assert.equal(shown.statusCode, 200, shown.body.slice(0, 3000));
  for (const words of ["3 records added", "mx.old.test", 'name="text"', "asso.test. 3600 IN MX 10 mx.old.test."]) assert.ok(shown.body.includes(words), words);
  assert.equal(await ctx.db.dnsRecord.count(), 0);
  const json = await root.api("POST", `/api/v1/domains/${key}/import/transfer`, { server: LOOPBACK, port });
  const { text } = json.json() as { text: string };
  const done = await jeanne.api("POST", `/api/v1/domains/${key}/import`, { text });
  assert.equal(done.statusCode, 200, done.body);
  assert.equal(done.json().counts.added, 3);
  const nobody = await ask(root, { server: LOOPBACK, port: "1" });
  assert.ok(nobody.body.includes("Nobody answers at 127.0.0.1"));
  assert.ok(nobody.body.includes(`value="${LOOPBACK}"`));
});

test("API: plan, decide, do; another account finds nothing", async (t) => {
  const { jeanne, paul, ctx, path, key } = await createPanel(t);
  const url = `/api/v1/domains/${key}/import`;
  const plan = (await jeanne.api("POST", `${url}/preview`, { text: OLD })).json();
  assert.deepEqual(plan.groups.map((group: { key: string }) => group.key).sort(), ["asso.test MX", "ns.asso.test address", "www.asso.test address"]);
  assert.equal((await jeanne.api("POST", url, { text: OLD, choices: { "asso.test MX": "drop" } })).statusCode, 422);
  const done = await jeanne.api("POST", url, { text: OLD, choices: { "asso.test MX": "keep" }, version: plan.version });
  assert.equal(done.statusCode, 200, done.body);
  assert.equal((await jeanne.api("POST", url, { text: OLD, version: plan.version })).statusCode, 409);
  assert.deepEqual(
    (await ctx.db.dnsRecord.findMany({ orderBy: { name: "asc" } })).map(({ name }) => name),
    ["ns.asso.test", "www.asso.test"],
  );
  for (const one of [url, `${url}/preview`]) assert.equal((await paul.api("POST", one, { text: OLD })).statusCode, 404);
  assert.equal((await paul.api("POST", `${url}/transfer`, { server: "192.0.2.1" })).statusCode, 404);
  assert.equal((await paul.get(path)).statusCode, 404);
});

test("mutu dns import", async (t) => {
  const { panel, ctx } = await createPanel(t);
  const file = join(panel.services.env.state, "old.zone");
  writeFileSync(file, `${OLD}bad A 1.2.3\n`);
  const run = async (...words: string[]) => {
    const command = new Command("dns").exitOverride();
    importCommands(command, panel.services);
    let said = "";
    const mocked = t.mock.method(process.stdout, "write", (text: string) => {
      said += text;
      return true;
    });
    await command.parseAsync(words, { from: "user" }).finally(() => mocked.mock.restore());
    return said;
  };
  const dry = await run("import", ZONE, "--file", file, "--dry-run");
  assert.match(dry, /add\twww\.asso\.test address/);
  assert.match(dry, /refused\t7\t/);
  assert.equal(await ctx.db.dnsRecord.count(), 0);
  const done = await run("import", ZONE, "--file", file, "--choose", "www.asso.test address=keep");
  assert.match(done, /added: 2\t/);
  assert.equal(await ctx.db.dnsRecord.count(), 2);
  assert.equal(await run("transfer-networks", "127.0.0.0/8"), "127.0.0.0/8\n");
  assert.equal(await run("transfer-networks"), "127.0.0.0/8\n");
  assert.equal(await run("transfer-networks", "none"), "");
});

test("a large zone is drawn in part, taken whole, and several at once wait for their turn", async (t) => {
  const { jeanne, ctx, path } = await createPanel(t);
  const text = Array.from({ length: 420 }, (_, at) => `h${at} A 192.0.2.${at % 250}`).join("\n");
  const token = await jeanne.csrf(path);
  const shown = await Promise.all(Array.from({ length: 5 }, () => jeanne.post(`${path}/preview`, { text }, token)));
  assert.deepEqual(
    shown.map(({ statusCode }) => statusCode),
    Array(5).fill(200),
  );
  const body = shown[0]?.body ?? "";
  assert.equal(body.match(/name="choice:/g)?.length, 300);
  assert.ok(body.includes("and 120 more: they are done as is usually proposed"));
  const done = await jeanne.post(path, { text, version: versionOf(body), [fieldOf(body, "h7.asso.test address")]: "keep" }, token);
  assert.equal(done.statusCode, 200);
  assert.equal(await ctx.db.dnsRecord.count(), 419);
});
