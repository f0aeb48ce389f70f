/** Parts of the install scripts that need no machine: their own functions, in folders of this test. The whole, on machines: lab.test.ts. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";

const MACHINES = fileURLToPath(new URL("../../machines", import.meta.url));
const INSTALL = readFileSync(join(MACHINES, "control/install"), "utf8");

function folder(t: TestContext): (name: string) => string {
  const base = mkdtempSync("/tmp/mutu-install-");
  t.after(() => rmSync(base, { recursive: true, force: true }));
  return (name) => join(base, name);
}

/** One function of the control machine's install, as it stands there. */
const functionOf = (name: string): string =>
  new RegExp(`^${name}\\(\\) \\{ .*\\}$|^${name}\\(\\) \\{\\n[^]*?^\\}$`, "m").exec(INSTALL)?.[0] ?? assert.fail(name);

/** Runs lines after prepare.sh; what only root may do is not done. */
function run(lines: string, places: readonly (readonly [string, string])[] = []) {
  const prepare = readFileSync(join(MACHINES, "prepare.sh"), "utf8");
  const moved = (text: string) => places.reduce((all, [from, to]) => all.replaceAll(from, to), text);
  const script = `HERE=${MACHINES}/control\n${moved(prepare)}\nfile() { cat >"$1"; chmod "$2" "$1"; }\nfolder() { mkdir -p "$1"; }\nset -eu\n${moved(lines)}`;
  const { status, stdout, stderr } = spawnSync("sh", { input: script, encoding: "utf8" });
  return { status, said: stdout.trim(), stderr: stderr.trim() };
}

const PATHS = /^[A-Za-z]+Paths=.*\/srv\/mutu\/homes\b/;

test("members' files elsewhere: every unit that names them names that place too, with the same word; back again, nothing is left", (t) => {
  const at = folder(t);
  mkdirSync(at("units"));
  const lay = (homes: string) =>
    run(["web", "control"].map((kind) => `HOMES=${homes} lay_units ${MACHINES}/${kind}/units\n`).join(""), [["/etc/systemd/system", at("units")]]);
  assert.equal(lay("/data/homes").status, 0);
  const told = readdirSync(at("units")).flatMap((name) => {
    const unit = at(`units/${name}`);
    if (statSync(unit).isDirectory()) return [];
    const lines = readFileSync(unit, "utf8").split("\n");
    const wanted = lines.filter((line) => PATHS.test(line)).map((line) => `${line.split("=")[0]}=-/data/homes`);
    const dropIn = `${unit}.d/homes.conf`;
    const found = existsSync(dropIn) ? readFileSync(dropIn, "utf8").split("\n").slice(2, -1) : [];
    assert.deepEqual(found, wanted, name);
    return wanted.map((line) => `${name} ${line}`);
  });
  for (const line of [
    "mutu-panel.service ReadWritePaths",
    "mutu-php-fpm@.service ReadWritePaths",
    "mutu-proftpd.service ReadWritePaths",
    "mutu-nginx.service InaccessiblePaths",
  ])
    assert.ok(told.includes(`${line}=-/data/homes`), line);
  assert.equal(lay("/srv/mutu/homes").status, 0);
  for (const name of readdirSync(at("units"))) assert.ok(!existsSync(at(`units/${name}/homes.conf`)), name);
});

test("places that our units do not see, and words that are no place, are refused for members' files", () => {
  for (const homes of ["'/home/members'", "~root/x", "'/tmp/homes'", "'/var/tmp/homes'", "'/run/user/0/x'", "'homes'", "'/srv/a b'", "'/srv/a:b'"]) {
    const { status, stderr } = run(`HOMES=${homes}\nhomes_word`);
    assert.deepEqual([status, stderr.startsWith("install: --homes: ")], [1, true], `${homes}: ${stderr}`);
  }
  assert.deepEqual(run("HOMES=/srv/mutu/homes\nhomes_word"), { status: 0, said: "", stderr: "" });
});

test("the panel is read by its user and written by root alone, whatever the umask of who built it; the same again changes nothing", (t) => {
  const at = folder(t);
  for (const name of ["bin", "from/dist", "from/node_modules/x", "from/views", "from/public", "from/prisma", "from/machines", "from/src/daemons/x/machine"])
    mkdirSync(at(name), { recursive: true });
  const put = (name: string, text: string, mode: number) => {
    writeFileSync(at(`from/${name}`), text);
    chmodSync(at(`from/${name}`), mode);
  };
  put("package.json", "{}", 0o600);
  put("dist/server.js", "one", 0o666);
  put("machines/apply", "#!/bin/sh\n", 0o700);
  chmodSync(at("from/views"), 0o700);
  symlinkSync("../dist/server.js", at("from/node_modules/link"));
  const places = [
    ["/opt/mutu", at("mutu")],
    ["/usr/local/bin/mutu", at("bin/mutu")],
    ["-uid 0", `-uid ${process.getuid?.()}`],
  ] as const;
  const lay = () => run(`PANEL=${at("from")}\n${functionOf("open_files")}\n${functionOf("panel")}\npanel\necho "changed \${panel_changed:-no}"`, places);
  const modes = () => ["", "package.json", "dist/server.js", "machines/apply", "views"].map((name) => (statSync(at(`mutu/${name}`)).mode & 0o777).toString(8));
  const wanted = ["755", "644", "644", "755", "755"];
  const first = lay();
  assert.deepEqual([first.said.split("\n").at(-1), first.stderr, modes()], ["changed yes", "", wanted]);
  assert.deepEqual(lay().said, "changed no");
  // Laid by an older install: opened, or closed to the panel.
  for (const [name, mode] of [
    ["dist/server.js", 0o664],
    ["package.json", 0o600],
  ] as const) {
    chmodSync(at(`mutu/${name}`), mode);
    assert.deepEqual([lay().said.split("\n").at(-1), modes()], ["changed yes", wanted], name);
  }
  put("dist/server.js", "two", 0o644);
  assert.match(lay().said, /changed yes$/);
  assert.equal(readFileSync(at("mutu/dist/server.js"), "utf8"), "two");
  assert.deepEqual(readdirSync(at("")).sort(), ["bin", "from", "mutu"], "nothing of before is left");
});

test("what the panel's unit lets it write is known again when a path of it appears, or a line is added", (t) => {
  const at = folder(t);
  mkdirSync(at("units/mutu-panel.service.d"), { recursive: true });
  writeFileSync(at("units/mutu-panel.service"), `[Service]\nReadWritePaths=${at("state")} -${at("names")}\n`);
  const walls = () => run(`${functionOf("panel_walls")}\npanel_walls`, [["/etc/systemd/system", at("units")]]).said;
  const before = walls();
  assert.equal(walls(), before);
  mkdirSync(at("names"));
  const named = walls();
  assert.notEqual(named, before);
  writeFileSync(at("units/mutu-panel.service.d/mine.conf"), "[Service]\nMemoryMax=1G\n");
  assert.notEqual(walls(), named);
  assert.match(INSTALL, /\[ "\$\(panel_walls\)" != "\$walls_before" \]/);
});
