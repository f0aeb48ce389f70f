/** Knot at work: what every name server of ours does, and what is Knot's own. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { baseOf, NameServer, zoneOf } from "./dns-rig.js";
import { nameServerTests } from "./dns-server.js";

nameServerTests("knot");

describe("knot: keys and serials outlive the machine", () => {
  test("a machine built anew from the backup answers with the same DS, and with greater serials; without it, with others", async () => {
    const states = [baseOf(), zoneOf("a.test"), zoneOf("plain.test", [], { signed: false })];
    const first = await NameServer.raise("knot");
    const rebuilt = await NameServer.raise("knot");
    const forgetful = await NameServer.raise("knot");
    try {
      first.publish(states);
      // Far above the clock, so that only the journal can know it.
      first.publish([baseOf(), zoneOf("a.test", [], { serialFloor: 3_000_000_000 }), zoneOf("plain.test", [], { signed: false, serialFloor: 3_000_000_000 })]);
      const keys = keysOf(first, "a.test");
      const made = script(first, "backup");
      const folder = /^backup (\S+)$/m.exec(made.words)?.[1] as string;
      assert.match(folder ?? made.words, /\/backup\/2\d{7}T\d{6}Z$/);
      assert.match(first.call("status", first.machine.live).words, /^backup 2\d{7}T\d{6}Z$/m);
      const serials = ["a.test", "plain.test"].map((zone) => first.serial(zone));
      first.call("halt", first.machine.live);

      assert.match(script(rebuilt, "restore", "/nonexistent").words, /no backup/);
      assert.deepEqual(script(rebuilt, "restore", folder), { code: 0, words: `restored ${folder}\n` });
      rebuilt.publish(states);
      assert.deepEqual(keysOf(rebuilt, "a.test"), keys);
      for (const [at, zone] of ["a.test", "plain.test"].entries()) assert.ok(rebuilt.serial(zone) >= (serials[at] as number), zone);
      assert.match(script(rebuilt, "restore", folder).words, /running/);

      forgetful.publish(states);
      assert.notDeepEqual(keysOf(forgetful, "a.test"), keys);
    } finally {
      for (const server of [first, rebuilt, forgetful]) server.close();
    }
  });

  test("seven backups are kept, and a failed one replaces none", async () => {
    const server = await NameServer.raise("knot");
    try {
      server.publish([zoneOf("a.test")]);
      const backups = server.path("run/knot/state/backup");
      assert.equal(script(server, "backup").code, 0);
      for (let day = 10; day < 18; day += 1) mkdirSync(join(backups, `202511${day}T030000Z`));
      assert.equal(script(server, "backup").code, 0);
      const kept = readdirSync(backups).sort();
      assert.equal(kept.length, 7, kept.join());
      assert.ok(!kept.includes("20251110T030000Z") && kept.includes("20251117T030000Z"));
      server.call("halt", server.machine.live);
      assert.notEqual(script(server, "backup").code, 0);
      assert.deepEqual(readdirSync(backups).sort(), kept);
    } finally {
      server.close();
    }
  });
});

function keysOf(server: NameServer, zone: string): string[] {
  const keys = server
    .short(zone, "DNSKEY")
    .split("\n")
    .filter((key) => key.startsWith("257 "));
  assert.ok(keys.length > 0);
  return keys;
}

function script(server: NameServer, name: string, ...words: string[]) {
  const path = join(server.machine.base, "daemons/knot", name);
  const out = spawnSync(path, words, { cwd: "/", env: server.machine.env, encoding: "utf8" });
  return { code: out.status, words: `${out.stdout}${out.stderr}` };
}
