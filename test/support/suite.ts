/** Runs the files of one suite, each in a process of its own, and says what failed as it happens. */
import { relative } from "node:path";
import { run } from "node:test";
import { inspect } from "node:util";

const FILE_TIMEOUT_MILLISECONDS = 20 * 60_000;
const KEPT_OUTPUT = 20_000;

export interface SuiteResult {
  name: string;
  passed: number;
  failed: number;
  /** `<file> > <test>` */
  failures: string[];
  skipped: string[];
  seconds: number;
}

interface TestEvent {
  name: string;
  file?: string;
  skip?: boolean | string;
  todo?: boolean | string;
  details: { type?: string; error?: unknown };
}

/** Runs test files and resolves when all have ended. */
export async function runSuite(name: string, files: string[], atOnce: number, say: (line: string) => void): Promise<SuiteResult> {
  const result: SuiteResult = { name, passed: 0, failed: 0, failures: [], skipped: [], seconds: 0 };
  if (files.length === 0) return result;
  const started = performance.now();
  const output = new Map<string, string>();
  const title = (event: TestEvent) => `${relative(process.cwd(), event.file ?? "")} > ${event.name}`;

  const stream = run({ files, concurrency: atOnce, timeout: FILE_TIMEOUT_MILLISECONDS });
  stream.on("test:pass", (event: TestEvent) => {
    if (event.skip !== undefined && event.skip !== false) return result.skipped.push(title(event));
    // An intention is not a test.
    if (event.todo !== undefined && event.todo !== false) return fail(event);
    if (event.details.type !== "suite") result.passed += 1;
    return undefined;
  });
  stream.on("test:fail", (event: TestEvent) => fail(event));
  for (const channel of ["test:stdout", "test:stderr"] as const)
    stream.on(channel, ({ file, message }: { file: string; message: string }) => {
      output.set(file, `${output.get(file) ?? ""}${message}`.slice(-KEPT_OUTPUT));
    });

  function fail(event: TestEvent) {
    if (isFailureBelow(event.details.error)) return;
    result.failed += 1;
    result.failures.push(title(event));
    say(`not ok: ${title(event)}\n${indent(inspect(causeOf(event.details.error)))}`);
    const said = event.file && output.get(event.file);
    if (said) say(indent(said));
    if (event.file) output.delete(event.file);
  }

  await new Promise<void>((resolve, reject) => {
    stream.on("end", resolve);
    stream.on("error", reject);
    stream.resume();
  });
  result.seconds = (performance.now() - started) / 1000;
  return result;
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
