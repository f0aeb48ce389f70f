/** The two machines as docker-compose.yml runs them: their ENTRYPOINT as pid 1, no systemd, the supervisor over the same unit files. */
import assert from "node:assert/strict";
import { chmodSync, copyFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import type { Lab } from "./lab/lab.js";
import { raiseLab } from "./lab/lab.js";
import { layHome, MEMBER_HOME, MEMBER_NUMBER, memberFiles, SITE_NAME } from "./lab/member.js";
import type { LabNode } from "./lab/node.js";
import { publishByHand, sshMachine } from "./lab/release.js";
import { run, until } from "./lab/run.js";

const FPM = "mutu-php-fpm@8.2-m00-1";

describe("supervisor", { timeout: 600_000 }, () => {
  let lab: Lab;
  let node: LabNode;
  before(async () => {
    lab = await raiseLab({
      nodes: [
        { name: "control", init: "container" },
        { name: "web1", init: "container" },
      ],
    });
    node = lab.node("web1");
    await layHome(node, "<?php echo posix_geteuid();");
    // The key that control's container made for the panel, where the panel looks for it.
    const key = `${lab.directory}/web1-key`;
    copyFileSync(lab.node("control").hostPath("/var/lib/mutu-panel/hosts/web1/id_ed25519"), key);
    chmodSync(key, 0o600);
    await publishByHand(await sshMachine(lab, node, key), memberFiles());
  });
  after(() => lab?.close());

  const unit = (verb: string, name: string) => node.exec(["env", "MUTU_START=supervisor", "/usr/local/lib/mutu/unit", verb, name]);
  const pid = async (name: string) => Number((await unit("pid", name)).stdout);
  const answers = async () => {
    const answer = await lab.fetch(node, `https://${SITE_NAME}/index.php`);
    return answer.status === 200 ? answer.body : undefined;
  };

  test("pid 1 is a shell, and a member's site answers", async () => {
    assert.match(await node.must(["cat", "/proc/1/cmdline"]), /supervisor\0run/);
    assert.equal(await answers(), String(MEMBER_NUMBER));
    assert.ok(MEMBER_HOME.startsWith("/srv/mutu/homes/"));
  });

  test("control's container: settings, one sudo line, and an administrator's login to the web machine from there alone", async () => {
    const control = lab.node("control");
    assert.match(await control.readFile("/etc/mutu/panel.conf"), /^MUTU_ORIGIN=https:\/\/control$/m);
    assert.equal((await control.must(["stat", "-c", "%U %a", "/var/lib/mutu-panel/keys"])).trim(), "mutu-panel 600");
    const sudo = ["setpriv", "--reuid", "mutu-panel", "--regid", "mutu-panel", "--init-groups", "--", "sudo", "-n", "/usr/local/lib/mutu/apply"];
    assert.match(await control.must([...sudo, "status"]), /^host control$/m);
    const ssh = ["ssh", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", `root@${node.ip}`, "id -u"];
    assert.equal((await control.must(ssh)).trim(), "0");
    const copy = `${lab.directory}/admin-key`;
    copyFileSync(control.hostPath("/root/.ssh/id_ed25519"), copy);
    chmodSync(copy, 0o600);
    const elsewhere = await run(node.networkArgv(["ssh", "-F", "none", "-i", copy, ...ssh.slice(1)]));
    assert.equal(elsewhere.status, 255);
  });

  test("users and capabilities are those of the unit files", async () => {
    const status = async (name: string) => node.readFile(`/proc/${await pid(name)}/status`);
    const caps = (text: string) =>
      /^CapEff:\s+(\S+)\nCapBnd:\s+(\S+)/m
        .exec(text)!
        .slice(1)
        .map((hex) => BigInt(`0x${hex}`));
    const user = (name: string) => node.must(["id", "-u", name]).then((text) => text.trim());
    const apache = await status("mutu-apache@blue");
    const nginx = await status("mutu-nginx");
    const fpm = await status(FPM);
    assert.deepEqual(caps(apache), [0n, 0n]);
    assert.deepEqual(caps(nginx), [1n << 10n, 1n << 10n]);
    assert.deepEqual(caps(fpm), [0b1110_0001n, 0b1110_0001n]);
    assert.match(apache, new RegExp(`^Uid:\\s+${await user("mutu-apache")}\\s`, "m"));
    assert.match(nginx, new RegExp(`^Uid:\\s+${await user("mutu-nginx")}\\s`, "m"));
    for (const text of [apache, nginx, fpm]) assert.match(text, /^NoNewPrivs:\s+1$/m);
  });

  test("what dies is started again; what was told to stop stays away and lets go of its name", async () => {
    const first = await pid("mutu-apache@blue");
    await node.must(["kill", "-KILL", String(first)]);
    await until("Apache's return", async () => ((await pid("mutu-apache@blue")) !== first && (await answers().catch(() => undefined))) || undefined);
    assert.equal((await unit("active", "mutu-apache@blue")).status, 0);
    assert.equal((await unit("stop", "mutu-apache@blue")).status, 0);
    await until("Apache's end", async () => ((await pid("mutu-apache@blue")) === 0 ? true : undefined));
    assert.equal((await unit("active", "mutu-apache@blue")).status, 3);
    assert.equal((await node.exec(["pgrep", "-x", "apache2"])).status, 1, "no child of it is left");
    assert.equal((await unit("start", "mutu-apache@blue")).status, 0);
    assert.equal(await until("the site", () => answers().catch(() => undefined)), String(MEMBER_NUMBER));
    const front = await pid("mutu-nginx");
    assert.equal((await unit("reload", "mutu-nginx")).status, 0);
    assert.equal(await pid("mutu-nginx"), front);
    assert.equal((await unit("kill", "mutu-nginx")).status, 0);
    assert.equal(await pid("mutu-nginx"), 0);
    assert.equal((await unit("start", "mutu-nginx")).status, 0);
    assert.notEqual((await unit("start", "../../bin/sh")).status, 0);
  });

  test("start of a program that fails says so", async () => {
    await node.must(["sh", "-c", "sed -i 's|^FPM_CONF=.*|FPM_CONF=/nonexistent|' /var/lib/mutu/run/php-fpm-8.2-m00-1.env"]);
    assert.equal((await unit("kill", FPM)).status, 0);
    assert.notEqual((await unit("start", FPM)).status, 0);
    await node.must(["sh", "-c", "sed -i 's|^FPM_CONF=.*|FPM_CONF=/var/lib/mutu/run/php-fpm-8.2-m00-1/master.conf|' /var/lib/mutu/run/php-fpm-8.2-m00-1.env"]);
    assert.equal((await unit("kill", FPM)).status, 0);
    assert.equal((await unit("start", FPM)).status, 0);
    assert.equal(await answers(), String(MEMBER_NUMBER));
  });

  test("the control machine's container makes a backup by itself, one a day however often it starts", async () => {
    const program = 'require("node:fs").writeFileSync(`/var/backups/mutu/mutu-control-${process.hrtime.bigint()}.tar.gz`, process.argv.slice(2).join(" "))';
    const control = lab.node("control");
    // over the checkout that this node shares, for as long as this takes
    await control.must(["mount", "-t", "tmpfs", "panel", "/opt/mutu"]);
    const hour = () => control.must(["/usr/local/lib/mutu/supervisor", "hourly"]);
    const made = async () => (await control.must(["sh", "-c", "cat /var/backups/mutu/*.gz | grep -o 'backup --keep 14'"])).trim().split("\n").length;
    try {
      await control.writeFile("/opt/mutu/dist/cli.js", program);
      await hour();
      await hour();
      assert.equal(await made(), 1);
      await control.must(["sh", "-c", "touch -d '24 hours ago' /var/backups/mutu/*.gz"]);
      await hour();
      assert.equal(await made(), 2);
    } finally {
      await control.must(["umount", "-l", "/opt/mutu"]);
    }
  });

  test("a restart of the container serves the live release; orphans are reaped", async () => {
    await node.reboot();
    assert.equal(await until("the site", () => answers().catch(() => undefined)), String(MEMBER_NUMBER));
    await node.must(["sh", "-c", "(sleep 0.2 &) ; true"]);
    await until("no zombie", async () => ((await node.must(["ps", "-eo", "stat"])).includes("Z") ? undefined : true));
  });
});
