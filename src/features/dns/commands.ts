/** `mutu dns …`. A zone is named by its domain; a record by its name, type and value, or by its id. */
import type { Command } from "commander";
import { parseCommand } from "../../core/command-input.js";
import type { Context } from "../../core/context.js";
import { notFound } from "../../core/errors.js";
import type { Services } from "../../core/services.js";
import { publisherOf } from "../../publish/index.js";
import { addAdminCommands } from "./admin-commands.js";
import { chipsOf } from "./chips.js";
import { checkDnssec } from "./dnssec.js";
import { giveBack, turnOff } from "./overrides.js";
import { parseOwner } from "./record-names.js";
import { addRecord, editRecord, listBin, removeRecord, restoreRecord } from "./records.js";
import { startRollOver } from "./roll-over.js";
import { DerivedKey, RecordChange, RecordInput, ZoneChange } from "./schemas.js";
import { undoChange } from "./undo.js";
import { editZone, lockZone, unlockZone } from "./zone-settings.js";
import { readTable } from "./zone-table.js";
import { zoneText } from "./zone-text.js";
import { getZone, listZones } from "./zones.js";

const ALL = 100_000;
const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Adds the verbs of dns. */
export function dnsCommands(command: Command, services: Services): void {
  const context = () => services.context({ kind: "system", name: "cli" });
  zoneCommands(command.command("zones").description("zones of domains"), services, context);
  recordCommands(command.command("records").description("records of a zone"), services, context);
  const derived = command.command("derived").description("records that follow from sites and from the hosting");
  derived
    .command("off <domain> <name> <type>")
    .description("do not publish it, whatever implies it")
    .action(async (domain: string, name: string, type: string) => {
      await turnOff(context(), services.features, domain, parseCommand(DerivedKey, { name, type: type.toUpperCase() }));
    });
  derived
    .command("back <domain> <name> <type>")
    .description("let it follow again; own records in its place go into the bin")
    .action(async (domain: string, name: string, type: string) => {
      await giveBack(context(), services.features, domain, parseCommand(DerivedKey, { name, type: type.toUpperCase() }));
    });
  addAdminCommands(command, services, context);
}

function zoneCommands(zones: Command, services: Services, context: () => Context): void {
  zones
    .command("list [words]")
    .description("zones, by name")
    .action(async (q?: string) => {
      const ctx = context();
      const { rows } = await listZones(ctx, { ...(q ? { q } : {}), take: ALL });
      const chips = await chipsOf(ctx.db, rows);
      for (const zone of rows)
        say([zone.name, zone.mode, chips.get(zone.id)?.state ?? "-", zone.signed ? "signed" : "-", zone.locked ? "locked" : "-"].join("\t"));
    });
  zones
    .command("show <domain>")
    .description("all records with where they come from")
    .action(async (domain: string) => {
      const ctx = context();
      const table = await readTable(ctx.db, services.features, await getZone(ctx, domain));
      for (const { id, name, ttl, data, value, derived, state } of table.rows)
        say([name, ttl ?? "-", data.type, value, derived?.feature ?? "own", state, id ?? "-"].join("\t"));
    });
  zones
    .command("export <domain>")
    .description("what is served, as a zone file")
    .action(async (domain: string) => {
      const ctx = context();
      process.stdout.write(zoneText(await readTable(ctx.db, services.features, await getZone(ctx, domain))));
    });
  zones
    .command("set <domain>")
    .description("how a zone is kept")
    .option("--mode <mode>", "hosted or external")
    .option("--default-ttl <seconds>", "of records without their own")
    .option("--signed <yes>", "true or false")
    .option("--dns-host-id <id>", "its primary")
    .option("--knowingly", "also when the parent still vouches for its keys")
    .action(async (domain: string, options: Record<string, unknown>) => {
      await editZone(context(), domain, parseCommand(ZoneChange, options));
    });
  zones
    .command("lock <domain> [reason]")
    .description("refuse changes by hand; only an administrator unlocks it")
    .action(async (domain: string, reason = "") => {
      await lockZone(context(), domain, reason);
    });
  zones.command("unlock <domain>").action(async (domain: string) => {
    await unlockZone(context(), domain);
  });
  zones
    .command("check <domain>")
    .description("ask the primary and the parent for DS records")
    .action(async (domain: string) => {
      const zone = await checkDnssec(context(), { hosts: publisherOf(services).hosts, resolver: services.resolver }, domain);
      for (const ds of zone.ds as string[]) say(`${zone.name}. IN DS ${ds}`);
      say(`parent: ${zone.parentState}`);
      if (zone.rollOver !== "none") say(`roll-over: ${zone.rollOver}`);
    });
  zones
    .command("roll-over <domain>")
    .description("replace the key that the parent vouches for; `check` says when the new DS is wanted there")
    .action(async (domain: string) => {
      const zone = await startRollOver(context(), { hosts: publisherOf(services).hosts, resolver: services.resolver }, domain);
      say(`roll-over: ${zone.rollOver}`);
    });
}

