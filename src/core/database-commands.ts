/** `mutu database …`: works before the tables exist, so it takes the settings and nothing else. */
import type { Command } from "commander";
import { readEnv } from "./env.js";
import { migrateDatabase, schemaDifference } from "./migrate.js";

/** Adds the commands of the panel's own database. */
export function databaseCommands(database: Command): void {
  database.description("the panel's own database");
  database
    .command("migrate")
    .description("bring the tables to this version; a SQLite file is copied first")
    .action(async () => {
      const { applied, copy } = await migrateDatabase(readEnv().databaseUrl.reveal());
      if (copy) print(`copy made before: ${copy}`);
      for (const name of applied) print(`applied ${name}`);
      if (applied.length === 0) print("nothing to apply");
    });
  database
    .command("check")
    .description("tell whether the tables are those that this version expects")
    .action(async () => {
      const difference = await schemaDifference(readEnv().databaseUrl.reveal());
      print(difference === "" ? "the tables are as expected" : difference);
      if (difference !== "") process.exitCode = 1;
    });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
