/**
 * apply is killed (SIGKILL) before and after each external command that it, or a driver that it called, starts. After each:
 * status answers, `live` is the old or the new release whole, what daemons serve is what is live once recovered, and one retry converges.
 */
// This file may take 600 seconds.
import assert from "node:assert/strict";
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Outcome, packRelease, runCommand } from "../../src/core/machine/index.js";
import { changeBetween, makeRig, publish, type Rig, rootOf, stage, type Tree } from "./apply-rig.js";

const OLD: Tree = { "00/first/a.conf": "a\n", "3f/second/b.conf": "b\n" };
const NEW: Tree = { "3f/second/b.conf": "changed\n", "80/first/c.conf": "new\n" };
const CHANGE = changeBetween(OLD, NEW);
const PROGRAMS = ["awk", "cat", "chmod", "cp", "cut", "df", "find", "flock", "grep", "head", "ln", "mkdir", "mv", "rm", "rmdir"];
const MORE_PROGRAMS = ["sed", "sha256sum", "sort", "stat", "sync", "tail", "tar", "timeout", "tr", "xargs"];
/** No verb starts as many commands; a sweep that comes so far would never end. */
const MOST_COMMANDS = 150;

/**
 * Stands in the PATH before the real programs. Each call takes the next number ($MUTU_WORLD/call.1, .2 …: made by one process and no other, for some run
 * beside each other), and the one that $MUTU_WORLD/kill names kills the pid in $MUTU_WORLD/pid, before or after the real program ran. Builtins only, so
 * that it counts no call of its own.
 */
const SHIM = `#!/bin/dash
name=\${0##*/}
at=0 when=never
[ ! -e "$MUTU_WORLD/kill" ] || read -r at when <"$MUTU_WORLD/kill"
count=1
set -C
until { true >"$MUTU_WORLD/call.$count"; } 2>/dev/null; do
  count=$((count + 1))
  [ "$count" -lt 1000 ] || exit 99
done
set +C
if [ "$count" -eq "$at" ]; then
  read -r pid <"$MUTU_WORLD/pid"
  [ "$when" = before ] || PATH=/usr/sbin:/usr/bin:/sbin:/bin "/usr/bin/$name" "$@"
  echo "$name" >"$MUTU_WORLD/killed"
  kill -9 "$pid"
  exit 137
fi
exec "/usr/bin/$name" "$@"
`;

/** A rig with a folder of shims and a copy of the machine as it is before the verb. */
async function makeCrashRig(t: Parameters<typeof makeRig>[0], prepare: (rig: Rig) => Promise<void>): Promise<Rig> {
  const rig = await makeRig(t);
  await prepare(rig);
  await rig.forget();
  const shims = join(rig.folder, "shims");
  await mkdir(shims);
  for (const name of [...PROGRAMS, ...MORE_PROGRAMS]) {
    await writeFile(join(shims, name), SHIM);
    await chmod(join(shims, name), 0o755);
  }
  for (const name of ["root", "world"]) await cp(join(rig.folder, name), join(rig.folder, `before-${name}`), { recursive: true, verbatimSymlinks: true });
  return rig;
}

/** Puts the machine back to where the sweep starts: by one program, because it is done some four hundred times. */
async function restore(rig: Rig): Promise<void> {
  const script = 'cd "$1" && rm -rf root world && cp -a before-root root && cp -a before-world world';
  const { code, stderr } = await runCommand({ argv: ["/bin/sh", "-c", script, "restore", rig.folder], timeoutSeconds: 60 });
  assert.equal(code, 0, `${stderr}`);
}

