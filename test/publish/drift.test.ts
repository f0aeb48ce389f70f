import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { chipOf, noteVersions } from "../../src/publish/index.js";
import { shardOf } from "../../src/publish/manifest.js";
import { makePanel, manifestOf, type Panel, type Words } from "./rig.js";

const site = (number: number, text = "www"): Words => ({ text, names: [`s${number}.example.org`] });
/** Accounts whose files lie in one shard, so that an edit of one stands in the way of the other. */
const [A, B] = neighbours();
const BOTH = { [A]: site(Number(A)), [B]: site(Number(B)) };

function neighbours(): [string, string] {
  const seen = new Map<string, string>();
  for (let number = 2001; ; number += 1) {
    const before = seen.get(shardOf(String(number)));
    if (before !== undefined) return [before, String(number)];
    seen.set(shardOf(String(number)), String(number));
  }
}

async function assertAgrees({ ctx, machine }: Panel): Promise<void> {
  const live = Object.entries((await machine.live()) ?? {}).map(([path, content]) => `${path} ${createHash("sha256").update(content).digest("hex")}`);
  assert.deepEqual(await manifestOf(ctx), live.sort());
}
const textOf = async (panel: Panel, key: string): Promise<string> => (await panel.machine.live())?.[`tester/accounts/${key}.conf`] ?? "";
const rows = (panel: Panel) => panel.ctx.db.drift.findMany({ orderBy: { path: "asc" } });
const state = async (panel: Panel) =>
  (await rows(panel)).map(({ path, kind, state, carried }) => `${path.slice(3)} ${kind} ${state}${carried ? " carried" : ""}`);
async function edited(t: Parameters<typeof makePanel>[0], line?: string): Promise<Panel> {
  const panel = await makePanel(t);
  await panel.set(BOTH);
  await panel.publisher.idle();
  await panel.machine.tamper(`${A}.conf`, line);
  return panel;
}

