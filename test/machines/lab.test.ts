/** The machines as the install scripts make them: booted by their own systemd, reached by the restricted key, walled by user. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { packCertificates } from "../../src/core/machine/certificate-tar.js";
import { pemFor } from "./certificate-rig.js";
import type { Lab } from "./lab/lab.js";
import { raiseLab } from "./lab/lab.js";
import { stageBundle } from "./lab/layers.js";
import type { LabNode } from "./lab/node.js";
import type { RunResult } from "./lab/run.js";
import { run, until } from "./lab/run.js";

const BOOT_LIMIT_MS = 60_000;
const MEMBER = 2001;
const NEIGHBOUR_PORT = 8080;
// Compiled on the fly by tsx, on a busy machine; the built panel starts in about a second.
const PANEL_START_MS = 120_000;

describe("lab", { timeout: 600_000 }, () => {
  let lab: Lab;
  let control: LabNode;
  let web: LabNode;
  before(async () => {
    lab = await raiseLab({ nodes: ["control", "web1"] });
    control = lab.node("control");
    web = lab.node("web1");
  });
  after(() => lab?.close());

  /** ssh with the panel's key from control, as the panel would, with these options and words. */
  const ssh = async (options: string[], words: string[], key = lab.panelKey.path, from = control, input?: Buffer): Promise<RunResult> => {
    const known = `${web.ip} ${await web.hostKey()}`;
    const file = `${lab.directory}/known`;
    await run(["sh", "-c", 'printf "%s\\n" "$1" > "$2"', "known", known, file]);
    const plain = ["-F", "none", "-i", key, "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes", "-o", `UserKnownHostsFile=${file}`];
    return run(
      from.networkArgv(["ssh", ...plain, "-o", "LogLevel=ERROR", ...options, "--", `mutu@${web.ip}`, ...(words.length > 0 ? [words.join(" ")] : [])]),
      { input },
    );
  };

  test("machines boot in seconds, every unit well", async (t) => {
    t.diagnostic(`layers ${lab.times.layersMs} ms, raised ${lab.times.raiseMs} ms, control ${control.bootMs} ms, web1 ${web.bootMs} ms`);
    for (const node of [control, web]) {
      assert.ok(node.bootMs < BOOT_LIMIT_MS, `${node.name} took ${node.bootMs} ms`);
      const failed = await node.must(["systemctl", "list-units", "--failed", "--plain", "--no-legend"]);
      assert.equal(failed, "", `${failed}\n${await node.must(["journalctl", "-b", "-u", "mutu-boot", "--no-pager"])}`);
      assert.equal((await node.must(["cat", "/proc/1/comm"])).trim(), "systemd");
    }
  });

  test("machines are apart: files, processes, names, addresses; homes are shared", async () => {
    await control.writeFile("/etc/only-here", "x");
    assert.equal((await web.exec(["test", "-e", "/etc/only-here"])).status, 1);
    assert.notEqual(await control.hostKey().catch(() => "none"), await web.hostKey());
    assert.equal((await web.must(["hostname"])).trim(), "web1");
    assert.match(await web.must(["ip", "-br", "addr", "show", "eth0"]), new RegExp(`${web.ip}/24`));
    await web.must(["sh", "-c", "install -d -o 1990 -g 2001 -m 0170 /srv/mutu/homes/2001"]);
    assert.equal((await control.must(["stat", "-c", "%g %a", "/srv/mutu/homes/2001"])).trim(), `${MEMBER} 170`);
    assert.notEqual(await web.must(["cat", "/etc/machine-id"]), await control.must(["cat", "/etc/machine-id"]));
  });

  test("the key reaches apply", async () => {
    const answer = await ssh([], ["status"]);
    assert.equal(answer.status, 0, answer.stderr + answer.stdout);
    assert.match(answer.stdout, /^protocol 1$/m);
    assert.match(answer.stdout, /^host web1$/m);
  });

  test("the key places a certificate, which nginx's user and root may read, and nobody else", async () => {
    const pem = pemFor("www.example.org");
    const parts: Buffer[] = [];
    for await (const part of packCertificates([{ name: "www.example.org", number: 1, pem }], "print")) parts.push(part as Buffer);
    const tar = Buffer.concat(parts);
    const answer = await ssh([], ["certificates", "1", "nginx"], lab.panelKey.path, control, tar);
    assert.deepEqual([answer.status, answer.stdout], [0, "placed www.example.org\n"], answer.stderr);
    const file = "/var/lib/mutu/tls/www.example.org.pem";
    assert.equal(await web.must(["cat", file]), pem);
    assert.equal((await web.must(["stat", "-c", "%U:%G %a", file])).trim(), "root:mutu-nginx 640");
    const reads = async (user: string) => (await web.exec(["setpriv", "--reuid", user, "--regid", user, "--init-groups", "--", "cat", file])).status === 0;
    assert.deepEqual([await reads("mutu-nginx"), await reads("mutu-apache"), await reads("mutu")], [true, false, false]);
    for (const words of [
      ["certificates", "1", "../nginx"],
      ["certificates", "1", "nginx; id"],
      ["certificates", "1", "homes"],
    ])
      assert.notEqual((await ssh([], words, lab.panelKey.path, control, tar)).status, 0, words.join(" "));
  });

  const REFUSED: [what: string, options: string[], words: string[]][] = [
    ["a shell", [], []],
    ["another program", [], ["id"]],
    ["a second command", [], ["status; id"]],
    ["a substitution", [], ["status $(id)"]],
    ["a new line", [], ["status\nid"]],
    ["another machine file", [], ["-c", "/tmp/mine.conf", "status"]],
    ["a verb for the machine itself", [], ["boot"]],
    ["a pattern", [], ["status", "*"]],
    ["files (sftp)", ["-s"], ["sftp"]],
  ];
  for (const [what, options, words] of REFUSED) {
    test(`the key reaches nothing else: ${what}`, async () => {
      const answer = await ssh(options, words);
      assert.notEqual(answer.status, 0);
      assert.doesNotMatch(answer.stdout, /uid=|protocol 1/);
    });
  }

  test("the key gives no terminal and no forwarding, and only from control", async () => {
    const terminal = await ssh(["-tt"], ["status"]);
    assert.match(terminal.stdout + terminal.stderr, /PTY allocation request failed|^protocol 1\n/);
    assert.doesNotMatch(terminal.stdout, /\r\n/, "a terminal would have made the ends of lines CR LF");
    const forward = await ssh(["-o", "ExitOnForwardFailure=yes", "-o", "LogLevel=INFO", "-W", "127.0.0.1:22"], []);
    assert.match(forward.stderr, /administratively prohibited|open failed|stdio forwarding failed/);
    const remote = await ssh(["-o", "ExitOnForwardFailure=yes", "-R", "7777:127.0.0.1:22"], ["status"]);
    assert.notEqual(remote.status, 0);
    const elsewhere = await ssh([], ["status"], undefined, web);
    assert.equal(elsewhere.status, 255, "the same key from another address");
  });

  test("root's own door stays as it was: no key of ours", async () => {
    const own = await web.exec(["cat", "/root/.ssh/authorized_keys"]);
    assert.notEqual(own.status, 0);
    const answer = await run(
      control.networkArgv([
        "ssh",
        "-F",
        "none",
        "-i",
        lab.panelKey.path,
        "-o",
        "BatchMode=yes",
        "-o",
        "StrictHostKeyChecking=no",
        "-o",
        "UserKnownHostsFile=/dev/null",
        `root@${web.ip}`,
        "id",
      ]),
    );
    assert.equal(answer.status, 255);
  });

  test("even somebody who became user mutu runs no file of his own as root", async () => {
    const as = ["setpriv", "--reuid", "mutu", "--regid", "mutu", "--init-groups", "--"];
    await web.writeFile("/tmp/mine.conf", "MUTU_HOST=x\n", { mode: "644" });
    for (const words of [["-c", "/tmp/mine.conf", "status"], ["boot"], ["status", "../x"], ["status", "a b"], []]) {
      const answer = await web.exec([...as, "sudo", "-n", "/usr/local/lib/mutu/apply", ...words]);
      assert.notEqual(answer.status, 0, words.join(" "));
    }
    assert.equal((await web.exec([...as, "sudo", "-n", "/usr/local/lib/mutu/apply", "status"])).status, 0);
    assert.notEqual((await web.exec([...as, "sudo", "-n", "id"])).status, 0);
  });

  describe("packet walls", () => {
    /** Something that answers on a port of the web machine, as this user, for one question. */
    const listening = async <T>(address: string, port: number, user: string, ask: () => Promise<T>): Promise<T> => {
      const script = `use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalAddr => shift, LocalPort => shift, Listen => 5, ReuseAddr => 1) or die $!;
        print "ready\\n"; while (my $c = $s->accept) { my $l = <$c>; while (<$c>) { last if /^\\r?\\n/ } print $c "HTTP/1.0 200 OK\\r\\n\\r\\nhere"; close $c }`;
      const argv = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--", "perl", "-e", `$| = 1; ${script}`, address, String(port)];
      const child = web.spawn(argv, { stdio: ["ignore", "pipe", "inherit"] });
      try {
        await new Promise<void>((resolve, reject) => {
          child.stdout!.once("data", () => resolve());
          child.once("exit", () => reject(new Error("the listener ended")));
        });
        return await ask();
      } finally {
        await web.exec(["sh", "-c", `kill $(pgrep -f "IO::Socket.* ${port}$")`]);
        child.kill("SIGKILL");
      }
    };
    /** Exit code of curl on the web machine as this user: 0 answered, 7 refused. */
    const asks = async (user: string, url: string, timeoutSeconds = 3): Promise<number | null> => {
      const argv = [
        "setpriv",
        "--reuid",
        user,
        "--regid",
        user,
        "--clear-groups",
        "--",
        "curl",
        "-s",
        "-o",
        "/dev/null",
        "--max-time",
        String(timeoutSeconds),
        url,
      ];
      return (await web.exec(argv)).status;
    };

    test("Apache's ports answer to nginx and root, to nobody else", async () => {
      for (const port of [NEIGHBOUR_PORT, 8081, 8090, 8091]) {
        await listening("127.0.0.1", port, "mutu-apache", async () => {
          const url = `http://127.0.0.1:${port}/`;
          assert.equal(await asks("mutu-nginx", url), 0, `nginx ${port}`);
          assert.equal(await asks("0", url), 0, `root ${port}`);
          for (const user of [String(MEMBER), "65534", "mutu", "mutu-apache", "70000"]) assert.equal(await asks(user, url), 7, `${user} ${port}`);
        });
      }
    });

    test("Apache opens no connection, and still answers", async () => {
      await listening("0.0.0.0", 80, "0", async () => {
        assert.equal(await asks("mutu-apache", "http://127.0.0.1/"), 7);
        assert.equal(await asks("mutu-apache", `http://${web.ip}/`), 7);
      });
      await listening("127.0.0.1", NEIGHBOUR_PORT, "mutu-apache", async () => assert.equal(await asks("mutu-nginx", `http://127.0.0.1:${NEIGHBOUR_PORT}/`), 0));
    });

    test("a member reaches the web, the site's own machine by its ports, and nothing private", async () => {
      const member = String(MEMBER);
      await listening("0.0.0.0", 80, "0", async () => assert.equal(await asks(member, `http://${web.ip}/`), 0, "its own site"));
      await listening("127.0.0.1", 3306, "0", async () => assert.equal(await asks(member, "http://127.0.0.1:3306/"), 0, "the database forwarder"));
      await listening("127.0.0.1", 9000, "0", async () => {
        assert.equal(await asks(member, "http://127.0.0.1:9000/"), 7, "another program on loopback");
        assert.equal(await asks("0", "http://127.0.0.1:9000/"), 0);
      });
      for (const target of [
        `http://${control.ip}/`,
        `http://${control.ip}:22/`,
        `http://${control.ip}:2049/`,
        "http://192.168.1.1/",
        "http://169.254.169.254/",
      ]) {
        assert.equal(await asks(member, target), 7, target);
      }
      // Nobody listens there: refused by control itself, or by the lab's network (no route: 7), but not by a wall of ours, which root would not meet.
      const counted = await web.must(["nft", "list", "chain", "inet", "mutu", "members"]);
      assert.match(counted, /th dport 53 accept/);
    });
  });

  test("the install changes nothing when it is run again, and a plan changes nothing at all", async () => {
    const bundle = stageBundle();
    try {
      for (const node of [control, web]) {
        const kind = node === control ? "control" : "web";
        const words = await installWords(node, kind);
        await node.must(["mkdir", "-p", "/root/bundle"]);
        const copied = await run(["sh", "-c", `tar -C "$1" -c . | ${node.argv(["tar", "-C", "/root/bundle", "-x"]).join(" ")}`, "copy", bundle]);
        assert.equal(copied.status, 0, copied.stderr);
        // The layer may be older than an edit of this minute; what counts is the second of two.
        assert.equal((await node.exec([`/root/bundle/machines/${kind}/install`, ...words])).status, 0);
        const again = await node.exec([`/root/bundle/machines/${kind}/install`, ...words]);
        assert.equal(again.status, 0, again.stdout + again.stderr);
        assert.equal(again.stdout, "changes 0\n");
        await node.must(["rm", "/etc/mutu/machine.conf"]);
        const plan = await node.exec([`/root/bundle/machines/${kind}/install`, "--plan", ...words]);
        assert.match(plan.stdout, /^would write \/etc\/mutu\/machine.conf$/m);
        assert.match(plan.stdout, /^changes 1$/m);
        assert.notEqual((await node.exec(["test", "-e", "/etc/mutu/machine.conf"])).status, 0);
        assert.equal((await node.exec([`/root/bundle/machines/${kind}/install`, ...words])).status, 0);
      }
    } finally {
      rmSync(bundle, { recursive: true, force: true });
    }
  });

  /** The words with which this machine was installed, read from what they made. */
  async function installWords(node: LabNode, kind: string): Promise<string[]> {
    const daemons = /^MUTU_DAEMONS=(.*)$/m.exec(await node.readFile("/etc/mutu/machine.conf"))![1]!;
    const common = ["--host", node.name, "--daemons", daemons];
    return kind === "control" ? common : [...common, "--control-address", control.ip, "--panel-key", lab.panelKey.public];
  }

  test("the install refuses what it would have to interpret", async () => {
    const install = ["/root/bundle/machines/web/install", "--plan", "--step", "files"];
    const good = ["--host", "web1", "--control-address", control.ip, "--panel-key", lab.panelKey.public];
    assert.equal((await web.exec([...install, ...good])).status, 0);
    for (const [name, value] of [
      ["--host", "web1;id"],
      ["--host", "-x"],
      ["--control-address", '10.77.0.1",command="id'],
      ["--panel-key", `${lab.panelKey.public}\nssh-ed25519 AAAA`],
      ["--panel-key", "ssh-rsa AAAA"],
      ["--daemons", "$(id)"],
      ["--start", "sysv"],
    ] as const) {
      const answer = await web.exec([...install, ...good, name, value]);
      assert.equal(answer.status, 1, `${name} ${value}: ${answer.stdout}`);
    }
  });

  test("the panel runs under its unit: one capability, its own state, and the sudo line behind the same mounts", async (t) => {
    // The lab runs it from the checkout; everything else is the unit that ships.
    const start = "ExecStart=/usr/bin/env node --max-semi-space-size=1 --max-old-space-size=128 --import tsx src/server.ts";
    await control.writeFile("/etc/systemd/system/mutu-panel.service.d/lab.conf", `[Service]\nExecStart=\n${start}\n`);
    const migrate = ["node", "--import", "tsx", "src/cli.ts", "database", "migrate"];
    await control.must([
      "setpriv",
      "--reuid",
      "mutu-panel",
      "--regid",
      "mutu-panel",
      "--init-groups",
      "--",
      "sh",
      "-c",
      'cd /opt/mutu && exec "$@"',
      "in",
      ...migrate,
    ]);
    await control.must(["systemctl", "daemon-reload"]);
    await control.must(["systemctl", "start", "mutu-panel"]);
    const started = performance.now();
    await until(
      "the panel",
      async () =>
        (await control.exec(["systemctl", "is-failed", "-q", "mutu-panel"])).status === 0
          ? assert.fail(await control.must(["journalctl", "-u", "mutu-panel", "--no-pager"]))
          : await lab.fetch(control, "https://control/", { from: web }).then(
              ({ status }) => status < 500 || undefined,
              () => undefined,
            ),
      PANEL_START_MS,
    );
    t.diagnostic(`panel answers after ${Math.round(performance.now() - started)} ms`);
    const pid = (await control.must(["systemctl", "show", "-p", "MainPID", "--value", "mutu-panel"])).trim();
    const status = await control.readFile(`/proc/${pid}/status`);
    const uid = (await control.must(["id", "-u", "mutu-panel"])).trim();
    assert.match(status, new RegExp(`^Uid:\\s+${uid}\\s+${uid}\\s+${uid}\\s`, "m"));
    assert.match(status, /^CapEff:\s+0000000000000400$/m, "CAP_NET_BIND_SERVICE alone");
    const inside = (argv: string[]) =>
      control.exec(["nsenter", "-t", pid, "-m", "--", "setpriv", "--reuid", "mutu-panel", "--regid", "mutu-panel", "--init-groups", "--", ...argv]);
    assert.match((await inside(["sudo", "-n", "/usr/local/lib/mutu/apply", "status"])).stdout, /^host control$/m);
    assert.notEqual((await inside(["sudo", "-n", "/usr/local/lib/mutu/apply", "-c", "/tmp/mine.conf", "status"])).status, 0);
    for (const path of ["/usr/x", "/etc/x", "/opt/mutu/x", "/var/lib/mutu/x", "/srv/mutu/homes/x"])
      assert.notEqual((await inside(["touch", path])).status, 0, path);
    assert.equal((await inside(["touch", "/var/lib/mutu-panel/x"])).status, 0);
    assert.equal((await control.must(["stat", "-c", "%U %a", "/var/lib/mutu-panel/mutu.db"])).trim(), "mutu-panel 600");
    await control.must(["systemctl", "stop", "mutu-panel"]);
  });

  test("a reboot keeps the disk, empties memory, and boots the same units", async (t) => {
    await web.writeFile("/etc/kept", "kept");
    await web.writeFile("/run/lost", "lost");
    const before = await web.hostKey();
    const boot = (await web.must(["cat", "/proc/1/stat"])).split(" ")[21];
    await web.reboot();
    t.diagnostic(`reboot ${web.bootMs} ms`);
    assert.equal(await web.readFile("/etc/kept"), "kept");
    assert.notEqual((await web.exec(["test", "-e", "/run/lost"])).status, 0);
    assert.equal(await web.hostKey(), before);
    assert.notEqual((await web.must(["cat", "/proc/1/stat"])).split(" ")[21], boot);
    assert.equal((await web.must(["systemctl", "is-active", "mutu-walls", "mutu-boot", "ssh"])).trim(), "active\nactive\nactive");
    const answer = await ssh([], ["status"]);
    assert.equal(answer.status, 0, answer.stderr);
  });

  test("control reboots alone: the other machine and the network go on", async () => {
    const uptime = (await web.must(["cat", "/proc/1/stat"])).split(" ")[21];
    await control.reboot();
    assert.equal((await web.must(["cat", "/proc/1/stat"])).split(" ")[21], uptime);
    assert.equal((await ssh([], ["status"])).status, 0);
  });

  test("two labs at once do not see each other, and closing one leaves the other", async () => {
    const second = await raiseLab({ nodes: ["control", "web1"] });
    try {
      assert.notEqual(await second.node("web1").hostKey(), await web.hostKey());
      await second.node("web1").writeFile("/srv/mutu/homes/second", "x");
      assert.equal((await web.exec(["test", "-e", "/srv/mutu/homes/second"])).status, 1);
    } finally {
      await second.close();
    }
    assert.equal((await ssh([], ["status"])).status, 0);
  });
});
