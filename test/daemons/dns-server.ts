/** What every daemon of the role `dns` must do, asked of the real program through its real driver. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { DnsState, RecordData, ZoneState } from "../../src/features/dns/role.js";
import { daemonsRoot } from "../support/daemons.js";
import { baseOf, CATALOG, NameServer, zoneOf } from "./dns-rig.js";

const a = (address: string): RecordData => ({ type: "A", address });
const now = () => Math.floor(Date.now() / 1000);

export function nameServerTests(name: string): void {
  describe(`${name}: zones`, () => {
    let server: NameServer;
    let states: DnsState[];
    before(async () => {
      server = await NameServer.raise(name);
    });
    after(() => server?.close());
    /** Publishes the state before with some zones put in place of those of the same name. */
    const publish = (...zones: ZoneState[]) => {
      const names = zones.map(({ zone }) => zone);
      states = [...states.filter((one) => one.kind === "base" || !names.includes(one.zone)), ...zones];
      server.publish(states);
    };

    test("what is published first is answered, signed or not, and nothing else is", () => {
      states = [baseOf(), zoneOf("a.test"), zoneOf("b.test", [["www.b.test", a("192.0.2.1")]], { signed: false }), zoneOf("z.test", [], { signed: false })];
      server.publish(states);
      assert.equal(server.short("www.b.test", "A"), "192.0.2.1");
      assert.match(server.short("_mutu-probe.a.test", "TXT"), /^"[0-9a-f]{64}"$/);
      assert.match(server.dig("+dnssec", "a.test", "SOA"), /\sRRSIG\s+SOA 13 /);
      assert.doesNotMatch(server.dig("+dnssec", "b.test", "SOA"), /RRSIG/);
      assert.equal(server.status("elsewhere.test"), "REFUSED");
      assert.match(server.dig("a.test", "DNSKEY"), /\s257 3 13 /);
    });

    test("a change reaches the answers, and only changed zones get a new serial", () => {
      const before = ["a.test", "b.test", "z.test"].map((zone) => server.serial(zone));
      publish(zoneOf("a.test", [["www.a.test", a("192.0.2.2")]]), zoneOf("b.test", [["www.b.test", a("192.0.2.3")]], { signed: false }));
      assert.equal(server.short("www.a.test", "A"), "192.0.2.2");
      assert.equal(server.short("www.b.test", "A"), "192.0.2.3");
      assert.match(server.dig("+dnssec", "www.a.test", "A"), /\sRRSIG\s+A 13 /);
      const [one, two, three] = ["a.test", "b.test", "z.test"].map((zone) => server.serial(zone)) as [number, number, number];
      assert.ok(one > (before[0] as number) && two > (before[1] as number), `${before} then ${one} ${two}`);
      assert.equal(three, before[2]);
    });

    test("serials go by the clock, never below the floor, and never back", () => {
      assert.ok(Math.abs(server.serial("z.test") - now()) < 600, "a new zone starts at the clock");
      publish(zoneOf("imported.test", [], { serialFloor: 3_000_000_000 }), zoneOf("plain-imported.test", [], { signed: false, serialFloor: 3_000_000_000 }));
      for (const zone of ["imported.test", "plain-imported.test"]) assert.ok(server.serial(zone) >= 3_000_000_000, `${zone} ${server.serial(zone)}`);
      const first = server.serial("imported.test");
      publish(zoneOf("imported.test", [["www.imported.test", a("192.0.2.1")]], { serialFloor: 3_000_000_000 }));
      assert.ok(server.serial("imported.test") > first);
      // The floor of a zone that is served already is raised: what it says counts at once.
      publish(zoneOf("z.test", [], { signed: false, serialFloor: 3_500_000_000 }), zoneOf("a.test", [], { serialFloor: 3_500_000_000 }));
      assert.ok(server.serial("z.test") >= 3_500_000_000, String(server.serial("z.test")));
      assert.ok(server.serial("a.test") >= 3_500_000_000, String(server.serial("a.test")));
      // And lowered again, as by a release that is put back: nothing.
      const high = server.serial("z.test");
      publish(zoneOf("z.test", [["x.z.test", a("192.0.2.9")]], { signed: false, serialFloor: 1 }));
      assert.ok(server.serial("z.test") > high);
      assert.equal(server.short("x.z.test", "A"), "192.0.2.9");
    });

    test("a zone begins and ends to be signed without a pause, its serial growing", () => {
      const first = server.serial("b.test");
      publish(zoneOf("b.test", [["www.b.test", a("192.0.2.3")]], { signed: true }));
      assert.match(server.dig("+dnssec", "www.b.test", "A"), /RRSIG/);
      const second = server.serial("b.test");
      publish(zoneOf("b.test", [["www.b.test", a("192.0.2.3")]], { signed: false }));
      assert.doesNotMatch(server.dig("+dnssec", "www.b.test", "A"), /RRSIG/);
      assert.equal(server.short("b.test", "DNSKEY"), "");
      assert.ok(first < second && second < server.serial("b.test"), `${first} ${second} ${server.serial("b.test")}`);
    });

    test("a removed zone is refused; when it comes back it has its keys, and a greater serial", () => {
      const [keys, serial] = [server.short("a.test", "DNSKEY"), server.serial("a.test")];
      states = states.filter((one) => one.kind === "base" || one.zone !== "a.test");
      server.publish(states);
      assert.equal(server.status("a.test"), "REFUSED");
      publish(zoneOf("a.test", [["new.a.test", a("192.0.2.4")]]));
      assert.deepEqual(server.short("a.test", "DNSKEY").split("\n").sort(), keys.split("\n").sort());
      assert.ok(server.serial("a.test") > serial);
    });

    test("the catalog names every zone that is served, for who has the key alone", () => {
      const members = server.transfer(CATALOG).filter((line) => /\sPTR\s/.test(line));
      const zones = states.flatMap((one) => (one.kind === "zone" ? [`${one.zone}.`] : [])).sort();
      assert.deepEqual(members.map((line) => line.split(/\s+/).at(-1)).sort(), zones);
      assert.match(server.transfer(CATALOG).join("\n"), /version\.catalog\.mutu\.test\.\s.*"2"/);
      for (const zone of [CATALOG, "a.test"]) assert.match(server.dig(zone, "AXFR"), /Transfer failed/);
      assert.ok(server.transfer("a.test").length > 3);
    });

    test("a zone that the program refuses is named with the reason, before anything serves it", () => {
      const tree = server.tree(states);
      const path = `${name}/signed/a.test.zone`;
      for (const [poison, code] of [
        ["a.test. 60 IN CNAME b.test.\n", `${name}.beside_cname`],
        ["sub.a.test. 60 IN NS ns.a.test.\n", `${name}.glue_missing`],
        ["x.a.test. 60 IN A 192.0.2.300\n", `${name}.zone_refused`],
      ] as const) {
        if (code === "bind.glue_missing") continue; // A word of advice to BIND: it serves the zone.
        const step = server.machine.stage({ ...tree, [path]: tree[path] + poison });
        const { code: status, words } = server.call("rehearse", step.env);
        for (const folder of [step.next, step.env["MUTU_RELEASE"] as string]) rmSync(folder, { recursive: true });
        assert.notEqual(status, 0, words);
        const faults = server.daemon.explain(words.split("\n"));
        assert.deepEqual(
          faults.map((fault) => [fault.path, fault.code]),
          [["signed/a.test.zone", code]],
          words,
        );
      }
    });

    test("a zone that does not load all the same leaves the one before, and every other, served", () => {
      const tree = server.tree(
        states.map((one) => (one.kind === "zone" && one.zone === "z.test" ? zoneOf("z.test", [["ok.z.test", a("192.0.2.8")]], { signed: false }) : one)),
      );
      const before = server.short("new.a.test", "A");
      const step = server.machine.stage({ ...tree, [`${name}/signed/a.test.zone`]: `${tree[`${name}/signed/a.test.zone`]}broken\n` });
      const previous = server.machine.live["MUTU_LIVE"];
      server.machine.switchTo(step);
      const { code, words } = server.call("commit", step.env);
      assert.notEqual(code, 0);
      assert.deepEqual(
        server.daemon.explain(words.split("\n")).map(({ path }) => path),
        ["signed/a.test.zone"],
        words,
      );
      assert.equal(server.short("new.a.test", "A"), before);
      assert.equal(server.short("ok.z.test", "A"), "192.0.2.8");
      assert.equal(server.short("www.b.test", "A"), "192.0.2.3");
      // apply now switches back: the release before, all of it, and nothing of the other.
      server.publish(states);
      assert.ok(previous);
      assert.equal(server.status("ok.z.test", "A"), "NXDOMAIN");
      assert.equal(server.short("x.z.test", "A"), "192.0.2.9");
    });

    test("a commit that was cut off is finished by the next call, whatever it had done", () => {
      const changed = [...states.filter((one) => one.kind === "base" || one.zone !== "plain-imported.test"), zoneOf("late.test")];
      const step = server.machine.stage(server.tree(changed));
      server.machine.switchTo(step);
      states = changed;
      // As if the driver had been killed after it announced its work.
      writeFileSync(server.path(`run/${name}-driver/loaded`), "unknown\n");
      assert.equal(server.call("commit", step.env).code, 0);
      assert.equal(server.status("plain-imported.test"), "REFUSED");
      assert.ok(server.serial("late.test") > 0);
      const again = server.call("commit", step.env);
      assert.deepEqual([again.code, again.words], [0, ""]);
      assert.match(server.call("status", step.env).words, /^version \S+\nrunning \d+\nloaded root\d+$/m);
    });

    test("ended and started again, or started twice, it serves the release that is live, serials kept", async () => {
      const env = { ...server.machine.live, MUTU_NEXT: server.machine.live["MUTU_LIVE"] as string, MUTU_RELEASE: server.path("live/release") };
      const serials = ["a.test", "b.test", "z.test", "late.test"].map((zone) => [zone, server.serial(zone)]);
      const keys = server.short("a.test", "DNSKEY");
      assert.deepEqual(server.call("halt", env), { code: 0, words: "" });
      await server.gone();
      assert.deepEqual(server.call("boot", env), { code: 0, words: "" });
      for (const [zone, serial] of serials)
        assert.ok(server.serial(zone as string) >= (serial as number), `${zone}: ${serial} then ${server.serial(zone as string)}`);
      assert.deepEqual(server.short("a.test", "DNSKEY").split("\n").sort(), keys.split("\n").sort());
      assert.deepEqual(server.call("boot", { ...env, MUTU_CHANGED: "/dev/null" }), { code: 0, words: "" });
      assert.equal(server.status("plain-imported.test"), "REFUSED");
      for (const pid of server.machine.pids()) process.kill(pid, "SIGKILL");
      await server.gone();
      assert.deepEqual(server.call("boot", env), { code: 0, words: "" });
      for (const [zone, serial] of serials) assert.ok(server.serial(zone as string) >= (serial as number), `${zone} after a kill`);
      // What was published while it was away is served when it comes.
      assert.deepEqual(server.call("halt", env), { code: 0, words: "" });
      await server.gone();
      publish(zoneOf("a.test", [["away.a.test", a("192.0.2.5")]]), zoneOf("b.test", [["away.b.test", a("192.0.2.6")]], { signed: false }));
      assert.equal(server.short("away.a.test", "A"), "192.0.2.5");
      assert.equal(server.short("away.b.test", "A"), "192.0.2.6");
      assert.match(server.dig("+dnssec", "away.a.test", "A"), /RRSIG/);
      assert.equal(server.status("new.a.test", "A"), "NXDOMAIN");
    });

    test("secondaries come and go without the program being started again", () => {
      const pid = /running (\d+)/.exec(server.call("status", server.machine.live).words)?.[1];
      states = [baseOf(9, { secondaries: [] }), ...states.filter((one) => one.kind === "zone")];
      server.publish(states);
      assert.deepEqual(server.transfer("a.test"), []);
      states = [baseOf(), ...states.filter((one) => one.kind === "zone")];
      server.publish(states);
      assert.ok(server.transfer("a.test").length > 3);
      assert.equal(/running (\d+)/.exec(server.call("status", server.machine.live).words)?.[1], pid);
    });

    test("no secret stands in a file that others may read, and none in a history", () => {
      const secret = baseOf().secondaries[0]?.tsig.secret as string;
      const found = spawnSync("grep", ["-rlF", secret, server.machine.root], { encoding: "utf8" }).stdout.trim().split("\n").filter(Boolean);
      assert.ok(found.length > 0, "it is looked for where it is");
      // Releases stand behind the wall of MUTU_ROOT's own mode, a daemon's state behind its folder's.
      const walled = [server.path("releases/"), server.path(`run/${name}/state/`)];
      const open = found.filter((file) => !walled.some((wall) => file.startsWith(wall)) && (statSync(file).mode & 0o077) !== 0);
      assert.deepEqual(open, [], found.join());
      assert.equal(statSync(server.path(`run/${name}/state`)).mode & 0o077, 0);
      assert.ok(!existsSync(join(server.machine.base, ".knotc_history")));
    });
  });

  test(`${name}: the real program takes every golden case`, async () => {
    const server = await NameServer.raise(name);
    try {
      const golden = join(daemonsRoot, name, "golden");
      const cases = readdirSync(golden).filter((one) => one !== "base-alone" && existsSync(join(golden, one, "files")));
      const tree = Object.fromEntries(
        cases.flatMap((one) => {
          const files = join(golden, one, "files");
          const paths = (readdirSync(files, { recursive: true }) as string[]).filter((path) => /\.[a-z]+$/.test(path) && !path.endsWith("/"));
          return paths
            .filter((path) => existsSync(join(files, path)) && /\.(zone|list)$/.test(path))
            .map((path) => [`${name}/${path}`, readFileSync(join(files, path), "utf8")] as const);
        }),
      );
      assert.ok(Object.keys(tree).length >= 5);
      server.machine.publish([name], tree);
      for (const zone of ["example.org", "plain.example", "t.example.net", "xn--caf-dma.example"]) assert.ok(server.serial(zone) > 0, zone);
      assert.match(server.dig("t.example.net", "TXT"), /"quote \\" backslash \\\\ semicolon ; \(paren\) @ \$ORIGIN \$INCLUDE \/etc\/passwd"/);
    } finally {
      server.close();
    }
  });

  describe(`${name}: keys and serials outlive the machine`, () => {
    test("a machine built anew from the backup answers with the same DS, and with greater serials; without it, with others", async () => {
      const states = [baseOf(), zoneOf("a.test"), zoneOf("plain.test", [], { signed: false })];
      const first = await NameServer.raise(name);
      const rebuilt = await NameServer.raise(name);
      const forgetful = await NameServer.raise(name);
      try {
        first.publish(states);
        // Far above the clock, so that only the journal can know it.
        first.publish([
          baseOf(),
          zoneOf("a.test", [], { serialFloor: 3_000_000_000 }),
          zoneOf("plain.test", [], { signed: false, serialFloor: 3_000_000_000 }),
        ]);
        const keys = keysOf(first, "a.test");
        const made = script(first, "backup");
        const folder = /^backup (\S+)$/m.exec(made.words)?.[1] as string;
        assert.match(folder ?? made.words, /\/backup\/2\d{7}T\d{6}Z(\.tar)?$/);
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

    test("keys of a zone that has left stay for forty days, and only then are gone", async () => {
      const server = await NameServer.raise(name);
      try {
        const both = [baseOf(), zoneOf("a.test"), zoneOf("b.test"), zoneOf("sub.a.test")];
        server.publish(both);
        const [a, b, sub] = ["a.test", "b.test", "sub.a.test"].map((zone) => keysOf(server, zone));
        const clear = (daysLater: number) => {
          const left = server.path(`run/${name}/state/left`);
          for (const note of readdirSync(left).filter((one) => !one.startsWith("."))) {
            const then = new Date(Date.now() - daysLater * 86_400_000);
            utimesSync(join(left, note), then, then);
          }
          const { code, words } = script(server, "backup");
          assert.equal(code, 0, words);
          return words.split("\n").filter((line) => line.startsWith("cleared"));
        };
        server.publish([baseOf(), zoneOf("b.test"), zoneOf("sub.a.test")]);
        assert.equal(script(server, "backup").code, 0);
        assert.deepEqual(clear(39), []);
        server.publish(both);
        assert.deepEqual(keysOf(server, "a.test"), a, "within that time it comes back with its keys");
        assert.deepEqual(clear(60), [], "what is here has not left");
        server.publish([baseOf(), zoneOf("b.test"), zoneOf("sub.a.test")]);
        assert.deepEqual(clear(0), [], "its days begin anew");
        assert.deepEqual(clear(41), ["cleared a.test."]);
        assert.deepEqual(clear(41), []);
        assert.deepEqual([keysOf(server, "b.test"), keysOf(server, "sub.a.test")], [b, sub], "others keep theirs");
        server.publish(both);
        assert.notDeepEqual(keysOf(server, "a.test"), a, "who comes later gets others");
      } finally {
        server.close();
      }
    });

    test("seven backups are kept, and a failed one replaces none", async () => {
      const server = await NameServer.raise(name);
      try {
        server.publish([zoneOf("a.test")]);
        const backups = server.path(`run/${name}/state/backup`);
        assert.equal(script(server, "backup").code, 0);
        const end = name === "bind" ? ".tar" : "";
        for (let day = 10; day < 18; day += 1) writeFileSync(join(backups, `202511${day}T030000Z${end}`), "");
        assert.equal(script(server, "backup").code, 0);
        const kept = readdirSync(backups).sort();
        assert.equal(kept.length, 7, kept.join());
        assert.ok(!kept.includes(`20251110T030000Z${end}`) && kept.includes(`20251117T030000Z${end}`));
        server.call("halt", server.machine.live);
        assert.notEqual(script(server, "backup").code, 0);
        assert.deepEqual(readdirSync(backups).sort(), kept);
      } finally {
        server.close();
      }
    });
  });
}

function keysOf(server: NameServer, zone: string): string[] {
  const keys = server
    .short(zone, "DNSKEY")
    .split("\n")
    .filter((key) => key.startsWith("257 "));
  assert.ok(keys.length > 0);
  return keys;
}

function script(server: NameServer, name: string, ...words: string[]) {
  const path = join(server.machine.base, "daemons", server.daemon.name, name);
  const out = spawnSync(path, words, { cwd: "/", env: server.machine.env, encoding: "utf8" });
  return { code: out.status, words: `${out.stdout}${out.stderr}` };
}
