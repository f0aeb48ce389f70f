/** `mutu drift …` */
import type { Command } from "commander";
import type { Context } from "../../core/context.js";
import { notFound } from "../../core/errors.js";
import type { Services } from "../../core/services.js";
import { sayLine } from "../../core/terminal.js";
import { publisherOf } from "../../publish/index.js";
import { adopt, countRepairs, getDrift, listDrift, look, repair, repairAll } from "./drifts.js";
import { driftBody, lookBody } from "./shown.js";

/** Adds the verbs. */
export function driftCommands(command: Command, services: Services): void {
  const context = () => services.context({ kind: "system", name: "cli" });
  const line = sayLine;
  const publisher = () => publisherOf(services);

  command
    .command("list")
    .description("files that were changed by hand on the machines, the latest first")
    .option("--host <name>", "of one host")
    .option("--all", "also those that are put right by now")
    .option("--last <number>", "how many", "50")
    .action(async ({ host, all, last }: { host?: string; all?: boolean; last: string }) => {
      const ctx = context();
      const { rows, total } = await listDrift(ctx, { hostId: await hostIdOf(ctx, host), lying: all !== true, take: Number(last) || 50 });
      const names = await namesOf(ctx);
      for (const row of rows) {
        const { id, host: name, path, kind, state, role, key, seenAt } = driftBody(names, row);
        line([seenAt, name, path, kind, state, `${role ?? "-"} ${key ?? ""}`.trim(), id].join("\t"));
      }
      if (total > rows.length) line(`and ${total - rows.length} more`);
    });

  command
    .command("show <id>")
    .description("what differs from what the panel left")
    .action(async (id: string) => {
      const ctx = context();
      const { row, diff, instead } = await getDrift(ctx, publisher(), id);
      const { host, path, kind, state, seenAt } = driftBody(await namesOf(ctx), row);
      line([seenAt, host, path, kind, state].join("\t"));
      if (kind === "part") return line("it holds a release together, and is sent anew with the next publication, or by repair");
      if (diff === null) return line("its content was not kept: a link, a name that no release has, no text, or more than 1 MB");
      if (diff.secret) return line("a password or a key stands in it: what changed is not told");
      for (const { mark, text } of diff.lines) line(mark === "@" ? "  …" : `${mark} ${text}`);
      if (instead === null) return;
      line("what would be written now instead:");
      for (const { mark, text } of instead.lines) line(mark === "@" ? "  …" : `${mark} ${text}`);
    });

  command
    .command("adopt <id>")
    .description("keep what was edited in this file's unit, until somebody lets it go on")
    .action(async (id: string) => line(`${await adopt(context(), id)} files adopted`));

  command
    .command("repair [id]")
    .description("write a unit's files anew, or those of all units of a host or an account")
    .option("--host <name>", "whatever waits on this host")
    .option("--account <id>", "whatever waits of this account")
    .action(async (id: string | undefined, { host, account }: { host?: string; account?: string }) => {
      const ctx = context();
      const place = { hostId: await hostIdOf(ctx, host), ...(account && { accountId: account }) };
      const files = id === undefined ? await repairAll(ctx, publisher(), place, await countRepairs(ctx, place)) : await repair(ctx, publisher(), id);
      await publisher().idle();
      line(`${files} files repaired`);
    });

  command
    .command("look")
    .description("hash everything on the machines anew, now")
    .option("--host <name>", "one host; all of them when left out")
    .action(async ({ host }: { host?: string }) => {
      const ctx = context();
      const looks = (await look(ctx, publisher(), await hostIdOf(ctx, host))).map(lookBody);
      await publisher().idle();
      for (const { host: name, files, reason } of looks)
        line(`${name}\t${files === null ? `could not be looked at (${reason})` : `${files} files were changed by hand`}`);
      if (looks.some(({ files }) => files === null)) process.exitCode = 1;
    });

  async function hostIdOf(ctx: Context, name: string | undefined): Promise<string | undefined> {
    if (name === undefined) return undefined;
    const found = (await publisher().hosts.list(ctx.db)).find((host) => host.name === name || host.id === name);
    if (found === undefined) throw notFound("drift.place_unknown");
    return found.id;
  }

  const namesOf = async (ctx: Context) => new Map((await publisher().hosts.list(ctx.db)).map(({ id, name }) => [id, name]));
}
