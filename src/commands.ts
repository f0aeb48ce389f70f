/** The tree of commands: core's own, and those that each feature brings. */
import { Command } from "commander";
import type { Program } from "./boot.js";
import { auditCommands } from "./core/audit-commands.js";
import { databaseCommands } from "./core/database-commands.js";
import type { Feature } from "./core/feature.js";
import { jobCommands } from "./core/jobs/commands.js";
import type { Services } from "./core/services.js";
import { programVersion } from "./core/version.js";

/** Makes `mutu` with all its verbs; none of them touches its services before it runs. */
export function commandTree(features: readonly Feature[], services: Services, jobs: () => Program["jobs"], open: () => Promise<void> = nothingToOpen): Command {
  const mutu = new Command("mutu").version(programVersion()).exitOverride().showHelpAfterError();
  const under = (name: string) => mutu.commands.find((command) => command.name() === name) ?? mutu.command(name).exitOverride().showHelpAfterError();
  databaseCommands(under("database"));
  auditCommands(under("audit"), services);
  jobCommands(under("jobs"), services, jobs);
  for (const feature of features) {
    feature.commands?.(under(feature.name), services);
    for (const [name, word] of Object.entries(feature.words ?? {})) word.commands(under(name), services, open);
  }
  return mutu;
}

/** Words whose commands open the program themselves, or not at all. */
export function unopenedWords(features: readonly Feature[]): Set<string> {
  const words = features.flatMap((feature) => Object.entries(feature.words ?? {}));
  return new Set(["database", ...words.flatMap(([name, word]) => (word.unopened ? [name] : []))]);
}

async function nothingToOpen(): Promise<never> {
  throw new Error("there is no program to open");
}

/** Gives services that exist from the moment a command runs; before, only their names are known. */
export function lazyServices(program: () => Program): Services {
  return new Proxy({} as Services, { get: (_, name) => Reflect.get(program().services, name) });
}
