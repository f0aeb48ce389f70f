#!/usr/bin/env node
/** `mutu <feature> <verb>`: commands of core, and those that each feature brings. */
import { Command, CommanderError } from "commander";
import { boot, type Program, programRoot, programVersion } from "./boot.js";
import { auditCommands } from "./core/audit-commands.js";
import { databaseCommands } from "./core/database-commands.js";
import { discoverFeatures } from "./core/discover.js";
import { readEnv } from "./core/env.js";
import { isRefusal } from "./core/errors.js";
import type { Feature } from "./core/feature.js";
import { jobCommands } from "./core/jobs/commands.js";
import type { Services } from "./core/services.js";
import { createText } from "./core/text.js";

process.umask(0o077);
process.exitCode = await main(process.argv);

/** Runs one command line and gives its exit code: 0 done, 1 refused or failed, 2 not understood. */
async function main(argv: string[]): Promise<number> {
  let program: Program | undefined;
  try {
    const features = await discoverFeatures();
    const services = lazyServices(() => {
      if (!program) throw new Error("a command used its services before it ran");
      return program;
    });
    const mutu = commandTree(features, services, () => program?.jobs ?? []);
    // Only a command that runs opens the database: help and `database` need none.
    mutu.hook("preAction", async (_, command) => {
      if (topOf(command) !== "database") program = await boot(readEnv(), { features });
    });
    await mutu.parseAsync(argv);
    await program?.services.publisher.idle();
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`${explain(error)}\n`);
    return 1;
  } finally {
    await program?.close();
  }
}

function commandTree(features: readonly Feature[], services: Services, jobs: () => Program["jobs"]): Command {
  const mutu = new Command("mutu").version(programVersion()).exitOverride().showHelpAfterError();
  const under = (name: string) => mutu.commands.find((command) => command.name() === name) ?? mutu.command(name).exitOverride().showHelpAfterError();
  databaseCommands(under("database"));
  auditCommands(under("audit"), services);
  jobCommands(under("jobs"), services, jobs);
  for (const feature of features) feature.commands?.(under(feature.name), services);
  return mutu;
}

/** Services that exist from the moment a command runs; before, only their names are known. */
function lazyServices(program: () => Program): Services {
  return new Proxy({} as Services, { get: (_, name) => Reflect.get(program().services, name) });
}

function topOf(command: Command): string {
  return command.parent?.parent ? topOf(command.parent) : command.name();
}

function explain(error: unknown): string {
  if (!isRefusal(error)) return error instanceof Error ? (process.env["MUTU_DEBUG"] ? (error.stack ?? error.message) : error.message) : String(error);
  const text = createText(`${programRoot}/views`, { lenient: true });
  const locale = (process.env["LC_ALL"] || process.env["LANG"] || "").startsWith("fr") ? "fr" : "en";
  const fields = error.fields.map((field) => `  ${field.field}: ${text.explain(locale, field)}`);
  return [text.explain(locale, error), ...(fields.length > 1 ? fields : [])].join("\n");
}
