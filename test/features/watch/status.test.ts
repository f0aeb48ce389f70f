/** What monitoring programs read: lines of `mutu status`, and its exit code with the panel down, a machine away, the database gone. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Check } from "../../../src/core/feature.js";
import { newKeyFile } from "../../../src/core/secret.js";
import { createText } from "../../../src/core/text.js";
import { sayingParts, sayingText } from "../../../src/features/watch/sayings.js";
import { linesOf } from "../../../src/features/watch/status.js";
import { createTestContext } from "../../support/context.js";
import { TYPESCRIPT } from "../../support/typescript.js";

const views = fileURLToPath(new URL("../../../views", import.meta.url));
const cli = fileURLToPath(new URL("../../../src/cli.ts", import.meta.url));
const say = createText(views).translator("en");
const AT = "2026-11-28T14:03:00.000Z";

test("a sentence writes its moments as a text, and keeps them apart for pages", () => {
  const saying = { key: "hosts.checks.reachable_failing", data: { host: "web1", since: AT, reason: "no answer" } };
  assert.equal(sayingText(say, saying), "web1 has not answered since 2026-11-28 14:03 UTC: no answer");
  assert.deepEqual(sayingParts(say, saying), [{ text: "web1 has not answered since " }, { at: AT }, { text: ": no answer" }]);
});

test("the first line sums up, each subject has its own, and only what is not fine has a sentence", () => {
  const check = (name: string, subject: string, state: Check["state"]): Check => {
    const says = { key: "publications.checks.queue_ok", data: { host: subject } };
    return { name, subject, state, says, todo: { key: "jobs.checks.clock_todo", data: {} } };
  };
  const lines = linesOf([check("clock", "", "ok"), check("disk", "web1", "ok"), check("queue", "web1", "warning")], say, true);
  assert.deepEqual(lines, [
    "MUTU WARNING - 0 failing, 1 warning, 2 ok: web1 queue",
    "panel: clock ok",
    "web1: disk ok, queue warning",
    "  WARNING: web1: no change waits.",
    "    Does the panel run? On the control machine: “systemctl status mutu-panel”.",
  ]);
  assert.match(linesOf([], say, true)[0] as string, /^MUTU OK - 0 failing, 0 warning, 0 ok$/);
});

test("with the panel down, the command asks the machines itself and says by its code how bad it is", async (t) => {
  const ctx = await createTestContext(t);
  const state = mkdtempSync(join(tmpdir(), "mutu-status-"));
  t.after(() => rmSync(state, { recursive: true }));
  writeFileSync(join(state, "keys"), newKeyFile("k1"), { mode: 0o600 });
  const apply = join(state, "apply");
  const answer = ["protocol 1", "host web1", "root none", "step idle", "fence 3", "disk_free_kb 9000000", "mount answers nfs"];
  writeFileSync(apply, `cat <<'E'\n${answer.join("\n")}\nE\n`);
  chmodSync(apply, 0o755);
  const columns = { address: "127.0.0.1", door: "direct" as const, applyFile: apply, homes: "/srv/homes" };
  await ctx.db.host.create({ data: { ...columns, name: "web1" } });
  const settings = { MUTU_MODE: "test", MUTU_STATE: state, MUTU_ORIGIN: "https://secure.example.org", MUTU_LOG_LEVEL: "silent" };
  const status = (database = ctx.database.url, ...words: string[]) =>
    new Promise<{ code: number | null; lines: string[] }>((resolve) => {
      const env = { PATH: process.env["PATH"] ?? "", MUTU_CONFIG: "/dev/null", LC_ALL: "C", MUTU_DATABASE: database, ...settings };
      const child = execFile(process.execPath, [...TYPESCRIPT, cli, "status", "--check", "--timeout", "2", ...words], { env }, (_error, stdout) =>
        resolve({ code: child.exitCode, lines: stdout.trimEnd().split("\n") }),
      );
    });

  const still = await status();
  assert.equal(still.code, 2, "no job has ever run");
  assert.match(still.lines[0] as string, /^MUTU CRITICAL - \d+ failing, .*: .*panel clock/);
  assert.match(still.lines.join("\n"), /^web1: disk ok, (.*, )?mount ok, (.*, )?queue ok, reachable ok, release ok/m);

  await ctx.db.jobRun.create({ data: { name: "core.mail", panel: "test", startedAt: new Date(), finishedAt: new Date(), state: "done" } });
  const going = await status();
  assert.match(going.lines.join("\n"), /^panel: .*clock ok/m);
  const word = /^MUTU (OK|WARNING|CRITICAL) /.exec(going.lines[0] as string)?.[1] as string;
  assert.equal(going.code, ["OK", "WARNING", "CRITICAL"].indexOf(word), going.lines.join("\n"));

  await ctx.db.host.create({ data: { ...columns, name: "web2", door: "ssh", port: 1, user: "mutu", hostKey: "ssh-ed25519 AAAA" } });
  await ctx.db.host.update({ where: { name: "web1" }, data: { applyFile: join(state, "slow") } });
  writeFileSync(join(state, "slow"), "sleep 60\n", { mode: 0o755 });
  const away = await status();
  assert.equal(away.code, 2);
  assert.match(away.lines.join("\n"), /web1: .*reachable failing[\s\S]*web2: .*reachable failing/);
  const told = JSON.parse((await status(ctx.database.url, "--json")).lines.join("\n")) as { state: string; checks: { name: string; subject: string }[] };
  assert.equal(told.state, "failing");
  assert.ok(told.checks.length >= 8);

  const gone = await status("postgresql://nobody@127.0.0.1:1/none");
  assert.equal(gone.code, 2);
  assert.match(gone.lines[0] as string, /^MUTU CRITICAL - /);
});
