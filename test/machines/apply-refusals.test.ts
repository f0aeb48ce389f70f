/** Everything that apply refuses, with the answer it gives; after each, the machine is as it was. */
import assert from "node:assert/strict";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { pack as createPack, type Header } from "tar-stream";
import { EMPTY_SHARD, renderManifest } from "../../src/core/machine/index.js";
import { changeBetween, makeRig, publish, type Rig, rootOf, SHELLS, stage, type Tree } from "./apply-rig.js";

const OLD: Tree = { "00/first/a.conf": "a\n", "3f/second/b.conf": "b\n" };
const NEW: Tree = { ...OLD, "3f/second/b.conf": "changed\n" };
const HASH = "1".repeat(64);
const CHANGE = changeBetween(OLD, NEW);
const MANIFEST = renderManifest(CHANGE);
const FILE = "files/3f/second/b.conf";

type Member = Partial<Header> & { name: string; content?: string };

/** A tar as someone else's program would make it: any type, mode and order. */
async function tarOf(members: Member[]): Promise<Buffer> {
  const pack = createPack();
  for (const { content, ...header } of members) pack.entry({ mode: 0o644, uid: 0, gid: 0, mtime: new Date(0), ...header }, content ?? "");
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of pack as unknown as Readable) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A stream with this manifest (changed by `edit`) and the right file. */
const withManifest = (edit: (manifest: string) => string): Promise<Buffer> =>
  tarOf([
    { name: "manifest", content: edit(MANIFEST) },
    { name: FILE, content: "changed\n" },
  ]);
/** The right manifest, then these members. */
const withMembers = (...members: Member[]): Promise<Buffer> => tarOf([{ name: "manifest", content: MANIFEST }, ...members]);
const right: Member = { name: FILE, content: "changed\n" };

const STREAMS: [what: string, tar: () => Promise<Buffer>][] = [
  ["nothing at all", async () => Buffer.alloc(0)],
  ["something that is no tar", async () => Buffer.from(`manifest${"x".repeat(4000)}`)],
  ["a compressed tar", async () => gzipSync(await withMembers(right))],
  ["a tar that is cut off", async () => (await withMembers({ ...right, content: "x".repeat(5000) })).subarray(0, 3000)],
  ["a file before the manifest", () => tarOf([right, { name: "manifest", content: MANIFEST }])],
  ["a symbolic link", () => withMembers({ name: FILE, type: "symlink", linkname: "/etc/passwd" })],
  ["a symbolic link beside the right file", () => withMembers(right, { name: "files/3f/second/c.conf", type: "symlink", linkname: "/etc" })],
  ["a hard link", () => withMembers({ name: FILE, type: "link", linkname: "manifest" })],
  ["a character device", () => withMembers({ name: FILE, type: "character-device", devmajor: 1, devminor: 3 })],
  ["a fifo", () => withMembers({ name: FILE, type: "fifo" })],
  ["a directory", () => withMembers({ name: "files/3f/second/", type: "directory", mode: 0o755 }, right)],
  ["a setuid file", () => withMembers({ ...right, mode: 0o4755 })],
  ["an executable file", () => withMembers({ ...right, mode: 0o755 })],
  ["an absolute path", () => withMembers({ ...right, name: "/etc/cron.d/x" })],
  ["a path that climbs", () => withMembers(right, { name: "files/3f/second/../../../../x", content: "x" })],
  ["a path outside files/", () => withMembers(right, { name: "journal", content: "x" })],
  ["a second manifest", () => withMembers(right, { name: "manifest", content: MANIFEST })],
  ["the same file twice", () => withMembers(right, right)],
  ["a file that is not announced", () => withMembers(right, { name: "files/3f/second/c.conf", content: "x" })],
  ["a daemon that this machine has not", () => withMembers(right, { name: "files/3f/third/c.conf", content: "x" })],
  ["a name with a space", () => withMembers(right, { name: "files/3f/second/c conf", content: "x" })],
  ["a name with a newline", () => withMembers(right, { name: "files/3f/second/c\nconf", content: "x" })],
  ["a name that is an option", () => withMembers(right, { name: "files/3f/second/--checkpoint-action=exec=x", content: "x" })],
  ["a hidden file", () => withMembers(right, { name: "files/3f/second/.htaccess", content: "x" })],
  ["a file of another content", () => withMembers({ ...right, content: "other\n" })],
  ["a file that is missing", () => withMembers()],
  ["a manifest of another base", () => withManifest((text) => text.replace(/^base .*/, `base ${HASH}`))],
  ["a manifest of another root", () => withManifest((text) => text.replace(/^root .*/m, `root ${HASH}`))],
  ["a manifest without a line", () => withManifest(() => "")],
  ["a manifest cut after its base", () => withManifest((text) => text.slice(0, 70))],
  ["a shard that is not touched", () => withManifest((text) => text.replace(/^shard 3f.*\n/m, ""))],
  ["a shard twice", () => withManifest((text) => text.replace(/^(shard 3f.*\n)/m, "$1$1"))],
  ["a shard from another old hash", () => withManifest((text) => text.replace(/^shard 3f \w+/m, `shard 3f ${HASH}`))],
  ["a shard with another new hash", () => withManifest((text) => text.replace(/^(shard 3f \w+) \w+/m, `$1 ${HASH}`))],
  ["a shard that climbs", () => withManifest((text) => `${text}shard .. ${EMPTY_SHARD} ${HASH}\n`)],
  ["a delete that climbs", () => withManifest((text) => `${text}delete 3f/second/../../x\n`)],
  ["a delete that is absolute", () => withManifest((text) => `${text}delete /etc/passwd\n`)],
  ["a delete in another daemon's name", () => withManifest((text) => `${text}delete 3f/third/x\n`)],
  ["a delete of what is put", () => withManifest((text) => `${text}delete 3f/second/b.conf\n`)],
  ["a put in a shard that is not announced", () => withManifest((text) => `${text}put 40/second/b.conf ${HASH}\n`)],
  ["a line with two spaces", () => withManifest((text) => text.replace("put ", "put  "))],
  ["a word that nobody knows", () => withManifest((text) => `${text}run /bin/sh\n`)],
  ["a line with a shell in it", () => withManifest((text) => `${text}delete 3f/second/$(touch\${IFS}x)\n`)],
];

