/** What `mutu upgrade` says of the other machines at its end: a hand is asked for only where it is wanted. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { upkeepLine } from "../../../src/features/backups/upgrade-commands.js";
import { listUpkeep } from "../../../src/features/hosts/index.js";
import { scriptsHash } from "../../../src/features/hosts/scripts.js";
import { buildTestApp } from "../../support/app.js";
import { createHost } from "../../support/factories.js";

test("only machines of other scripts, or with changed files, are named with their command; the others are as they should be", async (t) => {
  const panel = await buildTestApp(t);
  const ctx = panel.ctx();
  const daemons = ["php-fpm", "apache", "nginx"];
  const same = scriptsHash("web", daemons);
  const machine = async (name: string, base: string[][] | null, data: object = {}) => {
    const { id } = await createHost(ctx, { name, roles: [] });
    for (const daemon of daemons) await ctx.db.hostDaemon.create({ data: { hostId: id, daemon, role: daemon } });
    const state = base === null ? {} : { daemons: { base }, error: null };
    await ctx.db.host.update({ where: { id }, data: { door: "ssh", address: `${name}.example.org`, state, ...data } });
  };
  const told = (sum: string, ...more: string[][]) => [["kind", "web"], ["start", "systemd"], ["made-from", sum], ["daemons", daemons.join(" ")], ...more];
  await machine("control", told("0"), { door: "sudo" });
  await machine("web1", told(same));
  await machine("web2", told("0".repeat(64)), { port: 2222 });
  await machine("web3", told(same, ["changed", "/usr/local/lib/mutu/apply"]));
  await machine("web4", null);
  await machine("web5", []);
  const lines = (await listUpkeep(ctx.db, panel.services.env)).map(upkeepLine);
  const next = (name: string, port = "") => `next, from your own terminal: mutu hosts add ${name} --ssh root@${name}.example.org${port}`;
  assert.deepEqual(lines, [
    "web1: as it should be",
    `web2: made of other scripts than this version's; ${next("web2", ":2222")}`,
    `web3: made of this version's scripts, and files of them were changed; ${next("web3")}`,
    `web4: never told what it is made of; ${next("web4")}`,
    `web5: made of other scripts than this version's; ${next("web5")}`,
  ]);
});
