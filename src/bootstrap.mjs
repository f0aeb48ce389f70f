/**
 * What runs before anything is installed: plain JavaScript, no dependency. `node src/bootstrap.mjs FILE [words]` makes sure that
 * node_modules matches the lock file and that the Prisma clients are generated, then runs FILE with tsx in this very directory.
 * A clean clone therefore needs no other command than `npm run trial` or `npm test`.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const LEAST_NODE = [20, 19];

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1])) {
  console.error(`Mutu needs Node ${LEAST_NODE.join(".")} or later; this is ${process.versions.node}.`);
  process.exit(1);
}

/** Runs a program in the checkout and stops here, with its exit code, when it fails. */
function run(argv, env = {}) {
  const done = spawnSync(argv[0], argv.slice(1), { cwd: root, stdio: "inherit", env: { ...process.env, ...env } });
  if (done.error) throw done.error;
  if (done.status !== 0) process.exit(done.status ?? 1);
}

/** Does node_modules hold what the lock file asks for? npm leaves its own list of what it installed there. */
function installed() {
  const list = join(root, "node_modules/.package-lock.json");
  if (!existsSync(list)) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const found = JSON.parse(readFileSync(list, "utf8")).packages;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === "") return true;
    return found[path] ? found[path].version === version : optional;
  });
}

if (!installed()) {
  console.log("Installing the Node packages of package-lock.json (npm ci) …");
  run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
}
run([process.execPath, "prisma/generate.mjs"]);

/** Hands the terminal over: Ctrl-C reaches the program itself, which ends in its own order, and this process after it. */
function handOver(argv) {
  const child = spawn(argv[0], argv.slice(1), { cwd: root, stdio: "inherit" });
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("exit", (code) => process.exit(code ?? 1));
}

const [file, ...words] = process.argv.slice(2);
if (file) handOver([process.execPath, "--import", "tsx", file, ...words]);