const root = rootOf(NEW);
const base = rootOf(OLD);
const WORDS: [what: string, words: string[], code: number][] = [
  ["no word", [], 13],
  ["an unknown verb", ["sh"], 13],
  ["a word too many", ["stage", "1", "2", base, root, "x"], 13],
  ["a word too few", ["activate", "1", "2", root], 13],
  ["a word with a space", ["settle", "1", "2", `${root} x`], 13],
  ["a word with a slash", ["settle", "1", "2", "../../etc"], 13],
  ["a word of 81 characters", ["settle", "1", "2", "1".repeat(81)], 13],
  ["an empty word", ["settle", "1", "2", ""], 13],
  ["a root that is no hash", ["activate", "1", "2", base, "current"], 13],
  ["a root in capitals", ["settle", "1", "2", root.toUpperCase()], 13],
  ["the root none", ["activate", "1", "2", base, "none"], 13],
  ["rollback of none", ["rollback", "1", "2", "none"], 13],
  ["fence zero", ["settle", "1", "0", base], 13],
  ["a fence with a sign", ["settle", "1", "-2", base], 13],
  ["a fence of 16 digits", ["settle", "1", "1".repeat(16), base], 13],
  ["a fence that is no number", ["settle", "1", "2a", base], 13],
  ["a fence that is an expression", ["settle", "1", "a.b", base], 13],
  ["another protocol", ["settle", "2", "2", base], 16],
  ["no protocol", ["settle"], 16],
  ["an older fence", ["settle", "1", "1", base], 11],
  ["a log", ["log", "2001", "errors", "10"], 13],
  ["a second machine file", ["status", "-c", "x"], 13],
  ["a release that was never staged", ["activate", "1", "2", base, HASH], 13],
  ["a base that is not live", ["activate", "1", "2", HASH, root], 12],
  ["a root to settle that is not live", ["settle", "1", "2", HASH], 12],
  ["a rollback from a settled release", ["rollback", "1", "2", base], 13],
];

/** Lines that make a machine file worthless. */
const MACHINE_FILES: [what: string, keys: Record<string, string | null>][] = [
  ["no root", { MUTU_ROOT: null }],
  ["a relative root", { MUTU_ROOT: "var/lib" }],
  ["a command", { MUTU_X: "$(id)" }],
  ["a quote", { MUTU_X: "'a'" }],
  ["a key that is not ours", { PATH: "/tmp" }],
  ["a key that drivers get from apply", { MUTU_LIVE: "/tmp" }],
  ["a daemon that climbs", { MUTU_DAEMONS: "../first" }],
  ["a daemon without a driver", { MUTU_DAEMONS: "first third" }],
  ["neither yes nor no", { MUTU_PRIVILEGED: "maybe" }],
  ["a limit that is no number", { MUTU_MAX_BYTES: "many" }],
];

