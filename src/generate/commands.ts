/** The reference of the command line: what each `--help` says, on one page. */
import type { Argument, Command, Option } from "commander";
import { commandTree, lazyServices } from "../commands.js";
import { discoverFeatures } from "../core/discover.js";

/** Writes the reference in Markdown, from the very tree that `mutu` runs. */
export async function commandReference(): Promise<string> {
  const noProgram = () => {
    throw new Error("a command used its services before it ran");
  };
  const mutu = commandTree(await discoverFeatures(), lazyServices(noProgram), () => []);
  const groups = [...mutu.commands].sort((a, b) => (a.name() < b.name() ? -1 : 1));
  const intro = "# Commands\n\nMade by `npm run generate`; do not edit. `mutu <command> --help` says the same in a terminal.";
  return `${[intro, ...groups.map(chapter)].join("\n\n")}\n`;
}

function chapter(group: Command): string {
  return [`## mutu ${group.name()}`, ...leaves(group, `mutu ${group.name()}`)].join("\n\n");
}

function leaves(command: Command, path: string): string[] {
  if (command.commands.length === 0) return [entry(command, path)];
  return command.commands.flatMap((child) => leaves(child, `${path} ${child.name()}`));
}

function entry(command: Command, path: string): string {
  const words = command.registeredArguments.map(argumentWord);
  const rows = [...command.registeredArguments.filter(({ description }) => description !== "").map(argumentRow), ...command.options.map(optionRow)];
  const table = rows.length === 0 ? [] : [["| | |", "|---|---|", ...rows].join("\n")];
  return [`### \`${[path, ...words].join(" ")}\``, sentence(command.description()), ...table].filter((part) => part !== "").join("\n\n");
}

const argumentWord = (argument: Argument) => {
  const name = `${argument.name()}${argument.variadic ? "…" : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
};
const argumentRow = (argument: Argument) => row(argumentWord(argument), argument.description, argument.defaultValue);
const optionRow = (option: Option) => row(option.flags, option.mandatory ? `${option.description} (required)` : option.description, option.defaultValue);

function row(words: string, description: string, standard: unknown): string {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const otherwise = typeof standard === "string" || typeof standard === "number" ? ` (${standard} when left out)` : "";
  return `| \`${cell(words)}\` | ${cell(description)}${otherwise} |`;
}

const sentence = (text: string) => (text === "" ? "" : `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`);
