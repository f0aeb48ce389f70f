/** `mutu accounts …` and `mutu accounts plans …`. */
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { parseCommand } from "../../core/command-input.js";
import type { Context } from "../../core/context.js";
import { notFound } from "../../core/errors.js";
import type { Services } from "../../core/services.js";
import { createText, terminalLocale } from "../../core/text.js";
import type { Account } from "../../generated/sqlite/client.js";
import { hostNamed } from "../hosts/index.js";
import { addAccount, editAccount, findAccount, listAccounts, type ShownAccount } from "./accounts.js";
import { setMember } from "./members.js";
import { awaitOffline, messageOf, readStillOnline } from "./offline.js";
import { addPlan, DEFAULT_PLAN, listPlans } from "./plans.js";
import { AccountChange, AccountInput, MemberInput, PlanInput, RemoveInput, SuspendInput } from "./schemas.js";
import { removeAccount, restoreAccount, resumeAccount, suspendAccount } from "./states.js";

const VIEWS = fileURLToPath(new URL("../../../views", import.meta.url));
const ALL = 100_000;

/** Adds the verbs of accounts. */
export function accountCommands(command: Command, services: Services): void {
  const context = () => services.context({ kind: "system", name: "cli" });
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const tellOnline = async (ctx: Context, account: Account) => {
    await awaitOffline(services, account);
    const online = await readStillOnline(ctx, account);
    if (online === null) return;
    say(createText(VIEWS, { lenient: true }).translator(terminalLocale())(`accounts.online.${messageOf(online)}`, { ...online }));
    if (online.held > 0) process.exitCode = 1;
  };
  const line = (one: ShownAccount) => [one.number, one.login, one.state, one.plan.name, one.webHost.name, one.name].join("\t");

  command
    .command("list [words]")
    .description("accounts, by login")
    .action(async (q?: string) => {
      const { rows } = await listAccounts(context(), { ...(q ? { q } : {}), take: ALL });
      for (const row of rows) say(line(row));
    });
  command
    .command("add <login>")
    .description("create an account with its first owner")
    .requiredOption("--name <name>", "name of the association")
    .requiredOption("--owner <login>", "login of the first owner, made when unknown")
    .option("--email <address>", "address of a new owner")
    .option("--plan <name>", "plan; the default one when left out")
    .option("--web <host>", "web host")
    .option("--files <host>", "host of the files")
    .action(async (login: string, options: Record<string, string>) => {
      const ctx = context();
      const ids = {
        planId: await planId(ctx, options["plan"]),
        webHostId: await hostId(ctx, options["web"]),
        filesHostId: await hostId(ctx, options["files"]),
      };
      const words = { login, name: options["name"], ownerLogin: options["owner"], ownerEmail: options["email"], ...ids };
      const { account, password } = await addAccount(ctx, parseCommand(AccountInput, words));
      say(`${account.number}\t${account.login}`);
      if (password) say(`password of ${options["owner"]}: ${password.reveal()}`);
    });
  command
    .command("edit <account>")
    .description("change the name or the plan")
    .option("--name <name>", "name of the association")
    .option("--plan <name>", "another plan")
    .action(async (word: string, options: Record<string, string>) => {
      const ctx = context();
      const change = parseCommand(AccountChange, { name: options["name"], planId: await planId(ctx, options["plan"]) });
      await editAccount(ctx, await idOf(ctx, word), change);
    });
  command
    .command("suspend <account> <reason>")
    .description("its sites show a notice")
    .action(async (word: string, reason: string) => {
      const ctx = context();
      await tellOnline(ctx, await suspendAccount(ctx, await idOf(ctx, word), parseCommand(SuspendInput, { reason }).reason));
    });
  command
    .command("resume <account>")
    .description("end a suspension")
    .action(async (word: string) => {
      const ctx = context();
      await resumeAccount(ctx, await idOf(ctx, word));
    });
  command
    .command("remove <account>")
    .description("into the bin; `restore` brings everything back")
    .option("--days <days>", "length of the countdown")
    .action(async (word: string, options: Record<string, string>) => {
      const ctx = context();
      await tellOnline(ctx, await removeAccount(ctx, await idOf(ctx, word), parseCommand(RemoveInput, options).days));
    });
  command
    .command("restore <account>")
    .description("out of the bin")
    .action(async (word: string) => {
      const ctx = context();
      await restoreAccount(ctx, await idOf(ctx, word));
    });
  command
    .command("member <account> <login> <role>")
    .description("give a user a role")
    .action(async (word: string, login: string, role: string) => {
      const ctx = context();
      await setMember(ctx, await idOf(ctx, word), parseCommand(MemberInput, { login, role }));
    });
  planCommands(command.command("plans").description("ceilings of accounts"), context, say);
}

function planCommands(command: Command, context: () => Context, say: (line: string) => void): void {
  command
    .command("list")
    .description("plans, with the number of their accounts")
    .action(async () => {
      for (const plan of await listPlans(context())) say(`${plan.name}\t${plan._count.accounts}\t${plan.isDefault ? "default" : ""}`);
    });
  const add = command.command("add <name>").description("what is left out is as in the first plan");
  for (const column of Object.keys(DEFAULT_PLAN)) if (column !== "name") add.option(`--${kebab(column)} <number>`, "a ceiling");
  add.action(async (name: string, options: Record<string, string>) => {
    await addPlan(context(), parseCommand(PlanInput, { ...DEFAULT_PLAN, ...options, name }));
  });
}

function kebab(word: string): string {
  return word.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

async function idOf(ctx: Context, word: string): Promise<string> {
  const account = await findAccount(ctx, word);
  if (!account) throw notFound("accounts.account_unknown");
  return account.id;
}

async function planId(ctx: Context, name: string | undefined): Promise<string | undefined> {
  if (name === undefined) return undefined;
  return (await listPlans(ctx)).find((plan) => plan.name === name)?.id ?? name;
}

async function hostId(ctx: Context, name: string | undefined): Promise<string | undefined> {
  if (name === undefined) return undefined;
  return (await hostNamed(ctx.db, name))?.id ?? name;
}