async function published(t: Parameters<typeof makeRig>[0], shell: readonly string[]): Promise<Rig> {
  const rig = await makeRig(t, shell);
  await publish(rig, 2, null, OLD);
  const settled = await rig.machine.settle({ fence: 2, root: base });
  assert.ok(settled.ok);
  await rig.forget();
  return rig;
}

const assertUntouched = async (rig: Rig): Promise<void> => {
  assert.deepEqual(await rig.live(), { root: base, tree: OLD });
  assert.deepEqual(await rig.calls("first"), []);
  assert.deepEqual(await rig.calls("second"), []);
};

for (const shell of SHELLS) {
  describe(`apply refuses (${shell.join(" ")})`, { concurrency: 2 }, () => {
    test("every stream that is not what the manifest announces", async (t) => {
      const rig = await published(t, shell);
      for (const [what, tar] of STREAMS) {
        const result = await rig.apply(["stage", "1", "2", base, root], await tar());
        assert.equal(result.code, 13, `${what}: ${result.code} ${result.stdout}${result.stderr}`);
        assert.match(result.stdout.toString(), /^refused [^\n]+\n$/, what);
      }
      await assertUntouched(rig);
      const good = await rig.apply(["stage", "1", "2", base, root], await withMembers(right));
      assert.equal(good.code, 0, `the stream without a fault is taken: ${good.stdout}${good.stderr}`);
    });

    test("a stream that is larger than the machine allows", async (t) => {
      const rig = await published(t, shell);
      await rig.configure({ MUTU_MAX_BYTES: "20000" });
      const large: Tree = { ...OLD, "3f/second/b.conf": "x".repeat(100_000) };
      const outcome = await stage(rig, 2, OLD, large);
      assert.ok(!outcome.ok && outcome.failure.kind === "refused", JSON.stringify(outcome));
      assert.match(outcome.failure.reason, /larger than 20000 bytes/);
      await assertUntouched(rig);
    });

    test("every word that is not of the protocol", async (t) => {
      const rig = await published(t, shell);
      for (const [what, words, code] of WORDS) {
        const result = await rig.apply(words, Buffer.alloc(0));
        assert.equal(result.code, code, `${what}: ${result.code} ${result.stdout}${result.stderr}`);
      }
      await assertUntouched(rig);
    });

    test("words of an SSH session that are more than words", async (t) => {
      const rig = await published(t, shell);
      const remote = (command: string) => rig.apply([], undefined, { ...process.env, SSH_ORIGINAL_COMMAND: command });
      assert.equal((await remote("status")).code, 0);
      assert.equal((await remote("  status  ")).code, 0);
      for (const command of [
        "status; id",
        "status\nid",
        "status *",
        "`id`",
        "$(id)",
        "status /",
        "-c x status",
        "boot",
        "halt",
        "status\t",
        "*",
        "'status'",
        "",
        "~",
        "status\\",
      ]) {
        const result = await remote(command);
        assert.equal(result.code, 13, `${JSON.stringify(command)}: ${result.code} ${result.stdout}`);
      }
    });

    test("a machine file that could have been written by someone else, or says what it may not", async (t) => {
      const rig = await published(t, shell);
      const code = async () => (await rig.apply(["status"])).code;
      for (const [what, keys] of MACHINE_FILES) {
        await rig.configure(keys);
        assert.equal(await code(), 20, what);
      }
      await rig.configure({});
      assert.equal(await code(), 0);
      await rig.configure({ MUTU_EXTRA: "a  b, c:d   # a comment with $(id)" });
      assert.equal(await code(), 0);
      for (const path of [rig.conf, join(rig.folder, "daemons/first/driver"), join(rig.folder, "daemons"), rig.root]) {
        for (const mode of [0o666, 0o664, 0o777]) {
          await chmod(path, mode);
          assert.equal(await code(), 20, `${path} with mode ${mode.toString(8)}`);
        }
        await chmod(path, 0o755);
        assert.equal(await code(), 0, path);
      }
      await writeFile(rig.conf, "MUTU_HOST=a\nMUTU_HOST=b\n");
      assert.equal(await code(), 20, "a key twice");
    });
  });
}

test("a live link that leads nowhere is an error, not a fresh machine", async (t) => {
  const rig = await makeRig(t);
  await mkdir(join(rig.root, "activations"), { recursive: true });
  await symlink("activations/7", join(rig.root, "live"));
  assert.equal((await rig.apply(["status"])).code, 20);
  const outcome = await stage(rig, 1, null, NEW);
  assert.ok(!outcome.ok && outcome.failure.kind === "internal", JSON.stringify(outcome));
});
