import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { describe, test } from "node:test";
import { packRelease, runCommand } from "../../../src/core/machine/index.js";

const sh = (script: string, more: Partial<Parameters<typeof runCommand>[0]> = {}) =>
  runCommand({ argv: ["/bin/sh", "-c", script], timeoutSeconds: 20, ...more });

/** Waits until a process is gone; a zombie that nobody has waited for yet counts as gone. */
async function gone(pid: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
    if (stat === null || / Z /.test(stat)) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.fail(`process ${pid} is still there`);
}

describe("runCommand", () => {
  test("gives exit code and both outputs", async () => {
    const result = await sh("echo out; echo err >&2; exit 7");
    assert.deepEqual([result.code, result.stdout.toString(), result.stderr.toString(), result.timedOut], [7, "out\n", "err\n", false]);
  });

  test("hands arguments over as they are: there is no shell", async () => {
    const hostile = ["$(id)", "a b", "`id`", "*", "; id", "é\u2028", "-n"];
    const result = await runCommand({ argv: ["/usr/bin/printf", "%s\\n", ...hostile], timeoutSeconds: 5 });
    assert.equal(result.stdout.toString(), `${hostile.join("\n")}\n`);
  });

  test("gives the child nothing of our environment but PATH and HOME", async (t) => {
    process.env.MUTU_TEST_SECRET = "secret";
    t.after(() => delete process.env.MUTU_TEST_SECRET);
    const result = await runCommand({ argv: ["/usr/bin/env"], timeoutSeconds: 5 });
    const names = result.stdout
      .toString()
      .trim()
      .split("\n")
      .map((line) => line.split("=")[0]);
    assert.deepEqual(names.sort(), ["HOME", "LC_ALL", "PATH"]);
  });

  test("feeds a buffer or a stream, and does not mind a program that does not read it all", async () => {
    assert.equal((await sh("cat", { stdin: Buffer.from("bytes") })).stdout.toString(), "bytes");
    const stream = Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(10_000, "x")));
    assert.equal((await sh("wc -c", { stdin: stream })).stdout.toString().trim(), "1000000");
    const endless = new Readable({ read: () => endless.push(Buffer.alloc(65_536)) });
    assert.equal((await sh("head -c 1 >/dev/null; exit 3", { stdin: endless })).code, 3);
    assert.ok(endless.destroyed);
  });

  test("an input that fails is an error, and the program is ended", async () => {
    const broken = Readable.from(
      (async function* () {
        yield "some";
        throw new Error("the store is gone");
      })(),
    );
    await assert.rejects(sh("cat >/dev/null", { stdin: broken }), /the store is gone/);
  });

  test("a program that answers without reading its input is answered, however the input takes it", async () => {
    for (let turn = 0; turn < 20; turn += 1) {
      const content = "x".repeat(1_000_000);
      const tar = packRelease({ base: null, root: "0", shards: [], deletes: [], puts: [{ path: "00/a/b", hash: "0", read: () => content }] });
      assert.equal((await sh("exit 10", { stdin: tar })).code, 10);
    }
  });

  test("keeps no more output than it was told", async () => {
    const result = await sh("head -c 100000 /dev/zero; head -c 50 /dev/zero >&2", { maxOutputBytes: 1000 });
    assert.deepEqual([result.code, result.stdout.length, result.stderr.length, result.truncated], [0, 1000, 50, true]);
  });

  test("ends the whole group of a command that takes too long", async () => {
    const result = await sh("trap '' TERM; sleep 300 & echo $!; wait", { timeoutSeconds: 0.3 });
    assert.ok(result.timedOut);
    await gone(Number(result.stdout.toString()));
  });

  test("does not wait for a daemon that keeps the output open", async () => {
    const result = await sh("sleep 300 & echo $!");
    assert.equal(result.code, 0);
    process.kill(Number(result.stdout.toString()), "SIGKILL");
  });

  test("says which program cannot be started", async () => {
    await assert.rejects(runCommand({ argv: ["/nowhere/program"], timeoutSeconds: 5 }), /\/nowhere\/program cannot be started/);
    assert.throws(() => runCommand({ argv: [], timeoutSeconds: 5 }), /needs a program/);
  });
});
