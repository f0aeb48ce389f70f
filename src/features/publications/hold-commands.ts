/** `mutu publications holds|release|put-back`. */
import type { Command } from "commander";
import type { Context } from "../../core/context.js";
import { invalid, notFound } from "../../core/errors.js";
import type { Services } from "../../core/services.js";
import { sayLine } from "../../core/terminal.js";
import type { HostRecord } from "../../publish/contract.js";
import { HOLD_REASONS, publisherOf } from "../../publish/index.js";
import { listHeld, releaseAll, releaseHeld } from "./holds.js";
import { planPutBack, putBack, releaseNumbered, type UnitName } from "./put-backs.js";
import { heldBody, namesOf, plannedParts, type Say } from "./shown.js";

const PAGE = 500;

/** Adds the verbs; `publish` waits for the run and tells how it ended. */
export function holdCommands(command: Command, services: Services, { say, end }: { say(): Say; end(ctx: Context, host: HostRecord): Promise<void> }): void {
  const context = () => services.context({ kind: "system", name: "cli" });
  const publisher = () => publisherOf(services);
  const line = sayLine;

  command
    .command("holds")
    .description("units that stand still on purpose, the latest first")
    .option("--host <name>", "of one host")
    .action(async ({ host }: { host?: string }) => {
      const ctx = context();
      const hosts = namesOf(await publisher().hosts.list(ctx.db));
      const chosen = host === undefined ? undefined : (await findHost(ctx, host)).id;
      for (let skip = 0; ; skip += PAGE) {
        const { rows, total } = await listHeld(ctx, { hostId: chosen, skip, take: PAGE });
        for (const row of rows) {
          const { id, host: name, role, key, reason, sentence, heldAt, heldBy } = heldBody(ctx, say(), hosts, row);
          line([heldAt, name, `${role} ${key}`, reason, heldBy ?? "", sentence, id].join("\t"));
        }
        if (skip + PAGE >= total) return;
      }
    });

  command
    .command("release [id]")
    .description("let a held unit go on, or all of a host that are held for one reason, and publish")
    .option("--host <name>", "all of this host")
    .option("--reason <reason>", `with --host: ${HOLD_REASONS.join(", ")}`, "putBack")
    .action(async (id: string | undefined, { host: name, reason }: { host?: string; reason: string }) => {
      const ctx = context();
      if ((id === undefined) === (name === undefined)) throw invalid("publications.release_what");
      if (id !== undefined) return end(ctx, await findHost(ctx, (await releaseHeld(ctx, id)).hostId));
      const host = await findHost(ctx, name as string);
      line(`${host.name}: ${await releaseAll(ctx, publisher(), host.id, reason)} units go on`);
      await end(ctx, host);
    });

  command
    .command("put-back <release>")
    .description("put a kept release of a host back (its number), or one unit of it; nothing that was withdrawn since comes back")
    .requiredOption("--host <name>", "the host")
    .option("--unit <role/key>", "this unit alone, such as web/2001 or php/2001/8.2")
    .option("--dry-run", "only say what would come back")
    .action(async (number: string, { host: name, unit, dryRun }: { host: string; unit?: string; dryRun?: boolean }) => {
      const ctx = context();
      const host = await findHost(ctx, name);
      const release = await releaseNumbered(ctx, host.id, Number(number) || 0);
      const one = unit === undefined ? null : unitOf(unit);
      const plan = await planPutBack(ctx, publisher(), release, one);
      for (const { sentences } of plannedParts(ctx, say(), plan.dry)) for (const sentence of sentences) line(`  ${sentence}`);
      if (plan.more > 0) line(`  and ${plan.more} more`);
      if (plan.forwardOnly.length > 0) line(`  as they are now, always: ${plan.forwardOnly.join(", ")}`);
      if (dryRun) return;
      const { held } = await putBack(ctx, publisher(), release, one);
      line(`${host.name}: ${held} units are held at release ${number}`);
      await end(ctx, host);
    });

  async function findHost(ctx: Context, name: string): Promise<HostRecord> {
    const found = (await publisher().hosts.list(ctx.db)).find((host) => host.name === name || host.id === name);
    if (found === undefined) throw notFound("publications.host_unknown");
    return found;
  }
}

function unitOf(text: string): UnitName {
  const at = text.indexOf("/");
  if (at < 1) throw notFound("publications.unit_unknown");
  return { role: text.slice(0, at), key: text.slice(at + 1) };
}
