/** How apply builds a release where it is large, and where a power cut left half of one: what is not whole is made anew. */
import assert from "node:assert/strict";
import { appendFile, chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { packRelease } from "../../src/core/machine/index.js";
import { changeBetween, makeRig, publish, type Rig, rootOf, SHELLS, shardsOf, stage, type Tree } from "./apply-rig.js";

const A: Tree = { "00/first/a.conf": "a\n", "3f/second/b.conf": "b\n" };
const B: Tree = { ...A, "3f/second/b.conf": "changed\n", "3f/second/deep/er/c.conf": "new\n" };
/** More files than apply names one by one. */
const MANY = 260;
const many = (word: string): Tree =>
  Object.fromEntries(
    Array.from({ length: MANY }, (_, at) => [
      `${at % 2 === 0 ? "0a" : "b1"}/first/accounts/${word === "a" || at % 3 > 0 ? "" : "moved/"}${at}.conf`,
      `${word}${at}\n`,
    ]),
  );

const shardB = (rig: Rig) => join(rig.root, "shards", shardsOf(B).get("3f") as string);

/** What is on the disk when the power goes before anything of B was written through, though all of it had its name. */
async function cutOff(rig: Rig): Promise<void> {
  const hash = shardsOf(B).get("3f") as string;
  await mkdir(join(shardB(rig), "second"), { recursive: true });
  await writeFile(join(shardB(rig), "second/b.conf"), "");
  await rm(join(rig.root, "lists", hash), { force: true });
  await writeFile(join(rig.root, "lists", hash), "");
  await mkdir(join(rig.root, "releases", rootOf(B)));
  await symlink(`../../shards/${hash}`, join(rig.root, "releases", rootOf(B), "3f"));
}

for (const shell of SHELLS) {
  describe(`apply builds (${shell.join(" ")})`, { concurrency: 2 }, () => {
    test("what a power cut left half written is made anew", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      await cutOff(rig);
      await publish(rig, 2, A, B);
      assert.deepEqual(await rig.live(), { root: rootOf(B), tree: B });
      assert.equal(await rig.serving("second"), rootOf(B));
    });

    test("what nobody announced is drift also where a file of its name comes", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      const folder = join(rig.root, "shards", shardsOf(A).get("3f") as string, "second/deep/er");
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "c.conf"), "mine\n");
      const outcome = await stage(rig, 2, A, B);
      assert.deepEqual(outcome, { ok: false, failure: { kind: "drift", shards: ["3f"] } });
    });

    test("puts come in order: a list is written as it is hashed", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      const change = changeBetween(A, B);
      const sorted = [...change.puts].sort((a, b) => (a.path < b.path ? -1 : 1));
      const swap = (path: string) => (path === sorted[0]?.path ? (sorted[1]?.path as string) : path === sorted[1]?.path ? (sorted[0]?.path as string) : path);
      const bytes: Buffer[] = [];
      for await (const chunk of packRelease(change)) bytes.push(chunk as Buffer);
      // the manifest alone, its two put lines exchanged: same length, same members
      const text = Buffer.concat(bytes).toString("latin1");
      const [first, second] = sorted.map(({ path, hash }) => `put ${path} ${hash}\n`) as [string, string];
      assert.ok(text.includes(first + second) && swap(sorted[0]?.path as string) !== sorted[0]?.path);
      const result = await rig.apply(["stage", "1", "2", rootOf(A), rootOf(B)], Buffer.from(text.replace(first + second, second + first), "latin1"));
      assert.equal(result.code, 13, result.stdout.toString());
      assert.match(result.stdout.toString(), /^refused manifest line \d+ is out of order$/m);
    });

    test("many files at once: built, changed, moved and removed, read-only, and drift is seen among them", async (t) => {
      const rig = await makeRig(t, shell);
      const [before, after] = [many("a"), many("b")];
      await publish(rig, 1, null, before);
      assert.deepEqual(await rig.live(), { root: rootOf(before), tree: before });
      await publish(rig, 2, before, after);
      assert.deepEqual(await rig.live(), { root: rootOf(after), tree: after });
      const folder = join(rig.root, "shards", shardsOf(after).get("0a") as string, "first/accounts");
      for (const name of (await readdir(folder)).filter((entry) => entry.endsWith(".conf")))
        assert.equal((await stat(join(folder, name))).mode & 0o222, 0, name);
      await writeFile(join(folder, "mine.conf"), "mine\n");
      assert.deepEqual(await stage(rig, 3, after, before), { ok: false, failure: { kind: "drift", shards: ["0a"] } });
    });

    test("one file among many costs one: the others are those of the shard before, until nobody waits; then no hand in one release reaches another", async (t) => {
      const rig = await makeRig(t, shell);
      const before = many("a");
      const after = { ...before, "0a/first/accounts/0.conf": "changed\n" };
      const file = (tree: Tree, name: string) => join(rig.root, "shards", shardsOf(tree).get("0a") as string, "first/accounts", name);
      const shared = async () => (await stat(file(after, "2.conf"))).ino === (await stat(file(before, "2.conf"))).ino;
      await publish(rig, 1, null, before);
      await rig.machine.settle({ fence: 1, root: rootOf(before) });
      // What a full disk left of a line has no part in the next one.
      await appendFile(join(rig.root, "linked"), "0123456789abcdef");
      const oldMode = (await stat(file(before, "2.conf"))).mode;
      await publish(rig, 2, before, after);
      assert.ok(await shared());
      assert.equal(await readFile(file(before, "0.conf"), "utf8"), "a0\n");
      const served = (await stat(file(after, "2.conf"))).ino;
      await rig.machine.settle({ fence: 2, root: rootOf(after) });
      assert.ok(!(await shared()));
      assert.equal((await stat(file(after, "2.conf"))).ino, served, "what serves is not touched");
      assert.equal((await stat(file(before, "2.conf"))).mode, oldMode);
      await chmod(file(after, "2.conf"), 0o644);
      await appendFile(file(after, "2.conf"), "by hand\n");
      assert.equal(await readFile(file(before, "2.conf"), "utf8"), "a2\n");
    });
  });
}
