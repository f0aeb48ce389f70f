/** Builds the panel as it is installed (no loader, no sources in memory), together with the processes of a bench. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REPOSITORY } from "../../machines/lab/layers.js";
import { must } from "../../machines/lab/run.js";

export interface Build {
  /** A program below test/bench, as JavaScript. */
  program(name: string): string;
  /** Laid out as the checkout is: src/server.js is the panel. */
  directory: string;
  remove(): void;
}

/** Compiles src and these files of test/bench; types are `npm run types`' affair. */
export async function buildPrograms(names: readonly string[]): Promise<Build> {
  const directory = mkdtempSync(join(tmpdir(), "mutu-bench-"));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const compilerOptions = {
    rootDir: REPOSITORY,
    outDir: directory,
    noCheck: true,
    sourceMap: false,
    types: ["node"],
    typeRoots: [join(REPOSITORY, "node_modules/@types")],
  };
  const include = [join(REPOSITORY, "src/**/*.ts"), ...names.map((name) => join(REPOSITORY, "test/bench", `${name}.ts`))];
  const project = join(directory, "tsconfig.json");
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(REPOSITORY, "tsconfig.build.json"),
      compilerOptions,
      include,
      exclude: [],
    }),
  );
  try {
    await must([join(REPOSITORY, "node_modules/.bin/tsc"), "-p", project], {
      env: process.env,
    });
  } catch (error) {
    remove();
    throw error;
  }
  for (const name of ["package.json", "node_modules", "views", "public", "prisma", "machines"]) symlinkSync(join(REPOSITORY, name), join(directory, name));
  return {
    program: (name) => join(directory, "test/bench", `${name}.js`),
    directory,
    remove,
  };
}
