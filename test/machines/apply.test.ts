/** The verbs of apply on a real tree, under each shell that a machine may have. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, chmod, lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { EMPTY_SHARD, type Outcome, packRelease, runCommand } from "../../src/core/machine/index.js";
import { changeBetween, makeRig, publish, type Rig, rootOf, SHELLS, shardsOf, stage, type Tree } from "./apply-rig.js";

const A: Tree = { "00/first/a.conf": "a\n", "3f/first/accounts/2001.conf": "one\n", "3f/second/b.conf": "b\n", "ff/second/c.conf": "" };
const B: Tree = { ...A, "3f/first/accounts/2001.conf": "two\n", "80/first/new/deep/d.conf": "new\n" };
const C: Tree = { "00/first/a.conf": "a\n", "3f/first/accounts": "a file where a folder was\n" };

const value = <Value>(outcome: Outcome<Value>): Value => {
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.value;
};
const kind = (outcome: Outcome<unknown>): string => (outcome.ok ? "ok" : outcome.failure.kind);
const status = async (rig: Rig) => value(await rig.machine.status());
const activate = (rig: Rig, fence: number, before: Tree | null, after: Tree) =>
  rig.machine.activate({ fence, base: before === null ? null : rootOf(before), root: rootOf(after) });
const settle = (rig: Rig, fence: number, tree: Tree) => rig.machine.settle({ fence, root: rootOf(tree) });
const rollback = (rig: Rig, fence: number, tree: Tree) => rig.machine.rollback({ fence, root: rootOf(tree) });
const assertServes = async (rig: Rig, tree: Tree): Promise<void> => {
  assert.deepEqual(await rig.live(), { root: rootOf(tree), tree });
  for (const daemon of ["first", "second"]) assert.equal(await rig.serving(daemon), rootOf(tree), daemon);
};

for (const shell of SHELLS) {
  describe(`apply (${shell.join(" ")})`, { concurrency: 2 }, () => {
    test("publishes, settles, publishes a change and goes back", async (t) => {
      const rig = await makeRig(t, shell);
      assert.equal((await status(rig)).root, null);
      assert.ok((await status(rig)).verbs.includes("rollback"));
      await publish(rig, 1, null, A);
      await assertServes(rig, A);
      assert.deepEqual(value(await settle(rig, 1, A)), { root: rootOf(A), activation: 1, previous: null });

      assert.equal(value(await stage(rig, 2, A, B)).staged, rootOf(B));
      await assertServes(rig, A);
      assert.deepEqual((await status(rig)).staged, [rootOf(B)]);
      assert.deepEqual(value(await activate(rig, 2, A, B)), { root: rootOf(B), activation: 2, previous: rootOf(A) });
      await assertServes(rig, B);
      const unsettled = await status(rig);
      assert.equal(unsettled.previous, rootOf(A));
      assert.deepEqual(unsettled.daemons.get("first"), [
        ["version", "1.0"],
        ["loaded", rootOf(B)],
      ]);

      assert.equal(value(await rollback(rig, 2, B)).root, rootOf(A));
      await assertServes(rig, A);
      assert.equal((await status(rig)).previous, null);
      // what was left can be had again without being sent
      assert.equal(value(await activate(rig, 3, A, B)).activation, 3);
      await assertServes(rig, B);
      value(await settle(rig, 3, B));
      value(await stage(rig, 4, B, C));
      value(await activate(rig, 4, B, C));
      await assertServes(rig, C);
    });

    test("names shards and releases as the panel does, and keeps them read-only", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      const expected = new Set([...shardsOf(A).values(), EMPTY_SHARD]);
      assert.deepEqual(new Set(await readdir(join(rig.root, "shards"))), expected);
      assert.deepEqual(new Set(await readdir(join(rig.root, "lists"))), expected);
      assert.deepEqual(await readdir(join(rig.root, "releases")), [rootOf(A)]);
      assert.equal((await lstat(join(rig.root, "live/release/3f/first/accounts/2001.conf"))).mode & 0o777, 0o444);
      assert.equal((await lstat(join(rig.root, "live/release/3f/first/accounts"))).mode & 0o022, 0);
    });

    test("a hand in a file that changed does not reach into the release before it", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      await publish(rig, 2, A, B);
      const file = join(rig.root, "live/release/3f/first/accounts/2001.conf");
      await chmod(file, 0o644);
      await writeFile(file, "edited by hand\n");
      value(await rollback(rig, 2, B));
      await assertServes(rig, A);
    });

    test("a hand in one that did not, before anybody settled, is seen: what it reached is not returned to", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      await publish(rig, 2, A, B);
      const file = join(rig.root, "live/release/3f/second/b.conf");
      await chmod(file, 0o644);
      await writeFile(file, "edited by hand\n");
      assert.deepEqual(await rollback(rig, 2, B), { ok: false, failure: { kind: "drift", shards: ["3f"] } });
      assert.equal((await rig.live())?.root, rootOf(B));
    });

    test("tells drivers what goes, what comes and what changed", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      value(await settle(rig, 1, A));
      await rig.forget();
      await publish(rig, 2, A, B);
      value(await settle(rig, 2, B));
      const [old, fresh] = [rootOf(A), rootOf(B)];
      assert.deepEqual(await rig.calls("first"), [
        `rehearse next=rehearsal live=1 previous= release=${fresh}`,
        `prepare next=2 live=1 previous= release=${fresh}`,
        `commit next=2 live=1 previous= release=${fresh}`,
        `settle next=2 live=2 previous=1 release=${fresh}`,
      ]);
      // nothing of its own changed: not rehearsed, but asked in every other step
      assert.deepEqual(
        (await rig.calls("second")).map((line) => line.split(" ")[0]),
        ["prepare", "commit", "settle"],
      );
      const changed = (await readFile(join(rig.world, "changed.first"), "utf8")).split("\n").filter((line) => line.startsWith("commit "));
      assert.deepEqual(changed.sort(), ["commit A 80/first/new/deep/d.conf", "commit M 3f/first/accounts/2001.conf"]);
      await rig.forget();
      await publish(rig, 3, B, A);
      const removed = await readFile(join(rig.world, "changed.first"), "utf8");
      assert.match(removed, /^prepare D 80\/first\/new\/deep\/d\.conf$/m);
      assert.notEqual(old, fresh);
    });

    test("the same verb twice answers the same and does nothing more", async (t) => {
      const rig = await makeRig(t, shell);
      value(await stage(rig, 1, null, A));
      value(await stage(rig, 1, null, A));
      const first = value(await activate(rig, 1, null, A));
      await rig.forget();
      assert.deepEqual(value(await activate(rig, 1, null, A)), first);
      value(await settle(rig, 1, A));
      value(await settle(rig, 1, A));
      await publish(rig, 2, A, B);
      await rig.forget();
      assert.deepEqual(value(await activate(rig, 2, A, B)), { root: rootOf(B), activation: 2, previous: rootOf(A) });
      assert.deepEqual(await rig.calls("first"), []);
      const back = value(await rollback(rig, 2, B));
      await rig.forget();
      assert.deepEqual(value(await rollback(rig, 2, B)), back);
      assert.deepEqual(await rig.calls("first"), []);
      await assertServes(rig, A);
    });

    test("a smaller fence is refused by every verb that changes something, also after a reboot", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 7, null, A);
      const outcomes = [await stage(rig, 6, A, B), await activate(rig, 6, A, B), await settle(rig, 6, A), await rollback(rig, 6, A)];
      for (const outcome of outcomes) assert.deepEqual(outcome, { ok: false, failure: { kind: "fence", fence: 7 } });
      assert.equal((await rig.apply(["boot"])).code, 0);
      assert.equal(kind(await stage(rig, 6, A, B)), "fence");
      assert.equal((await status(rig)).fence, 7);
      value(await stage(rig, 7, A, B));
      await assertServes(rig, A);
    });

    test("a release for another base is neither staged nor activated", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      value(await stage(rig, 1, A, B));
      value(await stage(rig, 1, A, C));
      value(await activate(rig, 1, A, C));
      const late = { ok: false, failure: { kind: "base", live: rootOf(C) } };
      assert.deepEqual(await activate(rig, 1, A, B), late);
      assert.deepEqual(await stage(rig, 1, A, B), late);
      assert.deepEqual(await stage(rig, 1, null, B), late);
      await assertServes(rig, C);
    });

    test("a hand edit, a hand-made file, a removed one and a link in its place are drift; a release's own links are made anew", async (t) => {
      const rig = await makeRig(t, shell);
      const spoil: ((shard: string) => Promise<void>)[] = [
        async (shard) => {
          await chmod(join(shard, "second/b.conf"), 0o644);
          await appendFile(join(shard, "second/b.conf"), "# quick fix\n");
        },
        (shard) => writeFile(join(shard, "second/z.conf"), "mine\n"),
        (shard) => rm(join(shard, "second/b.conf")),
        async (shard) => {
          await rm(join(shard, "second/b.conf"));
          await symlink("/etc/hostname", join(shard, "second/b.conf"));
        },
      ];
      let fence = 0;
      for (const act of spoil) {
        await rm(rig.root, { recursive: true });
        await rm(rig.world, { recursive: true });
        for (const folder of [rig.root, rig.world]) await mkdir(folder);
        fence += 1;
        await publish(rig, fence, null, A);
        await act(join(rig.root, "shards", shardsOf(A).get("3f") as string));
        assert.deepEqual(await stage(rig, fence, A, B), { ok: false, failure: { kind: "drift", shards: ["3f"] } });
        assert.equal(await rig.serving("first"), rootOf(A));
      }
      for (const folder of [rig.root, rig.world]) await rm(folder, { recursive: true }).then(() => mkdir(folder));
      await publish(rig, fence, null, A);
      const link = join(rig.root, "releases", rootOf(A), "00");
      await rm(link);
      await symlink(`../../shards/${EMPTY_SHARD}`, link);
      const elsewhere: Tree = { ...A, "80/first/e.conf": "e\n" };
      assert.equal(kind(await stage(rig, fence, A, elsewhere)), "ok");
      value(await activate(rig, fence, A, elsewhere));
      await assertServes(rig, elsewhere);
    });

    test("a rehearsal that fails says why, and that release cannot be activated", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      const poisoned: Tree = { ...A, "3f/second/b.conf": "POISON\n" };
      const outcome = await stage(rig, 1, A, poisoned);
      assert.ok(!outcome.ok && outcome.failure.kind === "failed", JSON.stringify(outcome));
      assert.deepEqual(outcome.failure.failures, [
        { daemon: "second", step: "rehearse", output: [`second: ${rig.root}/releases/${rootOf(poisoned)}/3f/second/b.conf line 1: POISON`] },
      ]);
      assert.equal(kind(await activate(rig, 1, A, poisoned)), "refused");
      assert.deepEqual((await status(rig)).staged, []);
      await assertServes(rig, A);
      value(await stage(rig, 1, A, B));
    });

    test("prepare fails: nothing changed, what it started is ended, the next try works", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      value(await settle(rig, 1, A));
      value(await stage(rig, 2, A, B));
      await rig.say("fail.second.prepare", `address in use\n${"more\n".repeat(300)}`);
      await rig.forget();
      const outcome = await activate(rig, 2, A, B);
      assert.ok(!outcome.ok && outcome.failure.kind === "failed", JSON.stringify(outcome));
      const [failure] = outcome.failure.failures;
      assert.deepEqual([failure?.daemon, failure?.step, failure?.output[0], failure?.output.length], ["second", "prepare", "address in use", 200]);
      assert.deepEqual(
        (await rig.calls("first")).map((line) => line.split(" ")[0]),
        ["prepare", "abort"],
      );
      assert.deepEqual(
        (await rig.calls("second")).map((line) => line.split(" ")[0]),
        ["prepare", "abort"],
      );
      await assertServes(rig, A);
      assert.deepEqual([(await status(rig)).previous, (await status(rig)).step], [null, "idle"]);
      await rig.unsay("fail.second.prepare");
      assert.equal(value(await activate(rig, 2, A, B)).activation, 3);
      await assertServes(rig, B);
    });

    test("commit fails: back to the release before, which every daemon commits again", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      value(await settle(rig, 1, A));
      value(await stage(rig, 2, A, B));
      await rig.say("once.second.commit", "will not\n");
      const outcome = await activate(rig, 2, A, B);
      assert.deepEqual(outcome, {
        ok: false,
        failure: { kind: "rolled-back", live: rootOf(A), failures: [{ daemon: "second", step: "commit", output: ["will not"] }] },
      });
      await assertServes(rig, A);
      const last = (await rig.calls("second")).slice(-2);
      assert.match(last[0] ?? "", /^commit next=1 live=2/);
      assert.match(last[1] ?? "", /^abort next=2 live=1/);
      assert.equal((await status(rig)).previous, null);
    });

    test("the first commit of a fresh machine fails: it is fresh again", async (t) => {
      const rig = await makeRig(t, shell);
      value(await stage(rig, 1, null, A));
      await rig.say("once.first.commit", "no\n");
      assert.equal(kind(await activate(rig, 1, null, A)), "rolled-back");
      assert.equal(await rig.live(), null);
      assert.equal(value(await activate(rig, 1, null, A)).activation, 2);
      await assertServes(rig, A);
    });

    test("building on a release that nobody settled settles it", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      await publish(rig, 2, A, B);
      await rig.forget();
      await publish(rig, 3, B, C);
      assert.match((await rig.calls("first")).find((line) => line.startsWith("settle")) ?? "", /next=2 live=2 previous=1/);
      assert.equal((await status(rig)).previous, rootOf(B));
      value(await rollback(rig, 3, C));
      await assertServes(rig, B);
    });

    test("a settle that fails keeps the way back", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      await publish(rig, 2, A, B);
      await rig.say("fail.first.settle", "still at work\n");
      const outcome = await settle(rig, 2, B);
      assert.ok(!outcome.ok && outcome.failure.kind === "internal", JSON.stringify(outcome));
      assert.deepEqual(outcome.failure.failures[0]?.output, ["still at work"]);
      value(await rollback(rig, 2, B));
      await assertServes(rig, A);
    });

    test("halt ends what drivers run, last first; boot starts the same release", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      assert.equal((await rig.apply(["halt"])).code, 0);
      assert.deepEqual([await rig.serving("first"), await rig.serving("second")], [null, null]);
      assert.equal((await status(rig)).root, rootOf(A));
      assert.equal((await rig.apply(["boot"])).code, 0);
      await assertServes(rig, A);
    });

    test("a reboot starts what is live; going back afterwards prepares anew", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      await publish(rig, 2, A, B);
      for (const daemon of ["first", "second"]) await rm(join(rig.world, `serving.${daemon}`));
      await rig.forget();
      assert.equal((await rig.apply(["boot"])).code, 0);
      await assertServes(rig, B);
      assert.deepEqual(await rig.calls("first"), [`boot next=2 live=2 previous= release=${rootOf(B)}`]);
      assert.equal(value(await rollback(rig, 2, B)).activation, 3);
      await assertServes(rig, A);
      assert.ok((await rig.calls("first")).some((line) => line.startsWith("prepare next=3 live=2")));
    });

    test("keeps ten activations and what they need, and nothing else", { timeout: 120_000 }, async (t) => {
      const rig = await makeRig(t, shell);
      const at = (number: number): Tree => ({ ...A, "3f/first/accounts/2001.conf": `version ${number}\n` });
      await publish(rig, 1, null, at(0));
      for (let number = 1; number < 14; number += 1) {
        await publish(rig, 1, at(number - 1), at(number));
        value(await settle(rig, 1, at(number)));
      }
      const { kept } = await status(rig);
      assert.deepEqual([...kept].sort(), Array.from({ length: 10 }, (_, index) => rootOf(at(13 - index))).sort());
      const needed = new Set([EMPTY_SHARD, ...Array.from({ length: 10 }, (_, index) => [...shardsOf(at(13 - index)).values()]).flat()]);
      assert.deepEqual(new Set(await readdir(join(rig.root, "shards"))), needed);
      assert.deepEqual(new Set(await readdir(join(rig.root, "lists"))), needed);
      value(await activate(rig, 1, at(13), at(4)));
      await assertServes(rig, at(4));
    });

    test("only one at a time; a daemon that a driver leaves behind does not hold the lock", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      const holder = spawn("flock", [join(rig.root, "lock"), "cat"], { stdio: ["pipe", "pipe", "ignore"] });
      t.after(() => holder.kill());
      holder.stdin.write("held\n");
      await once(holder.stdout, "data");
      assert.equal(kind(await stage(rig, 1, A, B)), "busy");
      assert.equal(kind(await rig.machine.status()), "ok");
      holder.stdin.end();
      await once(holder, "close");

      const driver = join(rig.folder, "daemons/first/driver");
      const text = await readFile(driver, "utf8");
      await writeFile(driver, text.replace("prepare) ", 'prepare) sleep 300 >/dev/null 2>&1 & echo $! >"$MUTU_WORLD/daemon.pid"; '));
      value(await stage(rig, 1, A, B));
      value(await activate(rig, 1, A, B));
      const pid = Number(await readFile(join(rig.world, "daemon.pid"), "utf8"));
      t.after(() => process.kill(pid, "SIGKILL"));
      process.kill(pid, 0);
      const open = await readdir(`/proc/${pid}/fd`);
      assert.ok(!open.includes("9"), `descriptors ${open.join(" ")}`);
      value(await settle(rig, 1, B));
    });

    test("a driver that hangs is ended, and what it started with it", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      value(await stage(rig, 1, A, B));
      await rig.configure({ MUTU_DRIVER_SECONDS: "1" });
      const driver = join(rig.folder, "daemons/second/driver");
      await writeFile(driver, (await readFile(driver, "utf8")).replace("prepare) ", "prepare) sleep 300; "));
      assert.equal(kind(await activate(rig, 1, A, B)), "failed");
      await assertServes(rig, A);
    });
  });
}

test("a broken connection does not end a switch half way", async (t) => {
  const rig = await makeRig(t);
  await publish(rig, 1, null, A);
  const change = changeBetween(A, B);
  value(await rig.machine.stage({ fence: 1, base: change.base, root: change.root }, packRelease(change)));
  const driver = join(rig.folder, "daemons/first/driver");
  // tells that it is at work, then waits until the caller has gone
  await writeFile(driver, (await readFile(driver, "utf8")).replace("prepare) ", 'prepare) echo >"$MUTU_WORLD/at-work"; read -r _ <"$MUTU_WORLD/gone"; '));

  await runCommand({ argv: ["mkfifo", join(rig.world, "gone"), join(rig.world, "at-work")], timeoutSeconds: 5 });
  const [program = "", ...args] = rig.door.argv;
  const apply = spawn(program, [...args, "activate", "1", "1", change.base as string, change.root], { stdio: ["ignore", "pipe", "pipe"] });
  await readFile(join(rig.world, "at-work"));
  apply.stdout.destroy();
  apply.stderr.destroy();
  apply.kill("SIGHUP");
  apply.kill("SIGTERM");
  const ended = once(apply, "exit");
  await writeFile(join(rig.world, "gone"), "\n");
  await ended;
  await assertServes(rig, B);
  assert.equal((await status(rig)).step, "idle");
});
