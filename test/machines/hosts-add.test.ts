/** `mutu hosts add` from the administrator's terminal on the control machine to a Debian that knows nothing of us yet. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import type { Lab } from "./lab/lab.js";
import { raiseLab } from "./lab/lab.js";
import type { LabNode } from "./lab/node.js";

const CLI = ["node", "--import", "tsx", "src/cli.ts"];
const CONFIG = "/root/lab-ssh.conf";

describe("hosts add", { timeout: 900_000 }, () => {
  let lab: Lab;
  let control: LabNode;
  let web: LabNode;
  before(async () => {
    lab = await raiseLab({ nodes: ["control", { name: "web1", prepared: "packages" }] });
    control = lab.node("control");
    web = lab.node("web1");
    // The administrator's own login: a key of theirs, and a machine that they know.
    await control.writeFile("/root/admin-key", readFileSync(lab.panelKey.path), { mode: "600" });
    await web.writeFile("/root/.ssh/authorized_keys", `${lab.panelKey.public}\n`, { mode: "600" });
    await control.writeFile("/root/lab-known", `${web.ip} ${await web.hostKey()}\n`);
    await control.writeFile(
      CONFIG,
      "Host *\n  IdentityFile /root/admin-key\n  UserKnownHostsFile /root/lab-known\n  StrictHostKeyChecking yes\n  BatchMode yes\n",
    );
    await asPanel([...CLI, "database", "migrate"]);
  });
  after(() => lab?.close());

  const inCheckout = (argv: string[]) => ["sh", "-c", 'cd /opt/mutu && exec "$@"', "in", ...argv];
  const asPanel = (argv: string[]) => control.must(["setpriv", "--reuid", "mutu-panel", "--regid", "mutu-panel", "--init-groups", "--", ...inCheckout(argv)]);
  const add = (...more: string[]) =>
    control.exec(inCheckout([...CLI, "hosts", "add", "web1", "--ssh", `root@${web.ip}`, "--ssh-config", CONFIG, "--yes", ...more]));

  test("it prepares the machine, pins its key, installs the panel's, and the machine answers the panel's own user", async () => {
    const done = await add();
    assert.equal(done.status, 0, `${done.stdout}\n${done.stderr}`);
    for (const words of ["install script ", "would write /etc/mutu/machine.conf", await web.hostKey(), "web1 answers"])
      assert.ok(done.stdout.includes(words), `${words}\n${done.stdout}`);
    assert.match(
      await web.readFile("/etc/mutu/door.keys"),
      new RegExp(`^restrict,from="${control.ip}",command="/usr/local/lib/mutu/door" ssh-ed25519 \\S+ panel@web1$`, "m"),
    );
    const status = await asPanel([...CLI, "hosts", "status", "web1"]);
    assert.match(status, /^web1: answers$/m);
    assert.match(status, /PHP 8\.2/);
    const foreign = await control.must(["find", "/var/lib/mutu-panel", "!", "-user", "mutu-panel"]);
    assert.equal(foreign, "", "root left nothing of its own in the panel's folder");
  });

  test("again, it changes nothing and leaves nothing behind", async () => {
    const before = await web.readFile("/etc/mutu/door.keys");
    const done = await add();
    assert.equal(done.status, 0, `${done.stdout}\n${done.stderr}`);
    assert.ok(!done.stdout.includes("would "), done.stdout);
    assert.equal(await web.readFile("/etc/mutu/door.keys"), before);
    assert.equal(await web.must(["sh", "-c", "ls -d /tmp/tmp.* 2>/dev/null || :"]), "");
    assert.equal((await asPanel([...CLI, "hosts", "list"])).trim().split("\n").length, 1);
  });

  test("a machine that shows another host key than its own is refused before anything is sent", async () => {
    await web.must(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/root/other"]);
    await web.must(["cp", "/root/other.pub", "/etc/ssh/ssh_host_ed25519_key.pub"]);
    const done = await add();
    assert.notEqual(done.status, 0);
    assert.match(done.stderr, /another host key/);
  });

  test("what the machine says afterwards is asked by its pinned key only", async () => {
    await web.must(["rm", "/etc/ssh/ssh_host_ed25519_key", "/etc/ssh/ssh_host_ed25519_key.pub"]);
    await web.must(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/etc/ssh/ssh_host_ed25519_key"]);
    await web.must(["systemctl", "restart", "ssh"]);
    await control.must(["sh", "-c", "pkill -u mutu-panel -x ssh || :"]);
    const status = await control.exec([
      "setpriv",
      "--reuid",
      "mutu-panel",
      "--regid",
      "mutu-panel",
      "--init-groups",
      "--",
      ...inCheckout([...CLI, "hosts", "status", "web1"]),
    ]);
    assert.equal(status.status, 1);
    assert.match(status.stdout, /^web1: away/m);
  });
});
