/** The control machine burns: a blank one, installed anew and given the backup, finds that nothing is to be done, and no visitor noticed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type House, ORIGIN } from "./rig.js";

interface Scene {
  house: House;
  /** A site that answers. */
  name: string;
}

const KEPT = "/var/tmp/kept.tar.gz";

export function rebuiltTests(scene: () => Scene): void {
  test("control is rebuilt on a blank machine from `mutu backup`: its publication finds an empty plan, and the web machine served all the while", async () => {
    const { house, name } = scene();
    const { control, web } = house;
    const activation = async () => /^activation (\d+)$/m.exec(await web.must(["/usr/local/lib/mutu/apply", "status"]))?.[1];
    const ask = () =>
      house.ask(`https://${name}/`).then(
        ({ status }) => status,
        (error: Error) => error.message,
      );
    // As a machine with an sshd has them.
    await control.must(["ssh-keygen", "-A"]);
    assert.equal(await ask(), 200);
    const before = await activation();
    const answers: (number | string)[] = [];
    let asking = true;
    const visitor = (async () => {
      while (asking) answers.push(await ask());
    })();
    try {
      // As its timer does, inside the unit's walls.
      await control.must(["systemctl", "start", "mutu-backup.service"], { timeoutMs: 120_000 }).catch(async (cause) => {
        throw new Error(await control.must(["journalctl", "-u", "mutu-backup", "--no-pager"]), { cause });
      });
      const file = (await control.must(["sh", "-c", "ls /var/backups/mutu/*"])).trim();
      assert.match(file, /^\/var\/backups\/mutu\/mutu-control-\d{8}T\d{6}Z\.tar\.gz$/);
      assert.match(await house.mutu("backup", "verify", file), /^whole and unchanged$/m);
      const listed = await control.must(["tar", "-tzf", file]);
      for (const member of [
        "panel/database.sqlite",
        "panel/keys",
        "panel/hosts/web1/id_ed25519",
        "machine/etc/mutu/panel.conf",
        "machine/etc/ssh/ssh_host_ed25519_key",
      ])
        assert.ok(listed.split("\n").includes(member), member);

      await house.stopPanel();
      const hostKey = await control.readFile("/etc/ssh/ssh_host_ed25519_key.pub");
      const burn = `set -eu
        mv ${file} ${KEPT}
        find /var/lib/mutu-panel /var/lib/mutu /etc/mutu /var/backups/mutu -mindepth 1 -delete
        rm /etc/ssh/ssh_host_*
        ssh-keygen -A
        /opt/mutu/machines/control/install --step files --host control --origin https://somewhere-else`;
      await control.must(["sh", "-c", burn], { timeoutMs: 120_000 });
      assert.equal((await control.must(["systemctl", "is-enabled", "mutu-backup.timer"])).trim(), "enabled");
      const said = await house.mutu("restore", KEPT);
      assert.match(said, /files, all unchanged$/m);
      assert.match(said, /^kept aside: \/var\/lib\/mutu-panel\/keys\.before-restore-/m);
      assert.equal(await control.readFile("/etc/ssh/ssh_host_ed25519_key.pub"), hostKey);
      assert.match(await control.readFile("/etc/mutu/panel.conf"), new RegExp(`^MUTU_ORIGIN=${ORIGIN}$`, "m"));
      assert.match(await control.must(["stat", "-c", "%U %a", "/var/lib/mutu-panel/mutu.db", "/var/lib/mutu-panel/keys"]), /^mutu-panel 600\nmutu-panel 600$/m);
      await house.startPanel();
      await house.mutu("publications", "run", "--all");
    } finally {
      asking = false;
      await visitor;
    }
    const parts = await house.sql<{ name: string; change: string; n: number }>(
      `SELECT h.name, p.change, count(*) AS n FROM PublicationPart p JOIN Publication q ON q.id = p.publicationId JOIN Host h ON h.id = q.hostId
       WHERE q.number = (SELECT max(number) FROM Publication o WHERE o.hostId = q.hostId) AND h.name = 'web1' GROUP BY h.name, p.change`,
    );
    assert.deepEqual(
      parts.map(({ change }) => change),
      ["unchanged"],
      "the plan of the web machine was empty",
    );
    assert.equal(await activation(), before, "and nothing was activated there");
    assert.ok(answers.length > 5, `asked only ${answers.length} times`);
    assert.deepEqual([...new Set(answers)], [200]);
    // Homes' own machine was blank: it has its tree again.
    assert.match(await control.must(["/usr/local/lib/mutu/apply", "status"]), /^root [0-9a-f]{64}$/m);
    assert.match(await house.mutu("audit", "verify"), /chain intact/);
  });
}
