/** A process of a bench that answers questions: one JSON line in, one out. Its own clock measures, so the way to it costs nothing. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

type Verb = (input: never) => unknown;

/** Answers questions from standard input until it ends; what goes wrong is told to the asker. */
export async function answerLines(verbs: Record<string, Verb>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const { verb, input } = JSON.parse(line) as { verb: string; input: never };
    const answer = await Promise.resolve()
      .then(() => verbs[verb]?.(input))
      .then(
        (value) => ({ value: value ?? null }),
        (error: Error) => ({ error: error.stack ?? String(error) }),
      );
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

/** The asker's side. */
export interface Asked {
  pid: number;
  ask<Value>(verb: string, input?: object): Promise<Value>;
  /** Ends its input and waits for it. */
  end(): Promise<void>;
}

/** Takes hold of a started process whose standard input and output are pipes. */
export function askLines(child: ChildProcess): Asked {
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null || child.pid === undefined) throw new Error("the process has no pipes");
  const answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const gone = once(child, "exit");
  return {
    pid: child.pid,
    async ask<Value>(verb: string, input: object = {}) {
      stdin.write(`${JSON.stringify({ verb, input })}\n`);
      const { value: line, done } = await answers.next();
      if (done) throw new Error(`${child.spawnargs.at(-1)} ended while it was asked to ${verb}`);
      const answer = JSON.parse(line) as { value: Value; error?: string };
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer.value;
    },
    async end() {
      stdin.end();
      await gone;
    },
  };
}
