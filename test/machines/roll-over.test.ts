/** A key is changed from the panel while visitors ask: against a real parent zone, with a resolver that validates and remembers. */
// This file may take 600 seconds.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { REPOSITORY } from "./lab/layers.js";
import type { LabNode } from "./lab/node.js";
import { until } from "./lab/run.js";
import { type House, raiseControl } from "./main-job/rig.js";
import { dig } from "./names-rig.js";
import { questionsForDs, Registry, startResolver, Visitors, verify } from "./registry-rig.js";

const ZONE = "asso.org";
const WWW = `www.${ZONE}`;
const ADDRESS = "192.0.2.80";
/** Every secondary has a change after a second; the parent is asked each second; nobody remembers a DS for longer than the registry says. */
const SHORT = ["PROPAGATION_SECONDS=1", "PARENT_SECONDS=1", "PARENT_TTL_SECONDS=2"];
const STEP_MS = 60_000;

interface ZoneBody {
  ds: string[];
  parent: string;
  rollOver: string;
  domainId: string;
}

for (const daemon of ["knot", "bind"])
  describe(`a change of key: ${daemon}`, { timeout: 600_000 }, () => {
    let house: House;
    let control: LabNode;
    let resolver: LabNode;
    let registry: Registry;
    let old: string;
    before(async () => {
      house = await raiseControl(REPOSITORY, {
        daemons: `homes ${daemon}`,
        others: [
          { name: "registry", kind: "control", prepared: "packages", daemons: "knot" },
          { name: "resolver", kind: "control", prepared: "packages", daemons: "bind" },
        ],
      });
      control = house.control;
      resolver = house.lab.node("resolver");
      registry = await Registry.start(house.lab.node("registry"), ZONE, control);
      await startResolver(resolver, registry);
      const settings = `${await control.readFile("/etc/mutu/machine.conf")}${SHORT.map((word) => `MUTU_${daemon.toUpperCase()}_${word}\n`).join("")}`;
      await control.writeFile("/etc/mutu/machine.conf", settings);
      await control.must(["sh", "-c", `echo MUTU_RESOLVER=${resolver.ip} >>/etc/mutu/panel.conf`]);
      await house.mutu("auth", "admin", "create", "ada", "--email", "ada@example.org");
      await house.mutu("hosts", "add", "control", "--sudo");
      await house.sql("UPDATE Host SET address = ? WHERE name = 'control'", control.ip);
      // An account needs a web machine; this one never answers, and delays nobody but itself.
      await house.sql(
        "INSERT INTO Host (id, name, address, door, machineFile, applyFile, homes) VALUES ('w', 'web1', '127.0.0.1', 'direct', '/nowhere', '/nowhere', '/srv/mutu/homes')",
      );
      await house.sql("INSERT INTO HostDaemon (id, hostId, daemon, role) VALUES ('wa', 'w', 'apache', 'web')");
      await house.mutu("accounts", "add", "asso", "--name", "Asso", "--owner", "jeanne", "--email", "jeanne@example.com");
      await house.mutu("domains", "add", "asso", ZONE);
      // As short as no form allows, and before anything is served: a change of key waits for as long as others may remember.
      await house.sql("UPDATE Zone SET defaultTtl = 2 WHERE name = ?", ZONE);
      await house.startPanel();
      const settled = await house.api("PATCH", "/dns/settings", { nameServers: "ns1.hosting.org", hostmaster: "hostmaster@hosting.org" });
      assert.equal(settled.status, 200, JSON.stringify(settled.body));
      const added = await house.api("POST", `/domains/${ZONE}/records`, { name: "www", type: "A", value: ADDRESS });
      assert.equal(added.status, 201, JSON.stringify(added.body));
      await until("the zone", async () => (await dig(control, control, "+short", WWW, "A")) === ADDRESS || undefined, STEP_MS);
    });
    after(() => house?.close());

    // BIND asks the parent once an hour, and when it looks at its keys; Knot each second by itself.
    const look = async () => {
      if (daemon === "bind") await control.must(["rndc", "-s", "127.0.0.1", "-k", "/run/mutu-bind/rndc.key", "loadkeys", ZONE]);
    };
    const check = async () => {
      await look();
      return (await house.api<ZoneBody>("POST", `/domains/${ZONE}/zone/check`)).body;
    };
    const step = (wanted: string) =>
      until(
        `the step ${wanted}`,
        async () => {
          const zone = await check();
          return zone.rollOver === wanted ? zone : undefined;
        },
        STEP_MS,
      ).catch(async (cause) => {
        const seen = [JSON.stringify(await check()), await control.must(["sh", "-c", `journalctl -u mutu-${daemon} -o cat | tail -n 60`])];
        throw new Error(seen.join("\n"), { cause });
      });
    const tagOf = (ds: string) => ds.split(" ")[0] as string;
    const keyTags = async () => {
      const answer = await dig(control, control, "+multi", ZONE, "DNSKEY");
      return [...answer.matchAll(/KSK; alg = ECDSAP256SHA256 ; key id = (\d+)/g)].map(([, tag]) => tag as string);
    };
    const page = async () => house.page(`/domains/${ZONE}/zone`, await house.keyFor("ada"));

    test("the DS that the panel shows makes the chain complete", async () => {
      const zone = await check();
      assert.equal(zone.parent, "absent");
      assert.equal(zone.ds.length, 1);
      old = zone.ds[0] as string;
      await registry.setDs(ZONE, zone.ds);
      assert.equal(
        (
          await until("the parent", async () => {
            const now = await check();
            return now.parent === "present" ? now : undefined;
          })
        ).rollOver,
        "none",
      );
      await until("a verified answer", async () => /fully validated/.test(await verify(control, house.lab.directory, resolver, registry, WWW)) || undefined);
    });

    test("without a resolver for the name server the change is refused: nobody would let the old key go", async () => {
      const refused = await house.api<{ error: { code: string } }>("POST", `/domains/${ZONE}/zone/roll-over`);
      assert.deepEqual([refused.status, refused.body.error.code], [409, "dns.roll_over_blind"]);
      await house.mutu("hosts", "set", "control", daemon, `parentResolvers=${resolver.ip}`);
    });

    test("from the button to the last step every answer is verified, and the old key stays until the parent has the new DS", async (t) => {
      const visitors = new Visitors(control, resolver, WWW, ADDRESS);
      try {
        const begun = await house.api<ZoneBody>("POST", `/domains/${ZONE}/zone/roll-over`);
        assert.deepEqual([begun.status, begun.body.rollOver], [200, "announcing"], JSON.stringify(begun.body));
        const again = await house.api<{ error: { code: string } }>("POST", `/domains/${ZONE}/zone/roll-over`);
        assert.deepEqual([again.status, again.body.error.code], [409, "dns.roll_over_runs"]);

        const waiting = await step("parent");
        assert.equal(waiting.ds.length, 1);
        const fresh = waiting.ds[0] as string;
        assert.notEqual(fresh, old);
        assert.equal(waiting.parent, "present", "the chain is whole meanwhile");
        const shown = await page();
        assert.match(shown, /En attente du nouveau DS chez le parent/);
        assert.ok(shown.includes(fresh) && !shown.includes(old));

        // Knot asks the parent each second: it has been told "not yet" several times, also after another change of the zone.
        const asked = () => questionsForDs(resolver, control, ZONE);
        const first = await asked();
        const other = await house.api("POST", `/domains/${ZONE}/records`, { name: "later", type: "A", value: ADDRESS });
        assert.equal(other.status, 201);
        await until("four questions to the parent", () => look().then(async () => (await asked()) >= first + 4 || undefined), STEP_MS);
        assert.equal((await check()).rollOver, "parent");
        assert.deepEqual((await keyTags()).sort(), [tagOf(old), tagOf(fresh)].sort());
        assert.match(await verify(control, house.lab.directory, resolver, registry, WWW), /fully validated/);

        await registry.setDs(ZONE, [fresh]);
        const done = await step("none");
        assert.deepEqual([done.ds, done.parent], [[fresh], "present"]);
        assert.deepEqual(await keyTags(), [tagOf(fresh)]);
        assert.match(await verify(control, house.lab.directory, resolver, registry, WWW), /fully validated/);
        assert.match(await page(), /Changer la clé/);
        assert.match(await house.mutu("dns", "zones", "check", ZONE), /^parent: present$/m);
      } finally {
        await visitors.stop();
      }
      t.diagnostic(`${visitors.answers} verified answers meanwhile`);
      assert.deepEqual(visitors.wrong, []);
      assert.ok(visitors.answers > 50, String(visitors.answers));
    });
  });
