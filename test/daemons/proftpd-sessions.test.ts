/** Who may no longer come is out at once: what was open ends, what comes is refused, whatever is killed meanwhile, and also while nobody publishes. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect as secure, type TLSSocket } from "node:tls";
import { pemFor } from "../machines/certificate-rig.js";
import { until } from "../support/until.js";
import { childrenOf, NEEDS_ROOT } from "./private-machine.js";
import { client, FtpMachine, type Logins, PASSWORD } from "./proftpd-rig.js";

const MEMBER = 2001;
const OTHER = 2002;

describe("sessions", { skip: NEEDS_ROOT, timeout: 300_000 }, () => {
  let ftp: FtpMachine;
  const both: Logins = {};
  before(async () => {
    ftp = await FtpMachine.raise({ MUTU_PROFTPD_NAME: "ftp.example.org" });
    ftp.layHome(MEMBER, "www");
    ftp.layHome(OTHER);
    Object.assign(both, { amis: { keys: [ftp.key] }, amis_www: { folder: "www" } });
    ftp.publish({ [MEMBER]: both, [OTHER]: { club: {} } });
  });
  after(() => ftp?.close());

  const refused = async (name: string) => assert.equal((await ftp.curl(name, "")).code, 67, name);
  const works = async (name: string) => assert.equal((await ftp.curl(name, "")).code, 0, name);
  const masterPid = () => Number(readFileSync(join(ftp.run, "pid"), "utf8"));

  test("a removed login, a new password, other rights, another folder, networks: the session that is open ends; the others' go on", async () => {
    const changes: [string, Logins | null][] = [
      ["removed", { amis_www: both["amis_www"] as object }],
      ["suspended", null],
      ["password", { ...both, amis: { hash: `$6$mututest$${"a".repeat(86)}` } }],
      ["read only", { ...both, amis: { ...both["amis"], readOnly: true } }],
      ["folder", { ...both, amis: { folder: "www" } }],
      ["networks", { ...both, amis: { networks: ["192.0.2.0/24"] } }],
      ["a key less", { ...both, amis: {} }],
    ];
    const other = await Session.open(ftp, "club");
    for (const [what, change] of changes) {
      ftp.publish({ [MEMBER]: both });
      const session = await Session.open(ftp, "amis");
      const waiting = await Session.connect(ftp);
      assert.equal(await session.ask("NOOP"), "200");
      ftp.publish({ [MEMBER]: change });
      await until(() => session.ended, 60, what);
      // One that has connected and not yet logged in would know the list of before.
      await until(() => waiting.ended, 60, `${what}, not logged in`);
      if (what !== "read only" && what !== "folder" && what !== "a key less") await refused("amis");
    }
    assert.equal(await other.ask("NOOP"), "200", "the neighbour's session went on all the while");
    ftp.publish({ [MEMBER]: both });
    const session = await Session.open(ftp, "amis");
    ftp.publish({ [MEMBER]: { ...both, amis: { keys: [ftp.key], expiresAt: Math.floor(Date.now() / 1000) + 3600 }, amis_more: {} } });
    assert.equal(await session.ask("NOOP"), "200", "a new login beside it, an end that is far: no reason to end");
    await works("amis_more");
  });

  test("an upload that runs is cut off too", async () => {
    ftp.publish({ [MEMBER]: both });
    const file = join(ftp.machine.base, "long");
    writeFileSync(file, "x".repeat(5_000_000));
    const upload = ftp.curl("amis_www", "long", ["--limit-rate", "200k", "-T", file]);
    await until(() => sizeOf(join(ftp.homeOf(MEMBER), "www/long")) > 0, 10, "it has begun");
    ftp.publish({ [MEMBER]: { amis: both["amis"] as object } });
    assert.notEqual((await upload).code, 0);
    assert.ok(sizeOf(join(ftp.homeOf(MEMBER), "www/long")) < 5_000_000);
  });

  /** A session of a login that ends so many seconds from now; on a machine that needs longer to open it, later. */
  const guestUntil = async (seconds: number): Promise<{ session: Session; end: number }> => {
    const end = Math.floor(Date.now() / 1000) + seconds;
    ftp.publish({ [MEMBER]: { ...both, amis_guest: { expiresAt: end, networks: ["127.0.0.0/8"], keys: [ftp.key] } } });
    const session = await Session.open(ftp, "amis_guest").catch(() => null);
    if (session !== null && (await session.ask("NOOP").catch(() => "")) === "200") return { session, end };
    assert.ok(seconds < 60, "nobody comes in before the end");
    return guestUntil(seconds * 2);
  };
  test("the end of a login comes by itself, to the second", async () => {
    const { session, end } = await guestUntil(4);
    const beside = await Session.open(ftp, "amis");
    await until(() => session.ended, 30, "its time is over");
    assert.ok(Date.now() / 1000 >= end, "not before its time");
    await refused("amis_guest");
    assert.notEqual((await ftp.sftpAs("amis_guest", ["ls"])).code, 0);
    assert.equal(await beside.ask("NOOP"), "200");
    // Whoever publishes something else does not bring it back.
    ftp.publish({ [OTHER]: { club: {}, club_2: {} } });
    await refused("amis_guest");
    assert.match(ftp.status().join("\n"), /^watching yes$/m);
  });

  test("read only: everything is read, nothing is written, by either way", async () => {
    writeFileSync(join(ftp.homeOf(MEMBER), "www/page"), "page");
    ftp.publish({ [MEMBER]: { ...both, amis_ro: { readOnly: true, folder: "www", keys: [ftp.key] } } });
    assert.equal((await ftp.curl("amis_ro", "page")).out, "page");
    const file = join(ftp.machine.base, "long");
    assert.notEqual((await ftp.curl("amis_ro", "new", ["-T", file])).code, 0);
    for (const quote of [
      "DELE page",
      "RNFR page",
      "MKD x",
      "RMD x",
      "SITE CHMOD 777 page",
      "APPE page",
      "MFMT 20200101000000 page",
      "MFF unix.mode=0777; page",
    ])
      assert.equal((await ftp.curl("amis_ro", "", ["-Q", quote])).code, 21, quote);
    const tried = ["-rm page", "-rename page p", "-mkdir x", "-chmod 777 page", "-symlink page l", "-ln page h", `-put ${file} new`, "ls -1"];
    // What it complains of comes by another pipe, before or after.
    assert.match((await ftp.sftpAs("amis_ro", tried)).out, /ls -1\nlong\npage\n(?:remote |dest |$)/);
    assert.deepEqual(
      [statSync(join(ftp.homeOf(MEMBER), "www/page")).mode & 0o777, readFileSync(join(ftp.homeOf(MEMBER), "www/page"), "utf8")],
      [0o644, "page"],
    );
  });

  test("networks: of several, by IPv4 and IPv6, and a file of them that is lost lets nobody in", async () => {
    ftp.publish({
      [MEMBER]: {
        in4: { networks: ["192.0.2.0/24", "127.0.0.1/32"], keys: [ftp.key] },
        out4: { networks: ["192.0.2.0/24", "::1/128"], keys: [ftp.key] },
        all: { networks: ["0.0.0.0/0"] },
      },
    });
    await works("in4");
    await works("all");
    await refused("out4");
    assert.equal((await ftp.sftpAs("in4", ["ls"])).code, 0);
    assert.notEqual((await ftp.sftpAs("out4", ["ls"])).code, 0, "a key is no way round");
    assert.notEqual((await ftp.sftpAs("out4", ["ls"], "password")).code, 0);
    const six = await ftp.curl("out4", "", ["--connect-to", `127.0.0.1:${ftp.ftp}:[::1]:${ftp.ftp}`, "-6"]);
    assert.equal(six.code, 0, six.out);
    unlinkSync(join(ftp.run, "tables/allow/in4"));
    await refused("in4");
  });

  test("who came last is told: success only, probes left out, the newest of each", async () => {
    ftp.publish({ [MEMBER]: both }, "a".repeat(64));
    const since = Math.floor(Date.now() / 1000);
    await ftp.curl("amis", "", [], "wrong");
    await ftp.curl(`mutu-probe-${MEMBER}`, "", [], "a".repeat(64));
    await works("amis_www");
    await ftp.sftpAs("amis", ["ls"]);
    const told = await until(() => {
      const lines = ftp.status().filter((line) => /^login amis(_www)? /.test(line));
      const fresh = lines.filter((line) => Number(line.split(" ")[2]) >= since);
      return fresh.length === 2 ? fresh : undefined;
    }, 15);
    assert.match(told?.[0] ?? "", /^login amis \d+ 127\.0\.0\.1 sftp$/);
    assert.match(told?.[1] ?? "", /^login amis_www \d+ 127\.0\.0\.1 ftps$/);
    assert.doesNotMatch(ftp.status().join("\n"), /mutu-probe/);
  });

  test("kill -9 of the program: `boot` starts it, and nobody of before is left inside", async () => {
    ftp.publish({ [MEMBER]: both });
    const session = await Session.open(ftp, "amis");
    process.kill(masterPid(), "SIGKILL");
    await until(() => !/^running/m.test(ftp.status().join("\n")));
    const booted = ftp.machine.driver("proftpd", "boot", ftp.machine.live);
    assert.deepEqual(booted, { code: 0, words: "" });
    await until(() => session.ended, 60);
    await works("amis");
    await until(() => childrenOf(masterPid()).length === 0);
  });

  test("a commit killed in the middle is made whole by the next, and by going back", async () => {
    ftp.publish({ [MEMBER]: both, [OTHER]: { club: {} } });
    const tree = { ...ftp.tree, ...ftp.list(MEMBER, { amis_www: { folder: "www" } }), ...ftp.list(OTHER, { club: {}, club_3: {} }) };
    const step = ftp.machine.stage(tree);
    const from = readFileSync(join(ftp.run, "root"), "utf8").trim();
    ftp.machine.switchTo(step);
    // What stands there after a kill between two of its files: the way between the two is known, nothing else.
    writeFileSync(join(ftp.run, "root"), `${from} root${step.n}\n`);
    writeFileSync(join(ftp.run, "users"), readFileSync(join(ftp.run, "users"), "utf8").replace(/^amis:.*\n/m, ""), { mode: 0o600 });
    const back = { ...step.env, MUTU_NEXT: step.env["MUTU_LIVE"] as string, MUTU_LIVE: step.next };
    assert.deepEqual(ftp.machine.driver("proftpd", "commit", back), { code: 0, words: "" });
    await works("amis");
    await refused("club_3");
    assert.deepEqual(ftp.machine.driver("proftpd", "commit", step.env), { code: 0, words: "" });
    await refused("amis");
    await works("club_3");
  });

  test("a certificate that was renewed is served without a restart", async () => {
    const before = await Session.connect(ftp);
    const pid = masterPid();
    const first = before.fingerprint;
    const made = join(ftp.machine.base, "renewed");
    const argv = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=ftp.example.org", "-keyout", `${made}.key`, "-out", made];
    assert.equal((await client(["openssl", ...argv])).code, 0);
    // Of another kind of key than the one before: a line of the base changes, not only bytes.
    writeFileSync(`${made}.pem`, readFileSync(made, "utf8") + readFileSync(`${made}.key`, "utf8"), { mode: 0o600 });
    renameSync(`${made}.pem`, join(ftp.machine.root, "tls/fallback.pem"));
    const told = () => ftp.status().find((line) => line.startsWith("tls_fingerprint "));
    await until(() => told() !== `tls_fingerprint ${first}`, 60, "the new certificate is told");
    const served = async () => {
      const session = await Session.connect(ftp).catch(() => null);
      session?.leave();
      return told() === `tls_fingerprint ${session?.fingerprint}`;
    };
    await until(served, 60, "the new certificate is served");
    assert.equal(masterPid(), pid);
    assert.equal(await before.ask("NOOP"), "200", "who was there stays");
  });

  test("a certificate that apply places is served at once, by one reload that keeps sessions; another name's reloads nothing", async () => {
    const machine = ftp.machine.apply(["proftpd"]);
    const place = async (name: string, number: number, pem: string | null) => {
      const outcome = await machine.certificates({ daemon: "proftpd", files: [{ name, number, pem }] });
      assert.deepEqual(outcome, { ok: true, value: { placed: [name], refused: [] } });
    };
    const served = async () => {
      const session = await Session.connect(ftp);
      session.leave();
      return session.fingerprint;
    };
    const fingerprint = (pem: string) => new X509Certificate(pem).fingerprint256;
    // Written anew by whoever has the base read again.
    const filled = () => statSync(join(ftp.run, "filled"), { bigint: true }).ctimeNs;
    const before = await Session.connect(ftp);
    const [pid, first] = [masterPid(), filled()];
    await place("www.example.org", 1, pemFor("www.example.org"));
    assert.equal(await served(), before.fingerprint);
    assert.equal(filled(), first);
    const own = pemFor("ftp.example.org");
    await place("ftp.example.org", 1, own);
    await until(async () => (await served()) === fingerprint(own), 60, "the new certificate is served");
    const second = filled();
    assert.notEqual(second, first);
    // What `watch` does when it sees the file: nothing is left to read.
    assert.equal(ftp.machine.driver("proftpd", "renew", ftp.machine.live).code, 0);
    assert.equal(filled(), second);
    assert.ok(ftp.status().includes(`tls_fingerprint ${fingerprint(own)}`));
    await place("ftp.example.org", 2, null);
    await until(async () => (await served()) === before.fingerprint, 60, "without its own, the fallback's");
    assert.equal(masterPid(), pid);
    assert.equal(await before.ask("NOOP"), "200", "who was there stays");
  });

  test("halt ends everything, boot brings it back", async () => {
    ftp.publish({ [MEMBER]: both });
    const session = await Session.open(ftp, "amis");
    assert.equal(ftp.machine.driver("proftpd", "halt", ftp.machine.live).code, 0);
    await until(() => session.ended, 60);
    assert.match(ftp.status().join("\n"), /^watching no$/m);
    assert.equal(ftp.machine.driver("proftpd", "boot", ftp.machine.live).code, 0);
    await works("amis");
    assert.match(ftp.status().join("\n"), /^watching yes$/m);
  });
});

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

