import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Command } from "commander";
import { isRefusal } from "../../../src/core/errors.js";
import { ftpCommands } from "../../../src/features/ftp/commands.js";
import { addLogin } from "../../../src/features/ftp/index.js";
import { addSite } from "../../../src/features/sites/index.js";
import { publisherOf } from "../../../src/publish/index.js";
import { buildTestApp } from "../../support/app.js";
import type { Scope } from "../../support/database.js";
import { allowTestNames, createAccount, createHost, joinAccount } from "../../support/factories.js";
import { HOSTILE_STRINGS } from "../../support/hostile.js";
import { ED25519 } from "./scene.js";

async function createPanel(t: Scope) {
  const panel = await buildTestApp(t);
  const ctx = panel.ctx();
  await allowTestNames(ctx);
  const host = await createHost(ctx, { roles: ["files", "ftp", "php", "web"] });
  const account = await createAccount(ctx, { host, login: "club" });
  await panel.createUser("root", { admin: true });
  await joinAccount(ctx, account, await panel.createUser("jeanne"));
  await joinAccount(ctx, account, await panel.createUser("lucie"), "reader");
  return { panel, ctx, host, account, jeanne: await panel.as("jeanne") };
}

const idIn = (body: string) => /\/ftp-logins\/([0-9a-f-]{36})/.exec(body)?.[1] ?? "";

test("A login is added with one button; its password is shown once and never again", async (t) => {
  const { account, jeanne } = await createPanel(t);
  const form = (await jeanne.get("/ftp-logins/new")).body;
  assert.match(form, /name="name" type="text" value="club"/);
  const made = await jeanne.submit("/ftp-logins/new", "/ftp-logins", { accountId: account.id, name: "club" });
  assert.equal(made.statusCode, 200);
  const password = /<code class="secret">([^<]+)</.exec(made.body)?.[1] ?? "";
  assert.match(password, /^[a-z2-9-]{24}$/);
  assert.match(made.body, />2222</);
  const page = `/ftp-logins/${idIn(made.body)}`;
  for (const url of [page, "/ftp-logins", "/connect", "/audit"]) assert.ok(!(await jeanne.get(url)).body.includes(password), url);
  const renewed = await jeanne.submit(page, `${page}/password`, {});
  assert.match(renewed.body, /<code class="secret">/);
  assert.equal((await jeanne.submit(page, `${page}/password`, { password: "un chat sur le toit" })).statusCode, 303);
});

test("A refused form keeps what was typed, tells each field, never shows a password or a private key", async (t) => {
  const { ctx, account, jeanne } = await createPanel(t);
  const fields = {
    accountId: account.id,
    name: "marie",
    folder: "../x",
    networks: "nowhere",
    expires: "on",
    expiresOn: "",
    note: "Pour Marie",
    password: "secret",
  };
  const answer = await jeanne.submit("/ftp-logins/new", "/ftp-logins", fields);
  assert.equal(answer.statusCode, 422);
  for (const field of ["folder", "networks", "expiresOn"]) assert.ok(answer.body.includes(`id="field-${field}-error"`), field);
  assert.ok(answer.body.includes('value="../x"') && answer.body.includes('value="Pour Marie"') && answer.body.includes('value="nowhere"'));
  assert.ok(!answer.body.includes("secret"));
  const pem = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----";
  const wrong = await jeanne.submit("/ftp-logins/new", "/ftp-logins", { accountId: account.id, key: pem });
  assert.equal(wrong.statusCode, 422);
  assert.ok(!wrong.body.includes("b3BlbnNza") && wrong.body.includes("private key"));
  assert.equal(await ctx.db.ftpLogin.count(), 0);
});

