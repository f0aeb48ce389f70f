/** `mutu domains …`. */
import type { Command } from "commander";
import { parseCommand } from "../../core/command-input.js";
import type { Context } from "../../core/context.js";
import { notFound } from "../../core/errors.js";
import type { Services } from "../../core/services.js";
import { findAccount } from "../accounts/index.js";
import { grantName } from "./claims.js";
import { addDomain, listDomains, releaseDomain, removeDomain, restoreDomain } from "./domains.js";
import { addForbidden, listForbidden, removeForbidden } from "./policy.js";
import { DomainInput, ForbiddenInput, GrantInput } from "./schemas.js";

const ALL = 100_000;

/** Adds the verbs of domains. */
export function domainCommands(command: Command, services: Services): void {
  const context = () => services.context({ kind: "system", name: "cli" });
  const say = (line: string) => process.stdout.write(`${line}\n`);

  command
    .command("list [words]")
    .description("domains, by name")
    .action(async (q?: string) => {
      const { rows } = await listDomains(context(), { ...(q ? { q } : {}), take: ALL });
      for (const { name, account, state, addresses } of rows) say([name, account.login, state, addresses].join("\t"));
    });
  command
    .command("add <account> <name>")
    .description("add a domain to an account")
    .action(async (word: string, name: string) => {
      const ctx = context();
      await addDomain(ctx, parseCommand(DomainInput, { accountId: await accountId(ctx, word), name }));
    });
  command
    .command("remove <name>")
    .description("into the bin; `restore` brings it back")
    .action(async (name: string) => {
      await removeDomain(context(), name);
    });
  command.command("restore <name>").action(async (name: string) => {
    await restoreDomain(context(), name);
  });
  command
    .command("release <name>")
    .description("let a name in the bin go now; this cannot be undone")
    .action(async (name: string) => {
      await releaseDomain(context(), name);
    });
  command
    .command("grant <account> <name>")
    .description("let an account hold a name below or above another account's domain")
    .action(async (word: string, name: string) => {
      const ctx = context();
      await grantName(ctx, parseCommand(GrantInput, { accountId: await accountId(ctx, word), name }));
    });
  const forbidden = command.command("forbidden").description("names that nobody may host");
  forbidden.command("list").action(async () => {
    for (const { name, reason } of await listForbidden(context())) say(`${name}\t${reason}`);
  });
  forbidden.command("add <name> [reason]").action(async (name: string, reason = "") => {
    await addForbidden(context(), parseCommand(ForbiddenInput, { name, reason }));
  });
  forbidden.command("remove <name>").action(async (name: string) => {
    await removeForbidden(context(), name);
  });
}

async function accountId(ctx: Context, word: string): Promise<string> {
  const account = await findAccount(ctx, word);
  if (!account) throw notFound("accounts.account_unknown");
  return account.id;
}
