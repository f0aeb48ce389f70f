/** What package-hook does at night beside publications and dpkg: a copy of it, whose programs say what they were asked. The real one: units.test.ts, names.test.ts. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";

const HOOK = readFileSync(fileURLToPath(new URL("../../machines/package-hook", import.meta.url)), "utf8");

/** A machine of this daemon, of which a process of before runs; the answer of `renew` is what it said, and what it asked of systemd. */
function machine(t: TestContext, daemon: string) {
  const base = mkdtempSync("/tmp/mutu-hook-");
  t.after(() => rmSync(base, { recursive: true, force: true }));
  const at = (name: string) => join(base, name);
  for (const name of ["root", "lib", "bin"]) mkdirSync(at(name));
  const program = (name: string, text: string) => writeFileSync(at(name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  writeFileSync(at("machine.conf"), `MUTU_ROOT=${at("root")}\nMUTU_DAEMONS=homes ${daemon}\n`);
  program("lib/apply", "exit 1");
  program("lib/unit", "echo 1");
  program("bin/logger", "exit 0");
  program("bin/setpriv", "exit 0");
  // The list of what runs a program of before ends here.
  program("bin/sort", `cat >/dev/null; echo ${daemon}`);
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
    // Not a fork for each process of this machine, of which none is ours.
    ["/proc/[0-9]*", "/proc/self"],
  ] as const) {
    assert.equal(hook.split(from).length, 2, from);
    hook = hook.replace(from, () => to);
  }
  program("hook", hook.replaceAll("/etc/mutu/machine.conf", at("machine.conf")).replace(/^#!.*\n/, ""));
  const renew = (...before: string[]) => {
    rmSync(at("calls"), { force: true });
    const { status, stdout } = spawnSync("env", [...before, at("hook"), "renew"], { encoding: "utf8" });
    assert.equal(status, 0, stdout);
    return { said: stdout.trim(), calls: existsSync(at("calls")) ? readFileSync(at("calls"), "utf8") : "" };
  };
  return { at, program, renew, older: () => (existsSync(at("older")) ? readFileSync(at("older"), "utf8") : null) };
}

const RESTARTED = (daemon: string) => ({
  said: `mutu: ${daemon} was started anew: it runs the program that is installed`,
  calls: `restart mutu-${daemon}\nheld\n0\n`,
});

test("programs are started anew under apply's lock, which they do not inherit; not at all while somebody else holds it", (t) => {
  const { at, renew, older } = machine(t, "knot");
  const busy = renew("flock", "-o", at("root/lock"));
  assert.deepEqual(busy, { said: "mutu: a publication, or dpkg, is at work for long: nothing was started anew", calls: "" });
  assert.equal(older(), null);
  assert.deepEqual(renew(), RESTARTED("knot"));
  assert.equal(older(), "knot 1\n");
  assert.equal(spawnSync("flock", ["-n", at("root/lock"), "true"]).status, 0, "nobody holds it afterwards");
});

test("ProFTPD is started anew only while nobody is logged in, and only with a configuration that the installed program takes", async (t) => {
  const { at, program, renew, older } = machine(t, "proftpd");
  program("bin/proftpd", `echo "$*" >>${at("tried")}`);
  /** A main process; each connection is a child of it. */
  const main = async (script: string): Promise<ChildProcess> => {
    const child = spawn("sh", ["-c", script], { stdio: ["pipe", "pipe", "ignore"] });
    t.after(() => {
      child.stdin.end();
      child.kill("SIGKILL");
    });
    await once(child.stdout, "data");
    writeFileSync(at("main"), String(child.pid));
    return child;
  };
  program("lib/unit", `[ "$*" = "pid mutu-proftpd" ] && cat ${at("main")}`);

  // The child ends with its input, so nothing is left of it when the test ends.
  const busy = await main("exec 3<&0; cat <&3 & echo up; wait");
  const waits = { said: "mutu: proftpd: somebody is logged in, it is started anew when nobody is", calls: "" };
  assert.deepEqual([renew(), older()], [waits, `proftpd ${busy.pid}\n`], "it is told as older until it was done");
  assert.equal(readFileSync(at("tried"), "utf8"), `-t -c ${at("root")}/run/proftpd/proftpd.conf\n`);

  await main("echo up; read -r end");
  assert.deepEqual(renew("flock", "-o", at("root/lock")).calls, "", "somebody else holds the lock");
  assert.deepEqual(renew(), RESTARTED("proftpd"));
  program("bin/proftpd", "echo 'fatal: unknown directive'; echo 'on line 7' >&2; exit 1");
  assert.deepEqual(renew(), { said: "mutu: proftpd was not started anew: fatal: unknown directive on line 7", calls: "" });
  program("bin/proftpd", "exit 0");
  program("bin/systemctl", `echo "$*" >>${at("calls")}; echo 'Job failed.' >&2; exit 1`);
  assert.deepEqual(renew(), { said: "mutu: proftpd was not started anew: Job failed.", calls: "restart mutu-proftpd\n" });

  // Somebody's own ProFTPD, or ours was stopped by a person: it stays so.
  for (const pid of ["0", ""]) {
    writeFileSync(at("main"), pid);
    assert.deepEqual(renew(), { said: "", calls: "" }, `main process "${pid}"`);
  }
});
