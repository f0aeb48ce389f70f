/** Logs as they really come: Apache, PHP-FPM and apply's verb `log`, among hostile visitors and members. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { LogKind, Machine } from "../../src/core/machine/index.js";
import { findTrouble } from "../../src/features/logs/index.js";
import type { AccountWebState, FolderSite } from "../../src/features/sites/role.js";
import { ApacheRig, accountState, sitePhp } from "./apache-rig.js";

const [A, B, C] = [20_001, 20_002, 20_004];
const DAEMONS = ["php-fpm", "apache"];

/** Programs that fail, as members' do; what the panel makes of PHP's real words. */
const FAILURES: [name: string, code: string, program: string, data?: Record<string, string | number>][] = [
  [
    "uncaught",
    "uncaught",
    '<?php function f() { throw new RuntimeException("Plus <b>rien</b>\nne va"); } f();',
    { name: "RuntimeException", text: "Plus <b>rien</b>\\u{a}ne va" },
  ],
  ["memory", "memory", '<?php $a = str_repeat("x", 90000000);', { mb: 64 }],
  ["time", "time", "<?php while (true) { $a = 1; }", { count: 1 }],
  ["function", "function_unknown", "<?php nope();", { name: "nope" }],
  ["extension", "extension", "<?php imap_open('x', 'y', 'z');", { name: "imap_open" }],
  ["method", "method_unknown", "<?php (new ArrayObject())->nope();", { name: "ArrayObject::nope" }],
  ["parse", "parse", '<?php echo "a" echo;', { text: 'syntax error, unexpected token "echo", expecting "," or ";"' }],
  ["class", "class_missing", "<?php new Nope();", { name: "Nope" }],
  ["interface", "class_missing", "<?php class A implements Nope {}", { name: "Nope" }],
  ["constant", "constant_unknown", "<?php echo NOPE;", { name: "NOPE" }],
  ["require", "file_missing", '<?php require "nope.php";', { name: "nope.php" }],
  ["closed", "permission", '<?php $f = __DIR__ . "/x.inc"; file_put_contents($f, ""); chmod($f, 0); require $f;'],
  ["outside", "outside", '<?php require "/etc/shadow";', { name: "/etc/shadow" }],
  ["nothing", "on_nothing", "<?php $a = null; $a->b();", { name: "b" }],
  ["type", "type", '<?php function g(int $a) {} g("x");'],
  ["arguments", "arguments", "<?php function g(int $a) {} g();"],
  ["division", "division", "<?php echo 1 % 0;"],
  ["twice", "declared_twice", '<?php function h() {} eval("function h() {}");', { name: "h" }],
  ["refused", "database_refused", '<?php new PDO("mysql:host=127.0.0.1;port=1;dbname=x", "u", "p");'],
  ["refused_mysqli", "database_refused", '<?php mysqli_connect("127.0.0.1", "u", "p", "x", 1);'],
  ["socket", "database_refused", '<?php mysqli_connect("localhost", "u", "p");'],
  ["host", "database_refused", '<?php new PDO("mysql:host=nowhere.invalid;dbname=x", "u", "p");'],
  ["driver", "database_driver", '<?php new PDO("pgsql:host=127.0.0.1");'],
  ["full", "disk_full", '<?php file_put_contents(__DIR__ . "/full", "x");'],
  ["own", "other", '<?php trigger_error("Mon erreur", E_USER_ERROR);', { text: "Mon erreur" }],
];

