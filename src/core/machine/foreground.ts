/** A program that takes over the terminal until it ends, such as the trial after it has given up root. */
import { spawn } from "node:child_process";

/**
 * Runs a program with this process' own input and output, and answers its exit code. Signals of the terminal reach it directly, as it
 * is in the same group; those sent to this process alone are passed on.
 */
export function runForeground(argv: readonly [string, ...string[]], env: NodeJS.ProcessEnv): Promise<number> {
  const [program, ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: "inherit" });
    const passOn = (signal: NodeJS.Signals): void => {
      child.kill(signal);
    };
    process.on("SIGTERM", passOn);
    // Ctrl-C goes to the whole group; the child decides when both end.
    process.on("SIGINT", () => {});
    child.once("error", reject);
    child.once("exit", (code) => {
      process.off("SIGTERM", passOn);
      resolve(code ?? 1);
    });
  });
}
