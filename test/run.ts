/**
 * `npm test`: every suite, three at a time; the last line counts. `npm test -- core publish` runs only the suites so named.
 * A suite is a line of the table; each of its folders may name the Debian packages that it needs in `packages.txt`.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { installMissing } from "../src/trial/packages.js";
import { startCluster } from "./support/postgresql.js";
import { reaches } from "./support/reach.js";
import { type OpenSuite, openSuite, type SuiteResult } from "./support/suite.js";
import { TYPESCRIPT } from "./support/typescript.js";

interface Suite {
  name: string;
  /** Folders below test/, with all that is below them; `.` is test/ itself, without folders. */
  folders: string[];
  /** Test files that share a process; what starts daemons or a browser has one for each file, so that nothing outlives it. */
  together: number;
  /** The same rules on PostgreSQL: the files that reach the tests' database. */
  postgresql?: boolean;
}

/** The longest first, so that both processors are done at about the same time. */
const SUITES: Suite[] = [
  { name: "machines", folders: ["machines"], together: 1 },
  { name: "browser", folders: ["browser"], together: 1 },
  { name: "daemons", folders: ["daemons"], together: 1 },
  { name: "publish", folders: ["publish"], together: 1 },
  { name: "trial", folders: ["trial", "bench"], together: 1 },
  { name: "features-postgresql", folders: ["core", "features", "http"], together: 6, postgresql: true },
  { name: "features", folders: ["features", "http"], together: 6 },
  { name: "core", folders: [".", "core", "support"], together: 6 },
];
/** Of suites whose files start daemons or a browser. */
const AT_ONCE = 2;
/** Files that are told with their time at the end. */
const SLOWEST = 15;
/** Wherever such a file lies, it is the browser suite's: what Chromium shows does not depend on the database. */
const BROWSER_FILE = "browser.test.ts";

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
  // Test processes inherit these words. They make many applications that soon are garbage: room for it saves a tenth of their time.
  process.execArgv.splice(0, process.execArgv.length, ...TYPESCRIPT, "--max-semi-space-size=32");
  try {
    return conclude(await runAll(chosen));
  } finally {
    await cluster.stop();
  }
}

/**
 * Runs the suites side by side: two of those that start daemons, which wait as much as they compute, and one of the others, which fill the processors.
 * Who finds no suite left to begin helps with those others; files that start daemons are not run beside others of their suite.
 */
async function runAll(chosen: Suite[]): Promise<SuiteResult[]> {
  const opened = new Map<Suite, OpenSuite>();
  const divisible = chosen.filter(({ together }) => together > 1);
  const whole = chosen.filter(({ together }) => together === 1);
  const lane = async (left: Suite[]) => {
    for (let suite = left.shift(); suite !== undefined; suite = left.shift()) {
      const open = begin(suite);
      opened.set(suite, open);
      await open.work();
    }
  };
  const helper = async () => {
    await lane(whole);
    await lane(divisible);
    for (const [suite, open] of opened) if (suite.together > 1) await open.work();
  };
  await Promise.all([lane(divisible), ...Array.from({ length: AT_ONCE }, helper)]);
  return chosen.map((suite) => (opened.get(suite) as OpenSuite).result);
}

function begin(suite: Suite): OpenSuite {
  const files = filesOf(suite);
  say(`\n== ${suite.name}: ${files.length} files`);
  const env = { MUTU_TEST_DATABASE: suite.postgresql ? "postgresql" : "sqlite" };
  return openSuite(suite.name, files, { together: suite.together, env }, say);
}

/** Says how it ended; a skip that not-here.json does not explain is a failure. */
function conclude(results: SuiteResult[]): number {
  const explained = new Set((JSON.parse(readFileSync(join(home, "not-here.json"), "utf8")) as { test: string }[]).map(({ test }) => test));
  const skipped = results.flatMap((result) => result.skipped);
  const unexplained = skipped.filter((name) => !explained.has(name));
  const sum = (count: (result: SuiteResult) => number) => results.reduce((total, result) => total + count(result), 0);
  const empty = results.filter((result) => result.passed + result.failed === 0);
  const failed = sum((result) => result.failed) + unexplained.length + empty.length;
  say("");
  for (const [file, seconds] of slowest(results)) say(`${seconds.toFixed(1).padStart(8)} s  ${file}`);
  say("");
  for (const result of results) say(`${result.name.padEnd(22)}${result.seconds.toFixed(1).padStart(8)} s`);
  for (const name of results.flatMap((result) => result.failures)) say(`failed: ${name}`);
  for (const name of unexplained) say(`skipped, and test/not-here.json does not say why: ${name}`);
  for (const { name } of empty) say(`no test was executed: ${name}`);
  say(`${sum((result) => result.passed)} passed, ${failed} failed, ${skipped.length - unexplained.length} skipped`);
  return failed === 0 ? 0 : 1;
}

/** Where the time goes: whoever adds a test sees what it is beside. */
function slowest(results: SuiteResult[]): [string, number][] {
  const all = results.flatMap(({ name, times }) => [...times].map(([file, seconds]): [string, number] => [`${file} (${name})`, seconds]));
  return all.sort(([, a], [, b]) => b - a).slice(0, SLOWEST);
}

/** Gives the test files of a suite, sorted. */
function filesOf({ name, folders, postgresql }: Suite): string[] {
  const all = folders.flatMap((folder) => testsIn(folder)).filter((file) => !file.endsWith(BROWSER_FILE));
  if (name === "browser") all.push(...testsIn("", true).filter((file) => file.endsWith(BROWSER_FILE)));
  const database = join(home, "support/database.ts");
  return [...new Set(all)].filter((file) => !postgresql || reaches(file, database)).sort();
}

function testsIn(folder: string, recursive = folder !== "."): string[] {
  const path = join(home, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => join(path, name));
}

/** A test file that no suite runs would be forgotten. */
function refuseLeftOut(): void {
  const taken = new Set(SUITES.flatMap(filesOf));
  const left = testsIn("").filter((file) => !taken.has(file));
  if (left.length > 0) throw new Error(`no suite of test/run.ts runs ${left.map((file) => relative(home, file)).join(", ")}`);
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
