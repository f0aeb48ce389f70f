/** Poison on the real web machine: what one member's row or a faulty renderer would break stops at its owner; all others live and change. */
// This file may take 600 seconds.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "./lab/run.js";
import { type House, raiseHouse } from "./main-job/rig.js";
import { askAll, changeMemory, settleVillage, type Villager } from "./main-job/village.js";

const COUNT = 100;
const OWNER = "tous";
const RUN_MS = 240_000;
/** Villagers whose rows are poisoned: what fails apache2 -t, what fails php-fpm -t, what PHP-FPM dies of, what cannot be read. */
const ROWS = [3, 4, 5, 6] as const;
const POISON = "/usr/local/lib/mutu-test/poison.json";

/** A test-only renderer: Apache's and PHP-FPM's daemons, with lines of the test's choosing at the end of a unit's file. */
const RENDERER = `
import { readFileSync } from "node:fs";
import { daemon as apache } from "/opt/mutu/dist/daemons/apache/daemon.js";
import { daemon as fpm } from "/opt/mutu/dist/daemons/php-fpm/daemon.js";
for (const daemon of [apache, fpm]) {
  const render = daemon.render;
  daemon.render = (unit, probe) => {
    const lines = JSON.parse(readFileSync("${POISON}", "utf8"))[daemon.name + " " + unit.key] ?? "";
    return render.call(daemon, unit, probe).map((file) => ({ ...file, content: file.content + lines }));
  };
}
`;