test("a publication that meets a hand edit keeps it, shows it, and holds its unit alone", async (t) => {
  const panel = await edited(t);
  await panel.set({ [A]: site(Number(A), "next"), [B]: site(Number(B), "next") });
  await panel.publisher.idle();
  assert.equal((await panel.publication()).state, "done", JSON.stringify((await panel.publication()).errors));
  assert.match(await textOf(panel, A), /^text www\n# by hand$/m);
  assert.match(await textOf(panel, B), /^text next$/m);
  assert.deepEqual(chipOf(await panel.unit(B)), { state: "verified" });
  const unit = await panel.unit(A);
  assert.deepEqual([chipOf(unit).state, unit.hold], ["held", "drift"]);
  await assertAgrees(panel);
  const [row] = await rows(panel);
  assert.deepEqual([row?.role, row?.key, row?.accountId, row?.kind, row?.state, row?.kept, row?.carried], ["web", A, A, "changed", "open", true, true]);
  assert.match((await panel.publisher.store.show(row?.hash as string)) ?? "", /# by hand\n$/);
  assert.doesNotMatch((await panel.publisher.store.show(row?.leftHash as string)) ?? "", /by hand/);

  await panel.set({ [A]: site(Number(A), "later"), [B]: site(Number(B), "later") });
  await panel.publisher.idle();
  assert.match(await textOf(panel, A), /^text www\n# by hand$/m, "what comes later does not take it away either");
  assert.match(await textOf(panel, B), /^text later$/m);
});

test("withdrawn meanwhile: safety before the edit, whose content stays on the page", async (t) => {
  const panel = await edited(t);
  await panel.set({ [A]: { ...site(Number(A)), withdrawn: true }, [B]: site(Number(B), "next") });
  await panel.publisher.idle();
  assert.doesNotMatch(await textOf(panel, A), /by hand/);
  assert.equal((await panel.unit(A)).hold, null);
  const [row] = await rows(panel);
  assert.deepEqual([row?.state, row?.kept], ["repaired", true]);
  assert.match((await panel.publisher.store.show(row?.hash as string)) ?? "", /by hand/);
  await assertAgrees(panel);
});

test("a hand edit brings no suspended account back: it is put right at once, and stays on the page", async (t) => {
  const panel = await makePanel(t);
  await panel.set({ [A]: { ...site(Number(A)), withdrawn: true }, [B]: site(Number(B)) });
  await panel.publisher.idle();
  await panel.machine.tamper(`${A}.conf`);
  await panel.publisher.look("web1");
  await panel.publisher.idle();
  assert.doesNotMatch(await textOf(panel, A), /by hand/);
  assert.deepEqual([(await panel.unit(A)).hold, await state(panel)], [null, [`tester/accounts/${A}.conf changed repaired`]]);
  assert.match((await panel.publisher.store.show((await rows(panel))[0]?.hash as string)) ?? "", /by hand/);
  await assertAgrees(panel);
});

test("a file that was added goes with the unit that it is named after; one that was removed stays away; a link and a stranger go", async (t) => {
  const panel = await makePanel(t);
  await panel.set(BOTH);
  await panel.publisher.idle();
  const folder = await panel.machine.folderOf(`${A}.conf`);
  await rm(join(folder, `${B}.conf`));
  await writeFile(join(folder, `${A}-extra.conf`), "extra\n");
  await writeFile(join(folder, "stranger.conf"), "nobody's\n");
  await symlink("/etc/hostname", join(folder, "link.conf"));
  await panel.set({ [A]: site(Number(A), "next"), [B]: site(Number(B), "next"), "9999": site(9999) });
  await panel.publisher.idle();
  const live = Object.keys((await panel.machine.live()) ?? {}).sort();
  assert.deepEqual(live, [`tester/accounts/${A}-extra.conf`, `tester/accounts/${A}.conf`, "tester/accounts/9999.conf"].sort());
  assert.deepEqual(await state(panel), [
    `tester/accounts/${A}-extra.conf added open carried`,
    `tester/accounts/${B}.conf removed open carried`,
    "tester/accounts/link.conf strange gone",
    "tester/accounts/stranger.conf added gone",
  ]);
  const stranger = (await rows(panel)).at(-1);
  assert.equal(await panel.publisher.store.show(stranger?.hash as string), "nobody's\n");
  assert.deepEqual([(await panel.unit(A)).hold, (await panel.unit(B)).hold], ["drift", "drift"]);
  await assertAgrees(panel);
});

test("an edit that the program does not start with goes back to what we left, and nobody waits for it", async (t) => {
  const panel = await edited(t, "STRANGLE");
  await panel.set({ [A]: site(Number(A), "next"), [B]: site(Number(B), "next") });
  await panel.publisher.idle();
  await panel.publisher.catchUp();
  await panel.publisher.idle();
  for (const key of [A, B]) assert.match(await textOf(panel, key), /^text next$/m);
  const [row] = await rows(panel);
  assert.deepEqual([row?.state, row?.kept], ["refused", true]);
  assert.equal((await panel.unit(A)).hold, null);
  await assertAgrees(panel);
});

test("everything changed at once is more than one answer holds, and still all of it is kept", async (t) => {
  const panel = await makePanel(t);
  const many = Object.fromEntries(Array.from({ length: 230 }, (_, i) => [String(3001 + i), site(3001 + i)]));
  await panel.set(many);
  await panel.publisher.idle();
  await panel.machine.tamper();
  await panel.set({ "3001": site(3001, "next") });
  await panel.publisher.idle();
  assert.equal((await panel.publication()).state, "done", JSON.stringify((await panel.publication()).errors));
  // shards that the change does not touch are found by who looks
  await panel.publisher.look("web1");
  await panel.publisher.idle();
  assert.equal(await panel.ctx.db.drift.count({ where: { state: "open", kept: true, carried: true } }), 230);
  for (const text of Object.values((await panel.machine.live()) ?? {})) assert.match(text, /# by hand/);
  await assertAgrees(panel);
});

test("who looks finds it too, and again when it is edited again", async (t) => {
  const panel = await edited(t);
  const before = (await panel.machine.live())?.[`tester/accounts/${A}.conf`] ?? "";
  await panel.publisher.look("web1");
  await panel.publisher.idle();
  assert.deepEqual(await state(panel), [`tester/accounts/${A}.conf changed open carried`]);
  // the same hand again: the row follows, and what we had left stays what it is compared with
  const file = join(await panel.machine.folderOf(`${A}.conf`), `${A}.conf`);
  await chmod(file, 0o644);
  await writeFile(file, `${before}# twice\n`);
  await panel.publisher.look("web1");
  await panel.publisher.idle();
  const all = await rows(panel);
  assert.equal(all.length, 1);
  assert.match((await panel.publisher.store.show(all[0]?.hash as string)) ?? "", /# twice/);
  assert.doesNotMatch((await panel.publisher.store.show(all[0]?.leftHash as string)) ?? "", /by hand/);
  assert.match(await readFile(join(await panel.machine.folderOf(`${A}.conf`), `${A}.conf`), "utf8"), /# twice/);
});

test("a release that somebody edited while the next one served is not returned to: it is sent again", async (t) => {
  let root = "";
  const panel = await makePanel(t, {
    onStep(step) {
      // by hand, in the release that is about to be returned to
      if (step === "rollback")
        execFileSync("sh", [
          "-c",
          `cd "$1/previous/release" && for file in */tester/accounts/*.conf; do chmod u+w "$file" && echo "# by hand" >>"$file"; done`,
          "edit",
          root,
        ]);
    },
  });
  root = panel.machine.root;
  await panel.set(BOTH);
  await panel.publisher.idle();
  const before = await panel.machine.live();
  for (const key of [A, B]) panel.machine.faults.set(`s${key}.example.org`, "stale");
  await panel.set({ [A]: site(Number(A), "next"), [B]: site(Number(B), "next") });
  await panel.publisher.idle();
  const errors = (await panel.publication()).errors as { code: string }[];
  assert.ok(
    errors.some(({ code }) => code === "publications.sent_again"),
    JSON.stringify(errors),
  );
  assert.deepEqual(await panel.machine.live(), before);
  await assertAgrees(panel);
});

test("other versions of programs: everything is asked once more, and nothing is exchanged", async (t) => {
  const panel = await makePanel(t);
  await panel.set(BOTH);
  await panel.publisher.idle();
  const told = (version: string) =>
    new Map([
      [
        "tester",
        [
          ["version", version],
          ["running", "blue"],
        ] as const,
      ],
    ]);
  const note = (version: string) => panel.ctx.transaction((tx) => noteVersions(tx, "web1", told(version)));
  assert.equal(await note("1.0"), null, "known from now on");
  assert.equal(await note("1.0"), null);
  await panel.set({ [A]: site(Number(A), "next") });
  await panel.publisher.idle();
  assert.equal(await note("1.0"), null, "a new release runs on what the one before ran on");
  const releases = await panel.ctx.db.release.count();
  panel.machine.faults.set(`s${B}.example.org`, "lost");
  assert.deepEqual(await note("1.1"), { before: { "tester version": "1.0" }, now: { "tester version": "1.1" } });
  await panel.publisher.idle();
  const publication = await panel.publication();
  assert.deepEqual([publication.cause, publication.state], ["versions", "partial"]);
  assert.match(JSON.stringify(publication.errors), /publications\./, "who does not answer is told");
  assert.equal((await panel.unit(B)).quarantineCode, null, "and blames nobody");
  assert.equal(await panel.ctx.db.release.count(), releases);
  assert.equal(await note("1.1"), null);
});

test("what somebody has put back before a run came to it is over, and its unit goes on", async (t) => {
  const panel = await makePanel(t);
  await panel.set(BOTH);
  await panel.publisher.idle();
  const now = panel.ctx.clock.now();
  const { path, hash: leftHash } = await panel.ctx.db.publishedFile.findFirstOrThrow({ where: { key: A } });
  await panel.ctx.db.drift.create({
    data: { hostId: "web1", path, role: "web", key: A, accountId: A, kind: "changed", leftHash, hash: "0".repeat(64), seenAt: now, lastSeenAt: now },
  });
  await panel.ctx.db.publishUnit.updateMany({ where: { key: A }, data: { hold: "drift", heldAt: now } });
  await panel.publisher.run("web1");
  await panel.publisher.idle();
  assert.deepEqual(await state(panel), [`tester/accounts/${A}.conf changed gone`]);
  assert.equal((await panel.unit(A)).hold, null);
  await panel.set({ [A]: site(Number(A), "next") });
  await panel.publisher.idle();
  assert.match(await textOf(panel, A), /^text next$/m);
});

test("what holds the release together is sent anew by itself, and stands in nobody's way", async (t) => {
  const panel = await makePanel(t);
  await panel.set(BOTH);
  await panel.publisher.idle();
  const { root } = await panel.ctx.db.release.findFirstOrThrow({ where: { state: "live" } });
  const { hash } = await panel.ctx.db.publishedShard.findFirstOrThrow({ where: { shard: shardOf(A) } });
  const release = join(panel.machine.root, "releases", root);
  const before = await readFile(join(release, "index"), "utf8");
  const list = join(panel.machine.root, "lists", hash);
  const found = async () => {
    const looked = await panel.publisher.look("web1");
    await panel.publisher.idle();
    return looked.ok && looked.value;
  };
  for (const [part, spoil] of [
    ["index", () => writeFile(join(release, "index"), `zz ${hash}\n`)],
    [
      "links",
      async () => {
        await rm(join(release, "7f"));
        await symlink("../../shards/nowhere", join(release, "7f"));
      },
    ],
    [
      `list ${shardOf(A)}`,
      async () => {
        await chmod(list, 0o644);
        await writeFile(list, "");
      },
    ],
  ] as const) {
    await spoil();
    assert.ok(await found(), part);
    const told = await panel.ctx.db.drift.findMany({ where: { path: part } });
    assert.ok(told.length > 0, part);
    assert.deepEqual([...new Set(told.map(({ kind, state, role }) => `${kind} ${state} ${role}`))], ["part repaired null"], JSON.stringify(told));
    assert.equal(await found(), 0, part);
  }
  assert.equal(await readFile(join(release, "index"), "utf8"), before);
  assert.equal(await panel.ctx.db.drift.count({ where: { kind: { not: "part" } } }), 0, "and no file of anybody's was touched by hand");
  // what meets it by publishing puts it right too
  await writeFile(join(release, "index"), "");
  await panel.set({ [A]: site(Number(A), "next"), [B]: site(Number(B)) });
  await panel.publisher.idle();
  assert.equal((await panel.publication()).state, "done", JSON.stringify((await panel.publication()).errors));
  assert.match(await textOf(panel, A), /^text next$/m);
  await assertAgrees(panel);
});
