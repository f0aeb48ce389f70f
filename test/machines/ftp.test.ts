/** ProFTPD as install makes it: its own unit with four rights, published through the panel's walls, reached from behind a NAT, on its own while the panel is off. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Machine, openMachine } from "../../src/core/machine/index.js";
import { daemon as homes } from "../../src/daemons/homes/daemon.js";
import { daemon as proftpd } from "../../src/daemons/proftpd/daemon.js";
import type { FtpLogin } from "../../src/features/ftp/role.js";
import { pemFor } from "./certificate-rig.js";
import type { Lab } from "./lab/lab.js";
import { raiseLab } from "./lab/lab.js";
import { REPOSITORY, stageBundle } from "./lab/layers.js";
import type { LabNode } from "./lab/node.js";
import { type Owned, publishByHand } from "./lab/release.js";
import { run, until } from "./lab/run.js";
import { mountSmallDisk, setLimit } from "./lab/small-disk.js";

const MEMBER = 2001;
const HOMES = "/srv/mutu/homes";
const HOST = { id: "h", name: "control", homes: HOMES, options: {} };
const PASSWORD = "correct horse";
const HASH = spawnSync("openssl", ["passwd", "-6", "-salt", "mututest", "-stdin"], { input: PASSWORD, encoding: "utf8" }).stdout.trim();
const PROBE = "ab".repeat(32);
const PASSIVE = "50000-60000";
/** What of the panel's unit also holds for apply behind sudo. */
const WALLS =
  /^(?:CapabilityBoundingSet|AmbientCapabilities|ProtectSystem|ReadWritePaths|ProtectHome|PrivateTmp|ProtectProc|ProtectControlGroups|InaccessiblePaths|UMask|TasksMax)=/;

