/** Pages, API and command line of zones: one function behind each act, errors at the field, nothing for strangers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import { isRefusal } from "../../../src/core/errors.js";
import { dnsCommands } from "../../../src/features/dns/commands.js";
import { RECORD_FIELDS, RECORD_TYPES } from "../../../src/features/dns/record-types.js";
import { changeSettings } from "../../../src/features/dns/zone-settings.js";
import { addDomain } from "../../../src/features/domains/index.js";
import { addSite } from "../../../src/features/sites/index.js";
import { buildTestApp } from "../../support/app.js";
import type { Scope } from "../../support/database.js";
import { allowTestNames, createAccount, createHost, joinAccount } from "../../support/factories.js";
import { HOSTILE_STRINGS } from "../../support/hostile.js";
import { SETTINGS } from "./scene.js";

async function createPanel(t: Scope) {
  const panel = await buildTestApp(t);
  const ctx = panel.ctx();
  await allowTestNames(ctx);
  const host = await createHost(ctx, { name: "web1", roles: ["files", "php", "web", "dns"] });
  await changeSettings(ctx, SETTINGS);
  const account = await createAccount(ctx, { login: "asso", host });
  const neighbour = await createAccount(ctx, { login: "other", host });
  await joinAccount(ctx, account, await panel.createUser("jeanne"));
  await joinAccount(ctx, neighbour, await panel.createUser("paul"));
  await panel.createUser("root", { admin: true });
  const domain = await addDomain(ctx, { accountId: account.id, name: "asso.test" });
  const path = `/domains/${domain.id}`;
  return { panel, ctx, host, account, domain, path, records: `${path}/records`, jeanne: await panel.as("jeanne"), paul: await panel.as("paul") };
}

type Panel = Awaited<ReturnType<typeof createPanel>>;

async function addPage({ jeanne, records }: Panel, fields: Record<string, string>) {
  return jeanne.submit(`${records}/new`, records, fields);
}

test("A member adds records with a form for each type; the table, the text and the download show them", async (t) => {
  const panel = await createPanel(t);
  const { jeanne, records, path } = panel;
  const sent: Record<string, Record<string, string>> = {
    A: { name: "mail", address: "192.0.2.25", ttl: "300", note: "the old server" },
    AAAA: { name: "mail", address: "2001:db8::25" },
    CNAME: { name: "blog", target: "example.net." },
    MX: { name: "", priority: "10", target: "mail" },
    TXT: { name: "@", text: "v=spf1 mx -all" },
    SRV: { name: "_sip._tcp", priority: "0", weight: "0", port: "5060", target: "mail" },
    CAA: { name: "@", flags: "0", tag: "issue", value: "letsencrypt.org" },
    NS: { name: "sub", target: "ns.example.net" },
    DS: { name: "sub", tag: "1", algorithm: "13", digestType: "2", digest: "ab".repeat(32) },
    TLSA: { name: "_25._tcp.mail", usage: "3", selector: "1", matching: "1", certificate: "cd".repeat(32) },
    SSHFP: { name: "mail", algorithm: "4", digest: "2", fingerprint: "ef".repeat(32) },
    HTTPS: { name: "@", priority: "1", target: ".", params: "alpn=h2,h3" },
    SVCB: { name: "_dns", priority: "1", target: "mail", params: "alpn=dot" },
    PTR: { name: "_services._dns-sd._udp", target: "mail" },
  };
  assert.deepEqual(Object.keys(sent).sort(), [...RECORD_TYPES].sort());
  for (const [type, fields] of Object.entries(sent)) {
    assert.equal((await jeanne.get(`${records}/new?type=${type}`)).statusCode, 200, type);
    const answer = await addPage(panel, { type, ttl: "", ...fields });
    assert.equal(answer.statusCode, 303, `${type}: ${/role="alert"[\s\S]{0,900}/.exec(answer.body)?.[0]}`);
  }
  const table = (await jeanne.get(`${records}?q=mail`)).body;
  for (const words of ["192.0.2.25", "5 minutes", "the old server", "10 mail.asso.test"]) assert.ok(table.includes(words), words);
  assert.ok(!table.includes("letsencrypt"));
  const download = await jeanne.get(`${records}/download`);
  assert.match(String(download.headers["content-disposition"]), /filename="asso\.test\.zone"/);
  for (const line of [
    /^\$ORIGIN asso\.test\.$/m,
    /^mail +300 +IN A +192\.0\.2\.25$/m,
    /^@ +IN MX +10 mail\.asso\.test\.$/m,
    /^_25\._tcp\.mail +IN TLSA +3 1 1 (cd){32}$/m,
    /^@ +IN HTTPS +1 \. alpn="h2,h3"$/m,
  ])
    assert.match(download.body, line);
  assert.ok((await jeanne.get(`${records}/text`)).body.includes("$ORIGIN asso.test."));
  assert.equal((await jeanne.get(path)).statusCode, 200);
  for (const { id } of await panel.ctx.db.dnsRecord.findMany()) {
    assert.equal((await jeanne.get(`${records}/${id}`)).statusCode, 200);
    assert.equal((await jeanne.get(`${records}/${id}/delete`)).statusCode, 200);
  }
});

test("A refused form says why at the field and keeps what was typed; a doubt asks for a tick", async (t) => {
  const panel = await createPanel(t);
  const wrong = await addPage(panel, { type: "A", name: "a b", address: "192.0.2.256", ttl: "5" });
  assert.equal(wrong.statusCode, 422);
  for (const words of ['value="192.0.2.256"', 'id="form-errors"', "This is no IPv4 address", "This name does not fit", "The time to live goes from"])
    assert.ok(wrong.body.includes(words), words);
  const apex = await addPage(panel, { type: "CNAME", name: "@", target: "example.net", ttl: "" });
  assert.equal(apex.statusCode, 409);
  assert.ok(apex.body.includes("is the domain itself"));
  const dangling = { type: "CNAME", name: "blog", target: "nowhere", ttl: "" };
  const asked = await addPage(panel, dangling);
  assert.equal(asked.statusCode, 409);
  assert.ok(asked.body.includes('name="knowingly"') && asked.body.includes("does not exist in this zone"));
  assert.equal(await panel.ctx.db.dnsRecord.count(), 0);
  assert.equal((await addPage(panel, { ...dangling, knowingly: "true" })).statusCode, 303);
  assert.ok((await panel.jeanne.get(panel.records)).body.includes("does not exist in this zone"));
});

test("Edit, remove with what it leaves behind, undo at once, bin", async (t) => {
  const panel = await createPanel(t);
  const { jeanne, records, ctx } = panel;
  await addPage(panel, { type: "A", name: "mail", address: "192.0.2.25", ttl: "" });
  await addPage(panel, { type: "MX", name: "", priority: "10", target: "mail", ttl: "" });
  const { id, version } = await ctx.db.dnsRecord.findFirstOrThrow({ where: { type: "A" } });
  const edited = await jeanne.submit(`${records}/${id}`, `${records}/${id}`, {
    type: "A",
    name: "mail",
    address: "192.0.2.26",
    ttl: "600",
    version: String(version),
  });
  assert.equal(edited.statusCode, 303, edited.body);
  const stale = await jeanne.submit(`${records}/${id}`, `${records}/${id}`, {
    type: "A",
    name: "mail",
    address: "192.0.2.27",
    ttl: "",
    version: String(version),
  });
  assert.equal(stale.statusCode, 409);
  const asked = (await jeanne.get(`${records}/${id}/delete`)).body;
  assert.ok(asked.includes("this MX record would lead nowhere") && asked.includes("nobody will find a machine by the name mail.asso.test any more"));
  const mx = await ctx.db.dnsRecord.findFirstOrThrow({ where: { type: "MX" } });
  assert.ok((await jeanne.get(`${records}/${mx.id}/delete`)).body.includes("asso.test has no mail server any more"));
  await addPage(panel, { type: "MX", name: "", priority: "20", target: "mx.example.net", ttl: "" });
  assert.ok(!(await jeanne.get(`${records}/${mx.id}/delete`)).body.includes("has no mail server any more"), "another one is left");
  assert.equal((await jeanne.submit(`${records}/${id}/delete`, `${records}/${id}/delete`)).statusCode, 303);
  const after = (await jeanne.get(records)).body;
  assert.ok(after.includes("mail A was removed.") && after.includes(`${records}/undo`));
  const undone = await jeanne.submit(records, `${records}/undo`, { at: /name="at" value="([^"]+)"/.exec(after)?.[1] ?? "" });
  assert.equal(undone.statusCode, 303, undone.body);
  assert.ok((await jeanne.get(records)).body.includes("The last change was undone."));
  assert.equal((await jeanne.submit(records, `${records}/undo`)).statusCode, 303, "and again: it is removed");
  assert.ok((await jeanne.get(`${records}/bin`)).body.includes("192.0.2.26"));
  assert.equal((await jeanne.submit(records, `${records}/${id}/restore`, { knowingly: "true" })).statusCode, 303);
  assert.equal((await ctx.db.dnsRecord.findUniqueOrThrow({ where: { id } })).state, "live");
});

test("A derived record is replaced, turned off and given back from its own page", async (t) => {
  const panel = await createPanel(t);
  const { jeanne, records, ctx, account } = panel;
  await addSite(ctx, { accountId: account.id, address: "asso.test" });
  const derived = `${records}/derived?name=www&type=A`;
  const page = (await jeanne.get(derived)).body;
  assert.ok(page.includes("address of the site asso.test") && page.includes("will not be found at this address any more"));
  const off = await jeanne.submit(derived, `${records}/derived/off`, { name: "www", type: "A" });
  assert.equal(off.statusCode, 303, off.body);
  assert.ok((await jeanne.get(records)).body.includes("row-off"));
  assert.equal((await jeanne.submit(derived, `${records}/derived/back`, { name: "www", type: "A" })).statusCode, 303);
  const refused = await addPage(panel, { type: "A", name: "www", address: "198.51.100.1", ttl: "" });
  assert.ok(refused.body.includes("This replaces the derived A record"));
});

test("Settings of a zone: TTL, lock, where it is kept; signatures go only after the parent's DS", async (t) => {
  const panel = await createPanel(t);
  const { jeanne, path, ctx } = panel;
  const save = (action: string, fields: Record<string, string> = {}) => jeanne.submit(`${path}/zone`, `${path}/zone${action}`, fields);
  assert.equal((await save("", { defaultTtl: "300" })).statusCode, 303);
  const refused = await save("", { signed: "false" });
  assert.equal(refused.statusCode, 409);
  assert.ok(refused.body.includes("could not be found out") && refused.body.includes('name="knowingly"'));
  assert.equal((await save("", { signed: "false", knowingly: "true" })).statusCode, 303);
  assert.equal((await save("/lock", { reason: "moving" })).statusCode, 303);
  assert.ok((await jeanne.get(`${path}/records`)).body.includes("moving"));
  assert.equal((await addPage(panel, { type: "A", name: "a", address: "192.0.2.1", ttl: "" })).statusCode, 409);
  assert.equal((await save("/unlock")).statusCode, 303);
  assert.equal((await save("", { mode: "external" })).statusCode, 303);
  const zone = await ctx.db.zone.findFirstOrThrow();
  assert.deepEqual([zone.defaultTtl, zone.signed, zone.locked, zone.mode], [300, false, false, "external"]);
});

test("Day-one strings in every field of every type are refused, or kept as harmless text", async (t) => {
  const panel = await createPanel(t);
  const token = await panel.jeanne.csrf(`${panel.records}/new`);
  const seen = new Set<string>();
  for (const type of RECORD_TYPES)
    for (const field of ["name", "note", ...RECORD_FIELDS[type]].filter((one) => !seen.has(one))) {
      seen.add(field);
      for (const hostile of HOSTILE_STRINGS) {
        const fields = Object.fromEntries(RECORD_FIELDS[type].map((one) => [one, "1"]));
        const { statusCode } = await panel.jeanne.post(panel.records, { type, ttl: "", name: "a", ...fields, [field]: hostile, knowingly: "true" }, token);
        assert.ok([303, 409, 422].includes(statusCode), `${type} ${field} ${JSON.stringify(hostile)}: ${statusCode}`);
      }
    }
  assert.ok(seen.size > 15, `only ${seen.size} fields`);
  const kept = await panel.ctx.db.dnsRecord.findMany();
  for (const { name, value, note } of kept) {
    assert.match(name, /^[a-z0-9._*-]+$/);
    assert.match(value, /^[\x20-\x7e]+$/);
    assert.doesNotMatch(note, /\p{Cc}/u);
  }
  const text = (await panel.jeanne.get(`${panel.records}/download`)).body;
  for (const line of text.split("\n").slice(2, -1)) assert.match(line, /^[a-z0-9._*@-]+ +\d* *IN [A-Z]+ +[\x20-\x7e]+$/);
});

test("A neighbour finds nothing; a reader changes nothing", async (t) => {
  const panel = await createPanel(t);
  const { paul, records, path, ctx, account } = panel;
  await addPage(panel, { type: "A", name: "a", address: "192.0.2.1", ttl: "" });
  const { id } = await ctx.db.dnsRecord.findFirstOrThrow();
  for (const url of [
    records,
    `${records}/new`,
    `${records}/${id}`,
    `${records}/${id}/delete`,
    `${records}/text`,
    `${records}/download`,
    `${records}/bin`,
    `${path}/zone`,
  ])
    assert.equal((await paul.get(url)).statusCode, 404, url);
  assert.ok(!(await paul.get("/zones")).body.includes("asso.test"));
  assert.equal((await paul.api("DELETE", `/api/v1/domains/asso.test/records/${id}`)).statusCode, 404);
  await joinAccount(ctx, account, await panel.panel.createUser("lea"), "reader");
  const lea = await panel.panel.as("lea");
  assert.equal((await lea.get(records)).statusCode, 200);
  assert.ok(!(await lea.get(records)).body.includes(`${records}/new`));
  assert.equal((await lea.api("POST", "/api/v1/domains/asso.test/records", { name: "b", type: "A", value: "192.0.2.2" })).statusCode, 403);
});

test("The API does what pages do", async (t) => {
  const panel = await createPanel(t);
  const { jeanne } = panel;
  const url = "/api/v1/domains/asso.test/records";
  const added = await jeanne.api("POST", url, { name: "@", type: "MX", value: "10 mail.example.net.", ttl: 600 });
  assert.equal(added.statusCode, 201, added.body);
  const { id, ...record } = added.json();
  assert.deepEqual(record, { name: "asso.test", type: "MX", ttl: 600, value: "10 mail.example.net.", note: "", state: "served", derived: null, problems: [] });
  const doubtful = await jeanne.api("POST", url, { name: "x", type: "CNAME", value: "nowhere" });
  assert.equal(doubtful.statusCode, 409);
  assert.deepEqual(
    doubtful.json().error.fields.map(({ field, code }: { field: string; code: string }) => [field, code]),
    [["knowingly", "dns.target_dangling"]],
  );
  assert.equal((await jeanne.api("PATCH", `${url}/${id}`, { value: "20 mail.example.net." })).json().value, "20 mail.example.net.");
  assert.deepEqual((await jeanne.api("DELETE", `${url}/${id}`)).json(), { done: true });
  assert.equal((await jeanne.api("POST", `${url}/${id}/restore`, {})).json().id, id);
  const list = (await jeanne.api("GET", `${url}?q=ns1`)).json();
  assert.deepEqual([list.total, list.items[0].derived.feature], [1, "dns"]);
  assert.equal((await jeanne.api("PATCH", "/api/v1/domains/asso.test/zone", { defaultTtl: 900 })).json().defaultTtl, 900);
  assert.match((await jeanne.api("GET", "/api/v1/domains/asso.test/zone/export")).json().text, /MX +20 mail\.example\.net\./);
  assert.equal((await jeanne.api("GET", "/api/v1/zones")).json().items[0].chip.state, "waiting");
  assert.equal((await jeanne.api("GET", "/api/v1/dns/settings")).statusCode, 404);
  const root = await panel.panel.as("root");
  assert.equal((await root.api("GET", "/api/v1/dns/settings")).json().hostmaster, "hostmaster@dns.test");
});

test("Administrators: settings refused at their field, a secondary's key told once, templates in new zones", async (t) => {
  const { panel, ctx, account } = await createPanel(t);
  const root = await panel.as("root");
  const form = {
    nameServers: "ns1.dns.test",
    hostmaster: "first.last@dns.test",
    defaultTtl: "3600",
    negativeTtl: "300",
    catalog: "catalog.invalid",
    maxRecords: "2000",
    issuers: "letsencrypt.org",
  };
  const refused = await root.submit("/dns/settings", "/dns/settings", form);
  assert.equal(refused.statusCode, 422);
  assert.ok(refused.body.includes("without a dot before the @"));
  assert.equal((await root.submit("/dns/settings", "/dns/settings", { ...form, hostmaster: "dns@dns.test" })).statusCode, 303);
  const made = await root.submit("/dns/secondaries", "/dns/secondaries", { name: "ns2", address: "192.0.2.54", port: "53", algorithm: "hmac-sha256" });
  assert.equal(made.statusCode, 200, made.body);
  assert.equal(made.headers["cache-control"], "no-store");
  const secret = /secret: ([A-Za-z0-9+/=&#x;]+)/.exec(made.body)?.[1] ?? assert.fail("no secret on the page");
  assert.ok(made.body.includes("catalog-role: interpret") && made.body.includes("catalog-zones"));
  assert.ok(!(await root.get("/dns/secondaries")).body.includes(secret));
  const row = await ctx.db.dnsSecondary.findFirstOrThrow();
  assert.match(row.secret, /^v1\.test\./);
  const audit = JSON.stringify(await ctx.db.auditPayload.findMany());
  assert.ok(!audit.includes(secret));
  assert.equal((await root.submit("/dns/secondaries", `/dns/secondaries/${row.id}/renew`)).statusCode, 200);
  assert.notEqual((await ctx.db.dnsSecondary.findFirstOrThrow()).secret, row.secret);
  const template = { name: "_dmarc", type: "TXT", value: "v=DMARC1; p=none; rua=mailto:postmaster@{domain}", ttl: "" };
  assert.equal((await root.submit("/dns/templates", "/dns/templates", template)).statusCode, 303);
  assert.equal((await root.submit("/dns/templates", "/dns/templates", { ...template, type: "A" })).statusCode, 422);
  // Two of them that cannot stand together: the second is left out, the domain is added all the same.
  await root.submit("/dns/templates", "/dns/templates", { name: "www", type: "CNAME", value: "{domain}.", ttl: "" });
  await root.submit("/dns/templates", "/dns/templates", { name: "www", type: "A", value: "192.0.2.9", ttl: "" });
  await addDomain(ctx, { accountId: account.id, name: "club.test" });
  const records = await ctx.db.dnsRecord.findMany({ orderBy: { name: "asc" }, select: { name: true, type: true, value: true } });
  assert.deepEqual(records, [
    { name: "_dmarc.club.test", type: "TXT", value: '"v=DMARC1; p=none; rua=mailto:postmaster@club.test"' },
    { name: "www.club.test", type: "CNAME", value: "club.test." },
  ]);
  const [first] = await ctx.db.dnsTemplate.findMany();
  assert.equal((await root.submit("/dns/templates", `/dns/templates/${first?.id}/delete`)).statusCode, 303);
});

test("The command line does what pages do, with the same functions", async (t) => {
  const { panel, ctx } = await createPanel(t);
  const out: string[] = [];
  t.mock.method(process.stdout, "write", (text: string) => out.push(String(text)) > 0);
  const mutu = async (...words: string[]) => {
    const root = new Command("mutu");
    dnsCommands(root.command("dns"), panel.services);
    out.length = 0;
    await root.parseAsync(["node", "mutu", "dns", ...words]);
    return out.join("");
  };
  const refused = (code: string, ...words: string[]) => assert.rejects(mutu(...words), (error) => isRefusal(error) && error.code === code);
  const id = (await mutu("records", "add", "asso.test", "www", "A", "192.0.2.1", "--ttl", "300")).trim();
  await mutu("records", "add", "asso.test", "@", "mx", "10", "mail.example.net.");
  await refused("dns.ipv4_invalid", "records", "add", "asso.test", "www", "A", "nowhere");
  await refused("dns.target_dangling", "records", "add", "asso.test", "x", "CNAME", "nowhere");
  await mutu("records", "add", "asso.test", "x", "CNAME", "nowhere", "--knowingly");
  assert.match(await mutu("zones", "show", "asso.test"), new RegExp(`^www\\.asso\\.test\\t300\\tA\\t192\\.0\\.2\\.1\\town\\tserved\\t${id}$`, "m"));
  assert.match(await mutu("zones", "export", "asso.test"), /^www +300 +IN A +192\.0\.2\.1$/m);
  await mutu("records", "edit", "asso.test", id, "--value", "192.0.2.2");
  await mutu("records", "remove", "asso.test", "@", "MX");
  assert.match(await mutu("records", "bin", "asso.test"), /10 mail\.example\.net\./);
  await refused("dns.record_unknown", "records", "remove", "asso.test", "@", "MX");
  await mutu("zones", "lock", "asso.test", "moving");
  assert.match(await mutu("zones", "list"), /^asso\.test\thosted\twaiting\tsigned\tlocked$/m);
  await mutu("zones", "unlock", "asso.test");
  await refused("dns.apex_without_ns", "derived", "off", "asso.test", "@", "NS");
  assert.match(await mutu("settings", "--default-ttl", "7200"), /^defaultTtl\t7200$/m);
  assert.match(await mutu("secondaries", "add", "ns2", "192.0.2.54"), /^hmac-sha256:ns2\.catalog\.invalid:[A-Za-z0-9+/]{43}=$/m);
  await mutu("templates", "add", "@", "TXT", "v=spf1 -all");
  assert.match(await mutu("templates", "list"), /\t@\tTXT\t-\tv=spf1 -all/);
  assert.equal(await ctx.db.dnsSecondary.count(), 1);
});
