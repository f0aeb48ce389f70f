/** `mutu publications …`: the command publishes by itself and waits for the end. */
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import type { Context } from "../../core/context.js";
import { notFound } from "../../core/errors.js";
import type { Services } from "../../core/services.js";
import { sayLine } from "../../core/terminal.js";
import { createText, terminalLocale } from "../../core/text.js";
import type { HostRecord } from "../../publish/contract.js";
import { type FileDiff, publisherOf } from "../../publish/index.js";
import { holdCommands } from "./hold-commands.js";
import { getPublication, listPublications, planNow, publishNow } from "./publications.js";
import { applyRenderer, getRendererChange, rendererBody } from "./renderer.js";
import { errorBodies, namesOf, partBody, plannedParts, publicationBody, type Say } from "./shown.js";
import { listWaiting, waitingBody } from "./waiting.js";

const VIEWS = fileURLToPath(new URL("../../../views", import.meta.url));

/** Adds the verbs of publications. */
export function publicationCommands(command: Command, services: Services): void {
  const context = () => services.context({ kind: "system", name: "cli" });
  const line = sayLine;

  command
    .command("list")
    .description("publications, newest first")
    .option("--host <name>", "of one host")
    .option("--last <number>", "how many", "20")
    .action(async ({ host, last }: { host?: string; last: string }) => {
      const ctx = context();
      const hosts = await chosenHosts(ctx, host);
      const { rows } = await listPublications(ctx, { ...(host ? { hostId: hosts[0]?.id } : {}), take: Number(last) || 20 });
      for (const row of rows) {
        const { id, number, host: name, state, cause, author, startedAt } = publicationBody(ctx, namesOf(hosts), row);
        line([startedAt, name, `#${number}`, state, cause, author ?? "", `${row.total} units`, id].join("\t"));
      }
    });

  command
    .command("waiting")
    .description("machines for which changes wait: since when each has been away, and the next attempt (`run` tries now)")
    .action(async () => {
      for (const { host, units, awaySince, nextAt } of (await listWaiting(context(), services)).map(waitingBody))
        line([host, `${units} units`, awaySince ? `away since ${awaySince}` : "answers", `next ${nextAt ?? "at once"}`].join("\t"));
    });

  command
    .command("show <id>")
    .description("what a publication changed, in words, and how it ended")
    .action(async (id: string) => {
      const ctx = context();
      const publication = await getPublication(ctx, id);
      await show(ctx, publication.id);
    });

  command
    .command("run")
    .description("publish what is touched, and wait until it is verified")
    .option("--host <name>", "one host; all of them when left out")
    .option("--all", "render and compare every unit, not only the changed ones")
    .option("--dry-run", "only say what would change")
    .action(async ({ host, all, dryRun }: { host?: string; all?: boolean; dryRun?: boolean }) => {
      const ctx = context();
      for (const { id, name } of await chosenHosts(ctx, host)) {
        if (dryRun) await plan(ctx, id, name);
        else await publish(ctx, id, name, all === true);
      }
    });

  command
    .command("renderer")
    .description("what another version of the panel would change by itself: one account goes first, the others wait for --apply")
    .option("--apply", "let it go on to all machines, one after the other, and wait for the end")
    .action(async ({ apply }: { apply?: boolean }) => {
      const ctx = context();
      if (apply) {
        await applyRenderer(ctx);
        await publisherOf(services).advanceRenderer();
      }
      const change = await getRendererChange(ctx);
      if (change === null) return line("nothing has waited yet");
      const { state, reason, units, different, first, hosts, error } = await rendererBody(ctx, say(), change);
      line([change.createdAt.toISOString(), state, reason, `${different} of ${units} units differ`, `first: ${first?.login ?? "nobody"}`].join("\t"));
      for (const host of hosts) line(`  ${host.state}\t${host.name}\t${host.different} units`);
      if (error !== null) line(`  ${error}`);
      if (state === "failed") process.exitCode = 1;
    });

  holdCommands(command, services, { say, end: ended });

  async function chosenHosts(ctx: Context, name: string | undefined): Promise<HostRecord[]> {
    const hosts = await publisherOf(services).hosts.list(ctx.db);
    const chosen = name === undefined ? hosts : hosts.filter((host) => host.name === name || host.id === name);
    if (name !== undefined && chosen.length === 0) throw notFound("publications.host_unknown");
    return chosen;
  }

  async function plan(ctx: Context, hostId: string, name: string): Promise<void> {
    const dry = await planNow(ctx, publisherOf(services), hostId);
    const parts = plannedParts(ctx, say(), dry).filter((part) => part.change !== "unchanged" || part.fault !== null);
    line(`${name}: ${parts.length === 0 ? "nothing would change" : `${parts.length} units would change`}`);
    for (const part of parts) for (const sentence of part.sentences) line(`  ${part.change}\t${sentence}${part.fault === null ? "" : ` (${part.fault})`}`);
    for (const file of dry.files) printDiff(file);
  }

  async function publish(ctx: Context, hostId: string, name: string, all: boolean): Promise<void> {
    await publishNow(ctx, publisherOf(services), hostId, all);
    await ended(ctx, { id: hostId, name });
  }

  async function ended(ctx: Context, { id, name }: { id: string; name: string }): Promise<void> {
    const { publicationId, state } = await publisherOf(services).run(id);
    if (publicationId === null) return line(`${name}: nothing to publish`);
    line(`${name}: ${state}`);
    await show(ctx, publicationId);
    if (state !== "done") process.exitCode = 1;
  }

  async function show(ctx: Context, id: string): Promise<void> {
    const publication = await getPublication(ctx, id);
    for (const part of publication.parts.map((row) => partBody(ctx, say(), row))) {
      for (const sentence of part.sentences) line(`  ${part.result}\t${part.change}\t${sentence}`);
      if (part.fault !== null) line(`    ${part.fault}`);
      for (const said of part.output) line(`    | ${said}`);
    }
    for (const error of errorBodies(ctx, say(), publication.errors)) {
      line(`  ${error.step}: ${error.message}`);
      for (const said of error.output) line(`    | ${said}`);
    }
  }

  function printDiff({ path, lines, secret }: FileDiff): void {
    line(`--- ${path}`);
    if (secret) line(`  ${say()("publications.secret_changed")}`);
    for (const { mark, text } of lines) line(mark === "@" ? "  …" : `${mark} ${text}`);
  }
}

function say(): Say {
  return createText(VIEWS, { lenient: true }).translator(terminalLocale());
}
