/** What package-hook does at night beside publications and dpkg: a copy of it, whose programs say what they were asked. The real one: units.test.ts, names.test.ts. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const HOOK = readFileSync(fileURLToPath(new URL("../../machines/package-hook", import.meta.url)), "utf8");

test("programs are started anew under apply's lock, which they do not inherit; not at all while somebody else holds it", (t) => {
  const base = mkdtempSync("/tmp/mutu-hook-");
  t.after(() => rmSync(base, { recursive: true, force: true }));
  const at = (name: string) => join(base, name);
  for (const name of ["root", "lib", "bin"]) mkdirSync(at(name));
  const program = (name: string, text: string) => writeFileSync(at(name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  writeFileSync(at("machine.conf"), `MUTU_ROOT=${at("root")}\nMUTU_DAEMONS=homes knot\n`);
  program("lib/apply", "exit 1");
  program("lib/unit", "echo 1");
  program("bin/logger", "exit 0");
  program("bin/setpriv", "exit 0");
  // The list of what runs a program of before ends here.
  program("bin/sort", "cat >/dev/null; echo knot");
  program(
    "bin/systemctl",
    `{ echo "$*"; flock -n ${at("root/lock")} true || echo held; readlink /proc/$$/fd/* | grep -c ${at("root/lock")}; } >>${at("calls")}; true`,
  );
  let hook = HOOK;
  for (const [from, to] of [
    ["PATH=", `PATH=${at("bin")}:`],
    ["lib=/usr/local/lib/mutu", `lib=${at("lib")}`],
    ["older=/run/mutu-older", `older=${at("older")}`],
    ["WAIT_SECONDS=120 ", "WAIT_SECONDS=0 "],
  ] as const) {
    assert.equal(hook.split(from).length, 2, from);
    hook = hook.replace(from, () => to);
  }
  program("hook", hook.replaceAll("/etc/mutu/machine.conf", at("machine.conf")).replace(/^#!.*\n/, ""));
  const renew = (argv: string[]) => {
    const { status, stdout } = spawnSync(argv[0] as string, argv.slice(1), { encoding: "utf8" });
    return { status, stdout, calls: existsSync(at("calls")) ? readFileSync(at("calls"), "utf8") : "" };
  };
  const busy = renew(["flock", "-o", at("root/lock"), at("hook"), "renew"]);
  assert.deepEqual([busy.status, busy.calls, existsSync(at("older"))], [0, "", false]);
  assert.match(busy.stdout, /^mutu: a publication, or dpkg, is at work for long: nothing was started anew$/m);
  const free = renew([at("hook"), "renew"]);
  assert.deepEqual([free.status, free.calls], [0, "restart mutu-knot\nheld\n0\n"]);
  assert.match(free.stdout, /^mutu: knot was started anew/m);
  assert.equal(readFileSync(at("older"), "utf8"), "knot 1\n");
  assert.equal(spawnSync("flock", ["-n", at("root/lock"), "true"]).status, 0, "nobody holds it afterwards");
});
