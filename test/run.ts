/**
 * `npm test`: every suite, in order; the last line counts. `npm test -- core publish` runs only the suites so named.
 * A suite is a line of the table; each of its folders may name the Debian packages that it needs in `packages.txt`.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { installMissing } from "../src/trial/packages.js";
import { startCluster } from "./support/postgresql.js";
import { runSuite, type SuiteResult } from "./support/suite.js";

interface Suite {
  name: string;
  /** Folders below test/, with all that is below them; `.` is test/ itself, without folders. */
  folders: string[];
  /** Test files at once; machines and measures want the whole machine. */
  atOnce: number;
  /** The same rules on PostgreSQL; what a browser shows does not depend on the database, so its files are left to the first run. */
  postgresql?: boolean;
}

const SUITES: Suite[] = [
  { name: "core", folders: [".", "core", "support"], atOnce: 2 },
  { name: "features", folders: ["features", "http"], atOnce: 2 },
  { name: "features-postgresql", folders: ["core", "features", "http"], atOnce: 2, postgresql: true },
  { name: "publish", folders: ["publish"], atOnce: 1 },
  { name: "daemons", folders: ["daemons"], atOnce: 1 },
  { name: "trial", folders: ["trial", "bench"], atOnce: 1 },
  { name: "machines", folders: ["machines"], atOnce: 1 },
  { name: "browser", folders: ["browser"], atOnce: 1 },
];

const home = fileURLToPath(new URL(".", import.meta.url));
const say = (line: string) => process.stdout.write(`${line}\n`);
process.exitCode = await main(process.argv.slice(2));

async function main(words: string[]): Promise<number> {
  const unknown = words.filter((word) => !SUITES.some((suite) => suite.name === word));
  if (unknown.length > 0) throw new Error(`no suite is named ${unknown.join(", ")}; there are ${SUITES.map(({ name }) => name).join(", ")}`);
  const chosen = SUITES.filter((suite) => words.length === 0 || words.includes(suite.name));
  refuseLeftOut();
  await installMissing(packagesOf(chosen), say);

  const cluster = await startCluster();
  process.env["MUTU_TEST_POSTGRESQL"] = cluster.socket;
  const results: SuiteResult[] = [];
  try {
    for (const suite of chosen) results.push(await runOne(suite));
  } finally {
    await cluster.stop();
  }
  return conclude(results);
}

async function runOne(suite: Suite): Promise<SuiteResult> {
  process.env["MUTU_TEST_DATABASE"] = suite.postgresql ? "postgresql" : "sqlite";
  const files = suite.folders.flatMap(filesOf).filter((file) => !suite.postgresql || !file.endsWith("browser.test.ts"));
  say(`\n== ${suite.name}: ${files.length} files`);
  const result = await runSuite(suite.name, files, suite.atOnce, say);
  say(`== ${suite.name}: ${result.passed} passed, ${result.failed} failed, ${result.skipped.length} skipped in ${result.seconds.toFixed(1)} s`);
  return result;
}

/** Says how it ended; a skip that not-here.json does not explain is a failure. */
function conclude(results: SuiteResult[]): number {
  const explained = new Set((JSON.parse(readFileSync(join(home, "not-here.json"), "utf8")) as { test: string }[]).map(({ test }) => test));
  const skipped = results.flatMap((result) => result.skipped);
  const unexplained = skipped.filter((name) => !explained.has(name));
  const sum = (count: (result: SuiteResult) => number) => results.reduce((total, result) => total + count(result), 0);
  const failed = sum((result) => result.failed) + unexplained.length;
  say("");
  for (const result of results) say(`${result.name.padEnd(22)}${result.seconds.toFixed(1).padStart(8)} s`);
  for (const name of results.flatMap((result) => result.failures)) say(`failed: ${name}`);
  for (const name of unexplained) say(`skipped, and test/not-here.json does not say why: ${name}`);
  say(`${sum((result) => result.passed)} passed, ${failed} failed, ${skipped.length - unexplained.length} skipped`);
  return failed === 0 ? 0 : 1;
}

function filesOf(folder: string): string[] {
  const path = join(home, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: folder !== ".", encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => join(path, name))
    .sort();
}

/** A test file that no suite runs would be forgotten. */
function refuseLeftOut(): void {
  const taken = new Set(SUITES.flatMap((suite) => suite.folders.flatMap(filesOf)));
  const all = readdirSync(home, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".test.ts"));
  const left = all.filter((name) => !taken.has(join(home, name)));
  if (left.length > 0) throw new Error(`no suite of test/run.ts runs ${left.map((name) => relative(home, join(home, name))).join(", ")}`);
}

function packagesOf(suites: Suite[]): string[] {
  const names = ["postgresql"];
  for (const folder of suites.flatMap((suite) => suite.folders)) {
    const list = join(home, folder, "packages.txt");
    if (existsSync(list))
      names.push(
        ...readFileSync(list, "utf8")
          .split("\n")
          .filter((line) => line.trim() !== "" && !line.startsWith("#")),
      );
  }
  return [...new Set(names.map((name) => name.trim()))].sort();
}
