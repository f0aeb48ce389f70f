#!/usr/bin/env node
/** `mutu <feature> <verb>`: commands of core, and those that each feature brings. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { type Command, CommanderError } from "commander";
import { boot, type Program, programRoot } from "./boot.js";
import { commandTree, lazyServices, unopenedWords } from "./commands.js";
import { discoverFeatures } from "./core/discover.js";
import { type Env, readEnv } from "./core/env.js";
import { isRefusal } from "./core/errors.js";
import { createText, terminalLocale } from "./core/text.js";

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
    const open = async () => {
      const env = readEnv();
      becomeTrial(env);
      program ??= await boot(env, { features });
    };
    const mutu = commandTree(features, services, () => program?.jobs ?? [], open);
    const unopened = unopenedWords(features);
    // Only a command that runs opens the database: help needs none, and some words open it when its tables are there.
    mutu.hook("preAction", async (_, command) => {
      if (!unopened.has(topOf(command))) await open();
    });
    await mutu.parseAsync(argv);
    await program?.services.publisher.idle();
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    // A monitoring program reads the first line of the output, and 2 as "does not work" (guidelines for monitoring plugins).
    if (argv[2] === "status") process.stdout.write(`MUTU CRITICAL - ${explain(error)}\n`);
    else process.stderr.write(`${explain(error)}\n`);
    return argv[2] === "status" ? 2 : 1;
  } finally {
    await program?.close();
  }
}

/** A trial that root started runs as a number of its own: what a command of root's publishes must be that number's to serve. */
function becomeTrial({ mode, state }: Env): void {
  if (mode !== "trial" || process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(state);
  if (uid === 0) return;
  // Where it could not read the program (a checkout in root's own folder), root goes on: it can look, and what it changes waits for the panel.
  if (!isReached(uid)) return;
  process.setgroups?.([gid]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

function isReached(uid: number): boolean {
  process.seteuid?.(uid);
  try {
    return statSync(join(programRoot, "package.json")).isFile();
  } catch {
    return false;
  } finally {
    process.seteuid?.(0);
  }
}

function topOf(command: Command): string {
  return command.parent?.parent ? topOf(command.parent) : command.name();
}

function explain(error: unknown): string {
  if (!isRefusal(error)) return error instanceof Error ? (process.env["MUTU_DEBUG"] ? (error.stack ?? error.message) : error.message) : String(error);
  const text = createText(`${programRoot}/views`, { lenient: true });
  const locale = terminalLocale();
  const fields = error.fields.map((field) => `  ${field.field}: ${text.explain(locale, field)}`);
  return [text.explain(locale, error), ...(fields.length > 1 ? fields : [])].join("\n");
}
