/**
 * The link is cut in the middle of each verb, at each step of a driver and in the middle of the tar; the disk is full at each verb. After each:
 * what serves is the old or the new release whole, status answers, and one retry converges. (Killed at each command: apply-crash.test.ts.)
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type Outcome, packRelease, runCommand } from "../../src/core/machine/index.js";
import { changeBetween, makeRig, publish, type Rig, rootOf, stage, type Tree } from "./apply-rig.js";

const OLD: Tree = { "00/first/a.conf": "a\n", "3f/second/b.conf": "b\n" };
const NEW: Tree = { "3f/second/b.conf": "changed\n", "80/first/c.conf": `${"new words, which do not compress to nothing\n".repeat(400)}` };
const CHANGE = changeBetween(OLD, NEW);

interface Verb {
  /** Brings the machine, which serves OLD, to where the verb starts. */
  prepare(rig: Rig, fence: number): Promise<unknown>;
  words(fence: number): string[];
  sends: boolean;
  call(rig: Rig, fence: number): Promise<Outcome<unknown>>;
  after: Tree;
}

const staged = async (rig: Rig, fence: number) => assert.ok((await stage(rig, fence, OLD, NEW)).ok);
const activated = async (rig: Rig, fence: number) => {
  await staged(rig, fence);
  assert.ok((await rig.machine.activate({ fence, base: rootOf(OLD), root: rootOf(NEW) })).ok);
};
const roots = [rootOf(OLD), rootOf(NEW)];
const VERBS: Record<string, Verb> = {
  stage: {
    prepare: async () => undefined,
    words: (fence) => ["stage", "1", String(fence), ...roots],
    sends: true,
    call: (rig, fence) => stage(rig, fence, OLD, NEW),
    after: OLD,
  },
  publish: {
    prepare: async () => undefined,
    words: (fence) => ["publish", "1", String(fence), ...roots],
    sends: true,
    call: (rig, fence) => rig.machine.publish({ fence, base: rootOf(OLD), root: rootOf(NEW) }, packRelease(CHANGE)),
    after: NEW,
  },
  activate: {
    prepare: staged,
    words: (fence) => ["activate", "1", String(fence), ...roots],
    sends: false,
    call: (rig, fence) => rig.machine.activate({ fence, base: rootOf(OLD), root: rootOf(NEW) }),
    after: NEW,
  },
  settle: {
    prepare: activated,
    words: (fence) => ["settle", "1", String(fence), rootOf(NEW)],
    sends: false,
    call: (rig, fence) => rig.machine.settle({ fence, root: rootOf(NEW) }),
    after: NEW,
  },
  rollback: {
    prepare: activated,
    words: (fence) => ["rollback", "1", String(fence), rootOf(NEW)],
    sends: false,
    call: (rig, fence) => rig.machine.rollback({ fence, root: rootOf(NEW) }),
    after: OLD,
  },
};
assert.ok(Object.keys(VERBS).length === 5);

