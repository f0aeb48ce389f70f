/** The panel as `machines/control/install --panel` lays it into /opt/mutu: built, without sources. A node binds it there. */
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REPOSITORY } from "../lab/layers.js";
import type { Bind } from "../lab/node.js";
import { must } from "../lab/run.js";

const BUILD_MS = 180_000;
const WHOLE = ["package.json", "views", "public", "prisma", "machines"];

export interface PanelTree {
  directory: string;
  /** For the control node: the tree at /opt/mutu, the checkout's node_modules inside it. */
  binds: Bind[];
}

/** Builds the sources of a checkout (types are `npm run types`' affair) beside what the program reads at run time. Remove `directory` in the end. */
export async function buildPanelTree(source = REPOSITORY): Promise<PanelTree> {
  const directory = mkdtempSync(join(tmpdir(), "mutu-panel-tree-"));
  chmodSync(directory, 0o755);
  const compiler = join(REPOSITORY, "node_modules/.bin/tsc");
  await must([compiler, "-p", join(source, "tsconfig.build.json"), "--noCheck", "--sourceMap", "false", "--outDir", join(directory, "dist")], {
    timeoutMs: BUILD_MS,
    env: process.env,
  });
  for (const name of WHOLE) cpSync(join(source, name), join(directory, name), { recursive: true });
  for (const daemon of readdirSync(join(source, "src/daemons"))) {
    const machine = join(source, "src/daemons", daemon, "machine");
    if (existsSync(machine)) cpSync(machine, join(directory, "src/daemons", daemon, "machine"), { recursive: true });
  }
  mkdirSync(join(directory, "node_modules"));
  const binds: Bind[] = [
    { mode: "ro", source: directory, target: "/opt/mutu" },
    { mode: "ro", source: join(REPOSITORY, "node_modules"), target: "/opt/mutu/node_modules" },
  ];
  return { directory, binds };
}
