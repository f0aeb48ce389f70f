/** What is written of logins: refused or taken whole by the real program, whatever stands in it; and what the machine itself refuses of a list. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { daemon } from "../../src/daemons/proftpd/daemon.js";
import type { FtpState } from "../../src/features/ftp/role.js";
import { HOSTILE_STRINGS } from "../support/hostile.js";
import { NEEDS_ROOT } from "./private-machine.js";
import { FtpMachine, HASH, type Logins } from "./proftpd-rig.js";

const NUMBER = 2001;
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICKMfRAY7Mn27Q/zzDLrS7N35+7PKGGuWmd0+YgW8wKM";
const HOST = { id: "h", name: "control", homes: "/srv/mutu/homes", options: {} };

function state(change: Partial<FtpState["logins"][number]> = {}): FtpState {
  const login = { name: "amis", hash: HASH, folder: "/srv/mutu/homes/2001/www", readOnly: false, expiresAt: null, networks: [], keys: [], ...change };
  return { account: { number: NUMBER, login: "amis" }, home: "/srv/mutu/homes/2001", logins: [login] };
}
const render = (given: FtpState) => daemon.render({ key: `${given.account.number}`, state: given, host: HOST }, "")[0]?.content ?? "";

test("A field that is not what it should be is refused, in every field", () => {
  for (const text of HOSTILE_STRINGS) {
    assert.throws(() => render(state({ name: `amis${text}` })), /not a name/, JSON.stringify(text));
    assert.throws(() => render(state({ hash: text })), /not a crypt hash/);
    assert.throws(() => render(state({ hash: `${HASH}${text}` })), /not a crypt hash/, JSON.stringify(text));
    assert.throws(() => render(state({ networks: [`192.0.2.0/24${text}`] })), /not a network/);
    // A longer base64 is only a key that nobody has.
    if (!/^a+$/.test(text)) assert.throws(() => render(state({ keys: [`${KEY}${text}`] })), /not a public key/);
  }
  for (const folder of [
    "/srv/mutu/homes/2002",
    "/srv/mutu/homes/20011",
    "/srv/mutu/homes/2001/../2002",
    "/srv/mutu/homes/2001/",
    "/srv/mutu/homes/2001//a",
    "/",
    "",
    "www",
  ])
    assert.throws(() => render(state({ folder })), /not a folder/, folder);
  for (const sign of [":", "\\", "\n", "\0", "\u2028", "\u0085"])
    assert.throws(() => render(state({ folder: `/srv/mutu/homes/2001/a${sign}b` })), /not a folder/);
  for (const hash of ["", "*", "x", "$1$abc$def", "$argon2id$v=19$m=65536,t=3,p=4$abcdefghijklmnopqrstuv$abcdefghijklmnopqrstuv"])
    assert.throws(() => render(state({ hash })), /not a crypt hash/, hash);
  for (const network of [
    "192.0.2.0/33",
    "192.0.2/24",
    "192.0.2.0",
    "256.1.1.1/8",
    "fe80::1%eth0/64",
    "2001:db8::/129",
    "::1",
    "ALL/0",
    "g::/8",
    "1:2/16",
    "192.0.2.7/24",
    "0.0.0.1/0",
  ])
    assert.throws(() => render(state({ networks: [network] })), /not a network/, network);
  for (const key of ["ssh-dss AAAAB3NzaC1kc3M=", KEY.replace("ssh-ed25519", "ssh-rsa"), `restrict ${KEY}`, `${KEY} me@home`, "ssh-ed25519 AAAA"])
    assert.throws(() => render(state({ keys: [key] })), /not a public key/, key);
  const twice = state();
  assert.throws(() => render({ ...twice, logins: [...twice.logins, ...twice.logins] }), /twice/);
});

test("Networks are written as the program compares them", () => {
  const lines = render(state({ networks: ["0.0.0.0/0", "10.128.0.0/9", "192.0.2.7/32", "2001:db8::/32", "::/0"] }));
  const written = lines.match(/^network .*$/gm)?.map((line) => line.slice("network ".length));
  assert.deepEqual(written, ["0.0.0.0/0.0.0.0", "10.128.0.0/255.128.0.0", "192.0.2.7", "[2001:db8::]/32", "[::]/0"]);
});

test("The driver's words become sentences for the account they name", () => {
  assert.deepEqual(daemon.explain(["logins refused 2001 3", "login taken 2002 club", "login elsewhere 2003 x", "proftpd: the base is refused", "else"]), [
    { path: "accounts/2001.logins", line: 3, code: "proftpd.refused", data: {} },
    { path: "accounts/2002.logins", line: null, code: "proftpd.taken", data: { name: "club" } },
    { path: "accounts/2003.logins", line: null, code: "proftpd.elsewhere", data: { name: "x" } },
    { path: null, line: null, code: "proftpd.not_started", data: {} },
  ]);
});

describe("the machine's own look at a list", { skip: NEEDS_ROOT }, () => {
  let ftp: FtpMachine;
  before(async () => {
    ftp = await FtpMachine.raise();
    ftp.layHome(NUMBER);
    ftp.publish({ [NUMBER]: { amis: {} } });
  });
  after(() => ftp?.close());

  const rehearse = (number: number | string, content: string) => {
    const { n, env } = ftp.machine.stage({ ...ftp.list(NUMBER, { amis: {} }), [`proftpd/accounts/${number}.logins`]: content });
    const answer = ftp.machine.driver("proftpd", "rehearse", env);
    for (const folder of [`activations/${n}`, `releases/root${n}`]) rmSync(join(ftp.machine.root, folder), { recursive: true });
    return answer;
  };
  const line = (folder: string, name = "neu", hash = HASH) => `login ${name} ${hash} rw - ${folder}\n`;

  test("what a renderer gone wrong could write never becomes a user", () => {
    const home = ftp.homeOf(2002);
    assert.deepEqual(rehearse(2002, `probe -\n${line(home)}`), { code: 0, words: "" });
    const wrong: [string, RegExp][] = [
      [line(ftp.homeOf(NUMBER)), /^login elsewhere 2002 neu$/m],
      [line("/etc"), /^login elsewhere 2002 neu$/m],
      [line("/"), /^logins refused 2002 1$/m],
      [line(`${home}/../${NUMBER}`), /^login elsewhere 2002 neu$/m],
      [line(`${home}2`), /^login elsewhere 2002 neu$/m],
      [line(home, "amis"), /^login taken 2002 amis$/m],
      [line(home, "mutu-probe-2001"), /^logins refused 2002 1$/m],
      [line(home, "neu", ""), /^logins refused 2002 1$/m],
      [line(`${home}/a:0:0::/`), /^logins refused 2002 1$/m],
      [line(home) + line(home), /^logins refused 2002 2$/m],
      [`${line(home)}network ALL\n`, /^logins refused 2002 2$/m],
      [`${line(home)}root::0:0::/:/bin/sh\n`, /^logins refused 2002 2$/m],
      [line(home).trimEnd(), /^logins refused 2002 1$/m],
      [`key AAAA\n`, /^logins refused 2002 1$/m],
    ];
    for (const [content, words] of wrong) {
      const { code, words: said } = rehearse(2002, content);
      assert.notEqual(code, 0, content);
      assert.match(said, words, content);
      assert.equal(daemon.explain(said.trim().split("\n")).length, 1, said);
    }
    // The number is the file's own name.
    for (const name of ["0", "1", "1999", "65536000000", "02002"]) assert.notEqual(rehearse(name, line(ftp.homeOf(2002))).code, 0, name);
  });
});

describe("odd names of folders, read by the real program", { skip: NEEDS_ROOT }, () => {
  let ftp: FtpMachine;
  before(async () => {
    ftp = await FtpMachine.raise();
  });
  after(() => ftp?.close());

  test("each login lands in its own folder and nobody else is let in", async () => {
    const odd = [
      "%u",
      "%U x",
      "~",
      "~root",
      "*",
      "w*",
      "[abc]",
      "a  b",
      "q'u",
      'q"q',
      "été",
      "日本",
      "&amp",
      "#x",
      "!x",
      "${HOME}",
      "$1",
      "a,b",
      "{a,b}",
      "x;y",
      "|x",
      "?",
      "=",
      "<x>",
      "`id`",
      "--x",
      ".x",
      "x".repeat(200),
    ];
    const home = ftp.layHome(NUMBER);
    const logins: Logins = {};
    for (const [index, folder] of odd.entries()) {
      mkdirSync(join(home, folder));
      writeFileSync(join(home, folder, "where"), `${index} ${folder}`);
      logins[`login${index}`] = { folder };
    }
    ftp.publish({ [NUMBER]: logins });
    const users = readFileSync(join(ftp.run, "users"), "utf8").trimEnd().split("\n");
    assert.deepEqual(users.map((user) => user.split(":")[0]).sort(), [...Object.keys(logins), `mutu-probe-${NUMBER}`].sort());
    for (const user of users) assert.equal(user.split(":").length, 7, user);
    const seen = await Promise.all(odd.map((_, index) => ftp.curl(`login${index}`, "where")));
    assert.deepEqual(
      seen.map(({ out }) => out),
      odd.map((folder, index) => `${index} ${folder}`),
    );
    const strangers = ["root", "nobody", "anonymous", "", `mutu-probe-${NUMBER}`].flatMap((name) => [
      [name, ""],
      [name, "*"],
    ]);
    for (const [name = "", password = ""] of strangers) assert.equal((await ftp.curl(name, "", [], password)).code, 67, `${name} ${password}`);
    assert.deepEqual(readdirSync(join(ftp.run, "tables/allow")), []);
  });
});
