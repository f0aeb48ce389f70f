/** The units of a web machine at work: a member's PHP site behind nginx, Apache and FPM, started by systemd, and what each of them may not do. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { scriptsHash } from "../../src/features/hosts/scripts.js";
import type { Lab } from "./lab/lab.js";
import { raiseLab } from "./lab/lab.js";
import { REPOSITORY } from "./lab/layers.js";
import { layHome, memberFiles, SITE_NAME as NAME, MEMBER_NUMBER as NUMBER } from "./lab/member.js";
import type { LabNode } from "./lab/node.js";
import { type Owned, publishByHand, sshMachine } from "./lab/release.js";
import { until } from "./lab/run.js";
import { linkTests, storageAway } from "./links.js";

describe("units", { timeout: 600_000 }, () => {
  let lab: Lab;
  let node: LabNode;
  before(async () => {
    lab = await raiseLab({ nodes: ["control", { name: "web1", binds: [{ mode: "ro", source: REPOSITORY.replace(/\/$/, ""), target: "/opt/mutu" }] }] });
    node = lab.node("web1");
    const page =
      '<?php $f = $_GET["f"] ?? ""; echo json_encode(["uid" => posix_geteuid(), "groups" => posix_getgroups(), "read" => $f === "" ? null : shell_exec("cat " . escapeshellarg($f) . " 2>&1; echo status $?"), "proc" => array_map("intval", explode("\\n", trim(shell_exec("ls /proc | grep -x \'[0-9]*\'"))))]);';
    await layHome(node, page);
    await publishByHand(await sshMachine(lab, node), memberFiles());
  });
  after(() => lab?.close());

  const ask = async (query = "") => {
    const answer = await lab.fetch(node, `https://${NAME}/index.php${query}`);
    assert.equal(answer.status, 200, answer.body);
    return JSON.parse(answer.body) as { uid: number; groups: number[]; read: string | null; proc: number[] };
  };
  const active = async (): Promise<string[]> => {
    const listed = await node.must(["systemctl", "list-units", "mutu-*.service", "--state=running", "--plain", "--no-legend"]);
    return listed
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]!)
      .sort();
  };

  test("a member's page is answered through the three, as the member", async () => {
    const answer = await ask();
    assert.equal(answer.uid, NUMBER);
    assert.deepEqual(answer.groups, [NUMBER]);
    assert.deepEqual(await active(), ["mutu-apache@blue.service", "mutu-nginx.service", "mutu-php-fpm@8.2-m00-1.service"]);
  });

  test("nobody but PHP's master is root, and that one holds four capabilities", async () => {
    const listed = await node.must(["ps", "-eo", "user:20,comm"]);
    const users = (program: string) =>
      [
        ...new Set(
          listed
            .split("\n")
            .filter((line) => line.includes(program))
            .map((line) => line.split(/\s+/)[0]),
        ),
      ].sort();
    assert.deepEqual(users("apache2"), ["mutu-apache"]);
    assert.deepEqual(users("nginx"), ["mutu-nginx"]);
    assert.deepEqual(users("php-fpm"), ["2001", "root"]);
    const status = async (unit: string) => node.readFile(`/proc/${(await node.must(["systemctl", "show", "-p", "MainPID", "--value", unit])).trim()}/status`);
    const caps = async (unit: string) =>
      /^CapEff:\s+(\S+)\nCapBnd:\s+(\S+)/m
        .exec(await status(unit))!
        .slice(1)
        .map((hex) => BigInt(`0x${hex}`));
    // CHOWN 0, KILL 5, SETGID 6, SETUID 7; NET_BIND_SERVICE 10.
    assert.deepEqual(await caps("mutu-php-fpm@8.2-m00-1"), [0b1110_0001n, 0b1110_0001n]);
    assert.deepEqual(await caps("mutu-nginx"), [1n << 10n, 1n << 10n]);
    assert.deepEqual(await caps("mutu-apache@blue"), [0n, 0n]);
    for (const unit of ["mutu-php-fpm@8.2-m00-1", "mutu-nginx", "mutu-apache@blue"]) assert.match(await status(unit), /^NoNewPrivs:\s+1$/m, unit);
  });

  test("a member's PHP sees no process but its own", async () => {
    const seen = (await ask()).proc.length;
    const all = Number((await node.must(["sh", "-c", "ls -d /proc/[0-9]* | wc -l"])).trim());
    assert.ok(seen <= 3, `${seen} of ${all}`);
  });

  // By a program that PHP starts, so that open_basedir is not what refuses. What its mode alone would let through stands here too: the
  // mount namespace hides it.
  test("a member's PHP can start a program and read what it may", async () => assert.match((await ask("?f=/etc/hostname")).read ?? "", /^web1\nstatus 0/));
  const HIDDEN = [
    "/etc/mutu/machine.conf",
    "/etc/mutu/door.keys",
    "/etc/ssh/sshd_config",
    "/var/lib/mutu/tls/fallback.pem",
    "/var/lib/mutu/live/root",
    "/var/lib/mutu/run/php-fpm-8.2-m00-1.env",
    "/var/log/mutu/apache",
    "/usr/local/lib/mutu/apply",
    "/etc/sudoers.d/mutu-door",
    "/proc/1/environ",
  ];
  for (const path of HIDDEN) {
    test(`a member's PHP cannot read ${path}`, async () =>
      assert.match((await ask(`?f=${path}`)).read ?? "", /^cat: .*(Permission denied|No such file)[^\n]*\nstatus 1\n$/));
  }

  test("systemd itself says that the sandbox is on", async () => {
    const show = async (unit: string) => {
      const text = await node.must(["systemctl", "show", unit]);
      return new Map(text.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const));
    };
    for (const unit of ["mutu-php-fpm@8.2-m00-1", "mutu-nginx", "mutu-apache@blue"]) {
      const is = await show(unit);
      for (const [key, value] of Object.entries({
        NoNewPrivileges: "yes",
        PrivateTmp: "yes",
        ProtectSystem: "strict",
        ProtectProc: "invisible",
        PrivateDevices: "yes",
        RestrictNamespaces: "yes",
      })) {
        assert.equal(is.get(key), value, `${unit} ${key}`);
      }
      assert.notEqual(is.get("TasksMax"), "infinity");
      assert.notEqual(is.get("MemoryMax"), "infinity");
      assert.notEqual(is.get("MemoryHigh"), "infinity");
      assert.ok(Number(is.get("LimitNOFILE")) >= 16_384, unit);
    }
  });

  test("the system is read-only for Apache and nginx, as their processes see it", async () => {
    for (const unit of ["mutu-nginx", "mutu-apache@blue"]) {
      const pid = (await node.must(["systemctl", "show", "-p", "MainPID", "--value", unit])).trim();
      for (const path of ["/usr/new", "/var/lib/mutu/run/new", "/etc/new"]) {
        const answer = await node.exec(["nsenter", "-t", pid, "-m", "--", "touch", path]);
        assert.notEqual(answer.status, 0, `${unit} ${path}`);
        assert.match(answer.stderr, /Read-only file system/);
      }
    }
  });

  linkTests(() => ({ lab, web: node, site: NAME }));

  test("a reboot starts the same site again, without control, its tunnel and its members' files; when these come, it serves them", async () => {
    const control = lab.node("control");
    await node.stop();
    await control.stop();
    await node.boot();
    assert.deepEqual(await active(), ["mutu-apache@blue.service", "mutu-nginx.service", "mutu-php-fpm@8.2-m00-1.service", "mutu-storage-watch.service"]);
    const answer = await lab.fetch(node, `https://${NAME}/index.php`, { from: node });
    assert.equal(answer.status, 200);
    await storageAway({ lab, web: node, site: NAME });
    await control.boot();
  });

  test("Apache that is killed comes back, nginx reloads, a stop lets the request end", async () => {
    const pid = async (unit: string) => (await node.must(["systemctl", "show", "-p", "MainPID", "--value", unit])).trim();
    const first = await pid("mutu-apache@blue");
    await node.must(["kill", "-KILL", first]);
    await until("Apache", async () =>
      (await lab.fetch(node, `https://${NAME}/index.php`)).status === 200 && (await pid("mutu-apache@blue")) !== first ? true : undefined,
    );
    const front = await pid("mutu-nginx");
    await node.must(["/usr/local/lib/mutu/unit", "reload", "mutu-nginx"]);
    assert.equal(await pid("mutu-nginx"), front);
    assert.equal((await ask()).uid, NUMBER);
    const refused = await node.exec(["/usr/local/lib/mutu/unit", "start", "ssh"]);
    assert.equal(refused.status, 64, "only units of ours");
  });

  test("the colour that serves next waits behind its unit's walls and becomes Apache with the next change; told to end, it ends", async () => {
    const machine = await sshMachine(lab, node);
    const files = memberFiles();
    const noted = (note: string): Owned =>
      new Map(
        [...files].map(([owner, of]) => [
          owner,
          new Map([...of].map(([path, content]) => [path, path.startsWith("apache/") ? `# ${note}\n${content}` : content])),
        ]),
      );
    const main = async (colour: string) => {
      const pid = (await node.must(["systemctl", "show", "-p", "MainPID", "--value", `mutu-apache@${colour}`])).trim();
      return { pid, comm: pid === "0" ? "" : (await node.readFile(`/proc/${pid}/comm`).catch(() => "")).trim() };
    };
    const spare = (colour: string) => until(`${colour} to wait`, async () => ((await main(colour)).comm === "start" ? (await main(colour)).pid : undefined));

    await publishByHand(machine, noted("second"), files);
    const waiting = await spare("blue");
    const status = await node.readFile(`/proc/${waiting}/status`);
    assert.match(status, /^NoNewPrivs:\s+1\nSeccomp:\s+2$/m);
    assert.match(status, /^CapBnd:\s+0+$/m);
    assert.match((await node.exec(["nsenter", "-t", waiting, "-m", "--", "touch", "/etc/new"])).stderr, /Read-only file system/);
    await publishByHand(machine, noted("third"), noted("second"));
    assert.deepEqual(await main("blue"), { pid: waiting, comm: "apache2" });
    assert.equal((await ask()).uid, NUMBER);

    // one that was lost is no loss: the next change starts its own
    await node.must(["kill", "-KILL", await spare("green")]);
    await node.must(["systemctl", "stop", "mutu-apache@green"]);
    await publishByHand(machine, noted("fourth"), noted("third"));
    assert.equal((await main("green")).comm, "apache2");
    await spare("blue");
    await node.must(["timeout", "30", "systemctl", "stop", "mutu-apache@blue"]);
    assert.equal((await node.exec(["systemctl", "is-failed", "mutu-apache@blue"])).stdout.trim(), "inactive");
    assert.equal((await ask()).uid, NUMBER);
  });

  test("what install laid here is told as it is: made of these scripts, changed by hand, gone; and nginx of before, until it is another process", async () => {
    const base = async () =>
      (await node.must(["/usr/local/lib/mutu/apply", "status"]))
        .split("\n")
        .filter((line) => line.startsWith("base "))
        .map((line) => line.slice(5));
    const sound = ["kind web", "start systemd", `made-from ${scriptsHash("web", ["php-fpm", "apache", "nginx"])}`, "daemons php-fpm apache nginx"];
    assert.deepEqual(await base(), sound);
    await node.must(["sh", "-c", "cd /usr/local/lib/mutu && cp -p sweep door /tmp && echo '# by hand' >>sweep && rm door"]);
    assert.deepEqual(await base(), [...sound, "removed /usr/local/lib/mutu/door", "changed /usr/local/lib/mutu/sweep"]);
    await node.must(["sh", "-c", "cp -p /tmp/sweep /tmp/door /usr/local/lib/mutu/"]);

    await node.must(["sh", "-euc", REPACK, "repack", "nginx"]);
    const said = await node.must(["apt-get", "-y", "-q", "--reinstall", "--allow-downgrades", "install", "/tmp/nginx.deb"]);
    assert.match(said, /mutu: nginx still runs the program of before/);
    assert.deepEqual(await base(), [...sound, "older nginx"]);
    // what may be started anew by itself is; nginx is a person's decision
    await node.must(["systemctl", "start", "mutu-renew.service"]);
    assert.deepEqual(await base(), [...sound, "older nginx"]);
    await node.must(["systemctl", "restart", "mutu-nginx"]);
    assert.deepEqual(await base(), sound);
    assert.equal((await ask()).uid, NUMBER);
    assert.equal((await node.must(["systemctl", "is-enabled", "mutu-renew.timer"])).trim(), "enabled");
  });

  test("Debian installs Apache again in the middle of publications: nobody is answered 5xx, each publication goes through, and what runs is the new program", async () => {
    const machine = await sshMachine(lab, node);
    // as it lies here: no network is needed, and apt calls dpkg as it always does
    await node.must(["sh", "-euc", REPACK, "repack", "apache2-bin", "apache2"]);
    const first = (await active()).find((unit) => unit.startsWith("mutu-apache@"));
    assert.ok(first);
    const answers: number[] = [];
    let done = false;
    const visitor = async (method: "GET" | "POST"): Promise<void> => {
      const asked = { method, http1: true, ...(method === "POST" && { body: "a=b" }) };
      while (!done) answers.push((await lab.fetch(node, `https://${NAME}/index.php`, asked)).status);
    };
    const visitors = [visitor("GET"), visitor("POST")];
    const files = memberFiles();
    const noted = (note: string): Owned =>
      new Map(
        [...files].map(([owner, of]) => [
          owner,
          new Map([...of].map(([path, content]) => [path, path.startsWith("apache/") ? `# ${note}\n${content}` : content])),
        ]),
      );
    const installed = node.exec(["apt-get", "-y", "-q", "--reinstall", "--allow-downgrades", "install", "/tmp/apache2-bin.deb", "/tmp/apache2.deb"]);
    let before = noted("fourth");
    let busy = 0;
    for (const note of ["during 1", "during 2", "during 3"]) {
      await until(`publication ${note}`, async () => {
        try {
          await publishByHand(machine, noted(note), before);
          return true;
        } catch (error) {
          if (!String(error).includes('"busy"')) throw error;
          busy += 1;
          return undefined;
        }
      });
      before = noted(note);
    }
    const { status, stdout, stderr } = await installed;
    assert.equal(status, 0, `${stdout}${stderr}`);
    assert.match(stdout, /mutu: started anew beside what ran: apache/, stdout);
    await publishByHand(machine, noted("afterwards"), before);
    done = true;
    await Promise.all(visitors);
    assert.deepEqual([...new Set(answers)], [200], JSON.stringify(answers));
    assert.ok(answers.length > 20, String(answers.length));
    assert.equal((await ask()).uid, NUMBER);
    const maps = await node.must([
      "sh",
      "-c",
      "for unit in mutu-apache@blue mutu-apache@green; do cat /proc/$(systemctl show -p MainPID --value $unit)/maps 2>/dev/null; done; true",
    ]);
    assert.match(maps, /mod_mutu\.so$/m);
    assert.doesNotMatch(maps, /\/usr\/sbin\/apache2 \(deleted\)/);
    const free = async () => (await node.exec(["flock", "-n", "/var/lib/mutu/lock", "true"])).status === 0;
    assert.ok(await free(), "the hook holds the lock no longer");
    assert.ok(busy >= 0);
    // through the real door: the same release, once more, is still what we left
    const looked = await machine.examine("live");
    assert.ok(looked.ok, JSON.stringify(looked));
    assert.deepEqual([looked.value.count, looked.value.files], [0, []]);

    // a dpkg that dies, and never says that it ended, blocks nobody; nor does one that calls twice
    await node.must(["cp", "/bin/sh", "/tmp/dpkg"]);
    const said = await node.must([
      "/tmp/dpkg",
      "-c",
      "for turn in 1 2; do /usr/local/lib/mutu/package-hook before; flock -n /var/lib/mutu/lock true || echo held; done",
    ]);
    assert.equal(said, "held\nheld\n");
    await until("the lock", async () => ((await free()) ? true : undefined));
  });
});

/** Makes a package of what is installed, as dpkg-repack does. */
const REPACK = `for name; do
  rm -rf "/tmp/$name" && mkdir -p "/tmp/$name/DEBIAN"
  dpkg -L "$name" | while read -r path; do
    if [ ! -L "$path" ] || [ ! -d "$path" ]; then [ ! -e "$path" ] || echo "$path"; fi
  done | tar -cPf - --no-recursion -T - | tar -xf - -C "/tmp/$name" 2>/dev/null
  for script in preinst postinst prerm postrm conffiles triggers; do
    [ ! -e "/var/lib/dpkg/info/$name.$script" ] || cp "/var/lib/dpkg/info/$name.$script" "/tmp/$name/DEBIAN/$script"
  done
  # what was put aside, or was never unpacked here (documentation), is no file of this package
  [ ! -e "/tmp/$name/DEBIAN/conffiles" ] || { while read -r path; do [ ! -e "/tmp/$name$path" ] || echo "$path"; done <"/tmp/$name/DEBIAN/conffiles" >/tmp/conffiles && mv /tmp/conffiles "/tmp/$name/DEBIAN/conffiles"; }
  dpkg-query -s "$name" | sed '/^Status:/d; /^Conffiles:/,/^[A-Z]/{/^Conffiles:/d; /^ /d}; /^Config-Version:/d' >"/tmp/$name/DEBIAN/control"
  dpkg-deb -Znone -b "/tmp/$name" "/tmp/$name.deb" >/dev/null
done`;
