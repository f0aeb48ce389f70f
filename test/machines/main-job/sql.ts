/** SQL on the panel's own database, behind every rule: one program on control for all questions, because starting Node costs more than the answer. */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { LabNode } from "../lab/node.js";

/** A database is opened for each question: it may be another file by then. */
const ANSWERER = `import { createInterface } from "node:readline";
import { DatabaseSync } from "@photostructure/sqlite";
for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const { text, values } = JSON.parse(line);
    const db = new DatabaseSync("/var/lib/mutu-panel/mutu.db");
    try {
      db.exec("PRAGMA busy_timeout = 20000");
      answer = { rows: db.prepare(text).all(...values) };
    } finally {
      db.close();
    }
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\\n");
}`;

interface Asked {
  resolve(line: string): void;
  reject(error: Error): void;
}

export class PanelSql {
  readonly #node: LabNode;
  readonly #as: readonly string[];
  #child: ChildProcess | undefined;
  #waiting: Asked[] = [];

  /** `as`: what runs a program as the panel does, in its folder. */
  constructor(node: LabNode, as: readonly string[]) {
    this.#node = node;
    this.#as = as;
  }

  /** Runs it and gives the rows. */
  async ask<T>(text: string, values: readonly (string | number | null)[]): Promise<T[]> {
    const child = this.#running();
    const line = await new Promise<string>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      child.stdin?.write(`${JSON.stringify({ text, values })}\n`);
    });
    const { rows, error } = JSON.parse(line) as { rows: T[]; error?: string };
    if (error !== undefined) throw new Error(`${error}: ${text}`);
    return rows;
  }

  close(): void {
    this.#child?.kill("SIGKILL");
  }

  /** It ends with its machine; after a start another one answers. */
  #running(): ChildProcess {
    if (this.#child) return this.#child;
    const argv = [...this.#as, "node", "--input-type=module", "-e", ANSWERER];
    const child = this.#node.spawn(argv, { stdio: ["pipe", "pipe", "inherit"] });
    this.#child = child;
    const waiting: Asked[] = [];
    this.#waiting = waiting;
    child.stdin?.on("error", () => undefined);
    if (child.stdout) createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.resolve(line));
    child.once("exit", () => {
      if (this.#child === child) this.#child = undefined;
      for (const { reject } of waiting.splice(0)) reject(new Error("the program that answers SQL has ended"));
    });
    return child;
  }
}