describe("poison", { timeout: 900_000 }, () => {
  let house: House;
  let village: Villager[];
  /** By what each is poisoned; the others are everybody else. */
  const at = (index: number): Villager => village[index] as Villager;
  const others = (...poisoned: number[]) => village.filter((_, index) => !poisoned.includes(index));

  before(async () => {
    house = await raiseHouse({ preload: RENDERER });
    await poison({});
    village = await settleVillage(house, COUNT, OWNER);
    await publish("control");
    const states = await publish("web1");
    assert.deepEqual(
      states.filter((state) => state !== "done"),
      [],
    );
    for (const { number, folder } of village) {
      const path = `/srv/mutu/homes/${number}/${folder}/memory.php`;
      await house.control.must(["sh", "-c", 'echo "<?php echo ini_get(\\"memory_limit\\");" > "$1"', "write", path], { uid: number });
    }
  });
  after(() => house?.close());

  const poison = (lines: Record<string, string>) => house.control.writeFile(POISON, JSON.stringify(lines));

  /** Wakes the panel and waits until a host has nothing left to publish; gives how each run since then ended (a job may have begun one before). */
  async function publish(host: string, since = 0): Promise<string[]> {
    const [row] = await house.sql<{ id: string }>("SELECT id FROM Host WHERE name = ?", host);
    const id = row?.id ?? "";
    assert.equal((await house.api("POST", "/publications", { host: id })).status, 202);
    const ended = async () => {
      const [{ left }] = (await house.sql<{ left: number }>(
        `SELECT (SELECT count(*) FROM PublishUnit WHERE hostId = ? AND wanted > published) + (SELECT count(*) FROM Publication WHERE hostId = ? AND state = 'running') AS left`,
        id,
        id,
      )) as [{ left: number }];
      return left === 0 || undefined;
    };
    await until(`the publication on ${host}`, ended, RUN_MS);
    const states = await house.sql<{ state: string }>("SELECT state FROM Publication WHERE hostId = ? AND number > ? ORDER BY number", id, since);
    return states.map(({ state }) => state);
  }

  /** Number of the last publication on web1. */
  async function lastNumber(): Promise<number> {
    const [row] = await house.sql<{ last: number }>("SELECT max(p.number) AS last FROM Publication p JOIN Host h ON h.id = p.hostId WHERE h.name = 'web1'");
    return row?.last ?? 0;
  }

  /** Some of it was kept out, nothing was refused as a whole. */
  function assertPartial(states: readonly string[]): void {
    assert.ok(states.includes("partial"), states.join());
    assert.deepEqual(
      states.filter((state) => !["done", "partial"].includes(state)),
      [],
    );
  }

  async function assertLiveAndUpdated(villagers: readonly Villager[], memory: string): Promise<void> {
    const answers = await askAll(house, villagers, "/memory.php");
    const wrong = [...answers].filter(([, answer]) => answer !== `200 ${memory}`);
    assert.deepEqual(wrong, []);
    const rows = await house.sql<{ key: string }>("SELECT key FROM PublishUnit WHERE role IN ('web', 'php') AND verified < wanted");
    const late = new Set(rows.map(({ key }) => key.split("/")[0]));
    assert.deepEqual(
      villagers.filter(({ number }) => late.has(String(number))),
      [],
      "verified, each in its new state",
    );
  }

  /** A plan that no rule would take: the first one with another number of PHP workers. */
  async function copyPlan(name: string, phpWorkers: number): Promise<void> {
    const [plan] = await house.sql<Record<string, string | number | null>>("SELECT * FROM Plan LIMIT 1");
    const copy = { ...plan, id: name, name, isDefault: 0, phpWorkers };
    const columns = Object.keys(copy);
    await house.sql(`INSERT INTO Plan (${columns.join()}) VALUES (${columns.map(() => "?").join()})`, ...Object.values(copy));
  }

  async function assertToldWhy({ siteId }: Villager, sentence: RegExp): Promise<void> {
    const { body } = await house.api<{ chip: { state: string } }>("GET", `/sites/${siteId}`);
    assert.equal(body.chip.state, "failed");
    assert.match(await house.page(`/sites/${siteId}`, await house.keyFor(OWNER)), sentence);
  }

  test("a hundred accounts are published in one run, each verified", async () => {
    const [{ count }] = (await house.sql<{ count: number }>(
      "SELECT count(*) AS count FROM PublishUnit WHERE role = 'web' AND key <> 'base' AND verified = wanted AND serving = 'present'",
    )) as [{ count: number }];
    assert.equal(count, COUNT);
    await assertLiveAndUpdated(village, "256M");
  });

  // The second place by a row is PHP-FPM's start. For Apache's no row value is known: test/daemons/apache-rows.test.ts writes hostile values into every
  // column that reaches it, and starts it on all that is not refused. A faulty renderer enters Apache's second place, in the next test.
  test("rows that every rule would refuse: one fails apache2 -t, one fails php-fpm -t, one passes it and would kill PHP-FPM, one cannot be read; 96 others are updated, all owners told", async () => {
    const [apache, fpm, start, unread] = ROWS;
    const since = await lastNumber();
    await house.sql("UPDATE Site SET errorPages = ? WHERE id = ?", '{"499":"/x.html"}', at(apache).siteId);
    await copyPlan("poisoned", 0);
    await copyPlan("oversized", 2_147_483_647);
    await house.sql("UPDATE Account SET planId = 'poisoned' WHERE id = ?", at(fpm).accountId);
    await house.sql("UPDATE Account SET planId = 'oversized' WHERE id = ?", at(start).accountId);
    // Spoilt before it is touched: a job may begin a run at any time.
    await house.sql("UPDATE Site SET hstsSeconds = 'soon', memoryMb = 64 WHERE id = ?", at(unread).siteId);
    await house.sql("UPDATE PublishUnit SET wanted = wanted + 1 WHERE role = 'web' AND key = ?", String(at(unread).number));
    await changeMemory(house, others(unread), 64);
    for (const index of [fpm, start]) await house.sql("UPDATE PublishUnit SET wanted = wanted + 1 WHERE role = 'php' AND key = ?", `${at(index).number}/8.2`);
    assertPartial(await publish("web1", since));
    await assertLiveAndUpdated(others(...ROWS), "64M");
    await assertToldWhy(at(apache), /Le serveur web a refusé un réglage de ces sites/);
    await assertToldWhy(at(fpm), /PHP a refusé les réglages de ce compte/);
    await assertToldWhy(at(start), /PHP ne peut pas démarrer avec le nombre de processus/);
    const [{ code }] = (await house.sql<{ code: string }>(
      "SELECT quarantineCode AS code FROM PublishUnit WHERE role = 'web' AND key = ?",
      `${at(unread).number}`,
    )) as [{ code: string }];
    assert.equal(code, "publications.not_readable");
    // Its own pages cannot be drawn from what cannot be read; a right value heals it.
    await house.sql("UPDATE Site SET hstsSeconds = NULL WHERE id = ?", at(unread).siteId);
    await assertToldWhy(at(unread), /contiennent une valeur illisible/);
    for (const index of [apache, unread])
      assert.equal((await askAll(house, [at(index)], "/memory.php")).get(at(index).name), "200 256M", "its last good state goes on");
    assert.match((await askAll(house, [at(start)], "/memory.php")).get(at(start).name) ?? "", /^200 /);
    assert.match((await askAll(house, [at(fpm)], "/memory.php")).get(at(fpm).name) ?? "", /^200 /);
  });

  test("a faulty renderer, in three places at once: fails -t, would kill Apache at start, fails PHP-FPM", async () => {
    const [syntax, start, fpm] = [10, 11, 12];
    const since = await lastNumber();
    await poison({
      [`apache ${at(syntax).number}`]: "NoSuchDirective on\n",
      // An address that this machine does not have: -t has nothing against it, bind does.
      [`apache ${at(start).number}`]: "Listen 192.0.2.1:81\n",
      [`php-fpm ${at(fpm).number}/8.2`]: "pm.max_children = 0\n",
    });
    await house.sql("UPDATE PublishUnit SET wanted = wanted + 1 WHERE role = 'php' AND key = ?", `${at(fpm).number}/8.2`);
    const fine = others(...ROWS, syntax, start, fpm);
    await changeMemory(house, [...fine, at(syntax), at(start), at(fpm)], 80);
    assertPartial(await publish("web1", since));
    await assertLiveAndUpdated(fine, "80M");
    await assertToldWhy(at(syntax), /Le serveur web ne connaît pas le réglage «\sNoSuchDirective\s»/);
    await assertToldWhy(at(start), /192\.0\.2\.1:81/);
    await assertToldWhy(at(fpm), /PHP a refusé les réglages de ce compte/);
    assert.equal((await askAll(house, [at(syntax)], "/memory.php")).get(at(syntax).name), "200 64M");
    assert.equal((await askAll(house, [at(start)], "/memory.php")).get(at(start).name), "200 64M");
  });

  test("the machine comes up serving after its power was cut", async () => {
    await house.web.reboot();
    await until(
      "the sites",
      async () => ([...(await askAll(house, village, "/memory.php")).values()].every((answer) => answer.startsWith("200 ")) ? true : undefined),
      RUN_MS,
    );
  });

  test("a suspension whose files fail never leaves the site up", async () => {
    const victim = at(20);
    await poison({ [`apache ${victim.number}`]: "NoSuchDirective on\n" });
    assert.equal((await house.api("POST", `/accounts/${victim.accountId}/suspend`, { reason: "impayé" })).status, 200);
    const shown = async () => ((await house.ask(`https://${victim.name}/memory.php`)).status === 503 ? true : undefined);
    await until("the notice", shown, RUN_MS);
    const told = async () => {
      const [row] = await house.sql<{ serving: string; quarantineCode: string | null }>(
        "SELECT serving, quarantineCode FROM PublishUnit WHERE role = 'web' AND key = ?",
        String(victim.number),
      );
      return row?.serving === "notice" ? row.quarantineCode : undefined;
    };
    assert.equal(await until("the end of the publication", told, RUN_MS), "apache.unknown_directive");
    assert.equal((await house.ask(`https://${victim.name}/memory.php`)).status, 503);
    const neighbour = await askAll(house, [at(21)], "/memory.php");
    assert.equal(neighbour.get(at(21).name), "200 80M");
  });
});
