/**
 * What `--import tsx` does, for the processes of the test runner: TypeScript is made JavaScript once and kept, by its content. Each process loads some
 * six hundred files of ours; tsx looks at every one of them, and at all that they import, again, which is half a second of a processor each time.
 */
import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire, register } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";

const KEPT = join(tmpdir(), `mutu-test-scripts-${process.getuid?.() ?? 0}`);
const TYPESCRIPT = /\.ts(?:\?.*)?$/;
/** Packages are JavaScript. */
const ours = (url) => url.startsWith("file:") && !url.includes("/node_modules/");

if (isMainThread) {
  process.setSourceMapsEnabled(true);
  mkdirSync(KEPT, { recursive: true, mode: 0o700 });
  register(import.meta.url);
}

/** As written, `./x.js` is what `./x.ts` becomes. */
export async function resolve(specifier, context, next) {
  if (/^(?:\.|file:)/.test(specifier)) {
    const url = new URL(specifier, context.parentURL).href;
    const source = url.replace(/\.js$/, ".ts");
    if (ours(url) && TYPESCRIPT.test(source) && existsSync(fileURLToPath(source))) return { url: source, format: "module", shortCircuit: true };
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!ours(url) || !TYPESCRIPT.test(url)) return next(url, context);
  const path = fileURLToPath(url);
  const text = readFileSync(path, "utf8");
  const file = join(KEPT, createHash("sha256").update(`${process.version}\0${path}\0${text}`).digest("hex"));
  if (!existsSync(file)) await keep(file, path, text);
  return { format: "module", source: readFileSync(file, "utf8"), shortCircuit: true };
}

let esbuild;

/** By the compiler that tsx brings along. */
async function keep(file, path, text) {
  esbuild ??= createRequire(createRequire(import.meta.url).resolve("tsx"))("esbuild");
  const { code } = await esbuild.transform(text, { loader: "ts", target: "node20", sourcemap: "inline", sourcesContent: false, sourcefile: path });
  const aside = `${file}.${randomUUID()}`;
  writeFileSync(aside, code);
  renameSync(aside, file);
}
