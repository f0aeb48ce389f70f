/** PHP-FPM as it really runs: masters started, exchanged and ended by the driver, pools asked over FastCGI as Apache asks them. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { daemon } from "../../src/daemons/php-fpm/daemon.js";
import { PING_PATH } from "../../src/daemons/php-fpm/pool.js";
import type { PhpState } from "../../src/features/sites/role.js";
import { askPool, type FastcgiAnswer } from "./fastcgi.js";
import { goldenFiles, NEEDS_ROOT, PRIVILEGED, PrivateMachine, type Tree, until } from "./private-machine.js";

const VERSION = execFileSync("sh", ["-c", "ls /usr/sbin/php-fpm[0-9]* | sed 's/.*fpm//' | sort -V | tail -n 1"], { encoding: "utf8" }).trim();
const HOST = { id: "h", name: "web1", homes: "", options: {} };
const [A, B, C] = [20_001, 20_002, 200_010]; // C's home begins like A's
const machine = new PrivateMachine();
after(() => machine.close());

function pool(number: number, over: Partial<PhpState> = {}): Tree {
  const state: PhpState = {
    account: { number, login: "x" },
    version: VERSION,
    master: "m03",
    socket: `s${number}.sock`,
    home: join(machine.homes, String(number)),
    memoryMb: 256,
    timeSeconds: 30,
    uploadMb: 2,
    workers: 1,
    envelope: "x@web1.test",
    ...over,
  };
  return Object.fromEntries(
    daemon.render({ key: `${number}/${VERSION}`, state, host: HOST }, `hash${number}`).map((file) => [`php-fpm/${file.path}`, file.content]),
  );
}
function home(number: number): string {
  const path = join(machine.homes, String(number));
  mkdirSync(path, { recursive: true });
  if (PRIVILEGED) chownSync(path, number, number);
  return path;
}
function script(number: number, name: string, code: string, mode = 0o644): string {
  const path = join(home(number), name);
  writeFileSync(path, code);
  chmodSync(path, mode);
  if (PRIVILEGED) chownSync(path, number, number);
  return path;
}
function folder(master = "m03"): string {
  const defines = readFileSync(join(machine.root, "live/php.conf"), "utf8");
  const word = `MUTU_PHP_${VERSION.replace(".", "_")}_${master.toUpperCase()}`;
  const line = defines.split("\n").find((one) => one.startsWith(`Define ${word} `));
  assert.ok(line, `${word} in ${defines}`);
  return line.split(" ")[2] as string;
}
function ask(number: number, path: string, params: Record<string, string> = {}, body?: Buffer): Promise<FastcgiAnswer> {
  return askPool(
    join(folder(), `s${number}.sock`),
    { SCRIPT_FILENAME: path, SCRIPT_NAME: "/x.php", REQUEST_URI: "/x.php", DOCUMENT_ROOT: join(machine.homes, String(number)), ...params },
    body,
  );
}
const run = async (number: number, code: string, params: Record<string, string> = {}) =>
  (await ask(number, script(number, "run.php", `<?php ${code}`), params)).body;
/** What Apache sends with every request: the complete set of one site. */
const site = (values: Record<string, string>) => ({
  PHP_VALUE: Object.entries({ memory_limit: "128M", max_execution_time: "20", upload_max_filesize: "1M", post_max_size: "2M", display_errors: "0", ...values })
    .map(([name, value]) => `${name}=${value}`)
    .join("\n"),
});
const masters = () =>
  machine
    .driver("php-fpm", "status", machine.live)
    .words.split("\n")
    .filter((line) => line.startsWith("running "))
    .map((line) => line.slice(8));

const TREE: Tree = { ...pool(A), ...pool(B), ...pool(C, { master: "m04" }) };
for (const number of [A, B, C]) home(number);
machine.publish(["php-fpm"], TREE);

