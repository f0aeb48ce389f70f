/** `mutu sites …`. A site is named by one of its addresses. */
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { parseCommand } from "../../core/command-input.js";
import type { Context } from "../../core/context.js";
import { notFound } from "../../core/errors.js";
import type { Services } from "../../core/services.js";
import { createText, terminalLocale } from "../../core/text.js";
import { findAccount } from "../accounts/index.js";
import { chipsOf } from "./chips.js";
import { LogInput } from "./log-api.js";
import { troubleView } from "./log-pages.js";
import { listLines, siteOfLogs, troubleOf, unread } from "./logs.js";
import { addProxyTarget, listProxyTargets } from "./proxy-targets.js";
import { releaseSite, removeSite, restoreSite } from "./removal.js";
import { AddressInput, SiteChange, SiteInput } from "./schemas.js";
import { addAddress, addSite, editSite, listSites, removeAddress } from "./sites.js";

const ALL = 100_000;
const VIEWS = fileURLToPath(new URL("../../../views", import.meta.url));

/** Adds the verbs of sites. */
export function siteCommands(command: Command, services: Services): void {
  const context = () => services.context({ kind: "system", name: "cli" });
  const say = (line: string) => process.stdout.write(`${line}\n`);

  command
    .command("list [words]")
    .description("sites, by address")
    .action(async (q?: string) => {
      const ctx = context();
      const { rows } = await listSites(ctx, { ...(q ? { q } : {}), take: ALL });
      const chips = await chipsOf(ctx.db, rows);
      for (const site of rows) {
        const what = site.folder ?? site.target ?? site.proxyTarget ?? "";
        say([site.addresses[0]?.name, site.account.login, site.kind, site.state === "bin" ? "bin" : chips.get(site.id)?.state, what].join("\t"));
      }
    });
  settings(command.command("add <account> <address>").description("add a site; its domain too, when the account does not have it"))
    .option("--no-www", "without the www twin")
    .option("--language <language>", "of the starter page: fr or en")
    .action(async (word: string, address: string, { www, ...options }: Record<string, unknown>) => {
      const ctx = context();
      const input = parseCommand(SiteInput, { ...options, accountId: await accountId(ctx, word), address, ...(www === false ? { withWww: false } : {}) });
      const site = await addSite(ctx, input);
      say(`${site.id}\t${site.title}\t${site.folder ?? ""}`);
    });
  settings(command.command("edit <site>").description("change what a site does"))
    .option("--canonical <name>", "where the other names lead; an empty word: nowhere")
    .action(async (site: string, options: Record<string, unknown>) => {
      await editSite(context(), site, parseCommand(SiteChange, options));
    });
  command.command("add-address <site> <address>").action(async (site: string, address: string) => {
    await addAddress(context(), site, parseCommand(AddressInput, { address }));
  });
  command.command("remove-address <site> <address>").action(async (site: string, address: string) => {
    await removeAddress(context(), site, address);
  });
  command
    .command("remove <site>")
    .description("into the bin; `restore` brings it back")
    .action(async (site: string) => {
      const { binUntil } = await removeSite(context(), site);
      say(binUntil?.toISOString() ?? "");
    });
  command.command("restore <site>").action(async (site: string) => {
    await restoreSite(context(), site);
  });
  command
    .command("release <site>")
    .description("let a site in the bin go now; this cannot be undone")
    .action(async (site: string) => {
      await releaseSite(context(), site);
    });
  command
    .command("log <site>")
    .description("why the site fails, then the last lines of its log, as its machine wrote them")
    .option("--kind <kind>", "error, access or php", "error")
    .option("--lines <number>", "how many", "20")
    .action(async (key: string, options: Record<string, unknown>) => {
      const { kind, lines: take } = parseCommand(LogInput, options);
      const site = await siteOfLogs(context(), key);
      const t = createText(VIEWS, { lenient: true }).translator(terminalLocale());
      const [told, lines] = await Promise.all([troubleOf(services, site), listLines(services, site, kind, { q: "", page: 1, skip: 0, take })]);
      if (!told.ok) throw unread(told.why);
      if (!lines.ok) throw unread(lines.why);
      const { found } = troubleView({ t }, told);
      if (found) say(`${found.title}\n${found.at?.toISOString() ?? ""}\t${found.file ?? ""}\t${found.line ?? ""}\n${found.hint}\n`);
      for (const { at, status, address, text } of lines.value.rows.reverse()) say([at?.toISOString() ?? "", status ?? "", address, text].join("\t"));
    });
  const targets = command.command("targets").description("origins to which proxy sites may lead");
  targets
    .command("list")
    .description("where proxies may lead")
    .action(async () => {
      for (const { origin } of await listProxyTargets(context())) say(origin);
    });
  targets
    .command("add <origin>")
    .description("allow one more")
    .action(async (origin: string) => {
      await addProxyTarget(context(), origin);
    });
}

function settings(command: Command): Command {
  return command
    .option("--kind <kind>", "folder, redirect, proxy or maintenance")
    .option("--folder <path>", "below the account's home")
    .option("--php-version <version>", "an empty word turns PHP off")
    .option("--memory-mb <number>", "of a PHP script, within the plan")
    .option("--time-seconds <number>", "of a PHP script, within the plan")
    .option("--upload-mb <number>", "of one upload, within the plan")
    .option("--index-files <names>", "what a folder shows, first found first")
    .option("--force-https <yes>", "true or false")
    .option("--hsts-seconds <number>", "how long browsers insist on HTTPS")
    .option("--target <url>", "of a redirect")
    .option("--redirect-status <status>", "301, 302, 307 or 308")
    .option("--keep-path <yes>", "true or false")
    .option("--proxy-target <origin>", "where a proxy leads; one that administrators allow");
}

async function accountId(ctx: Context, word: string): Promise<string> {
  const account = await findAccount(ctx, word);
  if (!account) throw notFound("accounts.account_unknown");
  return account.id;
}
