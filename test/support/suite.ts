/** Runs the files of one suite, a few of them in each process, and says what failed as it happens. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { run } from "node:test";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";

const PROCESS_TIMEOUT_MILLISECONDS = 20 * 60_000;
const KEPT_OUTPUT = 20_000;

/** How a suite is shared out. */
export interface Shares {
  /** Processes at once. */
  atOnce: number;
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
  nesting?: number;
}

/** Runs test files and resolves when all have ended. A file whose tests were never heard of is a failure. */
export async function runSuite(name: string, files: string[], { atOnce, ...shares }: Shares, say: (line: string) => void): Promise<SuiteResult> {
  const result: SuiteResult = { name, passed: 0, failed: 0, failures: [], skipped: [], seconds: 0, times: new Map() };
  const started = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "mutu-tests-"));
  const processes = shareOut(files, shares, folder);
  const silent = new Set(files);
  const output = new Map<string, string>();
  const nameOf = (file: string) => (processes.get(file) ?? [file]).map((path) => relative(process.cwd(), path)).join(", ");
  const title = (event: TestEvent) => `${nameOf(event.file ?? "")} > ${event.name}`;

  const stream = run({ files: [...processes.keys()], concurrency: atOnce, timeout: PROCESS_TIMEOUT_MILLISECONDS });
  stream.on("test:pass", (event: TestEvent) => {
    // A process that ended well is not a test.
    if (processes.has(event.file ?? "")) return undefined;
    time(event);
    silent.delete(event.file ?? "");
    if (event.skip !== undefined && event.skip !== false) return result.skipped.push(title(event));
    // An intention is not a test.
    if (event.todo !== undefined && event.todo !== false) return fail(event);
    if (event.details.type !== "suite") result.passed += 1;
    return undefined;
  });
  stream.on("test:fail", (event: TestEvent) => {
    silent.delete(event.file ?? "");
    time(event);
    fail(event);
  });
  for (const channel of ["test:stdout", "test:stderr"] as const)
    stream.on(channel, ({ file, message }: { file: string; message: string }) => {
      output.set(file, `${output.get(file) ?? ""}${message}`.slice(-KEPT_OUTPUT));
    });

  function time({ file = "", nesting, details }: TestEvent) {
    if (nesting !== 0) return;
    const name = relative(process.cwd(), file);
    result.times.set(name, (result.times.get(name) ?? 0) + (details.duration_ms ?? 0) / 1000);
  }

  function fail(event: TestEvent) {
    if (isFailureBelow(event.details.error)) return;
    count(title(event), inspect(causeOf(event.details.error)), outputOf(event.file ?? ""));
  }

  function count(what: string, why: string, said = "") {
    result.failed += 1;
    result.failures.push(what);
    say(`not ok: ${what}\n${indent(why)}`);
    if (said) say(indent(said));
  }

  /** Gives once what the process of a file wrote. */
  function outputOf(file: string): string {
    const [process] = [...processes].find(([entry, members]) => entry === file || members.includes(file)) ?? [file];
    const said = output.get(process) ?? "";
    output.delete(process);
    return said;
  }

  try {
    await new Promise<void>((resolve, reject) => {
      stream.on("end", resolve);
      stream.on("error", reject);
      stream.resume();
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  for (const file of silent) count(relative(process.cwd(), file), "its process ended, and no test of it was heard of", outputOf(file));
  result.seconds = (performance.now() - started) / 1000;
  return result;
}

/** What each process loads first: one that leaves before its last test has ended fails, whatever it says itself. */
const GUARD = `let ended = false;
process.once("beforeExit", () => { ended = true; });
process.once("exit", () => { if (!ended) process.exitCode = 1; });
`;

/** Writes what each process loads: entry file → test files. Neighbours in the list go to different processes, because they tend to be alike. */
function shareOut(files: string[], { together, env = {} }: Omit<Shares, "atOnce">, folder: string): Map<string, string[]> {
  const guard = join(folder, "guard.mjs");
  writeFileSync(guard, `${GUARD}Object.assign(process.env, ${JSON.stringify(env)});\n`);
  const count = Math.ceil(files.length / together);
  const shares = Array.from({ length: count }, (_, number) => files.filter((_file, index) => index % count === number));
  return new Map(
    shares.map((members, number) => {
      const entry = join(folder, `${number}.mjs`);
      // Not by import(): hooks of the whole file would then run before tests that are still being loaded.
      writeFileSync(entry, [guard, ...members].map((file) => `import ${JSON.stringify(pathToFileURL(file).href)};\n`).join(""));
      return [entry, members];
    }),
  );
}

/** A suite that fails because of its tests is not counted beside them. */
function isFailureBelow(error: unknown): boolean {
  return (error as { failureType?: string } | undefined)?.failureType === "subtestsFailed";
}

function causeOf(error: unknown): unknown {
  return (error as { cause?: unknown } | undefined)?.cause ?? error;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "    ");
}
