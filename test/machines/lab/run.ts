/** Starts processes for the lab: argv only, collected output, nothing inherited. */

import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";

export interface RunResult {
  /** Exit code; 128 + signal number is never invented: a signal gives null. */
  status: number | null;
  stdout: string;
  stderr: string;
  /** Wall clock, milliseconds. */
  ms: number;
}

export interface RunOptions {
  input?: string | Buffer;
  /** Milliseconds after which the process is killed; default two minutes. */
  timeoutMs?: number;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
}

const DEFAULT_TIMEOUT_MS = 120_000;
/** What comes, comes at once; a busy machine lets it come late, and waiting longer costs nothing when it does. */
const PATIENCE_MS = 90_000;

/** Runs a command to its end and tells how it ended; never throws for a non-zero status. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const started = performance.now();
  const child = spawn(argv[0]!, argv.slice(1), { env: options.env, cwd: options.cwd, stdio: ["pipe", "pipe", "pipe"] });
  return new Promise((resolve, reject) => {
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    // A program that does not read its input (a refused command) closes the pipe: its status says enough.
    child.stdin.on("error", () => undefined);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (status) => {
      clearTimeout(timer);
      resolve({
        status,
        stdout: Buffer.concat(out).toString("utf8"),
        stderr: Buffer.concat(err).toString("utf8"),
        ms: Math.round(performance.now() - started),
      });
    });
    child.stdin.end(options.input ?? "");
  });
}

/** Runs a command that must succeed and returns its standard output. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(argv, options);
  if (result.status === 0) return result.stdout;
  throw new Error(`${argv.join(" ")} ended with ${result.status ?? "a signal"}\n${result.stdout}${result.stderr}`);
}

/** Starts a process that the kernel ends when this one does, so that a killed test runner leaves nothing behind. */
export function spawnBound(argv: readonly string[], log: number): ChildProcess {
  const child = spawn("setpriv", ["--pdeathsig", "KILL", ...argv], { stdio: ["ignore", log, log] });
  child.on("error", () => undefined);
  return child;
}

/** Asks again, `pauseMs` after each answer, until it is not undefined; throws after `timeoutMs` with what was waited for. */
export async function until<T>(what: string, ask: () => Promise<T | undefined> | T | undefined, timeoutMs = PATIENCE_MS, pauseMs = 20): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