test("Hostile text in every field is refused or shown as it is, on every page", async (t) => {
  const { ctx, account, jeanne } = await createPanel(t);
  const { login } = await addLogin(ctx, { accountId: account.id });
  const page = `/ftp-logins/${login.id}`;
  const token = await jeanne.csrf(page);
  for (const text of HOSTILE_STRINGS) {
    for (const field of ["name", "note", "folder", "networks", "key", "expires", "expiresOn", "password"]) {
      const sent = { accountId: account.id, name: "x", expires: "never", ...(field === "expiresOn" && { expires: "on" }), [field]: `a${text}b` };
      const answer = await jeanne.post("/ftp-logins", sent, token);
      assert.ok([200, 303, 409, 422].includes(answer.statusCode), `${field} ${JSON.stringify(text)}: ${answer.statusCode}`);
      assert.ok(!answer.body.includes("<script>alert"), field);
      if (answer.statusCode === 200) await jeanne.post(`/ftp-logins/${idIn(answer.body)}/delete`, {}, token);
      if (answer.statusCode === 200) await jeanne.post(`/ftp-logins/${idIn(answer.body)}/release`, {}, token);
    }
  }
  for (const login of await ctx.db.ftpLogin.findMany()) assert.match(login.name, /^[a-z0-9][a-z0-9._@-]*$/);
  assert.ok(!(await jeanne.get("/ftp-logins")).body.includes("<script>alert"));
});

test("The page of a login: settings, keys, bin; a reader looks and changes nothing", async (t) => {
  const { panel, ctx, account, jeanne } = await createPanel(t);
  await addSite(ctx, { accountId: account.id, address: "club.test" });
  const { login } = await addLogin(ctx, { accountId: account.id });
  const page = `/ftp-logins/${login.id}`;
  assert.ok((await jeanne.get(page)).body.includes("www/club.test"));
  const access = { note: "Marie", folder: "www/club.test", enabled: "true", readOnly: "true", expires: "30", networks: "192.0.2.0/24", version: "1" };
  assert.equal((await jeanne.submit(page, page, access)).statusCode, 303);
  assert.equal((await jeanne.submit(page, page, access)).statusCode, 409);
  const row = await ctx.db.ftpLogin.findUniqueOrThrow({ where: { id: login.id } });
  assert.deepEqual([row.note, row.folder, row.readOnly, row.networks], ["Marie", "www/club.test", true, "192.0.2.0/24"]);
  assert.equal((await jeanne.submit(page, page, { ...access, version: "2", expires: "keep" })).statusCode, 303);
  assert.ok((await ctx.db.ftpLogin.findUniqueOrThrow({ where: { id: login.id } })).expiresAt);
  // An emptied form empties; an unticked box closes.
  assert.equal((await jeanne.submit(page, page, { expires: "never" })).statusCode, 303);
  const emptied = await ctx.db.ftpLogin.findUniqueOrThrow({ where: { id: login.id } });
  assert.deepEqual([emptied.note, emptied.folder, emptied.enabled, emptied.expiresAt, emptied.networks], ["", "", false, null, ""]);
  assert.ok((await jeanne.get(page)).body.includes("Disabled") === false, "waiting comes first");
  assert.equal((await jeanne.submit(page, `${page}/keys`, { key: `${ED25519} bureau` })).statusCode, 303);
  const { id: key } = await ctx.db.ftpKey.findFirstOrThrow();
  assert.ok((await jeanne.get(page)).body.includes("bureau"));
  const lucie = await panel.as("lucie");
  assert.equal((await lucie.get(page)).statusCode, 200);
  assert.ok(!(await lucie.get(page)).body.includes(`${page}/keys/`));
  assert.equal((await lucie.get("/ftp-logins/new")).statusCode, 403);
  assert.equal((await jeanne.submit(page, `${page}/password/delete`)).statusCode, 303);
  assert.equal((await jeanne.submit(page, `${page}/keys/${key}/delete`)).statusCode, 409);
  assert.equal((await jeanne.submit(`${page}/delete`, `${page}/delete`)).statusCode, 303);
  assert.ok((await jeanne.get("/ftp-logins/bin")).body.includes(login.name));
  assert.equal((await jeanne.submit(page, `${page}/restore`)).statusCode, 303);
  assert.equal((await jeanne.submit(`${page}/delete`, `${page}/delete`)).statusCode, 303);
  assert.equal((await jeanne.submit(page, `${page}/release`)).statusCode, 303);
  assert.equal((await jeanne.get(page)).statusCode, 404);
});

