/** "Why is my site failing?": pages, API and command of a site's logs, with a machine that answers what is said here. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { addSite } from "../../../src/features/sites/sites.js";
import { buildTestApp } from "../../support/app.js";
import type { Scope } from "../../support/database.js";
import { createAccount, createHost, joinAccount } from "../../support/factories.js";

const FATAL = (file: string, message: string) => `[28-Nov-2026 12:43:52 UTC] PHP Fatal error:  ${message} in ${file} on line 7`;

/** A panel with two accounts on one machine whose apply is a script; `answer` says what it gives for `log <account> <kind>`. */
async function createPanel(t: Scope & { after(fn: () => void): void }) {
  const panel = await buildTestApp(t);
  const ctx = panel.ctx();
  const folder = mkdtempSync(join(tmpdir(), "mutu-logs-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const script = join(folder, "apply");
  const asked = join(folder, "asked");
  writeFileSync(
    script,
    `#!/bin/sh\necho "$3 $4 $5 $6" >>${asked}\n[ ! -e ${folder}/$4-$5.code ] || { cat ${folder}/$4-$5; exit "$(cat ${folder}/$4-$5.code)"; }\ncat ${folder}/$4-$5 2>/dev/null || :\n`,
  );
  const host = await createHost(ctx);
  await ctx.db.host.update({ where: { id: host.id }, data: { applyFile: script, machineFile: "/nonexistent" } });
  const account = await createAccount(ctx, { host });
  const neighbour = await createAccount(ctx, { host });
  await joinAccount(ctx, account, await panel.createUser("jeanne"));
  await joinAccount(ctx, neighbour, await panel.createUser("paul"));
  const answer = (number: number, kind: string, lines: string[], code?: number) => {
    writeFileSync(join(folder, `${number}-${kind}`), lines.map((line) => `${line}\n`).join(""));
    if (code !== undefined) writeFileSync(join(folder, `${number}-${kind}.code`), String(code));
  };
  const site = await addSite(ctx, { accountId: account.id, address: "club.test", kind: "folder", folder: "www" });
  const home = `/srv/mutu/homes/${account.number}`;
  return { panel, ctx, host, account, neighbour, site, home, answer, asked, jeanne: await panel.as("jeanne"), paul: await panel.as("paul") };
}

test("The last error of PHP is told in words, in both languages, with its place below the site's folder", async (t) => {
  const { jeanne, account, site, home, answer } = await createPanel(t);
  answer(account.number, "php", [
    `line club.test ${FATAL(`${home}/www/old.php`, "Uncaught Error: Call to undefined function nope()")}`,
    `line www.club.test ${FATAL(`${home}/www/wp-content/x.php`, "Allowed memory size of 67108864 bytes exhausted (tried to allocate 9 bytes)")}`,
  ]);
  const page = await jeanne.get(`/sites/${site.id}/logs`, { "accept-language": "en" });
  assert.equal(page.statusCode, 200);
  for (const words of [
    "PHP had no memory left: this page needs more than the 64 MB",
    "wp-content/x.php</span>, line 7</span>",
    "Allowed memory size of 67108864",
    "2026-11-28T12:43:52",
  ])
    assert.ok(page.body.includes(words), `${words} in ${page.body}`);
  const french = await jeanne.get(`/sites/${site.id}/logs`, { "accept-language": "fr" });
  assert.ok(french.body.includes("PHP a manqué de mémoire\u00a0: cette page demande plus que les 64 Mo permis au site."));
  assert.ok(french.body.includes("ligne 7"));
});

test("Another account's log cannot be asked for, and a site shows no other site's lines", async (t) => {
  const { ctx, jeanne, paul, account, neighbour, site, answer, asked } = await createPanel(t);
  const other = await addSite(ctx, { accountId: account.id, address: "other.test", kind: "folder", folder: "www/other" });
  answer(account.number, "error", [
    "line club.test [2026-11-28 12:00:00.1] [core:error] [pid 1] [client 192.0.2.1] AH00037: of club",
    "line other.test of-other",
    "line stranger.test of-stranger",
  ]);
  for (const path of ["/logs", "/logs/access", "/logs/php"]) assert.equal((await paul.get(`/sites/${site.id}${path}`)).statusCode, 404);
  assert.equal((await paul.get(`/sites/${site.id}/logs?account=${account.number}&number=${account.number}`)).statusCode, 404);
  for (const path of ["log", "log?kind=php", "trouble"]) assert.equal((await paul.get(`/api/v1/sites/${site.id}/${path}`)).statusCode, 404, path);
  const page = await jeanne.get(`/sites/${site.id}/logs`);
  assert.ok(page.body.includes("AH00037: of club"));
  assert.ok(!page.body.includes("of-other") && !page.body.includes("of-stranger"));
  assert.ok((await jeanne.get(`/sites/${other.id}/logs`)).body.includes("of-other"));
  assert.ok(!readFileSync(asked, "utf8").includes(String(neighbour.number)));
});

test("What the front refused is told with its reason, among Apache's lines by its time", async (t) => {
  const { jeanne, account, site, answer } = await createPanel(t);
  answer(account.number, "error", [
    "line club.test [2026-11-28 12:00:02.1] [core:error] [pid 1] [client 192.0.2.1] AH00037: later",
    'line www.club.test [2026-11-28T12:00:01+00:00] [nginx:error] [client 192.0.2.9] MUTU11: request body of 99000000 bytes: at most 80 MB are taken: "POST /earlier HTTP/2.0"',
  ]);
  const page = (await jeanne.get(`/sites/${site.id}/logs`, { "accept-language": "fr" })).body;
  assert.ok(page.includes("(413)\u00a0: ce serveur en accepte 80 Mo au plus par envoi."), page);
  assert.ok(page.indexOf("AH00037: later") < page.indexOf("/earlier HTTP/2.0"), "the newest first");
  const { items } = (await jeanne.get(`/api/v1/sites/${site.id}/log`, { "accept-language": "en" })).json();
  const { at, address, code, says } = items[1];
  assert.deepEqual([at, address, code], ["2026-11-28T12:00:01.000Z", "192.0.2.9", "too_large"]);
  assert.match(says, /at most 80 MB/);
});

test("Readers and mail managers see no log", async (t) => {
  const { panel, ctx, account, site } = await createPanel(t);
  for (const role of ["reader", "mail", "webmaster"] as const) {
    await joinAccount(ctx, account, await panel.createUser(role), role);
    const client = await panel.as(role);
    const wanted = role === "webmaster" ? 200 : 403;
    assert.equal((await client.get(`/sites/${site.id}/logs`)).statusCode, wanted, role);
    assert.equal((await client.get(`/sites/${site.id}`)).body.includes("site-trouble"), role === "webmaster", role);
  }
});

test("Hostile lines break neither page nor terminal", async (t) => {
  const { jeanne, account, site, home, answer } = await createPanel(t);
  const evil = "<script>alert(1)</script>{{csrf}} $t(shell.saved) \u202e\u0085\u001b[31m";
  answer(account.number, "php", [
    `line club.test ${FATAL(`${home}/www/<b>.php`, `Uncaught ${"A".repeat(500)}: ${evil}`)}`,
    "line club.test \u2028 loose",
    "line club.test",
    "nonsense",
  ]);
  answer(account.number, "access", [
    `line club.test 192.0.2.1 - [28/Nov/2026:12:43:52 +0000] "GET /<img src=x> HTTP/1.1" 404 236 "${evil}" "${evil}" 138`,
    `line club.test ${'"'.repeat(500)}`,
    'line club.test 192.0.2.1 - [28/Nov/2026:12:43:52 +0000] "GET /cut',
  ]);
  for (const path of ["/logs", "/logs/access", "/logs/php"]) {
    const page = await jeanne.get(`/sites/${site.id}${path}`);
    assert.equal(page.statusCode, 200);
    assert.ok(!page.body.includes("<script>alert") && !page.body.includes("<img src=x") && !page.body.includes("<b>.php"), path);
    assert.doesNotMatch(page.body.replaceAll("\n", ""), /\p{Cc}|[\u202a-\u202e\u2028]/u, path);
  }
  const records = (await jeanne.get(`/api/v1/sites/${site.id}/log?kind=php`)).json();
  assert.equal(records.total, 1, "lines without a moment belong to the one before");
  const { trouble } = (await jeanne.get(`/api/v1/sites/${site.id}/trouble`)).json();
  assert.equal(trouble.code, "uncaught");
  assert.equal(trouble.file, "<b>.php");
  assert.ok(trouble.message.includes("\\u{202e}\\u{85}\\u{1b}[31m"));
});

test("Lines are searched and paged, and Apache's numbers are explained", async (t) => {
  const { jeanne, account, site, answer } = await createPanel(t);
  const time = "[2026-11-28 12:00:00.1]";
  answer(account.number, "error", [
    `line club.test ${time} [authz_core:error] [pid 1] [client 192.0.2.1] AH01630: client denied by server configuration: /x`,
    `line club.test ${time} [mutu:error] [pid 1] [client 192.0.2.1] MUTU01: not a file of the account: /y`,
  ]);
  answer(
    account.number,
    "access",
    Array.from({ length: 45 }, (_, at) => `line club.test 192.0.2.1 - [28/Nov/2026:12:43:52 +0000] "GET /p${at} HTTP/1.1" 200 1 "-" "-" 138`),
  );
  const errors = await jeanne.get(`/api/v1/sites/${site.id}/log`);
  assert.deepEqual(
    errors.json().items.map(({ code, says, at }: { code: string; says: string; at: string }) => [code, says, at]),
    [
      ["foreign_file", "This file does not belong to your account (403): send it again with your own FTP account.", "2026-11-28T12:00:00.000Z"],
      ["denied", "A rule in an .htaccess file forbids this page (403).", "2026-11-28T12:00:00.000Z"],
    ],
  );
  const third = (await jeanne.get(`/api/v1/sites/${site.id}/log?kind=access&page=3`)).json();
  assert.deepEqual([third.total, third.pages, third.items.at(-1).text], [45, 3, "GET /p0"]);
  assert.equal((await jeanne.get(`/api/v1/sites/${site.id}/log?kind=access&q=p4`)).json().total, 6);
  assert.equal((await jeanne.get(`/api/v1/sites/${site.id}/log?kind=shadow`)).statusCode, 422);
  assert.ok((await jeanne.get(`/sites/${site.id}/logs/access`)).body.includes(`/sites/${site.id}/logs/access?page&#x3D;2`));
});

test("A machine that is away, or older, is told as such; the page of the site waits for none", async (t) => {
  const { jeanne, account, site, answer } = await createPanel(t);
  const page = async () => (await jeanne.get(`/sites/${site.id}/logs`)).body;
  for (const kind of ["php", "error"]) answer(account.number, kind, ["refused verb or number of words"], 13);
  assert.ok((await page()).includes("older than the panel"));
  assert.equal((await jeanne.get(`/api/v1/sites/${site.id}/trouble`)).json().error.code, "logs.update_needed");
  for (const kind of ["php", "error"]) answer(account.number, kind, [], 255);
  assert.ok((await page()).includes("The web machine does not answer just now"));
  const answered = await jeanne.get(`/api/v1/sites/${site.id}/log`);
  assert.deepEqual([answered.statusCode, answered.json().error.code], [503, "logs.away"]);
  const shown = await jeanne.get(`/sites/${site.id}`);
  assert.ok(shown.body.includes(`data-stream="/sites/stream?site=${site.id}"`) && shown.body.includes(`href="/sites/${site.id}/logs"`));
});
