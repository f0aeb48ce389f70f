/** The processes that a test process started, found by their parents and by a mark in their environment, so that none of them outlives it. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/** Inherited by whatever a test process starts. */
export const MARK = "MUTU_TEST_PROCESS";
const ROUNDS = 100;
const ROUND_MILLISECONDS = 50;

export interface Found {
  pid: number;
  /** Its words, as the kernel tells them. */
  argv: string;
}

/** Gives the child of this very process whose words hold `entry`. */
export function childWith(entry: string): Found | undefined {
  return everyProcess().find(({ parent, argv }) => parent === process.pid && argv.includes(entry));
}

/** Gives what carries this mark, and what descends from `root`, itself included. */
export function descendants(mark: string, root?: number, variable = MARK): Found[] {
  const all = everyProcess();
  const found = new Set(all.filter(({ pid }) => pid === root || read(pid, "environ").includes(`${variable}=${mark}\0`)).map(({ pid }) => pid));
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  found.delete(process.pid);
  return all.filter(({ pid }) => found.has(pid)).map(({ pid, argv }) => ({ pid, argv }));
}

/** Kills all of them, and those that they start meanwhile. */
export async function endAll(mark: string, root?: number): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = descendants(mark, root);
    if (found.length === 0) return;
    for (const { pid } of found) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    }
    await wait(ROUND_MILLISECONDS);
  }
}

function everyProcess(): (Found & { parent: number })[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((name) => {
    // `pid (name) state parent …`; the name may hold anything. One that has ended is only waited for.
    const [state, parent] = read(Number(name), "stat")
      .replace(/^.*\) /s, "")
      .split(" ");
    if (parent === undefined || state === "Z" || state === "X") return [];
    return [{ pid: Number(name), parent: Number(parent), argv: read(Number(name), "cmdline").replaceAll("\0", " ").trim() }];
  });
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
