import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { daemonsOf } from "../../../src/features/hosts/add-machine.js";
import { parseAdminAddress } from "../../../src/features/hosts/admin-login.js";
import { baseOf } from "../../../src/features/hosts/base.js";
import { packBundle } from "../../../src/features/hosts/bundle.js";
import { probeHost, saveHost } from "../../../src/features/hosts/hosts.js";
import { parseMachineFile } from "../../../src/features/hosts/machine-file.js";
import { scriptsHash } from "../../../src/features/hosts/scripts.js";
import { phpVersionsOf } from "../../../src/features/hosts/state.js";
import { watchHosts } from "../../../src/features/hosts/watched.js";
import { buildTestApp } from "../../support/app.js";
import { createAccount, createHost } from "../../support/factories.js";

test("A machine's own file is read, never run", () => {
  const file = parseMachineFile("# x\nMUTU_HOST=web1\nMUTU_HOMES=/srv/mutu/homes\nMUTU_DAEMONS=homes php-fpm apache\n");
  assert.deepEqual(file, { host: "web1", homes: "/srv/mutu/homes", daemons: ["homes", "php-fpm", "apache"] });
  assert.throws(() => parseMachineFile("MUTU_HOST=$(id)\n"), /line 1/);
  assert.throws(() => parseMachineFile("MUTU_HOST=web1\n"), /MUTU_HOMES/);
});

test("The administrator's login is a user and an address, nothing that ssh could take for an option", () => {
  assert.deepEqual(parseAdminAddress("root@web1.example.org"), { user: "root", address: "web1.example.org", port: 22 });
  assert.deepEqual(parseAdminAddress("admin@[2001:db8::1]:2222"), { user: "admin", address: "2001:db8::1", port: 2222 });
  for (const bad of ["web1", "-oProxyCommand=x@y", "root@web1;id", "root@", "root@web1:99999", "root@a b"]) assert.equal(parseAdminAddress(bad), null, bad);
});

test("The bundle holds the machines' side only, and is the same each time", async () => {
  const [one, two] = [await packBundle(), await packBundle()];
  assert.equal(one.hash, two.hash);
  assert.match(one.installHash, /^[0-9a-f]{64}$/);
  const names = one.tar.toString("latin1");
  assert.ok(names.includes("machines/web/install") && names.includes("src/daemons/apache/machine/driver"));
  assert.ok(!names.includes("src/features") && !names.includes(".git/"));
  assert.throws(() => daemonsOf(["unknown"], { roleOf: () => null }), /unknown/);
});

