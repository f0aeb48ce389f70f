/** What somebody's hands were in is sent in full, replaced or refused, and never trusted; older releases do not see it. */
import assert from "node:assert/strict";
import { appendFile, chmod, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { EMPTY_SHARD, type Outcome, packRelease, type ReleaseChange } from "../../src/core/machine/index.js";
import { changeBetween, makeRig, publish, type Rig, rootOf, SHELLS, shardsOf, type Tree } from "./apply-rig.js";

const A: Tree = { "00/first/a.conf": "a\n", "3f/first/accounts/2001.conf": "one\n", "3f/second/b.conf": "b\n", "ff/second/c.conf": "" };
const B: Tree = { ...A, "3f/first/accounts/2001.conf": "two\n" };
const EDITED: Tree = { ...A, "3f/first/accounts/2001.conf": "one\n# by hand\n" };

const value = <Value>(outcome: Outcome<Value>): Value => {
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.value;
};
const shard = (rig: Rig, tree: Tree, xx = "3f"): string => join(rig.root, "shards", shardsOf(tree).get(xx) ?? EMPTY_SHARD);
const settle = (rig: Rig, fence: number, tree: Tree) => rig.machine.settle({ fence, root: rootOf(tree) });
async function edit(rig: Rig, tree: Tree): Promise<void> {
  const file = join(shard(rig, tree), "first/accounts/2001.conf");
  await chmod(file, 0o644);
  await appendFile(file, "# by hand\n");
}
/** The same change with these shards in full. */
function anew(before: Tree, after: Tree, names: readonly string[]): ReleaseChange {
  const change = changeBetween(before, after);
  const fresh = shardsOf(after);
  const full = changeBetween(null, Object.fromEntries(Object.entries(after).filter(([path]) => names.includes(path.slice(0, 2))))).puts;
  return {
    ...change,
    shards: [
      ...change.shards.filter(({ name }) => !names.includes(name)),
      ...names.map((name) => ({ name, oldHash: EMPTY_SHARD, newHash: fresh.get(name) ?? EMPTY_SHARD })),
    ],
    deletes: change.deletes.filter((path) => !names.includes(path.slice(0, 2))),
    puts: [...change.puts.filter(({ path }) => !names.includes(path.slice(0, 2))), ...full],
  };
}
const send = (rig: Rig, fence: number, change: ReleaseChange) => rig.machine.publish({ fence, base: change.base, root: change.root }, packRelease(change));

for (const shell of SHELLS) {
  describe(`what is sent anew (${shell.join(" ")})`, { concurrency: 2 }, () => {
    test("a shard in full is not built on what lies there, and releases of before do not keep the edit", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      value(await settle(rig, 1, A));
      await edit(rig, A);
      assert.equal((await send(rig, 2, changeBetween(A, B))).ok, false);
      value(await send(rig, 2, anew(A, EDITED, ["3f"])));
      assert.deepEqual(await rig.live(), { root: rootOf(EDITED), tree: EDITED });
      value(await settle(rig, 2, EDITED));
      // the release that held the edited shard is gone with it: who wants it again sends it
      assert.deepEqual(value(await rig.machine.status()).kept, [rootOf(EDITED)]);
      assert.ok(!(await readdir(join(rig.root, "shards"))).includes(shardsOf(A).get("3f") as string));
      value(await send(rig, 3, changeBetween(EDITED, A)));
      assert.deepEqual(await rig.live(), { root: rootOf(A), tree: A });
      assert.deepEqual(value(await rig.machine.examine("kept")).files, []);
    });

    test("a shard that lies there already and is not what it says is replaced by what was sent", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      value(await settle(rig, 1, A));
      await publish(rig, 2, A, B);
      value(await settle(rig, 2, B));
      for (const spoil of [
        () => edit(rig, A),
        () => rm(join(shard(rig, A), "second"), { recursive: true, force: true }),
        () => symlink("/etc/hostname", join(shard(rig, A), "first/link.conf")),
        async () => {
          await rename(shard(rig, A), join(rig.folder, "elsewhere"));
          await symlink(join(rig.folder, "elsewhere"), shard(rig, A));
        },
      ]) {
        await spoil();
        value(await send(rig, 3, changeBetween(B, A)));
        assert.deepEqual(await rig.live(), { root: rootOf(A), tree: A });
        value(await settle(rig, 3, A));
        assert.deepEqual(value(await rig.machine.examine("kept")).files, []);
        value(await send(rig, 3, changeBetween(A, B)));
        value(await settle(rig, 3, B));
      }
    });

    test("neither a kept release nor the one before is returned to when it was tampered with; sent again, it serves", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      value(await settle(rig, 1, A));
      await publish(rig, 2, A, B);
      await edit(rig, A);
      const drift = { ok: false, failure: { kind: "drift", shards: ["3f"] } };
      assert.deepEqual(await rig.machine.rollback({ fence: 2, root: rootOf(B) }), drift);
      assert.deepEqual(await rig.live(), { root: rootOf(B), tree: B });
      value(await settle(rig, 2, B));
      assert.deepEqual(await rig.machine.activate({ fence: 2, base: rootOf(B), root: rootOf(A) }), drift);
      value(await send(rig, 3, anew(B, A, ["3f"])));
      assert.deepEqual(await rig.live(), { root: rootOf(A), tree: A });
      assert.equal(await rig.serving("first"), rootOf(A));
    });

    test("a release is mended in its place, and its programs are told what changed", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      value(await settle(rig, 1, A));
      await edit(rig, A);
      await rm(join(shard(rig, A), "second/b.conf"));
      await writeFile(join(shard(rig, A), "second/z.conf"), "mine\n");
      await writeFile(join(shard(rig, A, "80"), "x.conf"), "in the empty shard\n");
      await rig.forget();
      value(await send(rig, 2, anew(A, A, ["3f", "80"])));
      assert.deepEqual(await rig.live(), { root: rootOf(A), tree: A });
      const told = await rig.changed("first");
      assert.deepEqual(
        told.filter((line) => line.startsWith("prepare")),
        ["A 3f/second/b.conf", "D 3f/second/z.conf", "M 3f/first/accounts/2001.conf"].map((line) => `prepare ${line}`),
      );
      value(await settle(rig, 2, A));
      assert.deepEqual(value(await rig.machine.examine("live")), { root: rootOf(A), files: [], parts: [], count: 0 });
      // once more: nothing is to be mended, so nothing is started
      await rig.forget();
      value(await send(rig, 2, anew(A, A, ["3f"])));
      assert.deepEqual(await rig.calls("first"), []);
    });

    test("killed between the two renames, the next verb gives the shard back", async (t) => {
      const rig = await makeRig(t, shell);
      await publish(rig, 1, null, A);
      const aside = join(rig.root, "incoming/spoilt", shardsOf(A).get("3f") as string);
      await mkdir(join(rig.root, "incoming/spoilt"), { recursive: true });
      await rename(shard(rig, A), aside);
      await rig.apply(["boot"]);
      assert.deepEqual(await rig.live(), { root: rootOf(A), tree: A });
    });
  });
}

