/**
 * `npm run migration -- <name>`: writes the SQL that leads from the models of the last migration to the models of now, for both databases.
 * `--squash` (only before the first release) replaces all migrations but the first by one of a fixed name. See prisma/README.md.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { migrationsFolder, readMigrations } from "../src/core/migrate.js";
import { diffScript, readSchema, type SchemaFile } from "../src/core/schema.js";

const PROVIDERS = ["sqlite", "postgresql"] as const;
/** The models that the last migration led to: what the next one starts from, without replaying anything into a shadow database. */
const BASE = "models.txt"; // not .prisma: the generator reads every file of that name
/** What the first issue ended with: databases of that day are upgraded from here, so its script stays that of its own models. */
const FIRST = "0001_initial";
const SINCE = "since_first";

const [name, option] = process.argv.slice(2);
if (!name || !/^[a-z0-9_]+$/.test(name) || (option !== undefined && option !== "--squash")) {
  process.stderr.write("usage: npm run migration -- <name_in_lower_case> [--squash]\n");
  process.exit(2);
}

for (const provider of PROVIDERS) {
  const folder = migrationsFolder(provider);
  const base = join(folder, BASE);
  if (option === "--squash") await squash(provider, folder);
  const now = readSchema(provider);
  const from: SchemaFile[] | null = existsSync(base) ? [{ path: base, content: readFileSync(base, "utf8") }] : null;
  const script = await diffScript(provider, from, now);
  if (script.trim() === "" || script.includes("This is an empty migration")) {
    process.stdout.write(`${provider}: the models have not changed\n`);
    continue;
  }
  const number = String(readMigrations(folder).length + 1).padStart(4, "0");
  const target = join(folder, `${number}_${option === "--squash" ? SINCE : name}`);
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, "migration.sql"), script);
  writeFileSync(base, `${now.map((file) => file.content.trim()).join("\n\n")}\n`);
  writeFileSync(join(folder, "migration_lock.toml"), `provider = "${provider}"\n`);
  process.stdout.write(`${provider}: ${target}/migration.sql (read it before you commit it)\n`);
}

/** Goes back to the first migration and the models that it led to. */
async function squash(provider: (typeof PROVIDERS)[number], folder: string): Promise<void> {
  for (const entry of readdirSync(folder)) if (/^\d{4}_/.test(entry) && entry !== FIRST) rmSync(join(folder, entry), { recursive: true });
  const models = readFileSync(join(folder, FIRST, BASE), "utf8");
  writeFileSync(join(folder, BASE), models);
  // The same bytes as before: a merge may have taken another side's.
  writeFileSync(join(folder, FIRST, "migration.sql"), await diffScript(provider, null, [{ path: BASE, content: models }]));
}