test("A host that answers tells its release, versions and disk; one that is away keeps what it said", async (t) => {
  const panel = await buildTestApp(t);
  const ctx = panel.ctx();
  const folder = mkdtempSync(join(tmpdir(), "mutu-host-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const apply = join(folder, "apply");
  const answer = ["protocol 1", "host local", "root none", "step idle", "fence 3", "disk_free_kb 4096", "php-fpm versions 8.2 8.10", "php-fpm version 8.2.36"];
  writeFileSync(apply, `cat <<'E'\n${answer.join("\n")}\nE\n`);
  const daemons = [{ daemon: "php-fpm", role: "php" }];
  const host = await saveHost(ctx, {
    name: "local",
    address: "127.0.0.1",
    door: "direct",
    applyFile: apply,
    machineFile: "/dev/null",
    homes: "/srv/mutu/homes",
    daemons,
  });
  const { error, host: asked } = await probeHost(ctx, panel.services.env, host.id);
  assert.equal(error, null);
  assert.deepEqual(phpVersionsOf(asked.state), ["8.10", "8.2"]);
  await panel.createUser("root", { admin: true });
  const root = await panel.as("root");
  const page = await root.get(`/hosts/${host.id}`);
  for (const words of ["8.2.36", "8.10, 8.2", "4 MB", "Answers"]) assert.ok(page.body.includes(words), words);
  rmSync(apply);
  assert.equal((await root.submit(`/hosts/${host.id}`, `/hosts/${host.id}/probe`)).statusCode, 303);
  const away = await root.get(`/hosts/${host.id}`);
  for (const words of ["8.10, 8.2", "Does not answer"]) assert.ok(away.body.includes(words), words);
  assert.equal((await root.api("GET", "/api/v1/hosts/local")).json().reachable, false);
});

test("A host with accounts stays; one without is forgotten; members see none", async (t) => {
  const panel = await buildTestApp(t);
  const ctx = panel.ctx();
  const used = await createHost(ctx);
  const spare = await createHost(ctx);
  await createAccount(ctx, { host: used });
  await panel.createUser("root", { admin: true });
  await panel.createUser("jeanne");
  const root = await panel.as("root");
  assert.ok((await root.get("/hosts")).body.includes(used.name));
  assert.equal((await root.submit(`/hosts/${used.id}/delete`, `/hosts/${used.id}/delete`)).statusCode, 409);
  assert.equal((await root.submit(`/hosts/${spare.id}/delete`, `/hosts/${spare.id}/delete`)).statusCode, 303);
  assert.equal((await (await panel.as("jeanne")).get("/hosts")).statusCode, 404);
});

test("What install laid on a machine is compared: changed by hand, of another version, programs of before; each with the command that helps", async (t) => {
  const panel = await buildTestApp(t);
  const ctx = panel.ctx();
  const web = await createHost(ctx, { name: "web1", roles: [], phpVersions: [] });
  const names = ["php-fpm", "apache", "nginx"];
  for (const daemon of names) await ctx.db.hostDaemon.create({ data: { hostId: web.id, daemon, role: daemon } });
  const sound = [
    ["kind", "web"],
    ["start", "systemd"],
    ["made-from", scriptsHash("web", names)],
    ["daemons", names.join(" ")],
  ];
  const say = async (lines: string[][], more: object = {}) => {
    const state = {
      protocol: 1,
      host: "web1",
      root: null,
      previous: null,
      step: "idle",
      fence: 1,
      diskFreeKb: 9_999_999,
      daemons: { base: lines },
      error: null,
    };
    return ctx.db.host.update({
      where: { id: web.id },
      data: { door: "ssh", address: "192.0.2.7", port: 22, homes: "/srv/mutu/homes", state: lines.length === 0 ? { ...state, daemons: {} } : state, ...more },
      include: { daemons: true },
    });
  };
  const checks = async () =>
    Object.fromEntries(
      (await watchHosts(ctx, panel.services))
        .filter(({ subject, name }) => subject === "web1" && ["base", "scripts", "programs"].includes(name))
        .map(({ name, state, todo }) => [name, state === "ok" ? "ok" : `${state} ${todo?.data["command"] || todo?.data["renewal"]}`]),
    );
  await panel.createUser("root", { admin: true });
  const root = await panel.as("root");
  const { env } = panel.services;
  const add = "mutu hosts add web1 --ssh root@192.0.2.7";

  await say(sound);
  assert.deepEqual(await checks(), { base: "ok", scripts: "ok", programs: "ok" });
  assert.ok(!(await root.get(`/hosts/${web.id}`)).body.includes(add));

  await say([...sound, ["changed", "/usr/local/lib/mutu/apply"], ["removed", "/etc/sudoers.d/mutu-door"], ["older", "nginx"]]);
  assert.deepEqual(await checks(), { base: `warning ${add}`, scripts: "ok", programs: `warning ${add}` });
  const page = await root.get(`/hosts/${web.id}`);
  for (const words of ["/usr/local/lib/mutu/apply", "/etc/sudoers.d/mutu-door (missing)", add, "sudo systemctl restart mutu-nginx.service"])
    assert.ok(page.body.includes(words), words);
  assert.match((await root.get("/drift")).body, new RegExp(`/hosts/${web.id}">2 files of the installation were changed`));
  const { base } = (await root.api("GET", "/api/v1/hosts/web1")).json() as { base: object };
  assert.deepEqual(base, {
    changed: [
      { path: "/usr/local/lib/mutu/apply", gone: false },
      { path: "/etc/sudoers.d/mutu-door", gone: true },
    ],
    older: ["nginx"],
    outdated: false,
    command: add,
    renewal: "sudo systemctl restart mutu-nginx.service",
  });

  // of another version; of one that tells nothing of this; in containers; the control machine itself; a trial
  assert.equal(
    baseOf(
      await say([
        ["kind", "web"],
        ["start", "systemd"],
        ["made-from", "0".repeat(64)],
      ]),
      env,
    ).command,
    add,
  );
  assert.deepEqual(await checks(), { base: "ok", scripts: `warning ${add}`, programs: "ok" });
  await say([
    ["kind", "web"],
    ["start", "systemd"],
    ["made-from", "0"],
    ["changed", "/usr/local/lib/mutu/apply"],
  ]);
  const both = (await root.get(`/hosts/${web.id}`)).body;
  assert.equal(both.split(`<code>${add}</code>`).length - 1, 1, "one command helps with both, and is read once");
  assert.match(both, /The command below lays them anew/);
  assert.equal(baseOf(await say([]), env).outdated, true);
  assert.equal(
    baseOf(
      await say([
        ["kind", "web"],
        ["start", "supervisor"],
        ["made-from", "0"],
      ]),
      env,
    ).command,
    "docker compose up -d --build --force-recreate web1",
  );
  const own = baseOf(
    await say(
      [
        ["kind", "control"],
        ["start", "systemd"],
        ["made-from", "0"],
        ["daemons", "php-fpm apache nginx"],
        ["older", "knot"],
      ],
      { door: "sudo" },
    ),
    env,
  );
  assert.match(
    own.command ?? "",
    /^sudo sh \/opt\/mutu\/machines\/control\/install --step files --host web1 --origin https:\S+ --daemons "php-fpm apache nginx" --homes/,
  );
  assert.equal(own.renewal, "sudo systemctl start mutu-renew.service");
  // Whatever is older has its command, also beside others.
  const renewal = async (...older: string[]) => baseOf(await say([...sound, ...older.map((name) => ["older", name])]), env).renewal;
  const [hook, ours, nginx] = [
    "sudo /usr/local/lib/mutu/package-hook after",
    "sudo systemctl start mutu-renew.service",
    "sudo systemctl restart mutu-nginx.service",
  ];
  assert.deepEqual(
    [await renewal("apache"), await renewal("apache", "nginx"), await renewal("bind", "proftpd"), await renewal("nginx", "proftpd", "apache", "knot")],
    [hook, `${hook} && ${nginx}`, ours, `${hook} && ${ours} && ${nginx}`],
  );
  assert.deepEqual([baseOf(await say([], { door: "direct" }), env).outdated, await checks()], [null, {}]);
});