/** Kills apply before the rename whose number stands in $MUTU_WORLD/kill. */
const MV = `#!/bin/dash
read -r at <"$MUTU_WORLD/kill"
echo >>"$MUTU_WORLD/count"
count=0
while read -r _; do count=$((count + 1)); done <"$MUTU_WORLD/count"
if [ "$count" -eq "$at" ]; then
  echo "$*" >"$MUTU_WORLD/killed"
  kill -9 "$PPID"
  exit 137
fi
exec /usr/bin/mv "$@"
`;

test("killed at any rename of a release that is mended: the machine boots with one whole tree, and the next try mends it", async (t) => {
  const rig = await makeRig(t);
  await publish(rig, 1, null, A);
  value(await settle(rig, 1, A));
  for (const name of ["shims", "bare"]) await mkdir(join(rig.folder, name));
  await writeFile(join(rig.folder, "shims/mv"), MV, { mode: 0o755 });
  const killed: string[] = [];
  for (let at = 1; at < 40; at += 1) {
    await edit(rig, A);
    // A link that leads elsewhere: the release's links are made anew as well.
    const link = join(rig.root, "releases", rootOf(A), "80");
    await rm(link);
    await symlink(join(rig.folder, "bare"), link);
    await writeFile(join(rig.world, "kill"), `${at}\n`);
    await rig.configure({ MUTU_PATH: `${join(rig.folder, "shims")}:/usr/sbin:/usr/bin:/sbin:/bin` });
    const outcome = await send(rig, at + 1, anew(A, A, ["3f"]));
    await rig.configure({});
    const said = await readFile(join(rig.world, "killed"), "utf8").catch(() => null);
    for (const name of ["kill", "killed", "count"]) await rm(join(rig.world, name), { force: true });
    if (said === null) {
      assert.ok(outcome.ok, JSON.stringify(outcome));
      break;
    }
    killed.push(said.trim());
    assert.equal((await rig.apply(["boot"])).code, 0, said);
    const tree = (await rig.live())?.tree;
    assert.ok(
      [A, EDITED].some((whole) => isDeepStrictEqual(tree, whole)),
      `${said}: ${JSON.stringify(tree)}`,
    );
    value(await send(rig, at + 1, anew(A, A, ["3f"])));
    assert.deepEqual(await rig.live(), { root: rootOf(A), tree: A }, said);
    value(await settle(rig, at + 1, A));
    assert.deepEqual(value(await rig.machine.examine("live")).count, 0, said);
  }
  for (const between of ["incoming/spoilt/", "incoming/trash/links", `incoming/release releases/${rootOf(A)}`])
    assert.ok(killed.some((words) => words.includes(between)) && killed.length > 4, `${between}: ${killed.join("\n")}`);
});