describe("ftp", { timeout: 600_000 }, () => {
  let lab: Lab;
  let control: LabNode;
  let gate: LabNode;
  let client: LabNode;
  let door: Machine;
  let inPanel: string[] = [];
  let served: Owned = new Map();
  before(async () => {
    lab = await raiseLab({
      nodes: [
        { name: "control", daemons: "homes proftpd" },
        { name: "gate", prepared: "packages" },
        { name: "visitor", prepared: "packages" },
      ],
    });
    control = lab.node("control");
    gate = lab.node("gate");
    client = lab.node("visitor");
    await control.must(["sh", "-c", "printf 'MUTU_PROFTPD_MASQUERADE=%s\\n' \"$1\" >>/etc/mutu/machine.conf", "set", gate.ip]);
    await control.must(["sh", "-c", "echo MUTU_PROFTPD_NAME=ftp.example.org >>/etc/mutu/machine.conf"]);
    await openDoor();
    await raiseNat(gate, control);
  });
  after(() => lab?.close());

  /** apply as the panel reaches it: behind sudo, in what its unit leaves it of rights and files (a stand-in: the panel itself has nothing to do here). */
  const openDoor = async () => {
    const unit = readFileSync(join(REPOSITORY, "machines/control/units/mutu-panel.service"), "utf8").split("\n");
    const walls = unit.filter((line) => WALLS.test(line));
    await control.writeFile(
      "/run/systemd/system/panel-walls.service",
      `[Service]\nType=exec\nUser=mutu-panel\nExecStart=/bin/sleep infinity\n${walls.join("\n")}\n`,
    );
    await control.must(["systemctl", "daemon-reload"]);
    await control.must(["systemctl", "start", "panel-walls"]);
    const pid = (await control.must(["systemctl", "show", "-p", "MainPID", "--value", "panel-walls"])).trim();
    const rights = (/^CapabilityBoundingSet=(.*)$/m.exec(walls.join("\n"))?.[1] ?? "").split(" ").map((right) => `+${right.replace("CAP_", "").toLowerCase()}`);
    const as = ["setpriv", "--bounding-set", `-all,${rights.join(",")}`, "--reuid", "mutu-panel", "--regid", "mutu-panel", "--init-groups", "--"];
    inPanel = ["nsenter", "-t", pid, "-m", "--", ...as];
    door = openMachine({ kind: "direct", argv: control.argv([...inPanel, "sudo", "-n", "/usr/local/lib/mutu/apply"]) });
  };
  const login = (name: string, change: Partial<FtpLogin> = {}): FtpLogin => ({
    ...{ name, hash: HASH, folder: `${HOMES}/${MEMBER}`, readOnly: false, expiresAt: null, networks: [], keys: [], ...change },
  });
  const publish = async (logins: FtpLogin[]) => {
    const account = { number: MEMBER, login: "amis" };
    const home = homes.render(
      { key: `${MEMBER}`, host: HOST, state: { account, home: "present", path: `${HOMES}/${MEMBER}`, diskMb: 100, folders: [{ path: "www", starter: null }] } },
      "",
    );
    const files = proftpd.render({ key: `${MEMBER}`, host: HOST, state: { account, home: `${HOMES}/${MEMBER}`, logins } }, PROBE);
    const next = new Map([
      [
        `${MEMBER}`,
        new Map([
          ...home.map((file) => [`homes/${file.path}`, file.content] as const),
          ...files.map((file) => [`proftpd/${file.path}`, file.content] as const),
        ]),
      ],
    ]);
    await publishByHand(door, next, served);
    served = next;
  };
  const curl = (path: string, argv: string[] = [], name = "amis", address = control.ip) =>
    run(client.networkArgv(["curl", "-sS", "-k", "--ssl-reqd", "--max-time", "20", "-u", `${name}:${PASSWORD}`, ...argv, `ftp://${address}/${path}`]));
  const sftp = (name: string, commands: string) => {
    const options = [
      "-F",
      "none",
      "-P",
      "2222",
      "-o",
      "StrictHostKeyChecking=no",
      "-o",
      "UserKnownHostsFile=/dev/null",
      "-o",
      "LogLevel=ERROR",
      "-o",
      "IdentityAgent=none",
    ];
    return run(client.networkArgv(["sftp", ...options, "-i", lab.panelKey.path, "-b", "-", `${name}@${control.ip}`]), { input: commands });
  };
  const status = async () => (await control.must(["/usr/local/lib/mutu/apply", "status"])).split("\n");
  const mainPid = async () => (await control.must(["systemctl", "show", "-p", "MainPID", "--value", "mutu-proftpd"])).trim();

  test("the first publication starts it, through the panel's walls; nothing of Debian's own runs", async () => {
    const key = lab.panelKey.public.split(" ").slice(0, 2).join(" ");
    await publish([login("amis", { keys: [key] }), login("amis_www", { folder: `${HOMES}/${MEMBER}/www`, networks: [`${client.ip}/32`], keys: [key] })]);
    for (const unit of ["mutu-proftpd", "mutu-proftpd-watch"]) assert.equal((await control.must(["systemctl", "is-active", unit])).trim(), "active", unit);
    assert.equal((await control.exec(["systemctl", "is-enabled", "proftpd"])).stdout.trim(), "masked");
    const listed = await curl("");
    assert.equal(listed.status, 0, listed.stderr);
    assert.match(listed.stdout, /www/);
    const put = await sftp("amis_www", "put /etc/hostname by-sftp\nls -ln\n");
    assert.equal(put.status, 0, put.stderr);
    assert.equal((await control.must(["stat", "-c", "%u %g %a", `${HOMES}/${MEMBER}/www/by-sftp`])).trim(), `${MEMBER} ${MEMBER} 644`);
    const told = (await status()).join("\n");
    assert.match(told, /^proftpd running \d+$/m);
    assert.match(told, /^proftpd watching yes$/m);
    assert.match(told, /^proftpd sftp_fingerprint SHA256:/m);
  });

  test("the certificate of its name comes through the panel's walls, and is served without a restart", async () => {
    const pem = pemFor("ftp.example.org");
    const master = await control.must(["cat", "/var/lib/mutu/run/proftpd/pid"]);
    const outcome = await door.certificates({ daemon: "proftpd", files: [{ name: "ftp.example.org", number: 1, pem }] });
    assert.deepEqual(outcome, { ok: true, value: { placed: ["ftp.example.org"], refused: [] } });
    const { fingerprint256 } = new X509Certificate(pem);
    const shown = async () => {
      const { stdout } = await run(client.networkArgv(["openssl", "s_client", "-starttls", "ftp", "-connect", `${control.ip}:21`]));
      const text = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/.exec(stdout)?.[0];
      return (text !== undefined && new X509Certificate(text).fingerprint256 === fingerprint256) || undefined;
    };
    await until("the new certificate is shown", shown);
    assert.equal(await control.must(["cat", "/var/lib/mutu/run/proftpd/pid"]), master);
    assert.equal((await control.must(["stat", "-c", "%U %a", "/var/lib/mutu/tls/ftp.example.org.pem"])).trim(), "root 640");
  });

  test("networks count as ProFTPD's own user reads them; the probe answers the machine itself and nobody else", async () => {
    assert.equal((await curl("", [], "amis_www")).status, 0);
    const elsewhere = await run(gate.networkArgv(["curl", "-sS", "-k", "--ssl-reqd", "-u", `amis_www:${PASSWORD}`, `ftp://${control.ip}/`]));
    assert.equal(elsewhere.status, 67, elsewhere.stderr);
    const probe = ["-u", `mutu-probe-${MEMBER}:${PROBE}`];
    assert.equal((await run(control.networkArgv(["curl", "-sS", "-k", "--ssl-reqd", ...probe, `ftp://${control.ip}/`]))).status, 0);
    assert.equal((await curl("", probe)).status, 67);
  });

  test("it holds four rights, a session none, and neither sees what is not its", async () => {
    const pid = await mainPid();
    const caps = (text: string) =>
      /^CapEff:\s+(\S+)\nCapBnd:\s+(\S+)/m
        .exec(text)!
        .slice(1)
        .map((hex) => BigInt(`0x${hex}`));
    const four = [6n, 7n, 10n, 18n].reduce((sum, bit) => sum | (1n << bit), 0n); // SETGID SETUID NET_BIND_SERVICE SYS_CHROOT
    assert.notEqual((await control.exec([...inPanel, "cat", `/proc/${pid}/cmdline`])).status, 0, "the panel's unit sees nobody else's process");
    const text = await control.readFile(`/proc/${pid}/status`);
    assert.equal(caps(text)[1], four);
    assert.match(text, /^NoNewPrivs:\s+1$/m);
    writeFileSync(join(lab.directory, "long"), "x".repeat(3_000_000));
    const slow = curl("www/long", ["--limit-rate", "100k", "-T", join(lab.directory, "long")]);
    const session = await until("a session", async () => (await control.exec(["pgrep", "-P", pid, "-u", `${MEMBER}`])).stdout.trim() || undefined);
    const its = await control.readFile(`/proc/${session}/status`);
    assert.match(its, new RegExp(`^Uid:\\s+${MEMBER}\\s+${MEMBER}\\s+${MEMBER}\\s+${MEMBER}$`, "m"));
    assert.equal(caps(its)[0], 0n);
    for (const path of ["/var/lib/mutu-panel", "/etc/ssh", "/opt/mutu/package.json", "/var/lib/mutu/shards"])
      assert.equal(
        (await control.exec(["nsenter", "-t", pid, "-m", "cat", path])).stdout +
          (await control.exec(["nsenter", "-t", pid, "-m", "ls", "-A", path])).stdout.replace(path, "").trim(),
        "",
        path,
      );
    await publish([login("amis_www", { folder: `${HOMES}/${MEMBER}/www` })]);
    assert.notEqual((await slow).status, 0, "taken away: the upload ends");
    assert.equal((await curl("")).status, 67);
  });

  test("another daemon of the machine passes to the release and reads nothing of these logins", async () => {
    // As Knot's user does: the group of those who pass, and none by which ProFTPD's files are read.
    const other = (command: string) => control.exec(["setpriv", "--reuid", "64000", "--regid", "64000", "--groups", "mutu-conf", "sh", "-c", command]);
    await publish([login("amis")]);
    assert.equal((await other("ls /var/lib/mutu/live/release/ >/dev/null && cat /var/lib/mutu/live/root")).status, 0);
    const files = "/var/lib/mutu/live/release/??/proftpd/accounts/*.logins";
    assert.match(await control.must(["sh", "-c", `cat ${files}`]), /^login amis /m);
    const tried = await other(
      `cat ${files}; for folder in /var/lib/mutu/live/release/??/proftpd; do ls "$folder"; cat "$folder/accounts/${MEMBER}.logins"; done`,
    );
    assert.doesNotMatch(tried.stdout, /login|accounts|probe/);
    assert.match(tried.stderr, /Permission denied/);
  });

  test("a folder that has become a link lets nobody in", async () => {
    await publish([login("amis"), login("amis_www", { folder: `${HOMES}/${MEMBER}/www`, keys: [lab.panelKey.public.split(" ").slice(0, 2).join(" ")] })]);
    await control.must(["sh", "-c", 'cd "$1" && mv www aside && ln -s /etc www', "link", `${HOMES}/${MEMBER}`], { uid: MEMBER });
    assert.equal((await curl("", [], "amis_www")).status, 67);
    assert.notEqual((await sftp("amis_www", "ls\n")).status, 0);
    await control.must(["sh", "-c", 'cd "$1" && rm www && mv aside www', "back", `${HOMES}/${MEMBER}`], { uid: MEMBER });
    assert.equal((await curl("", [], "amis_www")).status, 0);
  });

  test("through a NAT: both passive modes, the address that members see", async () => {
    const file = join(lab.directory, "long");
    for (const way of ["--ftp-pasv", "--disable-epsv"]) {
      const put = await curl("www/nat", ["-v", way, "-T", file], "amis", gate.ip);
      assert.equal(put.status, 0, put.stderr);
      if (way === "--disable-epsv") assert.match(put.stderr, new RegExp(`227 .*\\(${gate.ip.replaceAll(".", ",")},(19[5-9]|2[0-3]\\d),\\d+\\)`));
    }
    assert.equal((await control.must(["stat", "-c", "%s", `${HOMES}/${MEMBER}/www/nat`])).trim(), "3000000");
  });

  test("a full quota is told in the system's words by FTPS and SFTP, what was sent is not taken for the whole, and with more room it goes on", async (t) => {
    const file = join(lab.directory, "long");
    const key = lab.panelKey.public.split(" ").slice(0, 2).join(" ");
    await publish([login("amis"), login("amis_www", { folder: `${HOMES}/${MEMBER}/www`, keys: [key] })]);
    await mountSmallDisk(control, `${HOMES}/${MEMBER}/www`, MEMBER, 2_000_000);
    // A service sees what was mounted when it began.
    await control.must(["systemctl", "restart", "mutu-proftpd"]);
    await until("ProFTPD", async () => (await curl("", [], "amis_www")).status === 0 || undefined);
    const size = async (name: string) => Number((await control.exec(["stat", "-c", "%s", `${HOMES}/${MEMBER}/www/${name}`])).stdout || 0);
    const put = await curl("by-ftp", ["-v", "-T", file], "amis_www");
    assert.notEqual(put.status, 0);
    assert.match(put.stderr, /^< [45]\d\d[ -].*Disk quota exceeded/m);
    assert.doesNotMatch(put.stderr, /^< 226/m);
    assert.ok((await size("by-ftp")) < 3_000_000, "what is there is shorter than what was sent");
    // Room for the beginning of another.
    await setLimit(control, `${HOMES}/${MEMBER}/www`, 4_000_000);
    const other = await sftp("amis_www", `put ${file} by-sftp-too\n`);
    assert.notEqual(other.status, 0);
    assert.match(other.stderr, /[Qq]uota|Failure/, other.stderr);
    t.diagnostic(`${put.stderr.split("\n").find((line) => line.includes("quota"))} ${other.stderr}`);
    assert.ok((await size("by-sftp-too")) < 3_000_000, "and so is the other");
    await setLimit(control, `${HOMES}/${MEMBER}/www`, 20_000_000);
    const again = await curl("by-ftp", ["-C", "-", "-T", file], "amis_www");
    assert.equal(again.status, 0, again.stderr);
    const compared = await run(["cmp", file, control.hostPath(`${HOMES}/${MEMBER}/www/by-ftp`)]);
    assert.equal(compared.status, 0, compared.stdout);
    await control.must(["umount", "-l", `${HOMES}/${MEMBER}/www`]);
    await control.must(["systemctl", "restart", "mutu-proftpd"]);
  });

  test("an end comes by itself; a killed program comes back; a reboot keeps logins and fingerprint", async () => {
    // Longer on a machine on which it would be over before anybody came.
    for (let seconds = 5, came = false; !came; seconds *= 2) {
      assert.ok(seconds < 100, "nobody comes in before the end");
      await publish([login("amis"), login("amis_guest", { expiresAt: Math.floor(Date.now() / 1000) + seconds })]);
      came = (await curl("", [], "amis_guest")).status === 0;
    }
    await until("its end", async () => (await curl("", [], "amis_guest")).status === 67 || undefined);
    const pid = await mainPid();
    await control.must(["kill", "-9", pid]);
    await until("a new one", async () => ((await curl("")).status === 0 && (await mainPid()) !== pid) || undefined);
    const fingerprint = (await status()).find((line) => line.includes("sftp_fingerprint"));
    await control.reboot();
    await openDoor();
    await until("after the reboot", async () => (await curl("")).status === 0 || undefined);
    assert.equal(
      (await status()).find((line) => line.includes("sftp_fingerprint")),
      fingerprint,
    );
    assert.equal((await curl("", [], "amis_guest")).status, 67, "still over");
    assert.equal((await control.must(["systemctl", "list-units", "--failed", "--plain", "--no-legend"])).trim(), "");
  });

  test("install again changes nothing and keeps the machine's settings; --set changes one", async () => {
    const bundle = stageBundle();
    await control.must(["mkdir", "-p", "/mnt/mutu"]);
    await run(["cp", "-r", `${bundle}/.`, control.hostPath("/mnt/mutu")]);
    const install = (...words: string[]) =>
      control.must(["/mnt/mutu/machines/control/install", "--step", "files", "--host", "control", "--daemons", "homes proftpd", ...words]);
    // A checkout that was built since the layer was made brings a panel to enable: once.
    await install();
    assert.match(await install(), /^changes 0$/m);
    // As a machine of before has it: everybody who passes reads everything.
    await control.must(["sh", "-c", "chmod 755 /var/lib/mutu/shards/*/proftpd"]);
    assert.match(await install(), /^changes 1$/m);
    assert.equal(await control.must(["sh", "-c", "stat -c '%U:%G %a' /var/lib/mutu/shards/*/proftpd | sort -u"]), "root:root 750\n");
    assert.match(await install("--set", "MUTU_PROFTPD_TLS=optional"), /^changes 1$/m);
    assert.match(await control.readFile("/etc/mutu/machine.conf"), new RegExp(`^MUTU_PROFTPD_MASQUERADE=${gate.ip}$`, "m"));
    await publish([login("amis")]);
    const plain = ["curl", "-sS", "-u", `amis:${PASSWORD}`, `ftp://${control.ip}/`];
    await until("plain FTP, since the machine's owner says so", async () => (await run(client.networkArgv(plain))).status === 0 || undefined);
  });
});

/** The gate gives what comes to its FTP ports to the control machine, as a router before a private network would. */
async function raiseNat(gate: LabNode, inside: LabNode): Promise<void> {
  const rules = `table ip nat {
    chain in { type nat hook prerouting priority -100; ip daddr ${gate.ip} tcp dport { 21, 2222, ${PASSIVE} } dnat to ${inside.ip}; }
    chain out { type nat hook postrouting priority 100; ip daddr ${inside.ip} masquerade; }
  }`;
  const script = 'echo 1 >/proc/sys/net/ipv4/ip_forward && printf "%s" "$1" | nft -f -';
  const done = await run(gate.networkArgv(["sh", "-c", script, "nat", rules]));
  assert.equal(done.status, 0, done.stderr);
}
