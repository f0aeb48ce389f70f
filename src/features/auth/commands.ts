/** `mutu auth …`: the first administrator, and the way back in for people who forgot their password. */
import type { Command } from "commander";
import type { Context } from "../../core/context.js";
import { notFound } from "../../core/errors.js";
import { windowOf } from "../../core/http/paging.js";
import type { Services } from "../../core/services.js";
import { addUser, disableUser, enableUser, findUser, listUsers, type PublicUser, renewPassword } from "./users.js";

/** Adds the verbs below `mutu auth`. */
export function addCommands(command: Command, services: Services): void {
  const ctx = (): Context => services.context({ kind: "system", name: "cli" });
  command
    .command("admin")
    .description("administrators")
    .command("create <login>")
    .description("make an administrator; the password is printed once")
    .requiredOption("--email <address>", "where to write to this person")
    .option("--name <name>", "how this person is called")
    .action(async (login: string, options: { email: string; name?: string }) => {
      const { user, password } = await addUser(ctx(), { login, email: options.email, name: options.name, admin: true });
      say(`${user.login}\t${password.reveal()}`);
    });
  command
    .command("password <login>")
    .description("make a new password, printed once; ends this person's sessions and API keys")
    .action(async (login: string) => {
      const { user, password } = await renewPassword(ctx(), (await named(ctx(), login)).id);
      say(`${user.login}\t${password.reveal()}`);
    });
  const users = command.command("users").description("people who can log in");
  users
    .command("list [words]")
    .description("twenty people, by login")
    .option("--page <number>", "which twenty", "1")
    .action(async (words: string | undefined, options: { page: string }) => {
      const { rows, total } = await listUsers(ctx(), windowOf({ q: words, page: options.page }));
      for (const user of rows) say(`${user.login}\t${user.email}\t${stateOf(user)}`);
      say(`${rows.length}/${total}`);
    });
  users
    .command("add <login>")
    .description("make a person; the password is printed once")
    .requiredOption("--email <address>", "where to write to this person")
    .option("--name <name>", "how this person is called")
    .action(async (login: string, options: { email: string; name?: string }) => {
      const { user, password } = await addUser(ctx(), { login, email: options.email, name: options.name });
      say(`${user.login}\t${password.reveal()}`);
    });
  users
    .command("disable <login>")
    .description("keep a person out; nothing is deleted")
    .action(async (login: string) => say(stateOf(await disableUser(ctx(), (await named(ctx(), login)).id))));
  users
    .command("enable <login>")
    .description("let a person in again")
    .action(async (login: string) => say(stateOf(await enableUser(ctx(), (await named(ctx(), login)).id))));
}

async function named(ctx: Context, login: string): Promise<PublicUser> {
  const user = await findUser(ctx, login);
  if (!user) throw notFound("auth.user_unknown");
  return user;
}

function stateOf(user: PublicUser): string {
  return [user.disabledAt ? "disabled" : "active", ...(user.admin ? ["admin"] : [])].join(" ");
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
