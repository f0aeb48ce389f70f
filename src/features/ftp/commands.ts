/** `mutu ftp …`. A login is named by its name; a password is never a word of the command line, where every process could read it. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { parseCommand } from "../../core/command-input.js";
import type { Context } from "../../core/context.js";
import { notFound } from "../../core/errors.js";
import type { Services } from "../../core/services.js";
import { findAccount } from "../accounts/index.js";
import { hostNamed } from "../hosts/index.js";
import { chipsOf } from "./chips.js";
import { changeDoor, listDoors } from "./host-settings.js";
import { addKey, removeKey } from "./login-keys.js";
import { type AddedLogin, addLogin, dropPassword, editLogin, getLogin, listLogins, setPassword } from "./logins.js";
import { releaseLogin, removeLogin, restoreLogin } from "./removal.js";
import { renameLogin } from "./renaming.js";
import { HostSettingsInput, KeyInput, LoginChange, LoginInput, NameInput } from "./schemas.js";

const ALL = 100_000;
const STDIN = 0;
const say = (...words: (string | null | undefined)[]) => process.stdout.write(`${words.map((word) => word ?? "").join("\t")}\n`);

/** Adds the verbs below `mutu ftp`. */
export function ftpCommands(command: Command, services: Services): void {
  const context = () => services.context({ kind: "system", name: "cli" });
  const logins = command.command("logins").description("logins by which members move files");
  loginCommands(logins, context);
  credentialCommands(logins, context);
  hostCommands(command.command("hosts").description("what people are told of each host's door"), context);
}

function loginCommands(logins: Command, context: () => Context): void {
  logins
    .command("list [words]")
    .description("logins, by name")
    .action(async (q?: string) => {
      const ctx = context();
      const { rows } = await listLogins(ctx, { ...(q ? { q } : {}), take: ALL });
      const chips = await chipsOf(ctx.db, rows);
      for (const login of rows) {
        const state = login.state === "bin" ? "bin" : !login.enabled ? "disabled" : login.expired ? "expired" : chips.get(login.id)?.state;
        say(login.name, login.account.login, state, login.folder || "/", login.lastLoginAt?.toISOString());
      }
    });
  settings(logins.command("add <account> [name]").description("add a login; prints its name and the password that was made, once"))
    .option("--password-stdin", "read the password from standard input instead of making one")
    .option("--keys-only", "no password; needs --key-file")
    .option("--key-file <file>", "a public key of OpenSSH or PuTTY; - is standard input")
    .action(async (word: string, name: string | undefined, { passwordStdin, keyFile, ...options }: { passwordStdin?: boolean; keyFile?: string }) => {
      const ctx = context();
      const account = await findAccount(ctx, word);
      if (!account) throw notFound("accounts.account_unknown");
      const secrets = { ...(passwordStdin ? { password: readPassword() } : {}), ...(keyFile ? { key: readText(keyFile) } : {}) };
      tell(await addLogin(ctx, parseCommand(LoginInput, { ...options, ...secrets, accountId: account.id, name })));
    });
  settings(logins.command("edit <login>").description("change what a login may do"))
    .option("--enabled <yes>", "true or false")
    .action(async (login: string, options: Record<string, unknown>) => {
      await editLogin(context(), login, parseCommand(LoginChange, options));
    });
  logins
    .command("rename <login> <name>")
    .description("another name; the one of before is free at once. Prints the new one")
    .action(async (login: string, name: string) => {
      say((await renameLogin(context(), login, parseCommand(NameInput, { name }))).name);
    });
  logins
    .command("remove <login>")
    .description("into the bin; `restore` brings it back")
    .action(async (login: string) => {
      const { binUntil } = await removeLogin(context(), login);
      say(binUntil?.toISOString());
    });
  logins.command("restore <login>").action(async (login: string) => {
    await restoreLogin(context(), login);
  });
  logins
    .command("release <login>")
    .description("let a login in the bin go now; this cannot be undone")
    .action(async (login: string) => {
      await releaseLogin(context(), login);
    });
}

function credentialCommands(logins: Command, context: () => Context): void {
  logins
    .command("password <login>")
    .description("give a new password; prints the one that was made, once")
    .option("--stdin", "read it from standard input instead")
    .option("--drop", "no password any more: keys only")
    .action(async (login: string, { stdin, drop }: { stdin?: boolean; drop?: boolean }) => {
      if (drop) await dropPassword(context(), login);
      else tell(await setPassword(context(), login, stdin ? readPassword() : undefined));
    });
  logins
    .command("keys <login>")
    .description("its SSH keys")
    .action(async (login: string) => {
      for (const { type, bits, fingerprint, label } of (await getLogin(context(), login)).keys) say(fingerprint, type, String(bits), label);
    });
  logins
    .command("add-key <login> <file>")
    .description("a public key of OpenSSH or PuTTY; - is standard input")
    .option("--label <words>", "instead of the key's own comment")
    .action(async (login: string, file: string, options: Record<string, unknown>) => {
      say((await addKey(context(), login, parseCommand(KeyInput, { ...options, key: readText(file) }))).fingerprint);
    });
  logins.command("remove-key <login> <fingerprint>").action(async (login: string, fingerprint: string) => {
    await removeKey(context(), login, fingerprint);
  });
}

function hostCommands(hosts: Command, context: () => Context): void {
  hosts
    .command("list")
    .description("names, ports and fingerprints")
    .action(async () => {
      for (const door of await listDoors(context().db)) {
        say(door.hostName, door.name, `ftps ${door.ports.ftp}`, `sftp ${door.ports.sftp}`, door.sshFingerprint, door.oldNames.join(" "));
      }
    });
  hosts
    .command("edit <host>")
    .description("what is not named is what the machine tells")
    .option("--public-name <name>", "the name that people type")
    .option("--old-names <names>", "names of other times that lead here")
    .option("--ssh-fingerprint <fingerprint>", "SHA256:…")
    .option("--tls-fingerprint <fingerprint>", "SHA-256, as AA:BB:…")
    .action(async (word: string, options: Record<string, unknown>) => {
      const ctx = context();
      const host = await hostNamed(ctx.db, word);
      if (!host) throw notFound("ftp.host_unknown");
      say((await changeDoor(ctx, host.id, parseCommand(HostSettingsInput, options))).name);
    });
}

function settings(command: Command): Command {
  return command
    .option("--note <words>", "who or what it is for")
    .option("--folder <path>", "below the account's home; an empty word: the whole home")
    .option("--read-only <yes>", "true or false")
    .option("--days <number>", "days from now until it ends")
    .option("--expires-on <day>", "the day at whose end it ends, as 2026-12-31; an empty word: no end")
    .option("--networks <list>", "addresses and networks from which it may come; an empty word: from everywhere");
}

function tell({ login, password }: AddedLogin): void {
  say(login.name, password?.reveal());
}

/** One line of standard input. */
function readPassword(): string {
  return readFileSync(STDIN, "utf8").replace(/\r?\n$/, "");
}

function readText(file: string): string {
  return readFileSync(file === "-" ? STDIN : file, "utf8");
}
