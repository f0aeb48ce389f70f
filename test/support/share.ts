/** Which test files share a process, what that process loads, and how long it may take. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { MARK } from "./descendants.js";
import type { Shares } from "./suite.js";

const LIMIT_SECONDS = 300;
/** How a file that needs longer says so. */
const OWN_LIMIT = /^\/\/ This file may take (\d+) seconds\.$/m;

/** One process. */
export interface Share {
  /** What Node starts; its path is also the mark of whatever the process starts. */
  entry: string;
  files: string[];
  limitSeconds: number;
}

/** A process that leaves before its last test has ended fails, whatever it says itself. */
const GUARD = `let ended = false;
process.once("beforeExit", () => { ended = true; });
process.once("exit", () => { if (!ended) process.exitCode = 1; });
`;

/** Writes what each process loads. Neighbours in the list go to different processes, because they tend to be alike. */
export function shareOut(files: string[], { together, env = {} }: Shares, folder: string): Share[] {
  const count = Math.ceil(files.length / together);
  return Array.from({ length: count }, (_, number) => {
    const members = files.filter((_file, index) => index % count === number);
    const [entry, guard] = [join(folder, `${number}.mjs`), join(folder, `guard-${number}.mjs`)];
    writeFileSync(guard, `${GUARD}Object.assign(process.env, ${JSON.stringify({ ...env, [MARK]: entry })});\n`);
    // Not by import(): hooks of the whole file would then run before tests that are still being loaded.
    writeFileSync(entry, [guard, ...members].map((file) => `import ${JSON.stringify(pathToFileURL(file).href)};\n`).join(""));
    return { entry, files: members, limitSeconds: Math.max(...members.map(limitOf)) };
  });
}

function limitOf(file: string): number {
  return Number(OWN_LIMIT.exec(readFileSync(file, "utf8"))?.[1] ?? LIMIT_SECONDS);
}