test("The chip says what is true: no daemon, shut by its owner, verified", async (t) => {
  const { ctx, host, account, jeanne } = await createPanel(t);
  const { login } = await addLogin(ctx, { accountId: account.id });
  const page = `/ftp-logins/${login.id}`;
  const unit = { hostId: host.id, role: "ftp", key: String(account.number) };
  const publish = async () => {
    const row = await ctx.db.publishUnit.findUniqueOrThrow({ where: { hostId_role_key: unit } });
    await ctx.db.publishUnit.update({ where: { id: row.id }, data: { published: row.wanted, verified: row.wanted, serving: "present" } });
  };
  const chip = async () => /chip chip-(\w+)/.exec((await jeanne.get(page)).body)?.[1];
  assert.equal(await chip(), "waiting");
  await publish();
  assert.equal(await chip(), "verified");
  await jeanne.submit(page, page, { expires: "never" });
  await publish();
  assert.equal(await chip(), "held");
  assert.ok((await jeanne.get(page)).body.includes("Disabled"));
  await ctx.db.hostDaemon.deleteMany({ where: { role: "ftp" } });
  assert.ok((await jeanne.get(page)).body.includes("No FTP server yet"));
  assert.equal((await jeanne.get(`${page}/filezilla.xml`)).statusCode, 404);
});

test("An open page hears of its own logins' chips, and of no neighbour's", async (t) => {
  const { panel, ctx, host, account, jeanne } = await createPanel(t);
  const neighbour = await createAccount(ctx, { host });
  const { login: own } = await addLogin(ctx, { accountId: account.id });
  const { login: other } = await addLogin(ctx, { accountId: neighbour.id });
  const { events } = publisherOf(panel.services);
  let heard = "";
  const answer = jeanne.get("/ftp-logins/stream").then((response) => {
    heard = response.body;
  });
  for (let round = 0; round < 5; round += 1) {
    for (const { id, number } of [account, neighbour])
      events.emit({ hostId: host.id, role: "ftp", key: String(number), accountId: id, chip: { state: "verified" } });
    await jeanne.get("/ftp-logins");
  }
  await panel.app.close();
  await answer;
  assert.ok(heard.includes(`chip-${own.id}`), heard.slice(0, 500));
  assert.ok(!heard.includes(other.id));
});

test("Files for FileZilla and OpenSSH hold the host as administrators name it", async (t) => {
  const { panel, ctx, host, account, jeanne } = await createPanel(t);
  await ctx.db.account.update({ where: { id: account.id }, data: { name: `Amis & <cie> "du" canal` } });
  const { login } = await addLogin(ctx, { accountId: account.id, key: ED25519 });
  const root = await panel.as("root");
  const settings = { publicName: "ftp.exemple.test", oldNames: "ftp.vieux.test\nftp2.vieux.test", sshFingerprint: `SHA256:${"A".repeat(43)}` };
  assert.equal((await root.submit(`/ftp-hosts/${host.id}`, `/ftp-hosts/${host.id}`, settings)).statusCode, 303);
  const xml = await jeanne.get(`/ftp-logins/${login.id}/filezilla.xml`);
  assert.equal(xml.headers["content-disposition"], 'attachment; filename="club.xml"');
  const script = "import sys, xml.etree.ElementTree as e; print([[c.text for c in s] for s in e.fromstring(sys.stdin.buffer.read()).iter('Server')])";
  const read = execFileSync("python3", ["-c", script], { input: xml.body, encoding: "utf8" });
  assert.ok(read.includes(`'ftp.exemple.test', '2222', '1', '0', 'club'`) && read.includes(`'ftp.exemple.test', '21', '4', '0', 'club'`), read);
  assert.ok(read.includes('Amis & <cie> "du" canal (SFTP)'), read);
  const config = await jeanne.get(`/ftp-logins/${login.id}/ssh-config`);
  const file = join(tmpdir(), `mutu-ssh-config-${process.pid}`);
  t.after(() => rmSync(file, { force: true }));
  writeFileSync(file, config.body);
  const effective = execFileSync("ssh", ["-G", "-F", file, "club"], { encoding: "utf8" });
  assert.match(effective, /^hostname ftp\.exemple\.test$/m);
  assert.match(effective, /^port 2222$/m);
  assert.match(effective, /^user club$/m);
  assert.ok(config.body.includes("SHA256:AAAA"));
  const body = (await jeanne.get(`/ftp-logins/${login.id}`)).body;
  assert.ok(body.includes("ftp2.vieux.test") && body.includes("ftp.exemple.test"));
  const member = panel.ctx({ kind: "user", userId: "x", login: "x", admin: false, address: "", memberships: new Map([[account.id, "owner"]]) });
  const add = (address: string) => addSite(member, { accountId: account.id, address });
  for (const name of ["ftp.exemple.test", "ftp.vieux.test"])
    await assert.rejects(add(name), (error) => isRefusal(error) && error.code === "domains.panel_name", name);
});

