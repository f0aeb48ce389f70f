/** Runs the files of one suite, a few of them in each process, and says what failed as it happens. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { run } from "node:test";
import { inspect } from "node:util";
import { childWith, descendants, endAll } from "./descendants.js";
import { type Share, shareOut } from "./share.js";

const KEPT_OUTPUT = 20_000;

/** How a suite is shared out. */
export interface Shares {
  /** Files that share a process, one after the other: starting Node and loading the panel takes two seconds of a processor. */
  together: number;
  /** Set in each process before anything of ours is loaded. */
  env?: Record<string, string>;
}

export interface SuiteResult {
  name: string;
  passed: number;
  failed: number;
  /** `<file> > <test>` */
  failures: string[];
  skipped: string[];
  seconds: number;
  /** Of each file, its tests together. */
  times: Map<string, number>;
}

interface TestEvent {
  name: string;
  file?: string;
  skip?: boolean | string;
  todo?: boolean | string;
  details: { type?: string; error?: unknown; duration_ms?: number };
  nesting: number;
}

/** A suite of which processes run. */
export interface OpenSuite {
  readonly result: SuiteResult;
  /** Runs one process after the other until none is left to begin; who calls it twice has two at once. */
  work(): Promise<void>;
}

/** Shares test files out and runs nothing yet. A file whose tests are never heard of will be a failure. */
export function openSuite(name: string, files: string[], shares: Shares, say: (line: string) => void): OpenSuite {
  const result: SuiteResult = { name, passed: 0, failed: 0, failures: [], skipped: [], seconds: 0, times: new Map() };
  const started = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "mutu-tests-"));
  // Each run() listens to the process for a while.
  process.setMaxListeners(0);
  const left = shareOut(files, shares, folder);
  let working = 0;
  const work = async () => {
    working += 1;
    for (let share = left.shift(); share !== undefined; share = left.shift()) await runShare(share, result, say);
    working -= 1;
    if (working > 0 || result.seconds > 0) return;
    rmSync(folder, { recursive: true, force: true });
    result.seconds = (performance.now() - started) / 1000;
    const { passed, failed, skipped, seconds } = result;
    say(`== ${name}: ${passed} passed, ${failed} failed, ${skipped.length} skipped in ${seconds.toFixed(1)} s`);
  };
  return { result, work };
}

/** Runs one process to its end, or to its limit, and ends what it left running. */
async function runShare({ entry, files, limitSeconds }: Share, result: SuiteResult, say: (line: string) => void): Promise<void> {
  const silent = new Set(files);
  const titles = files.map(short).join(", ");
  const running: string[] = [];
  let output = "";
  let over = false;

  const stream = run({ files: [entry], concurrency: 1 });
  const limit = setTimeout(() => {
    over = true;
    count(`${titles} > ${running.join(" > ") || "before its first test"}`, `not over after ${limitSeconds} s: ended, with all that it had started`);
    void endAll(entry, childWith(entry)?.pid);
  }, limitSeconds * 1000);
  stream.on("test:dequeue", ({ file, name, nesting }: TestEvent) => {
    if (file === entry) return;
    running.splice(nesting, running.length, name);
  });
  stream.on("test:pass", (event: TestEvent) => {
    // A process that ended well is not a test.
    if (event.file === entry) return undefined;
    heard(event);
    if (event.skip !== undefined && event.skip !== false) return result.skipped.push(title(event));
    // An intention is not a test.
    if (event.todo !== undefined && event.todo !== false) return fail(event);
    if (event.details.type !== "suite") result.passed += 1;
    return undefined;
  });
  stream.on("test:fail", (event: TestEvent) => {
    if (event.file === entry) silent.clear();
    else heard(event);
    fail(event);
  });
  for (const channel of ["test:stdout", "test:stderr"] as const)
    stream.on(channel, ({ message }: { message: string }) => {
      output = `${output}${message}`.slice(-KEPT_OUTPUT);
    });

  function title({ file, name }: TestEvent): string {
    return `${file === undefined || file === entry ? titles : short(file)} > ${file === entry ? "its process" : name}`;
  }

  function heard({ file = "", nesting, details }: TestEvent): void {
    silent.delete(file);
    if (nesting !== 0) return;
    result.times.set(short(file), (result.times.get(short(file)) ?? 0) + (details.duration_ms ?? 0) / 1000);
  }

  function fail(event: TestEvent): void {
    // What was ended here is told already; a suite that fails because of its tests is not counted beside them.
    if (over || isFailureBelow(event.details.error)) return;
    count(title(event), inspect(causeOf(event.details.error)));
  }

  function count(what: string, why: string): void {
    result.failed += 1;
    result.failures.push(what);
    say(`not ok: ${what}\n${indent(why)}`);
    if (output) say(indent(output));
    output = "";
  }

  try {
    await new Promise<void>((resolve, reject) => {
      stream.on("end", resolve);
      stream.on("error", reject);
      stream.resume();
    });
  } finally {
    clearTimeout(limit);
  }
  if (!over) for (const file of silent) count(short(file), "its process ended, and no test of it was heard of");
  const alive = descendants(entry);
  if (alive.length > 0) say(`left running by ${titles}, and ended: ${alive.map(({ argv }) => argv).join("; ")}`);
  await endAll(entry);
}

function isFailureBelow(error: unknown): boolean {
  return (error as { failureType?: string } | undefined)?.failureType === "subtestsFailed";
}

function causeOf(error: unknown): unknown {
  return (error as { cause?: unknown } | undefined)?.cause ?? error;
}

function short(file: string): string {
  return relative(process.cwd(), file);
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "    ");
}
