/** Members' own programs against ProFTPD with ten thousand accounts: files go up and down as the account, and nobody leaves the folder. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { NEEDS_ROOT } from "./private-machine.js";
import { client, FtpMachine, HASH, type Logins } from "./proftpd-rig.js";

const MEMBER = 2001;
const OTHERS = 10_000;
const FIRST_OTHER = 3001;
const NAMES = ["index.php", "deep/er/été d’août.txt", "with space/a&b;c.txt", ".htaccess"];

describe("ten thousand accounts", { skip: NEEDS_ROOT, timeout: 300_000 }, () => {
  let ftp: FtpMachine;
  let home: string;
  let own: Logins;
  before(async () => {
    ftp = await FtpMachine.raise();
    home = ftp.layHome(MEMBER, "www");
    own = { amis: { keys: [ftp.key] }, amis_www: { folder: "www", keys: [ftp.key] } };
    const others = Array.from({ length: OTHERS }, (_, index) => [FIRST_OTHER + index, { [`member${index}`]: {} }] as const);
    ftp.publish({ ...Object.fromEntries(others), [MEMBER]: own }, "a".repeat(64));
    mkdirSync(join(ftp.machine.base, "up/deep/er"), { recursive: true });
    mkdirSync(join(ftp.machine.base, "up/with space"));
    for (const name of NAMES) writeFileSync(join(ftp.machine.base, "up", name), `${name}\n`.repeat(2000), { mode: 0o600 });
  });
  after(() => ftp?.close());

  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
  const master = () => ftp.status().find((line) => line.startsWith("running "));

  test("a new login works without a reload, and its cost is no scan of the others", async (t) => {
    const pid = master();
    const started = performance.now();
    ftp.publish({ [MEMBER]: { ...own, amis_new: { folder: "www" } } }, "b".repeat(64));
    t.diagnostic(`rehearse, prepare and commit of one account of ${OTHERS}: ${Math.round(performance.now() - started)} ms`);
    assert.equal((await ftp.curl("amis_new", "")).code, 0);
    assert.equal(master(), pid);
    assert.equal((await ftp.curl(`mutu-probe-${MEMBER}`, "", [], "b".repeat(64))).code, 0, "the probe of this version");
    assert.equal((await ftp.curl(`mutu-probe-${MEMBER}`, "", [], "a".repeat(64))).code, 67, "the version before is gone");
    assert.equal((await ftp.curl(`mutu-probe-${FIRST_OTHER + OTHERS - 1}`, "", [], "a".repeat(64))).code, 0, "the others' are as they were");
  });

  test("lftp mirrors both ways over FTPS; files are the account's, 644 and 755", async () => {
    const up = await ftp.lftp("amis_www", [`mirror -R --no-perms ${ftp.machine.base}/up site`, `mirror site ${ftp.machine.base}/down`]);
    assert.equal(up.code, 0, up.out);
    for (const name of NAMES) {
      const there = join(home, "www/site", name);
      assert.equal(readFileSync(there, "utf8"), readFileSync(join(ftp.machine.base, "up", name), "utf8"), name);
      assert.equal(readFileSync(join(ftp.machine.base, "down", name), "utf8"), `${name}\n`.repeat(2000), name);
      assert.deepEqual([statSync(there).uid, statSync(there).gid, mode(there)], [MEMBER, MEMBER, "644"], name);
    }
    assert.deepEqual([statSync(join(home, "www/site/deep")).uid, mode(join(home, "www/site/deep"))], [MEMBER, "755"]);
  });

  test("curl sends, goes on where it broke off, and gets back", async () => {
    const file = join(ftp.machine.base, "big");
    writeFileSync(file, "x".repeat(300_000));
    writeFileSync(join(ftp.machine.base, "half"), "x".repeat(100_000));
    assert.equal((await ftp.curl("amis", "www/big", ["-T", join(ftp.machine.base, "half")])).code, 0);
    assert.equal((await ftp.curl("amis", "www/big", ["-C", "-", "-T", file])).code, 0);
    assert.equal(statSync(join(home, "www/big")).size, 300_000);
    assert.equal((await ftp.curl("amis", "www/big", ["-o", join(ftp.machine.base, "back")])).code, 0);
    assert.equal(statSync(join(ftp.machine.base, "back")).size, 300_000);
  });

  test("OpenSSH's sftp by key and by password; what it says of modes at upload is not heard, a chmod is", async () => {
    for (const by of ["key", "password"] as const) {
      const put = await ftp.sftpAs("amis", [`put ${ftp.machine.base}/up/index.php www/${by}.php`, `mkdir www/${by}`, "ls www"], by);
      assert.equal(put.code, 0, put.out);
      const there = join(home, `www/${by}.php`);
      assert.deepEqual([statSync(there).uid, statSync(there).gid, mode(there)], [MEMBER, MEMBER, "644"], by);
      assert.equal(mode(join(home, "www", by)), "755");
    }
    assert.equal((await ftp.sftpAs("amis", ["chmod 600 www/key.php", "rename www/key.php www/renamed.php"])).code, 0);
    assert.equal(mode(join(home, "www/renamed.php")), "600");
    assert.notEqual((await ftp.sftpAs("member5", ["ls"])).code, 0, "the key of another login");
    assert.notEqual((await ftp.sftpAs("amis", ["ls"], "password", "wrong")).code, 0);
  });

  test("a key is enough, and no password is then", async () => {
    ftp.publish({ [MEMBER]: { ...own, amis_key: { hash: null, keys: [ftp.key] } } }, "c".repeat(64));
    assert.equal((await ftp.sftpAs("amis_key", ["ls"])).code, 0);
    for (const password of ["", "*", HASH]) assert.equal((await ftp.curl("amis_key", "", [], password)).code, 67, password);
  });

  test("without TLS nobody is listened to", async () => {
    const plain = await client(["curl", "-sS", `ftp://127.0.0.1:${ftp.ftp}/`, "-u", "amis:x"]);
    assert.equal(plain.code, 67, plain.out);
    assert.match(await conversation(ftp.ftp, ["USER amis", "PASS x", "LIST"]), /^220 FTP\r\n5\d\d [^\n]*\r\n5/);
    assert.equal((await client(["lftp", "-c", `set net:max-retries 1; set ftp:ssl-allow no; open -u amis,x ftp://127.0.0.1:${ftp.ftp}; ls`])).code, 1);
    // Data in clear beside an encrypted conversation: refused as well.
    assert.match((await ftp.curl("amis", "", ["-v", "-Q", "PROT C"])).out, /^< 534 /m);
  });

  test("the folder is all that a login sees: no .., no link, no rename, no SITE command leads out", async () => {
    const outside = ftp.layHome(2002);
    writeFileSync(join(outside, "secret"), "secret");
    writeFileSync(join(home, "above"), "above");
    symlinkSync(outside, join(home, "www/neighbour"));
    symlinkSync("/etc", join(home, "www/etc"));
    symlinkSync("..", join(home, "www/up"));
    const got = join(ftp.machine.base, "got");
    const paths = ["../above", "../../2002/secret", "neighbour/secret", "etc/passwd", "up/above", "/etc/passwd", "//etc/passwd", "site/../../above"];
    await Promise.all(paths.map((path, index) => ftp.curl("amis_www", path.replace(/\.\./g, "%2e%2e"), ["--path-as-is", "-o", `${got}${index}`])));
    await ftp.sftpAs(
      "amis_www",
      paths.map((path, index) => `-get "${path}" ${got}s${index}`),
    );
    for (const [index, path] of paths.entries())
      for (const file of [`${got}${index}`, `${got}s${index}`]) assert.ok(!existsSync(file) || readFileSync(file, "utf8") === "", path);
    const quotes = [
      "RNFR big",
      "RNTO ../big",
      "RNFR big",
      "RNTO neighbour/big",
      "MKD ../made",
      "CWD ..",
      "CWD /..",
      "DELE ../above",
      "SITE CPFR /etc/passwd",
      "SITE CPTO x",
      "SITE SYMLINK /etc y",
      "SITE MKDIR ../z",
      "SITE CHGRP 0 big",
      "SITE EXEC id",
      "SITE UTIME 20200101 ../above",
    ];
    const said = await ftp.curl("amis_www", "", ["-v", ...quotes.flatMap((quote) => ["-Q", `*${quote}`])]);
    assert.equal(said.code, 0, said.out);
    for (const refused of ["SITE CPFR", "SITE SYMLINK", "SITE MKDIR", "SITE CHGRP", "SITE EXEC", "SITE UTIME"])
      assert.match(answerTo(said.out, refused), /^5/, refused);
    // `..` is the folder itself there, so a rename to it stays inside.
    const links = [
      "-ln www/../../above x",
      "-symlink /etc/passwd pw",
      `-get pw ${got}`,
      "-symlink ../above a",
      `-get a ${got}`,
      "-rename big ../../out",
      "-rename big neighbour/out",
      "-chmod 777 ..",
      "-chgrp 0 big",
    ];
    await ftp.sftpAs("amis_www", links);
    assert.ok(!existsSync(got) || readFileSync(got, "utf8") === "");
    for (const out of [join(home, "big"), join(home, "out"), join(home, "made"), join(home, "z"), join(outside, "big"), join(outside, "out")])
      assert.ok(!existsSync(out), out);
    assert.ok(existsSync(join(home, "above")));
    assert.equal(mode(home), "770");
  });

  test("a folder that is a link, or behind one, lets nobody in", async () => {
    symlinkSync("/etc", join(home, "to-etc"));
    symlinkSync(join(ftp.homeOf(2002)), join(home, "to-neighbour"));
    symlinkSync("www", join(home, "to-www"));
    mkdirSync(join(home, "www/sub"));
    ftp.publish({
      [MEMBER]: { ...own, l1: { folder: "to-etc", keys: [ftp.key] }, l2: { folder: "to-neighbour" }, l3: { folder: "to-www/sub" }, l4: { folder: "missing" } },
    });
    for (const name of ["l1", "l2", "l3", "l4"]) assert.equal((await ftp.curl(name, "")).code, 67, name);
    assert.notEqual((await ftp.sftpAs("l1", ["ls"])).code, 0);
  });

  test("no file of a member configures the program", async () => {
    writeFileSync(join(home, "www/.ftpaccess"), "<Limit ALL>\n  DenyAll\n</Limit>\nUmask 000\n");
    assert.equal((await ftp.curl("amis", "www/after", ["-T", join(ftp.machine.base, "half")])).code, 0);
    assert.equal(mode(join(home, "www/after")), "644");
  });
});

/** What the server answered to a command that curl was told to send. */
function answerTo(verbose: string, command: string): string {
  const lines = verbose.split(/\r?\n/);
  const at = lines.findIndex((line) => line.startsWith(`> ${command}`));
  return at < 0 ? "" : (lines.slice(at).find((line) => line.startsWith("< ")) ?? "").slice(2);
}

/** Speaks in clear, line by line, and gives all that came back. */
function conversation(port: number, lines: string[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    const rest = [...lines, "QUIT"];
    socket.on("data", (bytes) => {
      text += bytes;
      const next = rest.shift();
      if (next) socket.write(`${next}\r\n`);
    });
    socket.on("error", () => resolve(text));
    socket.on("close", () => resolve(text));
  });
}