describe("logs", () => {
  let rig: ApacheRig;
  let machine: Machine;

  before(async () => {
    rig = await ApacheRig.make();
    rig.home(A, {
      "www/index.php": "<?php nope();",
      "www/absent.html": "gone",
      "www/.htaccess": "SetEnv N 20002\nSetEnv MUTU_ACCOUNT 20002\nErrorDocument 404 /absent.html\nRewriteEngine On\nRewriteRule ^old$ /absent.html\n",
      "www/denied/x.txt": "x",
      "www/denied/.htaccess": "Require all denied\n",
    });
    rig.home(B, { "www/index.php": "<?php echo 'b';" });
    rig.home(C, Object.fromEntries(FAILURES.map(([name, , program]) => [`www/${name}.php`, program])));
    rig.home(C, { "www/quiet.php": "<?php error_log('PHP Fatal error:  of my own'); trigger_error('slight', E_USER_WARNING); echo 'ok';" });
    // A disk without room, as PHP meets it.
    execFileSync("mknod", ["-m", "0666", join(rig.machine.homes, String(C), "www/full"), "c", "1", "7"]);
    rig.publish(states());
    machine = rig.machine.apply(DAEMONS);
  });
  after(() => rig?.close());

  const states = (): AccountWebState[] => [
    accountState(A, rig.machine.homes, [
      { names: ["a.test", "www.a.test"], canonical: "a.test", serve: folder(A) },
      { names: ["*.a.test"], serve: folder(A) },
    ]),
    accountState(B, rig.machine.homes, [{ names: ["b.test"], serve: folder(B) }]),
    accountState(C, rig.machine.homes, [{ names: ["c.test"], serve: folder(C, { memory_limit: "64M", max_execution_time: "1" }) }]),
  ];
  const folder = (account: number, values?: Record<string, string>): FolderSite => ({
    kind: "folder",
    root: join(rig.machine.homes, String(account), "www"),
    php: sitePhp(account, values),
    index: ["index.php"],
    errorPages: {},
  });
  const log = async (account: number, kind: LogKind, lines = 1000) => {
    const answer = await machine.log({ account, kind, lines });
    assert.ok(answer.ok, JSON.stringify(answer));
    return answer.value;
  };
  const own = (account: number) => join(rig.machine.root, "run/accounts", String(account), "logs");

  test("an error of this moment is there, under the name of its site, and in no other account's log", async () => {
    assert.equal((await rig.ask("a.test")).status, 500);
    assert.equal((await rig.ask("any.a.test")).status, 500);
    const lines = await log(A, "php");
    assert.deepEqual([...new Set(lines.map(({ site }) => site))].sort(), ["_wildcard.a.test", "a.test"]);
    assert.match(lines[0]?.text ?? "", /^\[\d\d-\w{3}-\d{4} [\d:]+ UTC\] PHP Fatal error: {2}Uncaught Error: Call to undefined function nope\(\) in /);
    assert.deepEqual(await log(B, "php"), []);
  });

  test("whose line it is follows the virtual host, through inner redirects, whatever .htaccess and visitors say", async () => {
    for (const path of ["/none", "/old", "/denied/x.txt", "/a%0a20002%20b.test%20forged"]) await rig.ask("a.test", { path });
    await rig.ask("www.a.test", { path: "/led" });
    // Longer than a pipe takes at once, and made to look like a line of the neighbour.
    const forged = "20002 b.test 192.0.2.66 - forged ".repeat(400);
    await Promise.all(
      Array.from({ length: 20 }, () => rig.ask("a.test", { path: "/none", headers: { "user-agent": forged, referer: "\\n20002 b.test forged" } })),
    );
    await rig.ask("b.test", { path: "/?own" });
    const a = await log(A, "access");
    for (const path of ["/none", "/old", "/denied/x.txt", "/led"])
      assert.ok(
        a.some(({ text }) => text.includes(`"GET ${path} HTTP/1.1"`)),
        path,
      );
    assert.equal(a.filter(({ text }) => text.includes("forged ")).length, 21);
    const b = await log(B, "access");
    assert.deepEqual(
      b.map(({ site, text }) => `${site} ${/"([^"]*)"/.exec(text)?.[1]}`),
      ["b.test GET /?own HTTP/1.1"],
    );
    const errors = await log(A, "error");
    assert.ok(errors.some(({ site, text }) => site === "a.test" && /AH01630: client denied by server configuration: .*denied\/x\.txt/.test(text)));
    assert.deepEqual(await log(B, "error"), []);
    assert.ok([...a, ...errors].every(({ text }) => text.length <= 4000));
  });

  test("our own questions are nobody's visits", async () => {
    await rig.probe("b.test");
    assert.ok((await log(B, "access")).every(({ text }) => !text.includes("mutu-probe")));
  });

  test("at most so many lines of each site, the last ones, of both instances", async () => {
    rig.publish([...states(), accountState(20_003, rig.machine.homes, [])]);
    await rig.ask("b.test", { path: "/?second" });
    const two = await log(B, "access", 2);
    assert.deepEqual(
      two.map(({ text }) => /"([^"]*)"/.exec(text)?.[1]),
      ["GET /?own HTTP/1.1", "GET /?second HTTP/1.1"],
    );
    assert.equal((await log(B, "access", 1)).length, 1);
  });

  test("control characters of a member's own log come as text", async () => {
    const file = join(own(B), "php/b.test.log");
    writeFileSync(file, "\u001b]0;title\u0007\u001b[31mred\r\u0000\nline b.test forged\n");
    chownSync(file, B, B);
    assert.deepEqual(await log(B, "php"), [
      { site: "b.test", text: "\\x1b]0;title\\x07\\x1b[31mred\\x0d\\x00" },
      { site: "b.test", text: "line b.test forged" },
    ]);
  });

  test("links, pipes and strange names in the place of a log are not read", async () => {
    const php = join(own(B), "php");
    rmSync(join(php, "b.test.log"), { force: true });
    symlinkSync(join(own(A), "php/a.test.log"), join(php, "b.test.log"));
    symlinkSync("/etc/passwd", join(php, "passwd.log"));
    writeFileSync(join(php, "$(id).log"), "x\n");
    assert.deepEqual(await log(B, "php"), []);
    renameSync(php, join(own(B), "put-aside"));
    symlinkSync(join(own(A), "php"), php);
    assert.deepEqual(await log(B, "php"), []);
    renameSync(own(B), `${own(B)}-aside`);
    symlinkSync(own(A), own(B));
    assert.deepEqual(await log(B, "php"), []);
    rmSync(own(B));
    renameSync(`${own(B)}-aside`, own(B));
  });

  test("what PHP really says is told in words: cause, file below the site's folder, line", async () => {
    const place = { home: join(rig.machine.homes, String(C)), folder: "www" };
    const wrong: string[] = [];
    for (const [name, code, , data] of FAILURES) {
      await rig.ask("c.test", { path: `/${name}.php` });
      await rig.ask("c.test", { path: "/quiet.php" });
      const trouble = findTrouble(await log(C, "php"), await log(C, "error"), place);
      const found = { file: trouble?.file, line: trouble?.line, code: trouble?.cause.code, data: trouble?.cause.data };
      const wanted = { file: `${name}.php`, line: 1, code, data: data ?? found.data };
      if (JSON.stringify(found) !== JSON.stringify(wanted)) wrong.push(`${name}: ${JSON.stringify(found)} of ${trouble?.message}`);
      assert.ok(trouble?.at && Math.abs(trouble.at.getTime() - Date.now()) < 3_600_000);
    }
    assert.deepEqual(wrong, []);
  });

  test("a worker writes where its site's log is, or hands the message to Apache", async () => {
    rmSync(join(own(A), "php"), { recursive: true });
    assert.equal((await rig.ask("a.test")).status, 500);
    const [line] = (await log(A, "error")).filter(({ text }) => text.includes("AH01071"));
    assert.match(line?.text ?? "", /PHP Fatal error: {2}Uncaught Error: Call to undefined function nope/);
    assert.equal(line?.site, "a.test");
    mkdirSync(join(own(A), "php"));
    chownSync(join(own(A), "php"), A, A);
    assert.equal((await rig.ask("a.test")).status, 500);
    assert.ok(existsSync(join(own(A), "php/a.test.log")));
  });
});
