/** The verb `certificates`: what is placed, what is refused by name, and the streams that are refused whole. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { pack as createPack, type Header } from "tar-stream";
import { runCommand } from "../../src/core/machine/index.js";
import { makeRig, publish, type Rig, SHELLS } from "./apply-rig.js";
import { EXPIRED, opensslPem, pemFor } from "./certificate-rig.js";

const NAME = "www.example.org";
const PEM = pemFor(NAME, "example.org", "*.example.org");
const OTHER = pemFor("www.example.net");
const blocks = (pem: string): string[] => pem.match(/-----BEGIN [\s\S]*?-----END [A-Z ]+-----\n/g) ?? [];
const [CHAIN = "", KEY = ""] = blocks(PEM);
const [OTHER_CHAIN = "", OTHER_KEY = ""] = blocks(OTHER);
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const put = (name: string, pem: string, number = 1): string => `put ${name} ${number} ${sha256(pem)}\n`;

type Member = Partial<Header> & { name: string; content?: string };

async function tarOf(members: Member[]): Promise<Buffer> {
  const pack = createPack();
  for (const { content, ...header } of members) pack.entry({ mode: 0o644, uid: 0, gid: 0, mtime: new Date(0), ...header }, content ?? "");
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of pack as unknown as Readable) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const FILE = `files/${NAME}.pem`;
const right: Member = { name: FILE, content: PEM };
const withMembers = (...members: Member[]): Promise<Buffer> => tarOf([{ name: "manifest", content: put(NAME, PEM) }, ...members]);
const withManifest = (manifest: string): Promise<Buffer> => tarOf([{ name: "manifest", content: manifest }, right]);

const STREAMS: [what: string, tar: () => Promise<Buffer>][] = [
  ["nothing at all", async () => Buffer.alloc(0)],
  ["something that is no tar", async () => Buffer.from(`manifest${"x".repeat(4000)}`)],
  ["a compressed tar", async () => gzipSync(await withMembers(right))],
  ["a tar that is cut off", async () => (await withMembers(right)).subarray(0, 1700)],
  ["a file before the manifest", () => tarOf([right, { name: "manifest", content: put(NAME, PEM) }])],
  ["a symbolic link", () => withMembers({ name: FILE, type: "symlink", linkname: "/etc/shadow" })],
  ["a hard link", () => withMembers({ name: FILE, type: "link", linkname: "manifest" })],
  ["a character device", () => withMembers({ name: FILE, type: "character-device", devmajor: 1, devminor: 3 })],
  ["a fifo", () => withMembers({ name: FILE, type: "fifo" })],
  ["a directory", () => withMembers({ name: `${FILE}/`, type: "directory", mode: 0o755 })],
  ["a setuid file", () => withMembers({ ...right, mode: 0o4755 })],
  ["an absolute path", () => withMembers({ ...right, name: "/etc/cron.d/x.pem" })],
  ["a path that climbs", () => withMembers(right, { name: "files/../../x.pem", content: PEM })],
  ["a path below a folder", () => withMembers(right, { name: "files/numbers/x.pem", content: PEM })],
  ["a path outside files/", () => withMembers(right, { name: "lock", content: "x" })],
  ["a file that is no .pem", () => withMembers(right, { name: "files/x.example.org.key", content: "x" })],
  ["a hidden file", () => withMembers(right, { name: "files/.x.pem", content: "x" })],
  ["a name with a space", () => withMembers(right, { name: "files/a b.pem", content: "x" })],
  ["a name in capitals", () => withMembers(right, { name: "files/WWW.example.org.pem", content: "x" })],
  ["a name that is an option", () => withMembers(right, { name: "files/-x.pem", content: "x" })],
  [
    "the fallback's own name",
    () =>
      tarOf([
        { name: "manifest", content: put("fallback", PEM) },
        { name: "files/fallback.pem", content: PEM },
      ]),
  ],
  ["the same file twice", () => withMembers(right, right)],
  ["a second manifest", () => withMembers(right, { name: "manifest", content: "" })],
  ["a file that is not announced", () => withMembers(right, { name: "files/a.example.org.pem", content: PEM })],
  ["a file that is missing", () => withMembers()],
  ["a file of another content", () => withMembers({ ...right, content: OTHER })],
  ["an empty manifest", () => withManifest("")],
  ["a name twice", () => withManifest(put(NAME, PEM) + put(NAME, PEM))],
  ["a name that is put and taken off", () => withManifest(`${put(NAME, PEM)}remove ${NAME} 1\n`)],
  ["a name that climbs", () => withManifest(`${put(NAME, PEM)}remove .. 1\n`)],
  ["a name with a slash", () => withManifest(`${put(NAME, PEM)}remove a/b 1\n`)],
  ["a name with two dots in a row", () => withManifest(`${put(NAME, PEM)}remove a..b 1\n`)],
  ["a name of 251 characters", () => withManifest(`${put(NAME, PEM)}remove ${"a".repeat(251)} 1\n`)],
  ["number zero", () => withManifest(put(NAME, PEM, 0))],
  ["a negative number", () => withManifest(put(NAME, PEM, -1))],
  ["a number of 16 digits", () => withManifest(`remove ${NAME} ${"1".repeat(16)}\n`)],
  ["a number that is an expression", () => withManifest(`${put(NAME, PEM)}remove a.example.org stored\n`)],
  ["a sum that is none", () => withManifest(`put ${NAME} 1 ${"x".repeat(64)}\n`)],
  ["a line with two spaces", () => withManifest(put(NAME, PEM).replace(" ", "  "))],
  ["a word that nobody knows", () => withManifest(`${put(NAME, PEM)}run /bin/sh\n`)],
  ["a thumbprint with a quote", () => withManifest(`${put(NAME, PEM)}thumbprint ";x"\n`)],
  ["a thumbprint with a variable", () => withManifest(`${put(NAME, PEM)}thumbprint $host\n`)],
  ["two thumbprints", () => withManifest(`${put(NAME, PEM)}thumbprint a\nthumbprint b\n`)],
];

/** Files of a name that are refused by it, each with its reason. */
const FILES: [what: string, pem: string, reason: string][] = [
  ["empty", "", "unreadable"],
  ["garbage", "garbage\n", "unreadable"],
  ["bytes", "\0\x01\x02\xff\n", "unreadable"],
  ["a certificate alone", CHAIN, "unreadable"],
  ["a key alone", KEY, "unreadable"],
  ["the key first", KEY + CHAIN, "unreadable"],
  ["two keys", CHAIN + KEY + OTHER_KEY, "unreadable"],
  ["text around", `Bag Attributes\n${PEM}`, "unreadable"],
  ["a certificate cut off", CHAIN.slice(0, 300) + KEY, "unreadable"],
  ["a certificate of nonsense", `-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n${KEY}`, "unreadable"],
  ["nonsense in its chain", `${CHAIN}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n${KEY}`, "unreadable"],
  ["a key of nonsense", `${CHAIN}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`, "unreadable"],
  ["a key that is sealed", CHAIN + KEY.replaceAll("PRIVATE", "ENCRYPTED PRIVATE"), "unreadable"],
  ["larger than 65 536 bytes", CHAIN.repeat(200) + KEY, "unreadable"],
  ["another's key", CHAIN + OTHER_KEY, "mismatch"],
  ["another's certificate first", OTHER_CHAIN + CHAIN + KEY, "mismatch"],
  ["of RSA with 1 024 bits", opensslPem(NAME, { newkey: ["-newkey", "rsa:1024"] }), "key"],
  ["of a curve that no browser takes", opensslPem(NAME, { newkey: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"] }), "key"],
  ["expired", EXPIRED(NAME), "expired"],
  ["of another name", OTHER, "name"],
  ["of a wildcard two labels above", pemFor("*.org"), "name"],
  ["without alternative names", opensslPem(NAME, { newkey: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], san: false }), "name"],
];

const tls = (rig: Rig, path: string): string => join(rig.root, "tls", path);
const place = async (rig: Rig, files: { name: string; number: number; pem: string | null }[], thumbprint?: string) => {
  const outcome = await rig.machine.certificates({ daemon: "first", files, ...(thumbprint !== undefined && { thumbprint }) });
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.value;
};

for (const shell of SHELLS) {
  describe(`certificates of a machine (${shell.join(" ")})`, { concurrency: 2 }, () => {
    test("each is placed beside what serves, on a fresh machine and beside a publication that holds the lock", async (t) => {
      const rig = await makeRig(t, shell);
      const rsa = opensslPem("rsa.example.org", { newkey: ["-newkey", "rsa:2048"] });
      const files = [
        { name: NAME, number: 1, pem: PEM },
        { name: "*.example.org", number: 4, pem: PEM },
        { name: "rsa.example.org", number: 1, pem: rsa },
        {
          name: `${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.example.org`,
          number: 1,
          pem: pemFor(`${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.example.org`),
        },
      ];
      assert.deepEqual((await place(rig, files)).placed.sort(), files.map(({ name }) => name).sort());
      assert.equal(await readFile(tls(rig, `${NAME}.pem`), "utf8"), PEM);
      assert.equal(await readFile(tls(rig, "_wildcard.example.org.pem"), "utf8"), PEM);
      assert.ok(!existsSync(tls(rig, "incoming")), "nothing of a key is left on its way");
      await publish(rig, 2, null, { "00/first/a.conf": "a\n" });
      await rig.forget();
      const holder = spawn("flock", [join(rig.root, "lock"), "sh", "-c", "echo held; read end"], { stdio: ["pipe", "pipe", "inherit"] });
      t.after(() => holder.kill());
      await once(holder.stdout, "data");
      assert.deepEqual(await place(rig, [{ name: NAME, number: 2, pem: PEM }]), { placed: [NAME], refused: [] });
      assert.equal(holder.exitCode, null, "a certificate waits for no publication");
      assert.deepEqual(await rig.calls("first"), [`certificates next=1 live=1 previous= release=${(await rig.live())?.root}`]);
      assert.deepEqual(await rig.calls("second"), []);
      holder.stdin.end();
      await once(holder, "exit");
    });

    test("one bad file among ten is refused by its name, and nine are placed", async (t) => {
      const rig = await makeRig(t, shell);
      for (const [at, [what, pem, reason]] of FILES.entries()) {
        const nine = at % 8 === 0 ? Array.from({ length: 9 }, (_, n) => ({ name: `site${n}.example.org`, number: at + 1, pem: PEM })) : [];
        const value = await place(rig, [...nine.slice(0, 4), { name: NAME, number: 1, pem }, ...nine.slice(4)]);
        assert.deepEqual(value.refused, [{ name: NAME, reason }], what);
        assert.deepEqual(
          value.placed.sort(),
          nine.map(({ name }) => name),
          what,
        );
        assert.ok(!existsSync(tls(rig, `${NAME}.pem`)), what);
      }
      const unfit = [`${"a.".repeat(125)}bc`, "..", "a..b", "fallback", "UPPER.example.org", "-x", "a/b", "", "été.fr"];
      const value = await place(
        rig,
        [...unfit, NAME].map((name) => ({ name, number: 90, pem: PEM })),
      );
      assert.deepEqual(value, { placed: [NAME], refused: unfit.map((name) => ({ name, reason: "name" })) });
      assert.deepEqual(await place(rig, [{ name: "*.example.org", number: 1, pem: pemFor("www.example.org") }]), {
        placed: [],
        refused: [{ name: "*.example.org", reason: "name" }],
      });
    });

    test("a smaller number is refused, the same one is taken again, and taking off is a number, too", async (t) => {
      const rig = await makeRig(t, shell);
      const newer = pemFor(NAME);
      await place(rig, [{ name: NAME, number: 7, pem: PEM }]);
      assert.deepEqual((await place(rig, [{ name: NAME, number: 6, pem: newer }])).refused, [{ name: NAME, reason: "older" }]);
      assert.deepEqual((await place(rig, [{ name: NAME, number: 6, pem: null }])).refused, [{ name: NAME, reason: "older" }]);
      assert.equal(await readFile(tls(rig, `${NAME}.pem`), "utf8"), PEM);
      assert.deepEqual((await place(rig, [{ name: NAME, number: 7, pem: newer }])).placed, [NAME]);
      assert.equal(await readFile(tls(rig, `${NAME}.pem`), "utf8"), newer);
      assert.deepEqual((await place(rig, [{ name: NAME, number: 10, pem: null }])).placed, [NAME]);
      assert.ok(!existsSync(tls(rig, `${NAME}.pem`)));
      assert.deepEqual((await place(rig, [{ name: NAME, number: 9, pem: newer }])).refused, [{ name: NAME, reason: "older" }]);
      assert.deepEqual((await place(rig, [{ name: NAME, number: 11, pem: newer }])).placed, [NAME]);
    });

    test("calls at the same moment wait for each other, and the greatest number wins in whatever order they come", async (t) => {
      const rig = await makeRig(t, shell);
      const pems = [1, 2, 3, 4].map((number) => ({ name: NAME, number, pem: pemFor(NAME) }));
      const outcomes = await Promise.all([2, 0, 3, 1].map((at) => place(rig, [pems[at] as (typeof pems)[0]])));
      assert.equal(await readFile(tls(rig, `${NAME}.pem`), "utf8"), pems[3]?.pem);
      for (const { placed, refused } of outcomes) assert.equal(placed.length + refused.length, 1);
      assert.ok(outcomes.flatMap(({ refused }) => refused).every(({ reason }) => reason === "older"));
    });

    test("a thumbprint is told to the daemon once, and again when it is another or nobody had read it", async (t) => {
      const rig = await makeRig(t, shell);
      const told = async () => (await readFile(join(rig.world, "prints"), "utf8").catch(() => "")).split("\n").filter(Boolean);
      await place(rig, [], "first_print-1");
      await place(rig, [{ name: NAME, number: 1, pem: PEM }], "first_print-1");
      assert.deepEqual(await told(), ["first_print-1"]);
      await rig.say("fail.first.certificates", "no\n");
      const failed = await rig.machine.certificates({ daemon: "first", files: [], thumbprint: "second" });
      assert.deepEqual(failed, { ok: false, failure: { kind: "failed", failures: [{ daemon: "first", step: "certificates", output: ["no"] }] } });
      await rig.unsay("fail.first.certificates");
      await place(rig, [], "second");
      assert.deepEqual(await told(), ["first_print-1", "second"]);
    });

    test("every stream that is not what its manifest announces, and words that are none", async (t) => {
      const rig = await makeRig(t, shell);
      await place(rig, [{ name: NAME, number: 1, pem: PEM }]);
      await rig.forget();
      const before = await readdir(tls(rig, "."), { recursive: true });
      for (const [what, tar] of STREAMS) {
        const result = await rig.apply(["certificates", "1", "first"], await tar());
        assert.equal(result.code, 13, `${what}: ${result.code} ${result.stdout}${result.stderr}`);
        assert.match(result.stdout.toString(), /^refused [^\n]+\n$/, what);
      }
      for (const [words, code] of [
        [["certificates"], 16],
        [["certificates", "2", "first"], 16],
        [["certificates", "1"], 13],
        [["certificates", "1", "first", "x"], 13],
        [["certificates", "1", "third"], 13],
        [["certificates", "1", "..", "first"], 13],
        [["certificates", "1", "second"], 13],
      ] as const) {
        const result = await rig.apply([...words], await withMembers(right));
        assert.equal(result.code, code, `${words}: ${result.code} ${result.stdout}${result.stderr}`);
      }
      await rig.configure({ MUTU_MAX_BYTES: "2000" });
      const large = await rig.apply(["certificates", "1", "first"], await withMembers(right));
      assert.deepEqual([large.code, /larger than 2000 bytes/.test(large.stdout.toString())], [13, true]);
      await rig.configure({});
      assert.deepEqual(await rig.calls("first"), []);
      assert.deepEqual(
        (await readdir(tls(rig, "."), { recursive: true })).filter((path) => !path.startsWith("incoming")),
        before,
      );
      assert.equal((await rig.apply(["certificates", "1", "first"], await withMembers(right))).code, 0, "the stream without a fault is taken");
    });
  });
}

const PROGRAMS = [
  "awk",
  "cat",
  "cut",
  "find",
  "flock",
  "grep",
  "head",
  "mkdir",
  "mv",
  "openssl",
  "rm",
  "sed",
  "sha256sum",
  "stat",
  "sync",
  "tar",
  "timeout",
  "tr",
];
/** Stands in the PATH before the real programs: kills apply before the call that $MUTU_WORLD/kill names. */
const SHIM = `#!/bin/dash
at=0
[ ! -e "$MUTU_WORLD/kill" ] || read -r at <"$MUTU_WORLD/kill"
echo x >>"$MUTU_WORLD/count"
count=0
while read -r _; do count=$((count + 1)); done <"$MUTU_WORLD/count"
if [ "$count" -eq "$at" ]; then
  read -r pid <"$MUTU_WORLD/pid"
  : >"$MUTU_WORLD/killed"
  kill -9 "$pid"
  exit 137
fi
exec "/usr/bin/\${0##*/}" "$@"
`;

test("killed at any command, each name has the old or the new file whole, and the same call again places it", { timeout: 180_000 }, async (t) => {
  const rig = await makeRig(t);
  const shims = join(rig.folder, "shims");
  await mkdir(shims);
  for (const name of PROGRAMS) {
    await writeFile(join(shims, name), SHIM);
    await chmod(join(shims, name), 0o755);
  }
  const [old, fresh] = [PEM, pemFor(NAME)];
  const seen = new Set<string>();
  let kills = 0;
  // after a command is before the next
  for (let number = 1; ; number += 2) {
    assert.ok(kills < 100, "the verb does not end");
    await place(rig, [{ name: NAME, number, pem: old }]);
    await rig.configure({ MUTU_PATH: `${shims}:/usr/sbin:/usr/bin:/sbin:/bin` });
    await writeFile(join(rig.world, "count"), "");
    await writeFile(join(rig.world, "kill"), `${kills + 1}\n`);
    const tar = await tarOf([
      { name: "manifest", content: put(NAME, fresh, number + 1) },
      { name: FILE, content: fresh },
    ]);
    const argv = ["/bin/dash", "-c", 'echo $$ >"$0"; exec "$@"', join(rig.world, "pid"), ...rig.door.argv, "certificates", "1", "first"];
    const result = await runCommand({ argv, stdin: tar, timeoutSeconds: 30 });
    await rig.configure({});
    if (!existsSync(join(rig.world, "killed"))) {
      assert.equal(result.code, 0, `${result.stdout}${result.stderr}`);
      break;
    }
    kills += 1;
    await rig.unsay("killed");
    await rig.unsay("kill");
    const free = await runCommand({ argv: ["flock", "-w", "20", tls(rig, "lock"), "true"], timeoutSeconds: 30 });
    assert.equal(free.code, 0, "the lock is never free again");
    const found = await readFile(tls(rig, `${NAME}.pem`), "utf8");
    assert.ok(found === old || found === fresh, `half a file after command ${kills}`);
    seen.add(found === old ? "old" : "new");
    assert.deepEqual((await place(rig, [{ name: NAME, number: number + 1, pem: fresh }])).placed, [NAME], `command ${kills}`);
    assert.equal(await readFile(tls(rig, `${NAME}.pem`), "utf8"), fresh);
  }
  assert.ok(kills > 20, `only ${kills} kills`);
  assert.deepEqual([...seen].sort(), ["new", "old"]);
  t.diagnostic(`${kills} kills`);
});

test("what is on its way, and a link that stands in the place of a file, are nobody's to use", async (t) => {
  const rig = await makeRig(t);
  await mkdir(tls(rig, "."), { recursive: true });
  const outside = join(rig.folder, "outside");
  await writeFile(outside, "untouched");
  await symlink(outside, tls(rig, `${NAME}.pem`));
  await place(rig, [{ name: NAME, number: 1, pem: PEM }]);
  assert.equal(await readFile(outside, "utf8"), "untouched");
  assert.ok((await stat(tls(rig, `${NAME}.pem`))).isFile());
  for (const path of ["lock", "numbers"]) assert.equal((await stat(tls(rig, path))).mode & 0o077, 0, path);
});