function recordCommands(records: Command, services: Services, context: () => Context): void {
  const options = (verb: Command) =>
    verb
      .option("--ttl <seconds>", "instead of the zone's")
      .option("--note <words>", "for those who read the zone")
      .option("--knowingly", "also when there are doubts");
  options(
    records.command("add <domain> <name> <type> <value...>").description("add a record: `add example.org www A 192.0.2.1`, `@` is the domain itself"),
  ).action(async (domain: string, name: string, type: string, value: string[], rest: Record<string, unknown>) => {
    const { id } = await addRecord(
      context(),
      services.features,
      domain,
      parseCommand(RecordInput, { ...rest, name, type: type.toUpperCase(), value: value.join(" ") }),
    );
    say(id);
  });
  options(
    records
      .command("edit <domain> <record>")
      .description("change a record, named by its id")
      .option("--name <name>", "")
      .option("--value <value>", "in presentation form"),
  ).action(async (domain: string, record: string, rest: Record<string, unknown>) => {
    await editRecord(context(), services.features, domain, record, parseCommand(RecordChange, rest));
  });
  records
    .command("remove <domain> <name> [type] [value...]")
    .description("into the bin: all own records of this name and type, the one with this value, or the one of this id")
    .action(async (domain: string, name: string, type?: string, value: string[] = []) => {
      const ctx = context();
      const ids = type === undefined ? [name] : await matching(ctx, services.features, domain, { name, type: type.toUpperCase(), value: value.join(" ") });
      for (const id of ids) await removeRecord(ctx, services.features, domain, id);
    });
  records
    .command("bin <domain>")
    .description("what was removed")
    .action(async (domain: string) => {
      for (const { id, name, type, value, binUntil } of (await listBin(context(), domain)).rows)
        say([id, name, type, value, binUntil?.toISOString() ?? ""].join("\t"));
    });
  records
    .command("undo <domain>")
    .description("take the last change back; again: bring it back")
    .action(async (domain: string) => {
      const { what } = await undoChange(context(), services.features, domain);
      say([what.kind, what.name ?? "", what.type ?? "", what.count ?? ""].join("\t"));
    });
  records.command("restore <domain> <record>").action(async (domain: string, record: string) => {
    await restoreRecord(context(), services.features, domain, record, true);
  });
}

async function matching(
  ctx: Context,
  features: Services["features"],
  domain: string,
  wanted: { name: string; type: string; value: string },
): Promise<string[]> {
  const table = await readTable(ctx.db, features, await getZone(ctx, domain));
  const name = parseOwner(wanted.name, table.zone.name);
  const rows = table.rows.filter(
    (row) => row.id !== null && row.name === name && row.data.type === wanted.type && (wanted.value === "" || row.value === wanted.value),
  );
  if (rows.length === 0) throw notFound("dns.record_unknown");
  return rows.flatMap(({ id }) => id ?? []);
}
