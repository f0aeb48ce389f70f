/** The house as DESIGN.md draws it, held by a table. A rule that sees no files would pass for ever, so each one counts what it saw. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

interface SourceFile {
  /** Relative to the checkout, with slashes. */
  path: string;
  text: string;
  /** Without comments: what the program says, not what it tells. */
  code: string;
  /** Paths (ending in .ts) and names of packages that it imports. */
  imports: string[];
  /** Those of them that bring types only, so nothing at run time. */
  types: string[];
}

/** Who may import what; the first line that matches a file is its own. A path is allowed when one of the patterns matches it. */
const ARROWS: { files: RegExp; may: RegExp[] }[] = [
  { files: /^src\/core\/db\.ts$/, may: [/^src\/core\//, /^src\/generated\//] },
  { files: /^src\/core\//, may: [/^src\/core\//] },
  { files: /^src\/publish\//, may: [/^src\/publish\//, /^src\/core\//] },
  { files: /^src\/features\/[^/]+\/role\.ts$/, may: [/^src\/core\/(errors|text)\.ts$/, /^src\/features\/[^/]+\/role\.ts$/] },
  // The text that all daemons of a role read, written by the feature's own rules; daemons see this one file beside role.ts.
  { files: /^src\/features\/[^/]+\/format\.ts$/, may: [/^src\/publish\/(contract|words)\.ts$/, /^src\/core\/(errors|text)\.ts$/, /^OWN\//] },
  { files: /^src\/features\//, may: [/^src\/core\//, /^src\/publish\/(index|contract)\.ts$/, /^src\/features\/[^/]+\/index\.ts$/, /^OWN\//] },
  {
    files: /^src\/daemons\//,
    may: [/^src\/publish\/(contract|words)\.ts$/, /^src\/features\/[^/]+\/(role|format)\.ts$/, /^src\/core\/(errors|text)\.ts$/, /^OWN\//],
  },
  { files: /^src\/(app|boot|cli|commands|panel|server)\.ts$|^src\/(generate|trial)\//, may: [/^src\/(?!generated\/)/] },
];

/** Folders whose models are declared in a file of another name than the feature's. */
const MODEL_OWNERS: Record<string, string> = { audit: "src/core/", jobs: "src/core/", settings: "src/core/", mail: "src/core/", publish: "src/publish/" };
/** The types of rows; the client itself is made in core/db.ts alone. */
const ROW_TYPES = "src/generated/sqlite/client.ts";
/** What is built into Node and touches nothing outside: the most that a daemon may use. */
const PURE_BUILTINS = new Set(["node:crypto", "node:path", "node:path/posix", "node:fs", "node:url"]);
const MAX_LINES = 400;
const TOP_LEVEL = new Set([
  ...["README.md", "CHANGELOG.md", "LICENSE", "docs", "src", "views", "public", "prisma", "machines", "test", "docker-compose.yml"],
  ...["package.json", "package-lock.json", "tsconfig.json", "tsconfig.build.json", "biome.jsonc", ".oxlintrc.json"],
  ...[".ci", ".gitignore", ".dockerignore"],
]);

const source = read("src").filter((file) => !file.path.startsWith("src/generated/"));
const tests = read("test");

function read(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|mjs)$/.test(name))
    .map((name) => {
      const path = `${folder}/${name}`;
      const text = readFileSync(join(root, path), "utf8");
      const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
      return { path, text, code, imports: importsOf(path, code), types: importsOf(path, code.replace(/^\s*import (?!type\b)[^;]*?;$/gm, "")) };
    });
}

function importsOf(path: string, code: string): string[] {
  const found = [...code.matchAll(/^\s*(?:import|export)\b[^;"']*?\bfrom\s+"([^"]+)"|\bimport\(\s*"([^"]+)"|^\s*import\s+"([^"]+)"/gm)];
  return found.map(([, ...words]) => {
    const name = words.find((word) => word !== undefined) ?? "";
    return name.startsWith(".") ? normalize(join(dirname(path), name)).replace(/\.js$/, ".ts") : name;
  });
}

/** The folder of a feature or daemon. */
const ownFolder = (path: string) => /^src\/(features|daemons)\/[^/]+\//.exec(path)?.[0] ?? "?";

test("imports point down only", () => {
  let seen = 0;
  const wrong: string[] = [];
  for (const file of source.filter((one) => one.path.endsWith(".ts"))) {
    const row = ARROWS.find(({ files }) => files.test(file.path));
    if (!row) wrong.push(`${file.path}: no line of the table speaks of it`);
    for (const target of file.imports.filter((name) => name.startsWith("src/"))) {
      seen += 1;
      if (target === ROW_TYPES && file.types.includes(target) && /^src\/(features|publish)\//.test(file.path)) continue;
      const own = target.startsWith(ownFolder(file.path)) ? target.replace(ownFolder(file.path), "OWN/") : target;
      if (!row?.may.some((pattern) => pattern.test(target) || pattern.test(own))) wrong.push(`${file.path} imports ${target}`);
    }
  }
  assert.ok(seen > 200, `saw only ${seen} imports`);
  assert.deepEqual(wrong, []);
});

test("features do not need each other in a circle", () => {
  const needs = new Map<string, Set<string>>();
  const featureOf = (path: string) => /^src\/features\/([^/]+)\//.exec(path)?.[1];
  for (const file of source) {
    const from = featureOf(file.path);
    if (!from) continue;
    const set = needs.get(from) ?? new Set();
    for (const target of file.imports) {
      const to = featureOf(target);
      if (to && to !== from) set.add(to);
    }
    needs.set(from, set);
  }
  assert.ok(needs.size >= 4, `saw only ${needs.size} features`);
  const walk = (name: string, trail: string[]): void => {
    assert.ok(!trail.includes(name), `circle: ${[...trail, name].join(" → ")}`);
    for (const next of needs.get(name) ?? []) walk(next, [...trail, name]);
  };
  for (const name of needs.keys()) walk(name, []);
});

test("daemons are pure: no process, network or database, and no package but Handlebars", () => {
  const daemons = source.filter((file) => file.path.startsWith("src/daemons/"));
  assert.ok(daemons.length > 5, `saw only ${daemons.length} files`);
  for (const file of daemons)
    for (const name of file.imports) if (!name.startsWith("src/")) assert.ok(PURE_BUILTINS.has(name) || name === "handlebars", `${file.path} imports ${name}`);
});

test("only core/machine starts processes, and nothing anywhere runs a shell's line", () => {
  const starters: string[] = [];
  for (const file of source) {
    if (file.imports.some((name) => /^(node:)?child_process$/.test(name))) starters.push(file.path);
  }
  for (const file of [...source, ...tests]) {
    assert.doesNotMatch(file.code, /\bshell:\s*true\b/, file.path);
    assert.doesNotMatch(file.code, /import\s*\{[^}]*\bexec(Sync)?\b[^}]*\}\s*from\s*"node:child_process"/, file.path);
  }
  // bootstrap runs before node_modules exist.
  const allowed = starters.filter((path) => path.startsWith("src/core/machine/") || path === "src/bootstrap.mjs");
  assert.ok(allowed.length >= 2, "saw no process started: does this test still see anything?");
  assert.deepEqual(starters, allowed);
});

test("a model is named only by the folder that declares it", () => {
  const owners = new Map<string, string>();
  for (const name of readdirSync(join(root, "prisma/models"))) {
    const feature = name.replace(/\.prisma$/, "");
    const models = readFileSync(join(root, "prisma/models", name), "utf8").matchAll(/^model (\w+)/gm);
    for (const [, model = ""] of models) owners.set(model[0]?.toLowerCase() + model.slice(1), MODEL_OWNERS[feature] ?? `src/features/${feature}/`);
  }
  assert.ok(owners.size > 10, `saw only ${owners.size} models`);
  let seen = 0;
  const wrong: string[] = [];
  for (const file of source)
    for (const [, model = ""] of file.code.matchAll(/\b(?:db|client)\s*\.(\w+)\s*\.\s*(?:find|create|update|upsert|delete|count|aggregate|groupBy)/g)) {
      const owner = owners.get(model);
      seen += 1;
      if (owner === undefined || !file.path.startsWith(owner)) wrong.push(`${file.path} names ${model}, which belongs to ${owner ?? "nobody"}`);
    }
  assert.ok(seen > 50, `saw only ${seen} uses`);
  assert.deepEqual(wrong, []);
});

test(`no file is longer than ${MAX_LINES} lines`, () => {
  const scripts = ["machines", "src/daemons", "views", "prisma/models"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8", withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes("golden"))
      .map((entry) => ({ path: join(entry.parentPath, entry.name), text: readFileSync(join(entry.parentPath, entry.name), "utf8") })),
  );
  const all = [...source, ...tests, ...scripts];
  assert.ok(all.length > 150, `saw only ${all.length} files`);
  for (const file of all) {
    const lines = file.text.split("\n").length - 1;
    assert.ok(lines <= MAX_LINES, `${file.path} has ${lines} lines`);
  }
});

test("the top level holds what a newcomer expects, and nothing else", () => {
  // What git ignores (node_modules/, dist/, var/) is nobody's to read.
  const found = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8", maxBuffer: 1 << 24 });
  const names = new Set(found.split("\n").map((path) => path.split("/")[0] ?? ""));
  names.delete("");
  assert.ok(names.size > 10, `saw only ${names.size} names`);
  assert.deepEqual(
    [...names].filter((name) => !TOP_LEVEL.has(name)),
    [],
  );
});

test("files are named after a noun, and nothing is exported by default", () => {
  for (const file of [...source, ...tests]) {
    assert.doesNotMatch(file.path, /\/(utils?|helpers?|service|manager|misc|common)\.ts$/, file.path);
    assert.doesNotMatch(file.code, /^export default\b/m, file.path);
    assert.match(file.path, /^[a-z0-9/.-]+$/, `${file.path} is not kebab-case`);
  }
});

test("what tests allow of Node exists", () => {
  for (const name of PURE_BUILTINS) assert.ok(builtinModules.includes(name.replace("node:", "")), name);
});