test("Every golden pool is taken by the real program", () => {
  const trees = goldenFiles("php-fpm").map((tree) =>
    Object.fromEntries(Object.entries(tree).map(([path, content]) => [path.replace(/\/[0-9.]+\//, `/${VERSION}/`), content])),
  );
  assert.ok(trees.filter((tree) => Object.keys(tree).length > 0).length >= 3);
  const other = new PrivateMachine();
  try {
    for (const tree of trees) {
      const { code, words } = other.driver("php-fpm", "rehearse", other.stage(tree).env);
      assert.equal(code, 0, words);
      for (const folder of ["activations/1", "releases/root1"]) rmSync(join(other.root, folder), { recursive: true });
    }
  } finally {
    other.close();
  }
});

test("A pool answers its unit's hash; only Apache's group passes the folder of its socket", async () => {
  assert.equal((await ask(A, "/x", { SCRIPT_NAME: PING_PATH, REQUEST_URI: PING_PATH })).body, `hash${A}`);
  assert.equal((statSync(folder()).mode & 0o7777).toString(8), "710");
  if (PRIVILEGED) {
    assert.deepEqual([statSync(folder()).uid, statSync(folder()).gid], [0, 33]);
    const opens = (number: number) =>
      spawnSync("setpriv", [
        "--reuid",
        String(number),
        "--regid",
        String(number),
        "--clear-groups",
        "perl",
        "-MIO::Socket::UNIX",
        "-e",
        "exit(IO::Socket::UNIX->new(Peer => shift) ? 0 : 1)",
        join(folder(), `s${B}.sock`),
      ]).status;
    assert.equal(opens(33), 0);
    assert.equal(opens(A), 1);
  }
});

test("A site's values hold for its request only, and nothing lifts the plan's ceilings", async () => {
  const code = "echo ini_get('memory_limit'),' ',ini_get('max_execution_time'),' ',ini_get('upload_max_filesize');";
  assert.equal(await run(A, code, site({ memory_limit: "200M", max_execution_time: "25" })), "200M 25 1M");
  assert.equal(await run(A, code, site({})), "128M 20 1M", "same worker, next site");
  const lift = "var_dump(ini_set('memory_limit','-1'), ini_set('max_execution_time','0'), set_time_limit(0));";
  assert.match(await run(A, lift + code, site({ memory_limit: "64M" })), /^bool\(false\)\nbool\(false\)\nbool\(false\)\n64M 20 1M$/);
  script(A, ".user.ini", "memory_limit = -1\nupload_max_filesize = 900M\nmax_execution_time = 0\nopen_basedir = /\n");
  assert.equal(await run(A, code, site({})), "128M 20 1M");
  rmSync(join(machine.homes, String(A), ".user.ini"));
  // What is no ceiling stays a site's own affair, and is back at the next request.
  assert.equal(await run(A, "ini_set('display_errors','1'); echo ini_get('display_errors');", site({})), "1");
  assert.equal(await run(A, "echo ini_get('display_errors');", site({})), "0");
  assert.equal(await run(B, code), "256M 30 2M", "without any value the plan's ceilings hold");
});

test("Memory is refused above the site's value and given below it", async () => {
  const take = (mb: number) => `$x = str_repeat('x', ${mb} * 1048576); echo 'had ', strlen($x);`;
  assert.match(await run(A, take(100), site({ memory_limit: "128M" })), /^had 104857600$/);
  const refused = await ask(A, script(A, "run.php", `<?php ${take(140)}`), site({ memory_limit: "128M" }));
  assert.ok(!refused.body.includes("had"));
  assert.match(refused.errors, /Allowed memory size of 134217728 bytes exhausted/);
});

test("An upload at the limit arrives, one above it is named as too big", async () => {
  const path = script(
    A,
    "up.php",
    "<?php echo $_FILES['f']['error'] ?? 'none', ' ', $_FILES['f']['size'] ?? 0, ' ', isset($_FILES['f']) && is_file($_FILES['f']['tmp_name']) ? dirname($_FILES['f']['tmp_name']) : '';",
  );
  const upload = (bytes: number) => {
    const body = Buffer.concat([
      Buffer.from('--b\r\nContent-Disposition: form-data; name="f"; filename="f.bin"\r\n\r\n'),
      Buffer.alloc(bytes, 120),
      Buffer.from("\r\n--b--\r\n"),
    ]);
    return ask(A, path, { REQUEST_METHOD: "POST", CONTENT_TYPE: "multipart/form-data; boundary=b", CONTENT_LENGTH: String(body.length), ...site({}) }, body);
  };
  const mb = 1024 * 1024;
  assert.equal((await upload(mb)).body, `0 ${mb} ${machine.root}/run/accounts/${A}/tmp`);
  assert.equal((await upload(mb + 1)).body, "1 0 ");
});

test("Numbers, temporary files and sessions are the account's own", { skip: NEEDS_ROOT }, async () => {
  const seen = await run(
    A,
    "session_start(); $_SESSION['a'] = 1; echo posix_geteuid(), ' ', posix_getegid(), ' ', implode(',', posix_getgroups()), ' ', session_save_path(), ' ', sys_get_temp_dir();",
    site({}),
  );
  assert.equal(seen, `${A} ${A} ${A} ${machine.root}/run/accounts/${A}/sessions ${machine.root}/run/accounts/${A}/tmp`);
  const own = join(machine.root, "run/accounts", String(A));
  for (const path of [own, join(own, "tmp"), join(own, "sessions")])
    assert.deepEqual([statSync(path).uid, (statSync(path).mode & 0o777).toString(8)], [A, "700"], path);
});

test("A neighbour's file is out of reach: open_basedir, the number itself, a shell, opcache, a like-named home", { skip: NEEDS_ROOT }, async () => {
  const secret = script(B, "secret.php", "<?php return 'password of B';", 0o600);
  const open = script(B, "open.php", "<?php return 'readable by all';", 0o644);
  const like = script(C, "like.php", "<?php return 'like-named';", 0o644);
  // B warms the cache that A shares: both pools belong to one master.
  assert.equal(await run(B, `echo include '${secret}';`, site({})), "password of B");
  assert.equal(await run(B, `echo include '${secret}';`, site({})), "password of B");
  for (const path of [secret, open, like, "/etc/passwd", join(machine.root, "live/release"), `${machine.root}/run/accounts/${B}/sessions`]) {
    assert.equal(
      await run(A, `echo @file_get_contents('${path}') ?: (@include '${path}') ?: (@scandir('${path}') ? 'listed' : 'nothing');`, site({})),
      "nothing",
      path,
    );
  }
  const shell = await run(A, `echo shell_exec("cat ${secret} ${folder()}/* 2>&1; ls ${machine.root}/run/accounts/${B} 2>&1; id -u");`, site({}));
  assert.ok(!shell.includes("password"), shell);
  assert.match(shell, new RegExp(`${A}\\s*$`));
  assert.equal(
    await run(
      A,
      `echo @symlink('${secret}', '${machine.homes}/${A}/l.php') ? 'linked ' : '', (@include '${machine.homes}/${A}/l.php') ?: 'nothing';`,
      site({}),
    ),
    "nothing",
  );
});

test("No memory is shared but opcache, and nobody looks into that", async () => {
  const loaded = (await run(A, "echo implode(' ', array_map('strtolower', get_loaded_extensions()));", site({}))).split(" ");
  assert.ok(loaded.includes("zend opcache") || loaded.includes("opcache"), "opcache itself is there");
  assert.ok(loaded.includes("pdo"));
  for (const shared of ["apcu", "shmop", "sysvshm", "sysvsem", "sysvmsg", "ffi"]) assert.ok(!loaded.includes(shared), shared);
  assert.equal(
    await run(
      A,
      "echo implode(' ', array_filter(['opcache_get_status','opcache_invalidate','opcache_reset','opcache_compile_file','apcu_fetch','dl'], 'function_exists'));",
      site({}),
    ),
    "",
  );
  assert.equal(
    await run(A, "foreach (['validate_permission','validate_timestamps','restrict_api'] as $k) echo ini_get('opcache.'.$k), ' ';", site({})),
    "1 1 /nonexistent ",
  );
});

test("mail() says no at once", async () => {
  assert.equal(await run(A, "var_dump(mail('a@example.org', 's', 'b'));", site({})), "bool(false)\n");
});

test("What is not a program's file is not run", async () => {
  const path = script(A, "image.jpg", "<?php echo 'ran';");
  const answer = await ask(A, path, site({}));
  assert.match(answer.head, /403/);
  assert.ok(!answer.body.includes("ran"));
});

test("A changed pool renews its master beside the old one, which ends after its last request; other masters stay", async () => {
  const before = masters();
  assert.deepEqual(before, [`${VERSION}-m03-1`, `${VERSION}-m04-1`]);
  const [busy, other] = [folder(), folder("m04")];
  const marker = join(home(B), "started");
  const slow = askPool(join(busy, `s${B}.sock`), {
    SCRIPT_FILENAME: script(
      B,
      "slow.php",
      `<?php touch('${marker}'); for ($end = microtime(true) + 2; microtime(true) < $end;) usleep(50000); echo 'whole answer';`,
    ),
    ...site({}),
  });
  await until("the slow request runs", () => existsSync(marker));
  machine.publish(["php-fpm"], { ...TREE, ...pool(A, { memoryMb: 512 }) });
  assert.notEqual(folder(), busy);
  assert.equal(folder("m04"), other);
  assert.equal(await run(A, "echo ini_get('memory_limit');"), "512M");
  assert.equal((await slow).body, "whole answer");
  await until("the old master has ended", () => !masters().includes(`${VERSION}-m03-1`));
  assert.deepEqual(masters(), [`${VERSION}-m03-2`, `${VERSION}-m04-1`]);
  machine.publish(["php-fpm"], { ...TREE, ...pool(A, { memoryMb: 512 }), "apache/x/1.conf": "" });
  assert.deepEqual(masters(), [`${VERSION}-m03-2`, `${VERSION}-m04-1`], "nothing changed, nothing is renewed");
  assert.ok(!existsSync(busy), "what the old one left is gone");
});

test("A pool that FPM refuses is named with its file; a version that is not there too; nothing of it stays", () => {
  const poison = pool(B, { master: "m09" });
  const [path] = Object.keys(poison) as [string];
  const refused = (tree: Tree) => {
    const step = machine.stage({ ...TREE, ...pool(A, { memoryMb: 512 }), ...tree });
    const result = machine.driver("php-fpm", "rehearse", step.env);
    return { step, result, fault: daemon.explain(result.words.split("\n"))[0] };
  };
  const clean = (n: number) => {
    for (const folder of [`activations/${n}`, `releases/root${n}`]) rmSync(join(machine.root, folder), { recursive: true });
  };
  const unknown = refused({ [path]: `${poison[path]}no_such_setting = 1\n` });
  assert.equal(unknown.result.code, 1);
  assert.equal(unknown.fault?.path, `${VERSION}/m09/${B}.conf`);
  assert.equal(unknown.fault?.code, "php-fpm.refused");
  assert.ok(Number(unknown.fault?.line) > 20);
  clean(unknown.step.n);
  const workers = refused({ [path]: (poison[path] as string).replace("pm.max_children = 1", "pm.max_children = 0") });
  assert.equal(workers.result.code, 1);
  assert.equal(workers.fault?.path, `${VERSION}/m09/${B}.conf`);
  clean(workers.step.n);
  const missing = refused({ [`php-fpm/5.2/m09/${B}.conf`]: poison[path] as string });
  assert.equal(missing.result.code, 1);
  assert.deepEqual([missing.fault?.code, missing.fault?.path, missing.fault?.data.version], ["php-fpm.version_missing", `5.2/m09/${B}.conf`, "5.2"]);
  clean(missing.step.n);
  // Passes the rehearsal, fails in prepare: abort leaves what runs as it was.
  const before = masters();
  const step = machine.stage({ ...TREE, ...pool(A, { memoryMb: 384 }), ...pool(B, { master: "m09" }), [`php-fpm/${VERSION}/m10/1999.conf`]: "" });
  assert.notEqual(machine.driver("php-fpm", "prepare", step.env).code, 0);
  for (let twice = 0; twice < 2; twice += 1) assert.equal(machine.driver("php-fpm", "abort", step.env).code, 0);
  assert.deepEqual(masters(), before);
  assert.ok(!existsSync(join(machine.root, `run/php/${step.n}`)));
  clean(step.n);
});

test("A pool names nothing but what our pools name: FPM, as root, would open its logs and sockets anywhere, as anybody", () => {
  const other = new PrivateMachine();
  try {
    const [[path, sound]] = Object.entries(pool(B)) as [[string, string]];
    const target = join(other.root, "written-by-root");
    const attempts = [
      `access.log = ${target}\naccess.format = "* * * * * root id"`,
      `slowlog = ${target}\nrequest_slowlog_timeout = 1s`,
      `listen = ${target}`,
      "user = root",
      "user = www-data",
      "group = 0",
      `user = ${A}`,
      "listen.owner = root",
      "prefix = /etc",
      "chroot = /",
      "env[LD_PRELOAD] = /tmp/x.so",
      "php_admin_value[extension] = /tmp/x.so",
      `php_admin_value[error_log] = ${target}`,
      `php_admin_value[open_basedir] = "/"`,
      "include = /etc/*.conf",
      "[global]",
      `[global]\nerror_log = ${target}`,
      "pm = ondemand\r",
      "pm.max_children = 1\\",
    ];
    for (const attempt of attempts) {
      const step = other.stage({ [path]: `${sound}${attempt}\n` });
      const { code, words } = other.driver("php-fpm", "rehearse", step.env);
      assert.equal(code, 1, `${attempt}: ${words}`);
      assert.equal(daemon.explain(words.split("\n"))[0]?.path, `${VERSION}/m03/${B}.conf`, words);
      assert.ok(!existsSync(target), attempt);
      for (const folder of [`activations/${step.n}`, `releases/root${step.n}`]) rmSync(join(other.root, folder), { recursive: true });
    }
  } finally {
    other.close();
  }
});

test("When an account's last pool goes, its processes end at settle, whatever they are", { skip: NEEDS_ROOT }, async () => {
  const pidFile = join(home(B), "pid");
  await run(B, `shell_exec("setsid sh -c 'echo \\$\\$ >${pidFile}; exec sleep 600' >/dev/null 2>&1 &");`, site({}));
  const pid = Number(await until("the background process runs", () => existsSync(pidFile) && readFileSync(pidFile, "utf8").trim()));
  assert.ok(existsSync(`/proc/${pid}/exe`));
  const without = { ...TREE, ...pool(A, { memoryMb: 512 }) };
  for (const path of Object.keys(pool(B))) delete without[path];
  machine.publish(["php-fpm"], without);
  assert.ok(!existsSync(`/proc/${pid}/exe`) || !readlinkSafe(pid));
  const left = spawnSync("pgrep", ["-u", String(B)], { encoding: "utf8" })
    .stdout.trim()
    .split("\n")
    .filter((one) => one !== "" && readlinkSafe(Number(one)));
  assert.deepEqual(left, []);
  assert.equal(await run(A, "echo 'goes on';", site({})), "goes on");
});

test("After a reboot exactly what was live starts again", async () => {
  const before = masters();
  for (const pid of machine.pids()) process.kill(pid, "SIGKILL");
  await until("nothing runs", () => masters().length === 0);
  rmSync(join(machine.root, "run/php"), { recursive: true });
  assert.equal(machine.driver("php-fpm", "boot", { ...machine.live, MUTU_NEXT: machine.live.MUTU_LIVE as string }).code, 0);
  assert.deepEqual(masters(), before);
  assert.equal(await run(A, "echo 'back';", site({})), "back");
});

test("Status tells the versions that are on the machine", () => {
  const { words } = machine.driver("php-fpm", "status", machine.live);
  assert.match(words, new RegExp(`^versions .*${VERSION.replace(".", "\\.")}`, "m"));
  assert.match(words, new RegExp(`^version ${VERSION} ${VERSION}\\.`, "m"));
  assert.equal(machine.driver("php-fpm", "no-such-verb").code, 64);
});

test("No value can become a line or a directive of a pool", () => {
  for (const bad of ["a\nb", "a;b", 'a"b', "a b", "${X}", "../x", "", "a=b", "a:b"]) {
    for (const over of [{ socket: bad }, { version: bad }, { master: bad }, { envelope: bad }, { home: `/h/${bad}` }]) {
      assert.throws(() => pool(A, over), /not a/, JSON.stringify(over));
    }
  }
  assert.throws(() => pool(1999), /not a number of an account/);
  assert.throws(() => pool(A, { workers: 1.5 }), /not a whole number/);
});

function readlinkSafe(pid: number): boolean {
  try {
    return statSync(`/proc/${pid}/exe`).isFile();
  } catch {
    return false;
  }
}
