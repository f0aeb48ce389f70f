/** `mutu dns import`, `mutu dns transfer`, `mutu dns transfer-networks`. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { parseCommand } from "../../../core/command-input.js";
import type { Services } from "../../../core/services.js";
import { createText, terminalLocale } from "../../../core/text.js";
import { importRecords, previewImport } from "./imports.js";
import { fetchZone, listTransferNetworks, setTransferNetworks } from "./old-server.js";
import { ImportBody, TransferInput } from "./schemas.js";
import { planBody } from "./shown.js";

const STANDARD_INPUT = 0;
const VIEWS = fileURLToPath(new URL("../../../../views", import.meta.url));

interface ImportOptions {
  file: string;
  dryRun?: boolean;
  choose?: string[];
}

interface TransferOptions {
  port?: string;
  key?: string;
  algorithm?: string;
  secretFile?: string;
}

/** Adds the verbs. */
export function importCommands(command: Command, services: Services): void {
  const context = () => services.context({ kind: "system", name: "cli" });
  const say = (line: string) => process.stdout.write(`${line}\n`);

  command
    .command("import <domain>")
    .description("take the records of a zone file over; what is said of its lines is printed")
    .requiredOption("--file <path>", "the zone file; - is standard input")
    .option("--dry-run", "only tell what would happen")
    .option("--choose <group=choice...>", 'decide otherwise than proposed: "www.example.org address=replace" (add, replace or keep)')
    .action(async (domain: string, { file, dryRun, choose = [] }: ImportOptions) => {
      const choices = Object.fromEntries(choose.map((word) => [word.slice(0, word.lastIndexOf("=")), word.slice(word.lastIndexOf("=") + 1)]));
      const input = parseCommand(ImportBody, { text: readText(file), choices });
      const act = dryRun ? previewImport : importRecords;
      const { zone, plan } = await act(context(), services.features, domain, input);
      const body = planBody(createText(VIEWS, { lenient: true }).translator(terminalLocale()), zone, plan);
      for (const { key, choice, choices: offered, records, current } of body.groups) {
        say(`${choice}\t${key}\t(${offered.join(", ")})`);
        for (const { name, type, value } of records) say(`\t+ ${name} ${type} ${value}`);
        for (const { name, type, value } of current) say(`\t${choice === "replace" ? "-" : "="} ${name} ${type} ${value}`);
      }
      for (const { line, outcome, message } of body.findings) say(`${outcome}\t${line}\t${message}`);
      for (const { message } of body.doubts) say(`doubt\t\t${message}`);
      if (body.fault !== null) say(`refused\t\t${body.fault}`);
      say(
        Object.entries(body.counts)
          .map(([what, count]) => `${what}: ${count}`)
          .join("\t"),
      );
    });
  command
    .command("transfer <domain> <server>")
    .description("print the zone that another server has, ready for `mutu dns import --file -`")
    .option("--port <port>", "53 unless told")
    .option("--key <name>", "name of the TSIG key")
    .option("--algorithm <name>", "hmac-sha256 unless told")
    .option("--secret-file <path>", "file that holds the key's secret in base64; - is standard input")
    .action(async (domain: string, server: string, { port, key, algorithm, secretFile }: TransferOptions) => {
      const tsigSecret = secretFile === undefined ? undefined : readText(secretFile).trim();
      const input = parseCommand(TransferInput, { server, port, tsigName: key, tsigAlgorithm: algorithm, tsigSecret });
      process.stdout.write(await fetchZone(context(), services, domain, input));
    });
  command
    .command("transfer-networks [networks...]")
    .description("networks that may be asked for zones although they are private or the hosting's own; with words, sets them (none: takes all away)")
    .action(async (words: string[]) => {
      const list =
        words.length === 0 ? await listTransferNetworks(context()) : await setTransferNetworks(context(), words.filter((word) => word !== "none").join(" "));
      for (const network of list) say(network);
    });
}

function readText(path: string): string {
  return readFileSync(path === "-" ? STANDARD_INPUT : path, "utf8");
}
