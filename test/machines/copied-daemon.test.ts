/** A daemon is a folder: one copied under another name, a few words changed, is found, held by the generic tests, installed and published. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { REPOSITORY } from "./lab/layers.js";
import { run, until } from "./lab/run.js";
import { type House, raiseControl } from "./main-job/rig.js";

const COPY = "lodgings";
const LEFT_OUT = new Set([".git", "node_modules", "var", "dist"]);
const GOLDEN_MS = 180_000;
const RUN_MS = 60_000;
/** Where the original names itself: the files that hold it, and what stands there. */
const WORDS: Record<string, [RegExp, string][]> = {
  "daemon.ts": [[/name: "homes"/, `name: "${COPY}"`]],
  "explain.ts": [
    [/\(\?:homes \)/, `(?:${COPY} )`],
    [/"homes\./g, `"${COPY}.`],
  ],
  "machine/driver": [
    [/\/homes\\?\/accounts/g, `/${COPY}/accounts`],
    [/homes-(blocked|removed)/g, `${COPY}-$1`],
  ],
};

describe("a copied daemon", { timeout: 600_000 }, () => {
  let tree: string;
  let untouched: Map<string, string>;
  let house: House | undefined;

  before(() => {
    tree = join(mkdtempSync(join(tmpdir(), "mutu-copied-")), "tree");
    cpSync(REPOSITORY, tree, { recursive: true, filter: (path) => !LEFT_OUT.has(path.slice(REPOSITORY.length).split("/").filter(Boolean)[0] ?? "") });
    symlinkSync(join(REPOSITORY, "node_modules"), join(tree, "node_modules"));
    untouched = hashes(tree);
    const folder = join(tree, "src/daemons", COPY);
    cpSync(join(tree, "src/daemons/homes"), folder, { recursive: true });
    for (const [file, changes] of Object.entries(WORDS)) {
      const before = readFileSync(join(folder, file), "utf8");
      const changed = changes.reduce((text, [found, word]) => {
        assert.match(text, found, `${file} does not say ${found} any more`);
        return text.replace(found, word);
      }, before);
      writeFileSync(join(folder, file), changed);
    }
  });
  after(async () => {
    await house?.close();
    rmSync(join(tree, ".."), { recursive: true, force: true });
  });

  test("the generic golden test finds it and holds it", async () => {
    const done = await run([process.execPath, "--import", "tsx", "--test", "--test-reporter=tap", "test/golden.test.ts"], {
      ...{ cwd: tree, timeoutMs: GOLDEN_MS },
      env: { PATH: process.env["PATH"], HOME: tree },
    });
    assert.equal(done.status, 0, done.stdout + done.stderr);
    const cases = readdirSync(join(tree, "src/daemons", COPY, "golden"));
    assert.ok(cases.length > 0);
    for (const one of cases) assert.match(done.stdout, new RegExp(`^ *ok \\d+ - ${COPY}: ${one}$`, "m"));
  });

  test("it is installed beside the others, enabled by hosts add, and fills its role", async () => {
    house = await raiseControl(tree);
    const { control } = house;
    await control.must(["/opt/mutu/machines/control/install", "--host", "control", "--daemons", `homes ${COPY}`]);
    await house.mutu("hosts", "add", "control", "--sudo");
    assert.match(await house.mutu("hosts", "status", "control"), new RegExp(`^ {2}${COPY} \\(files\\)`, "m"));
    // An account needs a web machine; this one never answers, and delays nobody but itself.
    await house.sql(
      "INSERT INTO Host (id, name, address, door, machineFile, applyFile, homes) VALUES ('w', 'web1', '127.0.0.1', 'direct', '/nowhere', '/nowhere', '/srv/mutu/homes')",
    );
    await house.sql("INSERT INTO HostDaemon (id, hostId, daemon, role) VALUES ('wa', 'w', 'apache', 'web')");
    await house.mutu("accounts", "add", "club", "--name", "Le Club", "--owner", "jeanne", "--email", "jeanne@example.com");
    await house.mutu("sites", "add", "club", "example.org", "--php-version", "");
    const verified = async () => {
      const [row] =
        (await house?.sql<{ wanted: number; verified: number }>("SELECT wanted, verified FROM PublishUnit WHERE role = 'files' AND key = '2000'")) ?? [];
      return row && row.verified === row.wanted ? true : undefined;
    };
    await until("the folders' publication", verified, RUN_MS);
    const list = await control.must(["sh", "-c", `cat /var/lib/mutu/live/release/*/${COPY}/accounts/2000.list`]);
    assert.equal(list, await control.must(["sh", "-c", "cat /var/lib/mutu/live/release/*/homes/accounts/2000.list"]));
    await control.must(["test", "-f", "/var/lib/mutu/live/lodgings-blocked"]);
    assert.equal((await control.must(["stat", "-c", "%u", "/srv/mutu/homes/2000/www/example.org"])).trim(), "2000");
  });

  test("no other file of the tree was touched", () => {
    const now = hashes(tree);
    for (const path of now.keys()) if (path.startsWith(`src/daemons/${COPY}/`)) now.delete(path);
    assert.deepEqual(now, untouched);
  });
});

/** Every file's hash by its path; the linked node_modules are the checkout's. */
function hashes(tree: string): Map<string, string> {
  const entries = readdirSync(tree, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).filter((path) => !path.startsWith(join(tree, "node_modules")));
  return new Map(paths.sort().map((path) => [path.slice(tree.length + 1), createHash("sha256").update(readFileSync(path)).digest("hex")]));
}