/** One control connection over TLS, spoken line by line. */
class Session {
  ended = false;
  fingerprint = "";
  #socket: TLSSocket;
  #codes: string[] = [];
  #waiting: ((code: string) => void) | null = null;

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    this.fingerprint = socket.getPeerCertificate().fingerprint256;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      for (const [, code = ""] of text.matchAll(/^(\d{3}) /gm)) this.#codes.push(code);
      this.#settle();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.ended = true;
      this.#codes.push("closed");
      this.#settle();
    });
  }

  /** Connected, and not yet logged in. */
  static async connect(ftp: FtpMachine): Promise<Session> {
    const plain = connect(ftp.ftp, "127.0.0.1");
    const heard = () =>
      new Promise((resolve, reject) =>
        plain
          .once("data", resolve)
          .once("error", reject)
          .once("close", () => reject(new Error("closed"))),
      );
    await heard();
    plain.write("AUTH TLS\r\n");
    await heard();
    const socket = secure({ socket: plain, rejectUnauthorized: false });
    await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
    return new Session(socket);
  }

  static async open(ftp: FtpMachine, name: string): Promise<Session> {
    const session = await Session.connect(ftp);
    assert.equal(await session.ask(`USER ${name}`), "331");
    assert.equal(await session.ask(`PASS ${PASSWORD}`), "230", name);
    return session;
  }

  leave(): void {
    this.#socket.destroy();
  }

  ask(line: string): Promise<string> {
    this.#socket.write(`${line}\r\n`);
    return new Promise((resolve) => {
      this.#waiting = resolve;
      this.#settle();
    });
  }

  #settle(): void {
    const code = this.#waiting && this.#codes.shift();
    if (!code) return;
    this.#waiting?.(code);
    this.#waiting = null;
  }
}
