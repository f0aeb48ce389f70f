/** What `examine` tells of a tree that somebody's hands were in: everything, and nothing of what lies outside it. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Drifted, type Outcome, runCommand } from "../../src/core/machine/index.js";
import { makeRig, publish, type Rig, rootOf, SHELLS, shardsOf, type Tree } from "./apply-rig.js";

const A: Tree = { "00/first/a.conf": "a\n", "3f/first/accounts/2001.conf": "one\n", "3f/second/b.conf": "b\n", "ff/second/c.conf": "" };
const B: Tree = { ...A, "3f/first/accounts/2001.conf": "two\n" };

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const value = <Value>(outcome: Outcome<Value>): Value => {
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.value;
};
const shard = (rig: Rig, tree: Tree, xx: string): string => join(rig.root, "shards", shardsOf(tree).get(xx) ?? sha256(""));
const told = async (rig: Rig, what: "live" | "kept" = "live"): Promise<string[]> =>
  value(await rig.machine.examine(what)).files.map(({ place, path, kind }: Drifted) => `${place}/${path} ${kind}`);
/** As an editor leaves it that knows nothing of us. */
async function edit(path: string, content: string): Promise<void> {
  await chmod(path, 0o644);
  await writeFile(path, content);
}

for (const shell of SHELLS) {
  describe(`examine (${shell.join(" ")})`, { concurrency: 2 }, () => {
    test("a tree as it was left has nothing to tell; a fresh machine neither", async (t) => {
      const rig = await makeRig(t, shell);
      assert.deepEqual(value(await rig.machine.examine("live")), { root: null, files: [], parts: [], count: 0 });
      await publish(rig, 1, null, A);
      assert.deepEqual(value(await rig.machine.examine("kept")), { root: rootOf(A), files: [], parts: [], count: 0 });
    });

    test("an edit, an added file, a removed one: each with its sum, and its content for who asks by the sum", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      const odd = `by hand \u0000\u00ff\n${"x".repeat(3000)}`;
      await edit(join(shard(rig, A, "3f"), "first/accounts/2001.conf"), odd);
      await writeFile(join(shard(rig, A, "3f"), "second/added.conf"), "added\n");
      await rm(join(shard(rig, A, "00"), "first/a.conf"));
      const { files, count } = value(await rig.machine.examine("live"));
      assert.deepEqual(files, [
        { place: "00", path: "first/a.conf", kind: "removed", hash: null },
        { place: "3f", path: "first/accounts/2001.conf", kind: "changed", hash: sha256(odd) },
        { place: "3f", path: "second/added.conf", kind: "added", hash: sha256("added\n") },
      ]);
      assert.equal(count, 3);
      assert.equal(value(await rig.machine.drifted({ shard: "3f", hash: sha256(odd) })).toString("utf8"), odd);
      // what is as it was left is nobody's to ask for, nor is anything else
      for (const hash of [sha256("b\n"), sha256("two\n")]) assert.equal((await rig.machine.drifted({ shard: "3f", hash })).ok, false);
      assert.equal((await rig.machine.drifted({ shard: "00", hash: sha256("added\n") })).ok, false);
    });

    test("names and kinds of file that no release has are told and never read", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      const home = shard(rig, A, "3f");
      const outside = join(rig.folder, "outside");
      await writeFile(outside, "a key\n");
      await rm(join(home, "second/b.conf"));
      await symlink(outside, join(home, "second/b.conf"));
      await symlink(rig.world, join(home, "linked"));
      value({ ok: true, value: await runCommand({ argv: ["mkfifo", join(home, "first/pipe.conf")], timeoutSeconds: 5 }) });
      await writeFile(join(home, "first/two\nlines 0123.conf"), "drift 00/first/forged.conf added -\n");
      await writeFile(join(home, "first/-rf"), "");
      await writeFile(join(home, "first/big.conf"), "");
      await truncate(join(home, "first/big.conf"), 80_000_000);
      await mkdir(join(home, "third"));
      await writeFile(join(home, "third/x.conf"), "no daemon of this machine\n");
      // in the one shard that all empty ones share
      await writeFile(join(rig.root, "shards", sha256(""), "x.conf"), "");
      assert.deepEqual(await told(rig), [
        "01/x.conf strange",
        "3f/first/-rf strange",
        "3f/first/big.conf strange",
        "3f/first/pipe.conf strange",
        "3f/first/two?lines?0123.conf strange",
        "3f/linked strange",
        "3f/second/b.conf strange",
        "3f/third/x.conf strange",
      ]);
      assert.equal((await rig.machine.drifted({ shard: "3f", hash: sha256("a key\n") })).ok, false);
      assert.equal((await rig.machine.drifted({ shard: "3f", hash: sha256("no daemon of this machine\n") })).ok, true);
    });

    test("more than an answer holds is counted; a larger file than is kept is told with its sum only", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      for (let number = 0; number < 230; number += 1) await writeFile(join(shard(rig, A, "3f"), `first/n${number}.conf`), `${number}\n`);
      const large = "x".repeat(1_048_577);
      await edit(join(shard(rig, A, "00"), "first/a.conf"), large);
      const { files, count } = value(await rig.machine.examine("live"));
      assert.deepEqual([files.length, count, files[0]?.hash], [200, 231, sha256(large)]);
      assert.equal((await rig.machine.drifted({ shard: "00", hash: sha256(large) })).ok, false);
    });

    test("a turned link, another index and another list are told; kept releases when they are asked for", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      value(await rig.machine.settle({ fence: 1, root: rootOf(A) }));
      await publish(rig, 2, A, B);
      await edit(join(shard(rig, A, "3f"), "first/accounts/2001.conf"), "old and edited\n");
      assert.deepEqual(await told(rig), []);
      assert.deepEqual(await told(rig, "kept"), [`${rootOf(A)}/first/accounts/2001.conf changed`]);

      await edit(join(rig.root, "lists", shardsOf(B).get("ff") as string), "");
      assert.deepEqual(value(await rig.machine.examine("live")).parts, ["list ff"]);
      const link = join(rig.root, "releases", rootOf(B), "80");
      await rename(link, `${link}.aside`);
      await symlink("../../shards", link);
      assert.deepEqual(value(await rig.machine.examine("live")).parts, ["list ff", "links"]);
      await edit(join(rig.root, "releases", rootOf(B), "index"), `zz\n`);
      assert.ok(value(await rig.machine.examine("live")).parts.includes("index"));
    });

    test("words that it does not take, and nothing of it stays behind", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      const before = await readdir(rig.root);
      for (const words of [["1"], ["1", "all"], ["1", "live", "3f"], ["1", "content", "zz", sha256("")], ["1", "content", "3f", "x"], ["2", "live"]]) {
        const { code } = await rig.apply(["examine", ...words]);
        assert.ok(code === 13 || code === 16, `${words.join(" ")}: ${code}`);
      }
      value(await rig.machine.examine("kept"));
      assert.deepEqual(await readdir(rig.root), before);
    });
  });
}
