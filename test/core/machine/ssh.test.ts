/** The door over SSH: a real sshd on loopback, a forced command, the panel's own key and known hosts. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { authorizedKey, ensureKeyPair, openMachine, runCommand, type SshDoor, sshArgv } from "../../../src/core/machine/index.js";
import { makeRig, publish, rootOf, type Tree } from "../../machines/apply-rig.js";
import { freePort } from "../../support/free-port.js";

const TREE: Tree = { "00/first/a.conf": "a\n", "3f/second/b.conf": `${"b".repeat(300_000)}\n` };

interface Sshd {
  door: SshDoor;
  folder: string;
}

/** Starts an sshd whose only key may call this command and nothing else. */
async function startSshd(t: TestContext, command: string): Promise<Sshd> {
  const folder = await mkdtemp(join(tmpdir(), "mutu-ssh-"));
  const port = await freePort();
  const file = (name: string): string => join(folder, name);
  const hostKey = await ensureKeyPair(file("host_key"), "host");
  const publicKey = await ensureKeyPair(file("keys/web1"), "mutu web1");
  await writeFile(file("authorized_keys"), `${authorizedKey(publicKey, { from: ["127.0.0.1"], command })}\n`);
  await writeFile(file("known_hosts"), `[127.0.0.1]:${port} ${hostKey}\n`);
  const config = {
    Port: port,
    ListenAddress: "127.0.0.1",
    HostKey: file("host_key"),
    AuthorizedKeysFile: file("authorized_keys"),
    PidFile: "none",
    StrictModes: "no",
    UsePAM: "no",
    PasswordAuthentication: "no",
    PermitRootLogin: "forced-commands-only",
    LogLevel: "VERBOSE",
  };
  await writeFile(
    file("sshd_config"),
    Object.entries(config)
      .map((line) => `${line.join(" ")}\n`)
      .join(""),
  );
  // sshd as root insists on its empty folder
  if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  const sshd: ChildProcess = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", file("sshd_config")], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  await new Promise<void>((resolve, reject) => {
    sshd.stderr?.on("data", (data: Buffer) => {
      log += data.toString();
      if (log.includes("Server listening")) resolve();
    });
    sshd.once("exit", () => reject(new Error(`sshd: ${log}`)));
  });
  const door: SshDoor = {
    kind: "ssh",
    address: "127.0.0.1",
    port,
    user: userInfo().username,
    keyFile: file("keys/web1"),
    knownHostsFile: file("known_hosts"),
    controlPath: file("master"),
  };
  t.after(async () => {
    await runCommand({ argv: [...sshArgv(door), "-O", "exit", "--", door.address], timeoutSeconds: 5 });
    const ended = once(sshd, "exit");
    sshd.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true, force: true });
  });
  return { door, folder };
}

const listen = async (t: TestContext, answer: string | null): Promise<number> => {
  const server: Server = createServer((socket) => {
    if (answer !== null) socket.end(answer);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return (server.address() as { port: number }).port;
};

describe("a machine over SSH", () => {
  test("publishes over one kept connection, and the key opens nothing else", async (t) => {
    const rig = await makeRig(t);
    const { door, folder } = await startSshd(t, rig.door.argv.join(" "));
    const machine = openMachine(door);
    assert.equal(await machine.probe(), null);
    await publish({ ...rig, machine }, 1, null, TREE);
    assert.deepEqual(await rig.live(), { root: rootOf(TREE), tree: TREE });
    const status = await machine.status();
    assert.ok(status.ok && status.value.root === rootOf(TREE), JSON.stringify(status));
    assert.ok((await stat(join(folder, "master"))).isSocket(), "the connection is kept");
    assert.equal((await stat(door.keyFile)).mode & 0o777, 0o600);

    for (const command of ["id", "cat /etc/passwd", "status; id", "-c /etc/passwd status", "boot"]) {
      const result = await runCommand({ argv: [...sshArgv(door), "--", door.address, command], timeoutSeconds: 20 });
      assert.equal(result.code, 13, `${command}: ${result.stdout}`);
    }
    const shell = await runCommand({ argv: [...sshArgv(door), "--", door.address], stdin: "id\n", timeoutSeconds: 20 });
    assert.equal(shell.code, 13);
    // ssh takes the first value of an option: ours would drop the forwarding before the server can refuse it
    const forwarding = ["ssh", "-o", "ClearAllForwardings=no", ...sshArgv(door).slice(1), "-O", "forward", "-R", "0:127.0.0.1:9", "--", door.address];
    const forward = await runCommand({ argv: forwarding, timeoutSeconds: 20 });
    assert.notEqual(forward.code, 0, "restrict: nothing is forwarded");
    assert.match(forward.stderr.toString(), /forwarding (request )?failed/);
  });

  test("a host key that is not the pinned one is not spoken to", async (t) => {
    const rig = await makeRig(t);
    const { door, folder } = await startSshd(t, rig.door.argv.join(" "));
    const other = await ensureKeyPair(join(folder, "other"), "other");
    await writeFile(door.knownHostsFile, `[127.0.0.1]:${door.port} ${other}\n`);
    const outcome = await openMachine(door).status();
    assert.ok(!outcome.ok && outcome.failure.kind === "unreachable", JSON.stringify(outcome));
    assert.match(outcome.failure.reason, /Host key verification failed|IDENTIFICATION HAS CHANGED/);
  });

  test("an away host is known at once", async (t) => {
    const [refused, mute, other] = [await freePort(), await listen(t, null), await listen(t, "220 mail\r\n")];
    const door = (port: number): SshDoor => ({ kind: "ssh", address: "127.0.0.1", port, user: "x", keyFile: "/x", knownHostsFile: "/x", controlPath: "/x" });
    const began = performance.now();
    assert.match((await openMachine(door(refused)).probe()) ?? "", /ECONNREFUSED/);
    assert.match((await openMachine(door(mute)).probe()) ?? "", /no answer/);
    assert.match((await openMachine(door(other)).probe()) ?? "", /does not speak SSH/);
    assert.ok(performance.now() - began < 60_000);
    const outcome = await openMachine(door(refused)).status();
    assert.ok(!outcome.ok && outcome.failure.kind === "unreachable", JSON.stringify(outcome));
  });

  test("a key pair is made once", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "mutu-key-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const first = await ensureKeyPair(join(folder, "a/web1"), "mutu web1");
    assert.match(first, /^ssh-ed25519 \S+ mutu web1$/);
    assert.equal(await ensureKeyPair(join(folder, "a/web1"), "mutu web1"), first);
    assert.match(await readFile(join(folder, "a/web1"), "utf8"), /PRIVATE KEY/);
  });
});

test("a direct door whose program is missing is unreachable", async () => {
  const machine = openMachine({ kind: "direct", argv: ["/nowhere/apply"] });
  assert.match((await machine.probe()) ?? "", /ENOENT/);
  const outcome = await machine.status();
  assert.ok(!outcome.ok && outcome.failure.kind === "unreachable", JSON.stringify(outcome));
});
