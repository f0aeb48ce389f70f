/** `mutu attach …`. */
import type { Command } from "commander";
import { parseCommand } from "../../core/command-input.js";
import type { Context } from "../../core/context.js";
import { notFound } from "../../core/errors.js";
import type { Services } from "../../core/services.js";
import { findAccount } from "../accounts/index.js";
import { DomainInput } from "../domains/index.js";
import { isKept } from "./candidates.js";
import { attachDomain, getLook, lookAt } from "./looks.js";
import { AttachInput } from "./schemas.js";

const say = (line: string) => process.stdout.write(`${line}\n`);

/** Adds the verbs. */
export function attachCommands(command: Command, services: Services): void {
  const look = async (ctx: Context, word: string, name: string) => {
    const account = await findAccount(ctx, word);
    if (!account) throw notFound("accounts.account_unknown");
    return lookAt(ctx, services, parseCommand(DomainInput, { accountId: account.id, name }));
  };
  const context = () => services.context({ kind: "system", name: "cli" });
  command
    .command("look <account> <name>")
    .description("what exists of a name today; + marks what is kept")
    .action(async (word: string, name: string) => {
      const ctx = context();
      const { seen } = await getLook(ctx, (await look(ctx, word, name)).id);
      say(["servers", seen.silent ? "?" : (seen.nameServers ?? []).join(" ") || "-"].join("\t"));
      for (const one of seen.candidates) say([isKept(one) ? "+" : "-", one.group, one.name, one.type, one.value].join("\t"));
    });
  command
    .command("add <account> <name>")
    .description("add a domain, with the mail records that exist")
    .option("--external", "its DNS stays where it is")
    .option("--keep-nothing", "start with an empty zone")
    .action(async (word: string, name: string, options: { external?: boolean; keepNothing?: boolean }) => {
      const ctx = context();
      const input = parseCommand(AttachInput, { way: options.external ? "external" : "hosted", ...(options.keepNothing && { keep: [] }) });
      const { kept, left } = await attachDomain(ctx, services, (await look(ctx, word, name)).id, input);
      say(String(kept));
      for (const line of left) say(`left\t${line}`);
    });
}