/** Runs apply so that it is killed at a command; returns the command's name, or null when apply came to its end. */
async function killAt(rig: Rig, at: number, when: "before" | "after", words: string[], stdin?: Buffer): Promise<string | null> {
  await rig.configure({ MUTU_PATH: `${join(rig.folder, "shims")}:/usr/sbin:/usr/bin:/sbin:/bin` });
  await writeFile(join(rig.world, "kill"), `${at} ${when}\n`);
  // What apply had started goes on for a moment and keeps the lock: this waits for it, not for a time.
  const script = 'set +e; /bin/dash -c \'echo $$ >"$0"; exec "$@"\' "$@"; code=$?; flock -w 60 "$0" true || exit 99; exit $code';
  const argv = ["/bin/dash", "-c", script, join(rig.root, "lock"), join(rig.world, "pid"), ...rig.door.argv, ...words];
  const result = await runCommand({ argv, stdin, timeoutSeconds: 120 });
  assert.ok(!result.timedOut, `hangs at ${at}`);
  assert.notEqual(result.code, 99, "the lock is never free again");
  await rig.configure({});
  const killed = await readFile(join(rig.world, "killed"), "utf8").catch(() => null);
  if (killed === null) assert.equal(result.code, 0, `the verb itself: ${result.stdout}${result.stderr}`);
  for (const name of ["kill", "killed"]) await rm(join(rig.world, name), { force: true });
  return killed?.trim() ?? null;
}

const assertConsistent = async (rig: Rig, where: string): Promise<void> => {
  const live = await rig.live();
  const root = live?.root ?? null;
  assert.deepEqual([await rig.serving("first"), await rig.serving("second")], [root, root], `${where}: daemons serve what is live`);
};

interface Sweep {
  /** Brings the machine to where the verb starts. */
  prepare(rig: Rig): Promise<void>;
  words: string[];
  stdin?: () => Promise<Buffer>;
  retry(rig: Rig): Promise<Outcome<unknown>>;
  /** What is live when the verb has done its work. */
  after: Tree;
  moments: ("before" | "after")[];
  /** External programs that the verb may start, those of the two drivers among them: each stands in the way of a change. */
  most?: number;
}

