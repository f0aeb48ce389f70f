/** The control machine as docker-compose.yml runs it, with what it may and no more: name server and FTP under the supervisor, no systemd. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { openMachine } from "../../src/core/machine/index.js";
import { daemon as homes } from "../../src/daemons/homes/daemon.js";
import { daemon as proftpd } from "../../src/daemons/proftpd/daemon.js";
import { renderStates, zoneOf } from "../daemons/dns-rig.js";
import { loadDaemon } from "../support/daemons.js";
import { type Lab, raiseLab } from "./lab/lab.js";
import type { LabNode } from "./lab/node.js";
import { type Owned, publishByHand } from "./lab/release.js";
import { run, until } from "./lab/run.js";
import { answered, delv, dig } from "./names-rig.js";

const MEMBER = 2001;
const HOMES = "/srv/mutu/homes";
const PASSWORD = "correct horse";
const HASH = spawnSync("openssl", ["passwd", "-6", "-salt", "mututest", "-stdin"], { input: PASSWORD, encoding: "utf8" }).stdout.trim();
const PROBE = "ab".repeat(32);

describe("supervisor: names and files", { timeout: 600_000 }, () => {
  let lab: Lab;
  const served = new Map<string, Owned>();
  before(async () => {
    lab = await raiseLab({
      nodes: [
        { name: "control", init: "container", daemons: "homes knot proftpd" },
        { name: "control-bind", init: "container", daemons: "homes bind" },
      ],
    });
  });
  after(() => lab?.close());

  const unit = (node: LabNode, verb: string, name: string) => node.exec(["env", "MUTU_START=supervisor", "/usr/local/lib/mutu/unit", verb, name]);
  const pid = async (node: LabNode, name: string) => Number((await unit(node, "pid", name)).stdout);
  const publish = async (node: LabNode, owned: Owned) => {
    const door = openMachine({ kind: "direct", argv: node.argv(["/usr/local/lib/mutu/apply"]) });
    await publishByHand(door, owned, served.get(node.name));
    served.set(node.name, owned);
  };
  const zone = async (daemon: string, name: string, address: string) =>
    new Map(Object.entries(renderStates(await loadDaemon(daemon), [zoneOf(name, [[`www.${name}`, { type: "A", address }]])])));
  const account = () => {
    const host = { id: "h", name: "control", homes: HOMES, options: {} };
    const [home, owner] = [`${HOMES}/${MEMBER}`, { number: MEMBER, login: "amis" }];
    const login = { name: "amis", hash: HASH, folder: home, readOnly: false, expiresAt: null, networks: [], keys: [] };
    const folders = homes.render(
      { key: `${MEMBER}`, host, state: { account: owner, home: "present", path: home, diskMb: 100, folders: [{ path: "www", starter: null }] } },
      "",
    );
    const logins = proftpd.render({ key: `${MEMBER}`, host, state: { account: owner, home, logins: [login] } }, PROBE);
    return new Map([
      ...folders.map(({ path, content }) => [`homes/${path}`, content] as const),
      ...logins.map(({ path, content }) => [`proftpd/${path}`, content] as const),
    ]);
  };
  const curl = (node: LabNode, ...words: string[]) =>
    run(node.networkArgv(["curl", "-sS", "-k", "--ssl-reqd", "--max-time", "20", "-u", `amis:${PASSWORD}`, ...words]));
  const caps = (text: string) =>
    /^CapEff:\s+(\S+)\nCapBnd:\s+(\S+)/m
      .exec(text)!
      .slice(1)
      .map((hex) => BigInt(`0x${hex}`));

  for (const daemon of ["knot", "bind"])
    test(`${daemon}: a zone is answered and signed; the program is its own user with one right; killed, it comes back with its keys, and so it does with the container`, async () => {
      const node = lab.node(daemon === "knot" ? "control" : "control-bind");
      const name = `${daemon}.test`;
      const next = new Map([[name, await zone(daemon, name, "192.0.2.1")], ...(daemon === "knot" ? [[`${MEMBER}`, account()] as const] : [])]);
      await publish(node, next);
      await answered(node, node, `www.${name}`, "A", "192.0.2.1", performance.now());
      assert.match(await delv(node, lab.directory, name, node, node, `www.${name}`, "A"), /fully validated/);
      const first = await pid(node, `mutu-${daemon}`);
      const status = await node.readFile(`/proc/${first}/status`);
      assert.doesNotMatch(status, /^Uid:\s+0\s/m);
      assert.deepEqual(caps(status), [1n << 10n, 1n << 10n]);
      assert.match(status, /^NoNewPrivs:\s+1$/m);
      const keys = async () =>
        (await dig(node, node, "+short", name, "DNSKEY"))
          .split("\n")
          .filter((line) => /^25[67] 3 13 /.test(line))
          .sort();
      const held = await keys();
      assert.ok(held.length >= 2, held.join());
      await node.must(["kill", "-KILL", String(first)]);
      await until("its return", async () => ((await pid(node, `mutu-${daemon}`)) !== first && (await keys()).length === held.length) || undefined);
      assert.deepEqual(await keys(), held);
      assert.match(await node.must([`/usr/local/lib/mutu/daemons/${daemon}/backup`]), /^backup \/var\/lib\/mutu-/);
      await node.reboot();
      await until("an answer after the restart", async () => (await keys()).length === held.length || undefined);
      await until("the end of its start", async () => (await node.exec(["flock", "-n", "/var/lib/mutu/lock", "true"])).status === 0 || undefined);
      assert.deepEqual(await keys(), held);
      await publish(node, new Map([...next, [name, await zone(daemon, name, "192.0.2.2")]]));
      await answered(node, node, `www.${name}`, "A", "192.0.2.2", performance.now());
    });

  test("ProFTPD: FTPS and SFTP, four rights, passive ports as the container publishes them; it and its watch come back by themselves", async () => {
    const node = lab.node("control");
    const sent = await curl(node, "-v", "--disable-epsv", "-T", "/etc/hostname", `ftp://${node.ip}/www/by-ftp`);
    assert.equal(sent.status, 0, sent.stderr);
    const [, high, low] = /227 .*,(\d+),(\d+)\)/.exec(sent.stderr) ?? [];
    const port = Number(high) * 256 + Number(low);
    assert.ok(port >= 50_000 && port <= 50_099, String(port));
    assert.equal((await node.must(["stat", "-c", "%u", `${HOMES}/${MEMBER}/www/by-ftp`])).trim(), `${MEMBER}`);
    const scanned = await run(node.networkArgv(["ssh-keyscan", "-p", "2222", "-t", "ed25519", node.ip]));
    assert.match(scanned.stdout, /ssh-ed25519/);
    const first = await pid(node, "mutu-proftpd");
    const four = [6n, 7n, 10n, 18n].reduce((sum, bit) => sum | (1n << bit), 0n); // SETGID SETUID NET_BIND_SERVICE SYS_CHROOT
    assert.equal(caps(await node.readFile(`/proc/${first}/status`))[1], four);
    const status = async () => node.must(["/usr/local/lib/mutu/apply", "status"]);
    assert.match(await status(), /^proftpd watching yes$/m);
    await node.must(["kill", "-KILL", String(first)]);
    await until("its return", async () => ((await pid(node, "mutu-proftpd")) !== first && (await curl(node, `ftp://${node.ip}/`)).status === 0) || undefined);
    await node.must(["kill", "-KILL", String(await pid(node, "mutu-proftpd-watch"))]);
    await until("the watch", async () => /^proftpd watching yes$/m.test(await status()) || undefined);
    const print = async () => /^proftpd sftp_fingerprint (.*)$/m.exec(await status())?.[1];
    const known = await print();
    await node.reboot();
    await until("FTP after the restart", async () => (await curl(node, `ftp://${node.ip}/`)).status === 0 || undefined);
    assert.equal(await print(), known);
  });
});
