/**
 * What runs before anything is installed: plain JavaScript, no dependency. `node src/bootstrap.mjs FILE [words]` makes sure that
 * node_modules matches the lock file and that the Prisma clients are generated, then runs FILE with tsx in this very directory.
 * A clean clone therefore needs no other command than `npm run trial` or `npm test`.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
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

/** Hash of files, so that a step is done again only when its source changed. */
function digest(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(file).update("\0").update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

/** Does the work unless `stamp` already names this digest. */
function once(stamp, key, work) {
  const file = join(root, stamp);
  if (existsSync(file) && readFileSync(file, "utf8") === key) return;
  work();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, key);
}

function schemaFiles(folder) {
  return readdirSync(join(root, folder))
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(join(root, path)).isDirectory() ? schemaFiles(path) : [path]))
    .filter((path) => path.endsWith(".prisma"))
    .sort();
}

once("node_modules/.mutu-installed", digest(["package-lock.json"]), () => {
  console.log("Installing the Node packages of package-lock.json (npm ci) …");
  run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
});
once("src/generated/.mutu-generated", digest(schemaFiles("prisma")), () => {
  console.log("Generating the database clients …");
  run(["npm", "run", "--silent", "generate:clients"]);
});

const [file, ...words] = process.argv.slice(2);
if (file) run([process.execPath, "--import", "tsx", file, ...words]);
