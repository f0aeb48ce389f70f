/** How a program of ours is run as TypeScript by tests: words for Node, in the place of `--import tsx`. */
export const TYPESCRIPT: readonly string[] = ["--import", new URL("./typescript.mjs", import.meta.url).href];
