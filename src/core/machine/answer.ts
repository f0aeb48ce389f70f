/** What apply answers: lines `key value`, program output after `| `, and an exit code (machines/README.md). Pure. */

/** What a program of the machine said when a step failed. */
export interface StepFailure {
  daemon: string;
  step: string;
  output: string[];
}

/** Why a verb did not do what it was asked. Nothing that serves has changed, except by `rolled-back` (it changed and went back). */
export type Failure =
  | { kind: "busy" }
  | { kind: "fence"; fence: number }
  | { kind: "base"; live: string }
  | { kind: "refused"; reason: string }
  | { kind: "failed"; failures: StepFailure[] }
  | { kind: "drift"; shards: string[] }
  | { kind: "protocol"; protocol: number | null }
  | { kind: "rolled-back"; live: string; failures: StepFailure[] }
  | { kind: "internal"; reason: string; failures: StepFailure[] }
  | { kind: "unreachable"; reason: string }
  | { kind: "timeout"; seconds: number };

/** Outcome of a verb: what it answered, or why not. A failure is a value: the engine decides by its kind. */
export type Outcome<Value> = { ok: true; value: Value } | { ok: false; failure: Failure };

export interface Answer {
  /** First value of each key. */
  values: Map<string, string>;
  /** All lines `key value`, in order. */
  lines: { key: string; value: string }[];
  failures: StepFailure[];
}

/** Reads the lines of an answer. */
export function parseAnswer(stdout: string): Answer {
  const answer: Answer = { values: new Map(), lines: [], failures: [] };
  for (const line of stdout.split("\n")) {
    if (line === "") continue;
    if (line.startsWith("| ") || line === "|") {
      answer.failures.at(-1)?.output.push(line.slice(2));
      continue;
    }
    const space = line.indexOf(" ");
    const key = space < 0 ? line : line.slice(0, space);
    const value = space < 0 ? "" : line.slice(space + 1);
    if (key === "failed") {
      const [daemon = "", step = ""] = value.split(" ");
      answer.failures.push({ daemon, step, output: [] });
      continue;
    }
    answer.lines.push({ key, value });
    if (!answer.values.has(key)) answer.values.set(key, value);
  }
  return answer;
}

/** Turns an exit code of apply into what happened; null means success. */
export function failureOf(code: number | null, answer: Answer, words: string): Failure | null {
  const value = (key: string): string => answer.values.get(key) ?? "";
  switch (code) {
    case 0:
      return null;
    case 10:
      return { kind: "busy" };
    case 11:
      return { kind: "fence", fence: Number(value("fence")) };
    case 12:
      return { kind: "base", live: value("live") };
    case 13:
      return { kind: "refused", reason: value("refused") };
    case 14:
      return { kind: "failed", failures: answer.failures };
    case 15:
      return { kind: "drift", shards: answer.lines.filter(({ key }) => key === "drift").map((line) => line.value) };
    case 16:
      return { kind: "protocol", protocol: answer.values.has("protocol") ? Number(value("protocol")) : null };
    case 17:
      return { kind: "rolled-back", live: value("live"), failures: answer.failures };
    case 255: // ssh(1): an error of the connection itself
      return { kind: "unreachable", reason: words.trim() };
    default:
      return { kind: "internal", reason: [value("error"), words.trim()].filter(Boolean).join(" "), failures: answer.failures };
  }
}
