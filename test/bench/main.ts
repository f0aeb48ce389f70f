/** `npm run bench <name> [options]`: runs test/bench/<name>.ts, which exports `bench`. Without a name: lists what there is. */
import { readdirSync } from "node:fs";

const names = readdirSync(new URL(".", import.meta.url))
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && file !== "main.ts")
  .map((file) => file.slice(0, -".ts".length))
  .sort();
const [name, ...words] = process.argv.slice(2);

if (name === undefined || !names.includes(name)) {
  process.stderr.write(`npm run bench <name>: ${names.join(", ")}\n`);
  process.exitCode = 64;
} else {
  const { bench } = (await import(`./${name}.ts`)) as {
    bench(words: string[]): Promise<void>;
  };
  await bench(words);
}
