/** A member's PHP on the real web machine, trying to reach what is not its own; each refusal stands beside the same act where it is allowed. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { run } from "./lab/run.js";
import { type House, raiseHouse } from "./main-job/rig.js";
import { changeMemory, settleVillage, type Villager } from "./main-job/village.js";

const SECRET = "a-neighbours-password";
/** A tool that a hostile member writes himself: runs the PHP that is posted to it, errors as answers. */
const TOOL = `<?php ini_set("display_errors", "0"); header("Content-Type: application/json");
$act = function () { return eval(file_get_contents("php://input")); };
try { $answer = $act(); } catch (Throwable $error) { $answer = "threw " . $error->getMessage(); }
echo json_encode(["answer" => $answer, "last" => error_get_last()["message"] ?? null]);`;

describe("isolation", { timeout: 600_000 }, () => {
  let house: House;
  let evil: Villager;
  let victim: Villager;

  const home = ({ number }: Villager) => `/srv/mutu/homes/${number}`;
  const root = (villager: Villager) => `${home(villager)}/${villager.folder}`;
  const write = (villager: Villager, name: string, content: string, mode = "644") =>
    house.control.must(["sh", "-c", 'cat > "$1" && chmod "$2" "$1"', "write", `${root(villager)}/${name}`, mode], { uid: villager.number, input: content });
  const post = async (villager: Villager, code: string): Promise<unknown> => {
    const { status, body } = await house.ask(`https://${villager.name}/tool.php`, { method: "POST", body: code, headers: { "content-type": "text/plain" } });
    assert.equal(status, 200, body);
    return (JSON.parse(body) as { answer: unknown }).answer;
  };
  /** What a shell started by a member's PHP sees: open_basedir does not hold there, only the machine's own walls do. */
  const shell = (villager: Villager, words: string) =>
    post(villager, `exec(${JSON.stringify(`${words} 2>&1`).replaceAll("$", "\\$")}, $lines, $code); return [$code, implode("\\n", $lines)];`) as Promise<
      [number, string]
    >;
  const refused = async (words: string): Promise<void> => {
    const [code, said] = await shell(evil, words);
    assert.notEqual(code, 0, `${words}: ${said}`);
    assert.match(said, /Permission denied|No such file|not permitted|cannot|denied/i, words);
    assert.ok(!said.includes(SECRET), words);
  };

  before(async () => {
    house = await raiseHouse();
    [evil, victim] = (await settleVillage(house, 2, "tous")) as [Villager, Villager];
    // In one master: what its pools share is what there is to steal.
    await house.sql("UPDATE PhpPool SET master = 'm00'");
    await house.mutu("publications", "run", "--host", "control");
    await house.mutu("publications", "run", "--host", "web1");
    for (const villager of [evil, victim]) await write(villager, "tool.php", TOOL);
    await write(victim, "config.php", `<?php $password = "${SECRET}"; return $password;`, "600");
    await write(victim, "uses.php", '<?php echo include __DIR__ . "/config.php";');
    await write(victim, "open.txt", SECRET);
  });
  after(() => house?.close());

  test("both members' PHP runs, each as its own number, both in one master", async () => {
    assert.equal(await post(evil, "return posix_geteuid();"), evil.number);
    assert.equal(await post(victim, "return posix_geteuid();"), victim.number);
    assert.match(await house.web.must(["sh", "-c", "systemctl list-units --plain --no-legend 'mutu-php-fpm@8.2-*' | wc -l"]), /^1$/m);
  });

  test("a neighbour's files: by their path, by a symbolic link, from PHP, from a shell, through Apache", async () => {
    for (const file of ["open.txt", "config.php"]) {
      const path = `${root(victim)}/${file}`;
      assert.match(String(await post(victim, `return file_get_contents("${path}");`)), new RegExp(SECRET), "its owner reads it");
      assert.equal(await post(evil, `return @file_get_contents("${path}");`), false);
      await refused(`cat ${path}`);
      await refused(`ls ${home(victim)}`);
      await shell(evil, `ln -sfn ${path} ${root(evil)}/link.txt`);
      assert.equal(await post(evil, 'return @file_get_contents(__DIR__ . "/link.txt");'), false);
      await refused(`cat ${root(evil)}/link.txt`);
      const linked = await house.ask(`https://${evil.name}/link.txt`);
      assert.ok([403, 404].includes(linked.status), String(linked.status));
      assert.ok(!linked.body.includes(SECRET));
    }
    await shell(evil, `ln -sfn ${root(evil)}/tool.php ${root(evil)}/own.txt`);
    assert.equal((await house.ask(`https://${evil.name}/own.txt`)).status, 200, "a link to one's own file is served");
    await shell(evil, `ln -sfn ${root(victim)} ${root(evil)}/folder`);
    assert.ok([403, 404].includes((await house.ask(`https://${evil.name}/folder/open.txt`)).status));
  });

  test("another pool's socket", async () => {
    const [pool] = await house.sql<{ socket: string }>("SELECT socket FROM PhpPool WHERE accountId = ?", victim.accountId);
    const path = (await house.web.must(["find", "/run/mutu-php", "-name", pool?.socket ?? ""])).trim();
    assert.notEqual(path, "");
    const connect = (socket: string) => `$s = @stream_socket_client("unix://${socket}", $no, $why, 3); return $s ? "open" : $why;`;
    assert.match(String(await post(evil, connect(path))), /denied|No such file|not allowed|open_basedir/i);
    const client = `perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Peer => shift) or die $!' ${path}`;
    await refused(client);
    await refused("ls /run/mutu-php");
    assert.equal((await house.web.exec(["sh", "-c", client])).status, 0, "root can");
  });

  test("nginx's keys, generated configuration, logs, other programs' settings", async () => {
    for (const path of [
      "/var/lib/mutu/tls/fallback.pem",
      "/var/lib/mutu/live/root",
      "/var/lib/mutu",
      "/var/lib/mutu/run",
      "/var/log/mutu/apache",
      "/var/log/mutu/php",
      "/etc/mutu/door.keys",
      "/etc/sudoers.d/mutu-door",
      "/etc/ssh/ssh_host_ed25519_key",
    ]) {
      await house.web.must(["test", "-e", path]);
      await refused(`cat ${path}/. || cat ${path}`);
    }
    for (const path of ["/var/lib/mutu/x", "/etc/x", "/usr/local/lib/mutu/x", "/run/x", "/var/log/x"]) await refused(`touch ${path}`);
  });

  test("in a release Apache reads its own files and nginx its own, not each other's, nor the pools'", async () => {
    const release = "/var/lib/mutu/live/release";
    for (const [own, others] of [
      ["apache", ["nginx", "php-fpm", "homes"]],
      ["nginx", ["apache", "php-fpm", "homes"]],
    ] as const) {
      const as = (command: string) => house.web.exec(["setpriv", "--reuid", `mutu-${own}`, "--regid", `mutu-${own}`, "--init-groups", "sh", "-c", command]);
      assert.notEqual((await as(`find -L ${release}/??/${own} -type f | head -n 1`)).stdout.trim(), "", own);
      for (const other of others) assert.equal((await as(`find -L ${release}/??/${other} -type f`)).stdout, "", `${own} reads files of ${other}`);
    }
  });

  test("processes of others are not even seen", async () => {
    const [, said] = await shell(evil, "cat /proc/[0-9]*/status | sed -n 's/^Uid:[[:space:]]*\\([0-9]*\\).*/\\1/p' | sort -u");
    assert.deepEqual(
      said.split("\n").filter((line) => /^\d+$/.test(line)),
      [String(evil.number)],
    );
    await refused("cat /proc/1/environ");
    const apache = (await house.web.must(["pgrep", "-o", "apache2"])).trim();
    await refused(`cat /proc/${apache}/environ`);
    await refused(`kill -9 ${apache}`);
  });

  test("neighbours' temporary files and sessions", async () => {
    const own = (await post(
      victim,
      'session_start(); $_SESSION["who"] = "victim"; session_write_close(); $f = tempnam(sys_get_temp_dir(), "t"); file_put_contents($f, "x"); return [session_save_path(), $f, session_id()];',
    )) as [string, string, string];
    assert.equal(own[0], `/var/lib/mutu-accounts/${victim.number}/sessions`);
    assert.match(own[1], new RegExp(`^/var/lib/mutu-accounts/${victim.number}/tmp/`));
    for (const path of [own[0], own[1], `${own[0]}/sess_${own[2]}`, `/var/lib/mutu-accounts/${victim.number}`]) await refused(`cat ${path}/. || cat ${path}`);
    assert.equal(await post(victim, `session_id("${own[2]}"); session_start(); return $_SESSION["who"];`), "victim");
    assert.equal(
      await post(evil, `ini_set("session.save_path", "${own[0]}"); session_id("${own[2]}"); @session_start(); return $_SESSION["who"] ?? null;`),
      null,
    );
    assert.equal(await post(evil, 'return getenv("TMPDIR");'), `/var/lib/mutu-accounts/${evil.number}/tmp`);
  });

  test("the opcode cache that both pools share gives nothing away", async () => {
    for (let time = 0; time < 3; time += 1) assert.equal((await house.ask(`https://${victim.name}/uses.php`)).body, SECRET, "cached by now");
    const path = `${root(victim)}/config.php`;
    assert.equal(await post(evil, `return @include "${path}";`), false);
    await shell(evil, `ln -sfn ${path} ${root(evil)}/stolen.php`);
    assert.equal(await post(evil, 'return @include __DIR__ . "/stolen.php";'), false);
    assert.ok(!(await house.ask(`https://${evil.name}/stolen.php`)).body.includes(SECRET));
    for (const call of ["opcache_get_status()", `opcache_invalidate("${path}", true)`, "opcache_reset()", `opcache_compile_file("${path}")`]) {
      assert.match(String(await post(evil, `return ${call};`)), /undefined function/, call);
    }
    assert.equal(
      await post(evil, 'return function_exists("apcu_fetch") || function_exists("shm_attach") || function_exists("shmop_open") || class_exists("FFI");'),
      false,
    );
    assert.equal((await house.ask(`https://${victim.name}/uses.php`)).body, SECRET);
  });

  test("Apache's own ports, with a forged address", async () => {
    for (const port of [8080, 8081, 8090, 8091]) {
      const code = `$s = @fsockopen("127.0.0.1", ${port}, $no, $why, 3); if (!$s) return $why; fwrite($s, "GET / HTTP/1.0\\r\\nHost: ${victim.name}\\r\\nX-Forwarded-For: 192.0.2.9\\r\\n\\r\\n"); return stream_get_contents($s);`;
      assert.match(String(await post(evil, code)), /refused/i, String(port));
    }
    const spoofed = await house.ask(`https://${victim.name}/tool.php`, {
      method: "POST",
      body: 'return $_SERVER["REMOTE_ADDR"];',
      headers: { "x-forwarded-for": "192.0.2.9", "content-type": "text/plain" },
    });
    assert.match(spoofed.body, new RegExp(`"answer":"${house.control.ip}"`));
  });

  test("a site's raised limit does not leak into the same pool's next request", async () => {
    const second = await house.api<{ id: string; folder: string }>("POST", "/sites", {
      accountId: evil.accountId,
      address: `petit.${evil.name}`,
      withWww: false,
      memoryMb: 32,
    });
    assert.equal(second.status, 201, JSON.stringify(second.body));
    await changeMemory(house, [evil], 120);
    await house.mutu("publications", "run", "--host", "control");
    await house.mutu("publications", "run", "--host", "web1");
    await house.chip(second.body.id, "verified");
    const page = '<?php echo getmypid(), " ", ini_get("memory_limit");';
    await write(evil, "limit.php", page);
    await write({ ...evil, folder: second.body.folder }, "limit.php", page);
    const workers = new Map<string, Set<string>>();
    const asked: (readonly [string, string])[] = [
      [evil.name, "120M"],
      [`petit.${evil.name}`, "32M"],
    ];
    for (let time = 0; time < 12; time += 1) {
      // Two workers that take turns would each see one site only, were the order always the same.
      for (const [name, wanted] of time % 2 === 0 ? asked : asked.toReversed()) {
        const [pid = "", limit] = (await house.ask(`https://${name}/limit.php`)).body.split(" ");
        assert.equal(limit, wanted);
        workers.set(pid, (workers.get(pid) ?? new Set()).add(name));
      }
    }
    assert.ok(
      [...workers.values()].some((names) => names.size === 2),
      "one worker answered both sites",
    );
  });

  test("no chmod that an FTP client sends takes a file off the web", async () => {
    await write(evil, "page.html", "still here");
    const folders = [root(evil), `${root(evil)}/wp-content/uploads`];
    await shell(evil, `mkdir -p ${folders[1]} && cp ${root(evil)}/page.html ${folders[1]}/`);
    for (const mode of ["0755", "0775", "0777", "2755", "1777", "0711", "0751", "0750", "0770", "0710", "2750"]) {
      for (const folder of folders) await house.control.must(["chmod", mode, folder], { uid: evil.number });
      for (const path of ["/page.html", "/wp-content/uploads/page.html"])
        assert.equal((await house.ask(`https://${evil.name}${path}`)).body, "still here", `${mode} ${path}`);
    }
    for (const mode of ["0640", "0660", "0440"]) {
      await house.control.must(["chmod", mode, `${root(evil)}/page.html`], { uid: evil.number });
      assert.equal((await house.ask(`https://${evil.name}/page.html`)).body, "still here", mode);
    }
    await house.control.must(["chmod", "0777", root(victim)], { uid: victim.number });
    await refused(`cat ${root(victim)}/open.txt`);
    await house.control.must(["chmod", "0755", root(victim)], { uid: victim.number });
  });

  test("the top of the home is its member's to write in, and nobody's to open or close", async () => {
    for (const mode of ["0700", "0000", "0777"]) {
      assert.equal(await post(evil, `return @chmod("${home(evil)}", ${mode});`), false, mode);
      await refused(`chmod ${mode} ${home(evil)}`);
      assert.notEqual((await house.control.exec(["chmod", mode, home(evil)], { uid: evil.number })).status, 0);
      assert.equal((await house.ask(`https://${evil.name}/page.html`)).body, "still here", mode);
    }
    assert.equal(await post(evil, `mkdir("${home(evil)}/private"); return file_put_contents("${home(evil)}/private/note", "mine");`), 4);
    await house.control.must(["rm", "-r", `${home(evil)}/private`], { uid: evil.number });
    // Apache owns it and still cannot change it: it sees homes read-only.
    const pid = (await house.web.must(["pgrep", "-o", "apache2"])).trim();
    const asApache = ["nsenter", "-t", pid, "-m", "--", "setpriv", "--reuid", "mutu-apache", "--regid", "mutu-apache", "--clear-groups", "--"];
    assert.match((await house.web.exec([...asApache, "chmod", "0777", home(evil)])).stderr, /Read-only file system/);
    const [, made] = await shell(evil, `umask; stat -c '%a %u' ${home(evil)}`);
    assert.equal(made, "0022\n170 1990");
  });

  test("WordPress's way of uploading ends with files that are served", async () => {
    // As wp_mkdir_p, wp_handle_upload and the updater do: mkdir with the parent's mode, chmod, move_uploaded_file, chmod from the folder's mode, rename.
    await write(
      evil,
      "upload.php",
      `<?php $parent = __DIR__ . "/wp-content"; @mkdir($parent); $dir = "$parent/uploads/2026/11";
      $mode = stat($parent)["mode"] & 0007777; @mkdir($dir, $mode, true); if ($mode != ($mode & ~umask())) chmod($dir, $mode);
      $file = "$dir/photo.txt"; if (!move_uploaded_file($_FILES["photo"]["tmp_name"], $file)) { http_response_code(500); exit("not moved"); }
      chmod($file, stat(dirname($file))["mode"] & 0000666); copy($file, "$dir/thumb.txt"); rename("$dir/thumb.txt", "$dir/small.txt");
      $up = "$parent/upgrade/new"; mkdir($up, 0755, true); file_put_contents("$up/index.html", "new"); chmod("$up/index.html", 0644); rename($up, __DIR__ . "/plugin"); echo "done";`,
    );
    const body = '--b\r\nContent-Disposition: form-data; name="photo"; filename="photo.txt"\r\nContent-Type: text/plain\r\n\r\na photo\r\n--b--\r\n';
    const answer = await house.ask(`https://${evil.name}/upload.php`, { method: "POST", body, headers: { "content-type": "multipart/form-data; boundary=b" } });
    assert.equal(answer.body, "done");
    for (const [path, content] of [
      ["photo.txt", "a photo"],
      ["small.txt", "a photo"],
    ] as const) {
      assert.equal((await house.ask(`https://${evil.name}/wp-content/uploads/2026/11/${path}`)).body, content, path);
    }
    assert.equal((await house.ask(`https://${evil.name}/plugin/index.html`)).body, "new");
  });

  test("the machine is as it was: no unit failed", async () => {
    const failed = await run(house.web.argv(["systemctl", "list-units", "--failed", "--plain", "--no-legend", "mutu-*"]));
    assert.equal(failed.stdout, "");
  });
});
