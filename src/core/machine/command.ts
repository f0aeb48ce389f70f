/** The only place that starts a process: an argv, never a shell; a group of its own, so that what it started ends with it. */
import { spawn } from "node:child_process";
import { finished, type Readable } from "node:stream";

/** What to run. `env` replaces the environment; left out, the program gets PATH, HOME and the C locale only. A secret goes by stdin, or by `secret`. */
export interface Command {
  argv: readonly [string, ...string[]] | readonly string[];
  stdin?: Readable | Buffer | string;
  /** What the program reads from descriptor 3, when its input has another use. */
  secret?: string;
  timeoutSeconds: number;
  /** Bytes kept of each of stdout and stderr; what comes after is read and dropped. */
  maxOutputBytes?: number;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
}

export interface CommandResult {
  /** null when a signal ended it. */
  code: number | null;
  stdout: Buffer;
  stderr: Buffer;
  timedOut: boolean;
  /** Output was longer than maxOutputBytes. */
  truncated: boolean;
}

const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
/** Between SIGTERM and SIGKILL to the group of a command that took too long. */
const GRACE_SECONDS = 2;
/** A child of the command may keep its stdout open: what is read so long after the end is not waited for any more. */
const LINGER_SECONDS = 2;

/** Runs a command to its end. Rejects only when it cannot be started or its input fails; an exit code is an answer. */
export function runCommand(command: Command): Promise<CommandResult> {
  const [program, ...args] = command.argv;
  if (program === undefined) throw new Error("A command needs a program.");
  const limit = command.maxOutputBytes ?? MAX_OUTPUT_BYTES;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: command.env ?? plainEnvironment(),
      cwd: command.cwd,
      detached: true,
      stdio: [command.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe", ...(command.secret === undefined ? [] : (["pipe"] as const))],
    });
    const stdout = gather(child.stdout, limit);
    const stderr = gather(child.stderr, limit);
    let timedOut = false;
    let inputError: Error | null = null;
    const endGroup = (signal: NodeJS.Signals): void => {
      // A pid of undefined or 0 would name our own group.
      if (!child.pid) return;
      try {
        process.kill(-child.pid, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    };
    let killer: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => {
      timedOut = true;
      endGroup("SIGTERM");
      killer = setTimeout(() => endGroup("SIGKILL"), GRACE_SECONDS * 1000);
    }, command.timeoutSeconds * 1000);
    const stopTimers = (): void => {
      clearTimeout(timer);
      clearTimeout(killer);
    };
    child.once("error", (error) => {
      stopTimers();
      reject(new Error(`${program} cannot be started: ${error.message}`, { cause: error }));
    });
    let linger: NodeJS.Timeout | undefined;
    child.once("exit", () => {
      stopTimers();
      if (timedOut) endGroup("SIGKILL");
      linger = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, LINGER_SECONDS * 1000);
    });
    child.once("close", (code) => {
      clearTimeout(linger);
      if (inputError) return reject(inputError);
      resolve({ code, stdout: stdout.bytes(), stderr: stderr.bytes(), timedOut, truncated: stdout.truncated() || stderr.truncated() });
    });
    if (command.secret !== undefined) feed(child.stdio[3] as NodeJS.WritableStream, command.secret, () => undefined);
    if (child.stdin)
      feed(child.stdin, command.stdin, (error) => {
        inputError = new Error(`The input of ${program} failed: ${error.message}`, { cause: error });
        endGroup("SIGTERM");
      });
  });
}

/** PATH and HOME of this process and the C locale: no secret of ours reaches a child by its environment. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { PATH = "/usr/sbin:/usr/bin:/sbin:/bin", HOME = "/nonexistent" } = process.env;
  return { PATH, HOME, LC_ALL: "C" };
}

function feed(target: NodeJS.WritableStream & { destroyed?: boolean }, input: Command["stdin"], failed: (error: Error) => void): void {
  // EPIPE: the program ended without reading all of its input; its exit code says why. What the input says afterwards is our own doing.
  let closed = false;
  target.on("error", () => {
    closed = true;
  });
  if (input === undefined || typeof input === "string" || Buffer.isBuffer(input)) {
    target.end(input ?? "");
    return;
  }
  finished(input, (error) => {
    if (error && !closed) failed(error);
  });
  target.once("close", () => {
    closed = true;
    input.destroy();
  });
  input.pipe(target);
}

function gather(stream: Readable | null, limit: number): { bytes(): Buffer; truncated(): boolean } {
  const chunks: Buffer[] = [];
  let size = 0;
  let truncated = false;
  stream?.on("data", (chunk: Buffer) => {
    const room = limit - size;
    if (chunk.length > room) truncated = true;
    if (room > 0) chunks.push(chunk.subarray(0, room));
    size += Math.min(chunk.length, Math.max(room, 0));
  });
  stream?.on("error", () => undefined);
  return { bytes: () => Buffer.concat(chunks), truncated: () => truncated };
}
