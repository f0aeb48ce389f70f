import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { failureOf, parseAnswer } from "../../../src/core/machine/answer.js";
import { doorArgv } from "../../../src/core/machine/door.js";
import { authorizedKey, EMPTY_SHARD, renderManifest, rootHash, SHARDS, shardHash } from "../../../src/core/machine/index.js";
import { parseStatus } from "../../../src/core/machine/status.js";

const HASH = "a".repeat(64);

describe("an answer of apply", () => {
  test("keeps each program's words with the step that failed", () => {
    const answer = parseAnswer(`live ${HASH}\nfailed apache commit\n| line 1\n| \n| a | b\nfailed nginx commit\n| other\n`);
    assert.equal(answer.values.get("live"), HASH);
    assert.deepEqual(answer.failures, [
      { daemon: "apache", step: "commit", output: ["line 1", "", "a | b"] },
      { daemon: "nginx", step: "commit", output: ["other"] },
    ]);
  });

  test("a program cannot pretend to be apply: its words are marked", () => {
    const answer = parseAnswer(`failed apache prepare\n| root ${HASH}\n| failed nginx commit\n`);
    assert.equal(answer.values.has("root"), false);
    assert.equal(answer.failures.length, 1);
  });

  const cases: [code: number | null, stdout: string, expected: unknown][] = [
    [0, "", null],
    [10, "busy\n", { kind: "busy" }],
    [11, "fence 12\n", { kind: "fence", fence: 12 }],
    [12, `live ${HASH}\n`, { kind: "base", live: HASH }],
    [13, "refused too many words\n", { kind: "refused", reason: "too many words" }],
    [14, "failed apache prepare\n| no\n", { kind: "failed", failures: [{ daemon: "apache", step: "prepare", output: ["no"] }] }],
    [15, "drift 3f\ndrift a0\n", { kind: "drift", shards: ["3f", "a0"] }],
    [16, "protocol 2\n", { kind: "protocol", protocol: 2 }],
    [17, `live ${HASH}\nfailed nginx commit\n`, { kind: "rolled-back", live: HASH, failures: [{ daemon: "nginx", step: "commit", output: [] }] }],
    [20, "error journal\n", { kind: "internal", reason: "journal words", failures: [] }],
    [255, "", { kind: "unreachable", reason: "words" }],
    [null, "", { kind: "internal", reason: "words", failures: [] }],
    [1, "", { kind: "internal", reason: "words", failures: [] }],
  ];
  for (const [code, stdout, expected] of cases) {
    test(`exit code ${code}`, () => assert.deepEqual(failureOf(code, parseAnswer(stdout), "words\n"), expected));
  }

  test("a status is typed, and each driver's lines are its own", () => {
    const status = parseStatus(
      parseAnswer(
        `protocol 1\nhost web1\nroot none\nactivation none\nstep idle\nfence 3\ndisk_free_kb 10\nboot_id x-y\nstaged ${HASH}\napache version 2.4.71\napache running blue\nphp-fpm versions 8.2 8.4\n`,
      ),
    );
    assert.deepEqual([status.root, status.previous, status.activation, status.fence, status.staged], [null, null, 0, 3, [HASH]]);
    assert.deepEqual(status.daemons.get("php-fpm"), [["versions", "8.2 8.4"]]);
    assert.deepEqual(status.daemons.get("apache"), [
      ["version", "2.4.71"],
      ["running", "blue"],
    ]);
  });
});

describe("hashes", () => {
  test("an empty shard, and a root of empty shards", () => {
    assert.equal(shardHash([]), EMPTY_SHARD);
    assert.equal(SHARDS.length, 256);
    assert.equal(rootHash(new Map()), rootHash(new Map([["3f", EMPTY_SHARD]])));
    assert.notEqual(rootHash(new Map([["3f", HASH]])), rootHash(new Map([["3e", HASH]])));
  });
  test("do not depend on the order in which files come, and sort by bytes", () => {
    const files = ["a/b", "a-b/c", "a.b", "a/B"].map((path) => ({ path, hash: HASH }));
    assert.equal(shardHash(files), shardHash([...files].reverse()));
  });
});

describe("a door", () => {
  test("carries only words of the protocol", () => {
    for (const word of ["", "a b", "../x", "$(id)", "a\nb", "x".repeat(81)]) {
      assert.throws(() => doorArgv({ kind: "sudo" }, ["status", word]), /Not a word/, JSON.stringify(word));
    }
    assert.deepEqual(doorArgv({ kind: "sudo" }, ["status"]), ["sudo", "-n", "--", "/usr/local/lib/mutu/apply", "status"]);
  });
  test("an address can never be read as an option of ssh", () => {
    const argv = doorArgv({ kind: "ssh", address: "-oProxyCommand=id", port: 22, user: "mutu", keyFile: "k", knownHostsFile: "h", controlPath: "c" }, [
      "settle",
      "1",
      "2",
      HASH,
    ]);
    assert.deepEqual(argv.slice(-3), ["--", "-oProxyCommand=id", `settle 1 2 ${HASH}`]);
  });
  test("a line of authorized_keys has no quote to break out of", () => {
    assert.throws(() => authorizedKey("ssh-ed25519 A", { from: ["10.0.0.1"], command: 'x" ssh-rsa' }), /Not allowed/);
    assert.equal(
      authorizedKey("ssh-ed25519 A", { from: ["10.0.0.1", "fd00::1"], command: "/usr/local/lib/mutu/apply" }),
      'restrict,from="10.0.0.1,fd00::1",command="/usr/local/lib/mutu/apply" ssh-ed25519 A',
    );
  });
});

test("a manifest is sorted: the same change, the same bytes", () => {
  const change = { base: null, root: HASH, shards: [], deletes: ["3f/a/z", "3f/a/b"], puts: [] };
  assert.equal(renderManifest(change), `base none\nroot ${HASH}\ndelete 3f/a/b\ndelete 3f/a/z\n`);
});

test("a machine that tells without end is read in one go", () => {
  const lines = 300_000;
  assert.equal(parseStatus(parseAnswer("first login x\n".repeat(lines))).daemons.get("first")?.length, lines);
});
