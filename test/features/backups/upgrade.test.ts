/** `mutu upgrade` on the first issue's own data: its steps in order, what stops it, and the way back. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { boot, type Program } from "../../../src/boot.js";
import { selfSigned } from "../../../src/core/http/certificate.js";
import { createLog } from "../../../src/core/log.js";
import { schemaDifference } from "../../../src/core/migrate.js";
import { parseKeyRing } from "../../../src/core/secret.js";
import { openSqlite } from "../../../src/core/sqlite.js";
import { untilAnswers } from "../../../src/features/backups/answering.js";
import { restoreBackup } from "../../../src/features/backups/restore.js";
import type { Places } from "../../../src/features/backups/sources.js";
import { UPGRADE_STEPS, type UpgradeOptions, upgrade } from "../../../src/features/backups/upgrade.js";
import { verifyBackup } from "../../../src/features/backups/verify.js";
import { testEnv } from "../../support/app.js";

const FIXTURE = join(import.meta.dirname, "../../publish/first-issue/state.tar.xz");

async function installed(t: TestContext): Promise<{ program: Program; url: string; places: Places; folder: string; options: UpgradeOptions; said: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), "mutu-upgrade-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  execFileSync("tar", ["-C", folder, "-xJf", FIXTURE, "state"]);
  const state = join(folder, "state");
  const url = `file:${join(state, "mutu.db")}`;
  const env = testEnv(url, { state, keys: parseKeyRing(readFileSync(join(state, "keys"), "utf8")) });
  const program = await boot(env, { log: createLog("silent") });
  t.after(() => program.close());
  const said: string[] = [];
  const places = { keys: join(state, "keys"), state, tls: null, system: null };
  const nothing = { argv: null, told: "by hand" };
  const options = {
    version: "0.1.0",
    places,
    to: join(folder, "backups"),
    install: nothing,
    restart: nothing,
    compare: nothing,
    say: (line: string) => said.push(line),
  };
  return { program, url, places, folder, options, said };
}

const migrations = (url: string): string[] => {
  const connection = openSqlite(url.slice(5));
  const rows = connection.prepare("SELECT migration_name AS name FROM _prisma_migrations ORDER BY name").all() as { name: string }[];
  connection.close();
  return rows.map(({ name }) => name);
};

test("every step in its order, each told; the backup is of the tables of before and leads back", async (t) => {
  const { program, url, places, options, said } = await installed(t);
  const file = await upgrade(program.services, { ...options, install: { argv: ["echo", "laid"], told: "" } });
  assert.deepEqual(
    said.filter((line) => !line.startsWith(" ")),
    [...UPGRADE_STEPS],
  );
  assert.ok(said.includes("  laid") && said.includes("  applied 0002_since_first") && said.includes("  by hand"));
  assert.match(said.at(-1) ?? "", /^ {2}12 units, \d+ differ/);
  assert.deepEqual(migrations(url), ["0001_initial", "0002_since_first"]);
  assert.equal(await schemaDifference(url), "");
  const { manifest, faults } = await verifyBackup(file);
  assert.deepEqual([manifest.migration, faults], ["0001_initial", []]);
  await program.close();
  // Back, and forward again: restoring into this version leads the older tables to it.
  const env = { ...program.services.env };
  const { applied } = await restoreBackup(file, () => env, { force: true, say: () => {}, places: () => places });
  assert.deepEqual(applied, ["0002_since_first"]);
  assert.deepEqual(migrations(url), ["0001_initial", "0002_since_first"]);
});

test("refused while a publication or another upgrade is under way: nothing is changed", async (t) => {
  const { program, url, options, said } = await installed(t);
  const { services } = program;
  const until = new Date(services.clock.now().getTime() + 60_000);
  const [host] = await services.db.hostLease.findMany();
  await services.db.hostLease.updateMany({ data: { owner: "another panel", until } });
  await assert.rejects(upgrade(services, options), { code: "backups.run_active", data: { host: host?.hostId } });
  await services.db.hostLease.updateMany({ data: { owner: "", until: services.clock.now() } });
  await services.db.jobLease.create({ data: { name: "backups.upgrade", holder: "another", expiresAt: until } });
  await assert.rejects(upgrade(services, options), { code: "backups.upgrade_runs" });
  assert.deepEqual([said, migrations(url)], [[], ["0001_initial"]]);
});

test("a step that fails ends it, with the step, the reason and the backup; called again, it goes on", async (t) => {
  const { program, url, options, said } = await installed(t);
  const failing = { argv: ["sh", "-c", "echo no room >&2; exit 1"], told: "" };
  await assert.rejects(
    upgrade(program.services, { ...options, install: failing }),
    (error: { code: string; data: { step: string; reason: string; file: string } }) => {
      assert.deepEqual([error.code, error.data.step, error.data.reason], ["backups.upgrade_failed", "install", "no room"]);
      return error.data.file.startsWith(options.to);
    },
  );
  assert.deepEqual(
    said.filter((line) => !line.startsWith(" ")),
    ["backup", "install"],
  );
  assert.deepEqual(migrations(url), ["0001_initial"], "tables are led on after the program is in its place");
  await upgrade(program.services, options);
  assert.deepEqual(migrations(url), ["0001_initial", "0002_since_first"]);
});

test("started is not answering: a panel that dies, or only says that it cannot serve, ends the upgrade at its restart", async (t) => {
  const { program, folder, options, said } = await installed(t);
  const { key, certificate } = selfSigned(["secure.example.test"], [], new Date());
  let answers = 0;
  const server = createServer({ key, cert: certificate }, (request, response) => {
    answers += 1;
    const well = answers > 2 && request.url === "/healthz" && request.headers.host === "secure.example.test";
    response.writeHead(well ? 200 : 503).end(well ? "ok\n" : "database\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const env = { listen: { host: "0.0.0.0", port }, tls: { certificate: "", key: "" }, origin: "https://secure.example.test" };
  await untilAnswers(env);
  assert.equal(answers, 3);
  answers = 0;
  await assert.rejects(untilAnswers(env, 0), /does not answer 0\.0\.0\.0:\d+ \(503 database\): journalctl -u mutu-panel/);
  await assert.rejects(untilAnswers({ ...env, tls: null }, 0), /does not answer/);
  server.close();
  await once(server, "close");
  const asked = join(folder, "asked");
  const restart = {
    argv: ["sh", "-c", `cat ${asked} && echo restarted`],
    told: "",
    first: ["sh", "-c", `echo first >${asked}; exit 1`],
    proven: () => untilAnswers(env, 0),
  };
  await assert.rejects(upgrade(program.services, { ...options, restart }), (error: { code: string; data: { step: string; reason: string } }) => {
    assert.match(error.data.reason, /ECONNREFUSED/);
    return error.code === "backups.upgrade_failed" && error.data.step === "restart";
  });
  assert.ok(said.join("\n").includes("restart\n  first\n  restarted") && !said.includes("compare"));
});
