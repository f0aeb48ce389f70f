/** In a release each daemon reads its own folder: the group that the machine's own file names for it, and nobody else's. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { makeRig, publish, SHELLS, type Tree } from "./apply-rig.js";

const root = process.getuid?.() === 0;
const [FIRST, SECOND] = [64_101, 64_102];
const TREE: Tree = { "3f/first/a.conf": "first\n", "3f/second/keys/b.key": "second\n", "a0/second/c.conf": "second\n", "a0/third/d.list": "third\n" };

/** Reads a file as somebody in this group alone. */
function reads(group: number, path: string): string | null {
  const said = spawnSync("setpriv", ["--reuid", "64100", "--regid", String(group), "--clear-groups", "cat", path], { encoding: "utf8" });
  return said.status === 0 ? said.stdout : null;
}

/** What each shard holds of each daemon. */
const foldersOf = (top: string) =>
  readdirSync(join(top, "shards")).flatMap((shard) => readdirSync(join(top, "shards", shard)).map((daemon) => join(top, "shards", shard, daemon)));

for (const shell of SHELLS) {
  test(`a daemon's files are its own group's, a daemon without one is root's (${shell.join(" ")})`, { skip: root ? false : "not root" }, async (t) => {
    const rig = await makeRig(t, shell, ["first", "second", "third"]);
    chmodSync(rig.folder, 0o755);
    await rig.configure({ MUTU_PRIVILEGED: "yes", MUTU_GROUPS: `first:${FIRST} second:${SECOND}` });
    await publish(rig, 1, null, TREE);
    const file = (path: string) => join(rig.root, "live/release", path);
    const seen = (group: number) => Object.keys(TREE).filter((path) => reads(group, file(path)) === TREE[path]);
    assert.deepEqual(seen(FIRST), ["3f/first/a.conf"]);
    assert.deepEqual(seen(SECOND), ["3f/second/keys/b.key", "a0/second/c.conf"]);
    assert.deepEqual(seen(64_103), []);
    for (const folder of foldersOf(rig.root)) assert.equal(statSync(folder).mode & 0o7777, 0o750, folder);

    // What an older machine left open closes with the next change of its shard.
    for (const folder of foldersOf(rig.root)) {
      chmodSync(folder, 0o755);
      chownSync(folder, 0, 0);
    }
    assert.equal(seen(FIRST).length, 4);
    await publish(rig, 2, TREE, { ...TREE, "3f/first/a.conf": "next\n" });
    assert.equal(reads(FIRST, file("3f/first/a.conf")), "next\n");
    assert.equal(reads(FIRST, file("3f/second/keys/b.key")), null);
    assert.equal(statSync(dirname(file("3f/second/keys/b.key"))).uid, 0);
  });
}