async function tarBytes(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of packRelease(CHANGE)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Whatever lies there, OLD serves and is settled afterwards. */
async function serveOld(rig: Rig, fence: number): Promise<void> {
  const live = await rig.live();
  const status = await rig.machine.status();
  assert.ok(status.ok);
  if (status.value.previous !== null) assert.ok((await rig.machine.settle({ fence, root: status.value.root as string })).ok);
  if (live?.root === rootOf(NEW)) await publish(rig, fence, NEW, OLD);
  const settled = await rig.machine.settle({ fence, root: rootOf(OLD) });
  assert.ok(settled.ok, JSON.stringify(settled));
}

async function assertWhole(rig: Rig, where: string): Promise<void> {
  const live = await rig.live();
  const expected = live?.root === rootOf(OLD) ? OLD : NEW;
  assert.deepEqual(live, { root: rootOf(expected), tree: expected }, `${where}: one release, whole`);
  const status = await rig.machine.status();
  assert.ok(status.ok && status.value.root === live?.root, `${where}: ${JSON.stringify(status)}`);
}

async function assertConverges(rig: Rig, verb: Verb, fence: number, where: string): Promise<void> {
  const outcome = await verb.call(rig, fence);
  assert.ok(outcome.ok, `${where}: ${JSON.stringify(outcome)}`);
  assert.deepEqual(await rig.live(), { root: rootOf(verb.after), tree: verb.after }, where);
  const root = rootOf(verb.after);
  assert.deepEqual([await rig.serving("first"), await rig.serving("second")], [root, root], `${where}: daemons serve what is live`);
  const status = await rig.machine.status();
  assert.ok(status.ok && status.value.step === "idle", `${where}: ${JSON.stringify(status)}`);
}

/** Holds a driver at a step, cuts the link there, lets the driver go on, and waits for apply's own end. */
async function cutAt(rig: Rig, words: string[], tar: Buffer | null, daemon: string, step: string): Promise<void> {
  await runCommand({ argv: ["mkfifo", join(rig.world, "gone"), join(rig.world, "at-work")], timeoutSeconds: 5 });
  await rig.say(`hold.${daemon}.${step}`, "");
  const [program = "", ...args] = rig.door.argv;
  const apply = spawn(program, [...args, ...words], { stdio: ["pipe", "pipe", "pipe"] });
  apply.stdin.on("error", () => undefined).end(tar ?? Buffer.alloc(0));
  const ended = once(apply, "exit");
  await readFile(join(rig.world, "at-work"));
  await rig.unsay(`hold.${daemon}.${step}`);
  apply.stdout.destroy();
  apply.stderr.destroy();
  apply.kill("SIGHUP");
  await writeFile(join(rig.world, "gone"), "\n");
  await ended;
  for (const name of ["gone", "at-work"]) await rm(join(rig.world, name));
}

/** Which drivers a verb calls, step by step, when nothing disturbs it. */
async function callsOf(rig: Rig, verb: Verb, fence: number): Promise<[string, string][]> {
  await verb.prepare(rig, fence);
  await rig.forget();
  assert.ok((await verb.call(rig, fence)).ok);
  const found: [string, string][] = [];
  // The second driver is called at the same steps: its last one is where least is left to do.
  for (const line of await rig.calls("first")) found.push(["first", line.split(" ")[0] as string]);
  const last = (await rig.calls("second")).at(-1);
  if (last !== undefined) found.push(["second", last.split(" ")[0] as string]);
  await serveOld(rig, fence);
  return found;
}

async function makeHoldingRig(t: Parameters<typeof makeRig>[0]): Promise<Rig> {
  const rig = await makeRig(t);
  for (const daemon of ["first", "second"]) {
    const driver = join(rig.folder, "daemons", daemon, "driver");
    const hold = '[ ! -e "$MUTU_WORLD/hold.$name.$1" ] || { echo >"$MUTU_WORLD/at-work"; read -r _ <"$MUTU_WORLD/gone"; }\n';
    await writeFile(driver, (await readFile(driver, "utf8")).replace("case $1 in\n", `${hold}case $1 in\n`));
  }
  await publish(rig, 1, null, OLD);
  assert.ok((await rig.machine.settle({ fence: 1, root: rootOf(OLD) })).ok);
  return rig;
}

for (const [name, verb] of Object.entries(VERBS)) {
  test(`the link is cut in the middle of ${name}, at each step of a driver`, { timeout: 120_000 }, async (t) => {
    const rig = await makeHoldingRig(t);
    const calls = await callsOf(rig, verb, 2);
    assert.ok(calls.length >= 2, JSON.stringify(calls));
    const tar = verb.sends ? await tarBytes() : null;
    let fence = 2;
    for (const [daemon, step] of calls) {
      const where = `${name} cut at ${daemon} ${step}`;
      fence += 1;
      await verb.prepare(rig, fence);
      await cutAt(rig, verb.words(fence), tar, daemon, step);
      await assertWhole(rig, where);
      await assertConverges(rig, verb, fence, where);
      await serveOld(rig, fence);
    }
  });
}

test("the link is cut in the middle of what is sent", { timeout: 120_000 }, async (t) => {
  const rig = await makeHoldingRig(t);
  const tar = await tarBytes();
  const cuts = [0, Math.floor(tar.length / 2), tar.length - 1536];
  let fence = 1;
  for (const name of ["stage", "publish"] as const) {
    for (const cut of cuts) {
      fence += 1;
      const where = `${name} cut after ${cut} bytes of ${tar.length}`;
      const verb = VERBS[name] as Verb;
      const result = await rig.apply(verb.words(fence), tar.subarray(0, cut));
      assert.notEqual(result.code, 0, where);
      assert.deepEqual((await rig.live())?.root, rootOf(OLD), where);
      await assertWhole(rig, where);
      await assertConverges(rig, verb, fence, where);
      await serveOld(rig, fence);
    }
  }
});

const PAGE = 4096;
/** None at all, too few for the verb, enough. */
const PAGES_FREE = [0, 3, 60];

/** Fills the disk but for some pages. */
async function fill(rig: Rig, pages: number): Promise<void> {
  const filler = join(rig.root, "filler");
  const filled = await runCommand({ argv: ["dd", "if=/dev/zero", `of=${filler}`, `bs=${PAGE}`, "status=none"], timeoutSeconds: 20 });
  assert.match(filled.stderr.toString(), /No space left/);
  await truncate(filler, Math.max(0, (await stat(filler)).size - pages * PAGE));
}

for (const [name, verb] of Object.entries(VERBS)) {
  test(`the disk is full at ${name}`, { timeout: 120_000, skip: process.getuid?.() === 0 ? false : "only root mounts" }, async (t) => {
    const rig = await makeRig(t);
    const mounted = await runCommand({ argv: ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0755", "tmpfs", rig.root], timeoutSeconds: 10 });
    assert.equal(mounted.code, 0, mounted.stderr.toString());
    try {
      await publish(rig, 1, null, OLD);
      assert.ok((await rig.machine.settle({ fence: 1, root: rootOf(OLD) })).ok);
      let refused = 0;
      let fence = 1;
      for (const pages of PAGES_FREE) {
        fence += 1;
        const where = `${name} with ${pages} pages free`;
        await verb.prepare(rig, fence);
        await fill(rig, pages);
        const outcome = await verb.call(rig, fence);
        if (!outcome.ok) refused += 1;
        await assertWhole(rig, where);
        await rm(join(rig.root, "filler"));
        await assertConverges(rig, verb, fence, where);
        await serveOld(rig, fence);
      }
      // Ending what served before only takes away.
      assert.ok(refused >= (name === "settle" ? 0 : 1), "the disk was never full: does this test still see anything?");
      t.diagnostic(`${refused} of ${PAGES_FREE.length} refused`);
    } finally {
      await runCommand({ argv: ["umount", "-l", rig.root], timeoutSeconds: 10 });
    }
  });
}
