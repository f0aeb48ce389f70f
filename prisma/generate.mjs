/**
 * Generates both Prisma clients into src/generated when the models changed. Plain JavaScript, because it runs before anything else.
 * `node prisma/generate.mjs --force` generates always.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const home = dirname(dirname(fileURLToPath(import.meta.url)));
const providers = ["sqlite", "postgresql"];

/** Hash of everything that decides what is generated. */
function inputHash() {
  const files = [
    ...readdirSync(join(home, "prisma/models"))
      .filter((name) => name.endsWith(".prisma"))
      .sort()
      .map((name) => `prisma/models/${name}`),
    ...providers.map((provider) => `prisma/${provider}/schema.prisma`),
    "prisma/generate.mjs",
    "node_modules/prisma/package.json",
  ];
  const hash = createHash("sha256");
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(home, file)))
      .update("\0");
  return hash.digest("hex");
}

const wanted = inputHash();
const mark = join(home, "src/generated/models.sha256");
if (process.argv[2] === "--force" || !existsSync(mark) || readFileSync(mark, "utf8") !== wanted) generate();

function generate() {
  mkdirSync(join(home, "src/generated"), { recursive: true });
  for (const provider of providers) {
    // PRISMA_SCHEMA_ENGINE_BINARY: without it the command looks for an engine on the network, which it does not need to generate.
    const run = spawnSync(process.execPath, [join(home, "node_modules/prisma/build/index.js"), "generate", "--no-hints", "--schema", `prisma/${provider}`], {
      cwd: home,
      encoding: "utf8",
      env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: "/bin/true", CHECKPOINT_DISABLE: "1", PRISMA_HIDE_UPDATE_MESSAGE: "1" },
    });
    if (run.status !== 0) {
      process.stderr.write(run.stdout + run.stderr);
      process.exit(1);
    }
    readCompilerOnce(join(home, "src/generated", provider, "internal/class.ts"));
  }
  writeFileSync(mark, wanted);
}

/**
 * The query compiler comes as a module whose only export is four megabytes of text, which Node keeps twice as long as the program runs.
 * Read as a file it is garbage as soon as it is compiled.
 */
function readCompilerOnce(file) {
  const source = readFileSync(file, "utf8");
  const loads = /const \{ wasm \} = await import\(("[^"]+")\)/;
  if (!loads.test(source)) throw new Error(`${file} no longer loads its query compiler as prisma/generate.mjs expects`);
  const reads = `const [{ readFile }, { fileURLToPath }] = await Promise.all([import("node:fs/promises"), import("node:url")])
    const [, wasm] = (await readFile(fileURLToPath(import.meta.resolve($1)), "latin1")).split('"')`;
  writeFileSync(file, source.replace(loads, reads));
}
