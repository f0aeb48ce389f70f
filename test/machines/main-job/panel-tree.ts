/** The panel as `machines/control/install --panel` lays it into /opt/mutu: built, without sources. A node binds it there. */
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CACHE, forgetOld, hashTree, REPOSITORY } from "../lab/layers.js";
import type { Bind } from "../lab/node.js";
import { must } from "../lab/run.js";

const BUILD_MS = 180_000;
const WHOLE = ["package.json", "views", "public", "prisma", "machines"];
/** What decides the outcome of a build, beside the folders. */
const SETTINGS = ["package.json", "package-lock.json", "tsconfig.json", "tsconfig.build.json"];

/** Gives what the control node binds: a checkout as built at /opt/mutu, its node_modules inside it. Kept between tests as layers are, by the hash of what made it. */
export async function panelBinds(source = REPOSITORY): Promise<Bind[]> {
  let tree = treeOf(source);
  // An edit during the build would end under a wrong hash.
  while (!existsSync(tree)) {
    await build(source, tree);
    tree = treeOf(source);
  }
  forgetOld("panel-", tree);
  return [
    { mode: "ro", source: tree, target: "/opt/mutu" },
    { mode: "ro", source: join(REPOSITORY, "node_modules"), target: "/opt/mutu/node_modules" },
  ];
}

function treeOf(source: string): string {
  return join(CACHE, `panel-${hashTree(source, ["src", ...WHOLE.slice(1)], SETTINGS)}`);
}

/** Builds the sources (types are `npm run types`' affair) beside what the program reads at run time; the tree appears whole. */
async function build(source: string, tree: string): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const directory = mkdtempSync(`${tree}.`);
  try {
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
    if (treeOf(source) === tree) renameSync(directory, tree);
    else rmSync(directory, { recursive: true });
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    // Somebody else may have made it meanwhile.
    if (!existsSync(tree)) throw error;
  }
}
