/** Names on the lab: a change reaches the primary and two secondaries, signed; keys of transfers; what a crash or a reboot leaves; the units' walls. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { RecordData } from "../../src/features/dns/role.js";
import { zoneOf } from "../daemons/dns-rig.js";
import { loadDaemon } from "../support/daemons.js";
import { type Lab, raiseLab } from "./lab/lab.js";
import type { LabNode } from "./lab/node.js";
import { must, until } from "./lab/run.js";
import { answered, dashY, delv, dig, followed, keyOf, Primary, panelDoor, secondariesOf, startBindSecondary, startKnotSecondary } from "./names-rig.js";

const DAEMONS = ["knot", "bind"] as const;
const a = (address: string): RecordData => ({ type: "A", address });

describe("names", { timeout: 600_000 }, () => {
  let lab: Lab;
  let client: LabNode;
  let secondaries: LabNode[];
  const primaries = new Map<string, Primary>();
  before(async () => {
    lab = await raiseLab({
      nodes: [
        ...DAEMONS.map((daemon) => ({ name: `control-${daemon}`, daemons: `homes ${daemon}` })),
        ...(["knot", "bind"] as const).map((daemon) => ({ name: `ns-${daemon}`, kind: "control" as const, prepared: "packages" as const, daemons: daemon })),
      ],
    });
    for (const daemon of DAEMONS) primaries.set(daemon, new Primary(lab.node(`control-${daemon}`), await loadDaemon(daemon)));
    secondaries = [lab.node("ns-knot"), lab.node("ns-bind")];
    client = secondaries[0] as LabNode;
    const all = [...primaries.values()].map(followed);
    await startKnotSecondary(lab.node("ns-knot"), keyOf("ns-knot"), all);
    await startBindSecondary(lab.node("ns-bind"), keyOf("ns-bind"), all);
  });
  after(() => lab?.close());

  for (const daemon of DAEMONS)
    describe(daemon, () => {
      let primary: Primary;
      const zone = `${daemon}-one.test`;
      const base = () => ({ kind: "base" as const, catalog: primary.catalog, secondaries: secondariesOf(secondaries) });
      const everywhere = () => [primary.node, ...secondaries];
      before(() => {
        primary = primaries.get(daemon) as Primary;
      });

      test("the first zones fill the secondaries from the catalog", async () => {
        await primary.publish([base(), zoneOf(zone, [[`www.${zone}`, a("192.0.2.1")]]), zoneOf(`${daemon}-plain.test`, [], { signed: false })]);
        const since = performance.now();
        for (const node of everywhere()) {
          await answered(client, node, `www.${zone}`, "A", "192.0.2.1", since);
          await answered(client, node, `ns1.${daemon}-plain.test`, "A", "192.0.2.53", since);
        }
      });

      test("it answers over IPv6 too", async () => {
        const asked = await must(primary.node.networkArgv(["dig", "@::1", "+short", "+time=2", `www.${zone}`, "A"]));
        assert.equal(asked.trim(), "192.0.2.1");
      });

      test("a change reaches all three by notice, and so does a new zone: nobody waits for a refresh", async (t) => {
        const worst: number[] = [];
        for (let turn = 2; turn < 5; turn += 1) {
          await primary.publish([
            base(),
            zoneOf(zone, [[`www.${zone}`, a(`192.0.2.${turn}`)]]),
            zoneOf(`${daemon}-plain.test`, [], { signed: false }),
            zoneOf(`${daemon}-new${turn}.test`),
          ]);
          const since = performance.now();
          const times = await Promise.all(
            everywhere().flatMap((node) => [
              answered(client, node, `www.${zone}`, "A", `192.0.2.${turn}`, since),
              answered(client, node, `ns1.${daemon}-new${turn}.test`, "A", "192.0.2.53", since),
            ]),
          );
          worst.push(Math.max(...times));
        }
        // `answered` gives up long before a zone's refresh is due. How long it takes is for `npm run bench dns` to say.
        t.diagnostic(`milliseconds after activate: ${worst.map(Math.round).join(", ")}`);
      });

      test("answers of all three are verified from a trust anchor", async () => {
        for (const node of everywhere())
          assert.match(await delv(client, lab.directory, zone, node, primary.node, `www.${zone}`, "A"), /; fully validated[\s\S]*192\.0\.2\.4/);
        await assert.rejects(delv(client, lab.directory, `${daemon}-plain.test`, primary.node, primary.node, `ns1.${daemon}-plain.test`, "A"), /has no key/);
      });

      test("a transfer without the key is refused, with it given, of catalog and zone", async () => {
        for (const name of [zone, primary.catalog]) {
          assert.match(await dig(client, primary.node, name, "AXFR"), /Transfer failed/, name);
          assert.match(await dig(client, primary.node, "-y", dashY("stranger"), name, "AXFR"), /Transfer failed|BADKEY/i, name);
          assert.match(await dig(client, primary.node, "-y", dashY("ns-knot"), name, "AXFR"), /\sSOA\s[\s\S]*\sSOA\s/, name);
        }
      });

      test("a removed zone leaves all three", async () => {
        await primary.publish([base(), zoneOf(zone, [[`www.${zone}`, a("192.0.2.9")]]), zoneOf(`${daemon}-plain.test`, [], { signed: false })]);
        for (const node of everywhere())
          await until(
            `${node.name} forgets the zone`,
            async () => /status: REFUSED/.test(await dig(client, node, "+comments", `${daemon}-new3.test`, "SOA")) || undefined,
          );
      });

      test("the program is not root, holds one capability, and sees neither homes nor the panel", async () => {
        const pid = (await primary.node.must(["systemctl", "show", "-p", "MainPID", "--value", `mutu-${daemon}`])).trim();
        const status = await primary.node.readFile(`/proc/${pid}/status`);
        assert.doesNotMatch(status, /^Uid:\s+0\s/m);
        assert.match(status, /^CapEff:\s+0000000000000400$/m);
        assert.match(status, /^CapBnd:\s+0000000000000400$/m);
        assert.match(status, /^NoNewPrivs:\s+1$/m);
        for (const path of ["/srv/mutu/homes", "/var/lib/mutu-panel", "/etc/mutu", "/usr/x", "/var/lib/mutu/x"]) {
          const answer = await primary.node.exec(["nsenter", "-t", pid, "-m", "--", "sh", "-c", 'ls "$1" >/dev/null && touch "$1/x"', "x", path]);
          assert.notEqual(answer.status, 0, path);
        }
      });

      test("the panel's door is wide enough: a change through sudo, within the panel's unit", async () => {
        const behind = primary.through(await panelDoor(primary.node));
        await behind.publish([
          base(),
          zoneOf(zone, [[`www.${zone}`, a("192.0.2.10")]]),
          zoneOf(`${daemon}-plain.test`, [], { signed: false }),
          zoneOf(`${daemon}-door.test`),
        ]);
        await answered(client, primary.node, `www.${zone}`, "A", "192.0.2.10", performance.now());
        await answered(client, primary.node, `ns1.${daemon}-door.test`, "A", "192.0.2.53", performance.now());
        primary = behind.through();
      });

      test("a killed program comes back by itself, a machine without power by booting: same zones, same keys, no smaller serial", async () => {
        const serial = async () => Number((await dig(client, primary.node, "+short", zone, "SOA")).split(" ")[2]);
        const keys = async () => (await dig(client, primary.node, "+short", zone, "DNSKEY")).split("\n").sort();
        const [before, held] = [await serial(), await keys()];
        const pid = (await primary.node.must(["systemctl", "show", "-p", "MainPID", "--value", `mutu-${daemon}`])).trim();
        await primary.node.must(["kill", "-KILL", pid]);
        await until(
          "an answer after the kill",
          async () =>
            ((await serial()) >= before && (await primary.node.must(["systemctl", "show", "-p", "MainPID", "--value", `mutu-${daemon}`])).trim() !== pid) ||
            undefined,
        );
        await primary.node.reboot();
        await until("an answer after the boot", async () => (await serial()) >= before || undefined);
        assert.deepEqual(await keys(), held);
        const found = await primary.machine.status();
        assert.ok(found.ok && found.value.root !== null);
        // And it goes on from there.
        await primary.publish([base(), zoneOf(zone, [[`www.${zone}`, a("192.0.2.20")]]), zoneOf(`${daemon}-plain.test`, [], { signed: false })]);
        const since = performance.now();
        for (const node of everywhere()) await answered(client, node, `www.${zone}`, "A", "192.0.2.20", since, 20_000);
      });

      test("replaced by Debian, it runs on and is told, also to the panel; the night starts it anew, by its unit and after a trial, with the same zones", async () => {
        const { node } = primary;
        const main = async () => (await node.must(["systemctl", "show", "-p", "MainPID", "--value", `mutu-${daemon}`])).trim();
        const older = async (door: readonly string[]) => (await node.must([...door, "status"])).includes(`\nbase older ${daemon}\n`);
        const doors = [["/usr/local/lib/mutu/apply"], await panelDoor(node)];
        const told = async () => Promise.all(doors.map(older));
        // as dpkg does: another file by the same name
        const program = (await node.must(["readlink", `/proc/${await main()}/exe`])).trim();
        await node.must(["sh", "-c", `cp -p ${program} ${program}.dpkg-new && mv ${program}.dpkg-new ${program} && /usr/local/lib/mutu/package-hook after`]);
        const before = await main();
        assert.deepEqual(await told(), [true, true]);
        const said = await node.must(["sh", "-c", "systemctl start mutu-renew.service && journalctl -u mutu-renew -o cat --no-pager"]);
        assert.match(said, new RegExp(`mutu: ${daemon} was started anew`), said);
        assert.notEqual(await main(), before);
        assert.doesNotMatch(await node.must(["readlink", `/proc/${await main()}/exe`]), /deleted/);
        assert.deepEqual(await told(), [false, false]);
        await answered(client, node, `www.${zone}`, "A", "192.0.2.20", performance.now());
      });

      test("the daily backup runs as its timer starts it", async () => {
        assert.equal((await primary.node.must(["systemctl", "is-enabled", `mutu-${daemon}-backup.timer`])).trim(), "enabled");
        await primary.node.must(["systemctl", "start", `mutu-${daemon}-backup.service`]);
        const kept = (await primary.node.must(["ls", `/var/lib/mutu-${daemon}/backup`])).trim();
        assert.match(kept, /^2\d{7}T\d{6}Z/);
        assert.match(
          await primary.node.must(["/usr/local/lib/mutu/apply", "status"]),
          new RegExp(
            `^${daemon} backup ${kept
              .split("\n")
              .at(-1)
              ?.replace(/\.tar$/, "")}$`,
            "m",
          ),
        );
      });

      test("built anew from its backup it has the same keys, and secondaries take its changes, although an imported zone's serial is far ahead of what is published", async () => {
        const old = `${daemon}-old.test`;
        const states = (address: string, serialFloor: number) => [base(), zoneOf(zone), zoneOf(old, [[`www.${old}`, a(address)]], { serialFloor })];
        const answers = async (address: string) => {
          const since = performance.now();
          for (const node of everywhere()) await answered(client, node, `www.${old}`, "A", address, since, 20_000);
        };
        const serial = async (node: LabNode) => Number((await dig(client, node, "+short", old, "SOA")).split(" ")[2]);
        const keys = async () =>
          (await Promise.all([zone, old].map((name) => dig(client, primary.node, "+short", name, "DNSKEY")))).map((text) => text.split("\n").sort());
        // As a zone comes from a server that counted higher.
        await primary.publish(states("192.0.2.30", 3_000_000_000));
        await answers("192.0.2.30");
        const [held, before] = [await keys(), await serial(primary.node)];
        assert.ok(before >= 3_000_000_000);
        await primary.node.must(["systemctl", "start", `mutu-${daemon}-backup.service`]);
        const own = `/var/lib/mutu-${daemon}`;
        // The machine burns; what was kept elsewhere is the last backup.
        const script = `set -eu
          last=$(find ${own}/backup -mindepth 1 -maxdepth 1 -name '2*' | sort | tail -n 1)
          mkdir -m 700 /var/backups/kept && cp -r "$last" /var/backups/kept/
          systemctl stop mutu-${daemon}
          find ${own} /var/lib/mutu -mindepth 1 -delete
          /usr/local/lib/mutu/daemons/${daemon}/restore "/var/backups/kept/\${last##*/}"
          rm -r /var/backups/kept`;
        assert.match(await primary.node.must(["sh", "-c", script]), /^restored /m);
        primary = new Primary(primary.node, primary.daemon);
        // The panel, too, was put back: to a time before the import.
        await primary.publish(states("192.0.2.31", 1));
        assert.deepEqual(await keys(), held);
        await answers("192.0.2.31");
        for (const node of everywhere()) assert.ok((await serial(node)) > before, node.name);
        for (const node of everywhere())
          assert.match(await delv(client, lab.directory, old, node, primary.node, `www.${old}`, "A"), /; fully validated[\s\S]*192\.0\.2\.31/);
      });

      test("Debian's own unit stays away, and installing again changes nothing", async () => {
        const own = daemon === "knot" ? "knot.service" : "named.service";
        assert.equal((await primary.node.exec(["systemctl", "is-enabled", own])).stdout.trim(), "masked");
        const install = ["/opt/mutu/machines/control/install", "--step", "files", "--host", primary.node.name];
        const again = () => primary.node.must([...install, "--daemons", `homes ${daemon}`, "--bundle", "/opt/mutu"]);
        // A checkout that was built since the layer was made brings a panel to enable: once.
        await again();
        assert.match(await again(), /changes 0/);
      });
    });
});