async function tarBytes(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of packRelease(CHANGE)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const settled = async (rig: Rig): Promise<void> => {
  await publish(rig, 1, null, OLD);
  await rig.machine.settle({ fence: 1, root: rootOf(OLD) });
};
const staged = async (rig: Rig): Promise<void> => {
  await settled(rig);
  const outcome = await stage(rig, 2, OLD, NEW);
  assert.ok(outcome.ok, JSON.stringify(outcome));
};
const activated = async (rig: Rig): Promise<void> => {
  await staged(rig);
  await rig.machine.activate({ fence: 2, base: rootOf(OLD), root: rootOf(NEW) });
};

const SWEEPS: Record<string, Sweep> = {
  stage: {
    prepare: settled,
    words: ["stage", "1", "2", rootOf(OLD), rootOf(NEW)],
    stdin: tarBytes,
    retry: (rig) => stage(rig, 2, OLD, NEW),
    after: OLD,
    // nothing that serves is touched, and after a command is before the next
    moments: ["before"],
  },
  publish: {
    prepare: async (rig) => {
      await settled(rig);
      // its rehearsal is the start of the whole
      await rig.say("leaves.first", "");
    },
    words: ["publish", "1", "2", rootOf(OLD), rootOf(NEW)],
    stdin: tarBytes,
    retry: (rig) => rig.machine.publish({ fence: 2, base: rootOf(OLD), root: rootOf(NEW) }, packRelease(CHANGE)),
    after: NEW,
    moments: ["before"],
    most: 46,
  },
  "a publication whose start fails": {
    prepare: async (rig) => {
      await settled(rig);
      await rig.say("leaves.first", "");
      await rig.say("fail.first.prepare", "no\n");
    },
    words: ["publish", "1", "2", rootOf(OLD), rootOf(NEW)],
    stdin: tarBytes,
    retry: async (rig) => {
      await rig.unsay("fail.first.prepare");
      return rig.machine.publish({ fence: 2, base: rootOf(OLD), root: rootOf(NEW) }, packRelease(CHANGE));
    },
    after: NEW,
    moments: ["before"],
  },
  activate: {
    prepare: staged,
    words: ["activate", "1", "3", rootOf(OLD), rootOf(NEW)],
    retry: (rig) => rig.machine.activate({ fence: 3, base: rootOf(OLD), root: rootOf(NEW) }),
    after: NEW,
    moments: ["before", "after"],
  },
  rollback: {
    prepare: activated,
    words: ["rollback", "1", "3", rootOf(NEW)],
    retry: (rig) => rig.machine.rollback({ fence: 3, root: rootOf(NEW) }),
    after: OLD,
    moments: ["before", "after"],
  },
  settle: {
    prepare: activated,
    words: ["settle", "1", "3", rootOf(NEW)],
    retry: (rig) => rig.machine.settle({ fence: 3, root: rootOf(NEW) }),
    after: NEW,
    moments: ["before", "after"],
  },
  "an activation whose commit fails": {
    prepare: async (rig) => {
      await staged(rig);
      await rig.say("fail.second.commit", "no\n");
    },
    words: ["activate", "1", "3", rootOf(OLD), rootOf(NEW)],
    retry: async (rig) => {
      await rig.unsay("fail.second.commit");
      return rig.machine.activate({ fence: 3, base: rootOf(OLD), root: rootOf(NEW) });
    },
    after: NEW,
    moments: ["before"],
  },
};

async function sweep(rig: Rig, { words, stdin, retry, after, moments }: Sweep, fails: boolean): Promise<number> {
  const input = await stdin?.();
  let kills = 0;
  for (const when of moments) {
    for (let at = 1; ; at += 1) {
      assert.ok(at < MOST_COMMANDS, "the verb does not end");
      await restore(rig);
      const killed = await killAt(rig, at, when, words, input).catch((error: Error) => {
        // a verb that answers an error by itself has come to its end
        if (fails && /^the verb itself: (.*\n)*failed (first|second) (prepare|commit)/.test(error.message)) return null;
        throw error;
      });
      if (killed === null) break;
      kills += 1;
      const where = `killed ${when} command ${at} (${killed})`;
      const live = await rig.live();
      const expected = live?.root === rootOf(OLD) ? OLD : NEW;
      assert.deepEqual(live, { root: rootOf(expected), tree: expected }, `${where}: one release, whole`);
      const status = await rig.machine.status();
      assert.ok(status.ok && status.value.root === live?.root, `${where}: ${JSON.stringify(status)}`);
      if (at % 3 === 0) {
        // the machine is started anew before anybody asks again
        const boot = await rig.apply(["boot"]);
        assert.equal(boot.code, 0, `${where}: boot ${boot.stdout}${boot.stderr}`);
        await assertConsistent(rig, `${where}, booted`);
      }
      const outcome = await retry(rig);
      assert.ok(outcome.ok, `${where}: ${JSON.stringify(outcome)}`);
      assert.deepEqual(await rig.live(), { root: rootOf(after), tree: after }, where);
      await assertConsistent(rig, where);
      const end = await rig.machine.status();
      assert.ok(end.ok && end.value.step === "idle", `${where}: ${JSON.stringify(end)}`);
    }
  }
  return kills;
}

describe("apply killed at every command", { concurrency: 2 }, () => {
  for (const [name, kind] of Object.entries(SWEEPS)) {
    test(name, { timeout: 180_000 }, async (t) => {
      const rig = await makeCrashRig(t, kind.prepare);
      const kills = await sweep(rig, kind, name.includes("fails"));
      assert.ok(kills > 10, `only ${kills} kills`);
      assert.ok(kills <= (kind.most ?? MOST_COMMANDS), `${kills} programs`);
      t.diagnostic(`${kills} kills`);
      assert.deepEqual(
        (await readdir(join(rig.root, "incoming")).catch(() => [])).filter((entry) => entry === "tar"),
        [],
      );
    });
  }
});