test("What administrators type of a host is judged, told at the field, and emptied again", async (t) => {
  const { panel, ctx, host } = await createPanel(t);
  const root = await panel.as("root");
  const page = `/ftp-hosts/${host.id}`;
  for (const text of HOSTILE_STRINGS.filter((one) => one.trim() !== "")) {
    for (const field of ["publicName", "oldNames", "sshFingerprint", "tlsFingerprint"]) {
      const answer = await root.submit(page, page, { [field]: `x${text}` });
      if (answer.statusCode === 303) assert.equal(field, "oldNames", JSON.stringify(text));
      else assert.ok(answer.body.includes(`id="field-${field}-error"`), `${field} ${JSON.stringify(text)}`);
    }
  }
  assert.equal(
    (await root.submit(page, page, { publicName: "ftp.exemple.test", tlsFingerprint: Array.from({ length: 32 }, () => "ab").join(":") })).statusCode,
    303,
  );
  assert.equal((await root.submit(page, page, { publicName: "" })).statusCode, 303);
  assert.deepEqual(await ctx.db.ftpHost.findMany(), [{ hostId: host.id, publicName: null, oldNames: "", sshFingerprint: null, tlsFingerprint: null }]);
});

test("API and command line do what pages do, with the same schemas", async (t) => {
  const { panel, ctx, account, jeanne } = await createPanel(t);
  const made = await jeanne.api("POST", "/api/v1/ftp-logins", { accountId: account.id, name: "marie", days: 7, networks: "192.0.2.1" });
  assert.equal(made.statusCode, 201);
  const { login, password } = made.json();
  assert.match(password, /^[a-z2-9-]{24}$/);
  assert.deepEqual([login.name, login.password, login.networks, login.keys], ["club_marie", true, ["192.0.2.1/32"], []]);
  assert.ok(!made.body.includes("$6$"));
  const url = `/api/v1/ftp-logins/${login.id}`;
  assert.equal((await jeanne.api("PATCH", url, { readOnly: true })).json().readOnly, true);
  assert.equal((await jeanne.api("POST", `${url}/keys`, { key: ED25519, label: "bureau" })).json().label, "bureau");
  assert.equal((await jeanne.api("DELETE", `${url}/password`)).json().password, false);
  assert.equal((await jeanne.api("PUT", `${url}/password`, { password: "court" })).statusCode, 422);
  assert.equal((await jeanne.api("PUT", `${url}/password`, {})).json().password.length, 24);
  assert.equal((await jeanne.api("DELETE", url)).json().state, "bin");
  assert.equal((await jeanne.api("POST", `${url}/restore`)).json().state, "live");

  const out: string[] = [];
  t.mock.method(process.stdout, "write", (text: string) => out.push(String(text)) > 0);
  const mutu = async (...words: string[]) => {
    const root = new Command("mutu");
    ftpCommands(root.command("ftp"), panel.services);
    out.length = 0;
    await root.parseAsync(["node", "mutu", "ftp", ...words]);
    return out.join("");
  };
  assert.match(await mutu("logins", "add", "club", "guest", "--days", "30", "--read-only", "true"), /^club_guest\t[a-z2-9-]{24}\n$/);
  await assert.rejects(mutu("logins", "add", "club", "x", "--days", "lots"), (error) => isRefusal(error) && error.code === "shell.number");
  assert.match(await mutu("logins", "list"), /club_guest\tclub\twaiting\t\/\t\nclub_marie/);
  await mutu("logins", "edit", "club_guest", "--enabled", "false");
  assert.match(await mutu("logins", "list", "guest"), /disabled/);
  assert.match(await mutu("logins", "password", "club_guest"), /^club_guest\t\S+\n$/);
  assert.match(await mutu("logins", "remove", "club_guest"), /^\d{4}-/);
  await mutu("logins", "restore", "club_guest");
  assert.match(await mutu("hosts", "list"), /\tftps 21\tsftp 2222\t/);
  assert.equal(await ctx.db.ftpLogin.count(), 2);
});
