/** `mutu dns settings|secondaries|templates …`: what holds for all zones. */
import type { Command } from "commander";
import { parseCommand } from "../../core/command-input.js";
import type { Context } from "../../core/context.js";
import { notFound } from "../../core/errors.js";
import type { Services } from "../../core/services.js";
import { SecondaryInput, SettingsInput, TemplateInput } from "./schemas.js";
import { addSecondary, listSecondaries, removeSecondary, renewSecondary } from "./secondaries.js";
import { mailboxAddress } from "./settings.js";
import { addTemplate, listTemplates, removeTemplate } from "./templates.js";
import { changeSettings } from "./zone-settings.js";

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Adds the verbs of administrators. */
export function addAdminCommands(command: Command, services: Services, context: () => Context): void {
  command
    .command("settings")
    .description("name servers and defaults; without options, what holds now")
    .option("--name-servers <servers>", "by semicolons: `ns1.example.org 192.0.2.53; ns2.example.org`")
    .option("--hostmaster <address>", "e-mail address in every zone")
    .option("--default-ttl <seconds>", "of records without their own")
    .option("--negative-ttl <seconds>", "how long a missing name is remembered")
    .option("--signed <yes>", "new zones are signed: true or false")
    .option("--host-id <id>", "primary of new zones")
    .option("--catalog <name>", "zone by which secondaries follow")
    .option("--max-records <number>", "of one zone")
    .option("--issuers <names>", "certificate authorities that the hosting uses")
    .action(async ({ nameServers, ...options }: Record<string, string>) => {
      const servers = nameServers === undefined ? {} : { nameServers: nameServers.replaceAll(";", "\n") };
      const settings = await changeSettings(context(), parseCommand(SettingsInput, { ...options, ...servers }));
      for (const { name, addresses } of settings.nameServers) say(`name server\t${[name, ...addresses].join(" ")}`);
      const { mailbox, nameServers: _, ...rest } = settings;
      say(`hostmaster\t${mailbox && mailboxAddress(mailbox)}`);
      for (const [key, value] of Object.entries(rest)) say(`${key}\t${value ?? "-"}`);
    });
  secondaryCommands(command.command("secondaries").description("servers that follow by transfers"), services, context);
  templateCommands(command.command("templates").description("records that new zones start with"), context);
}

function secondaryCommands(secondaries: Command, services: Services, context: () => Context): void {
  const idOf = async (ctx: Context, name: string) => {
    const found = (await listSecondaries(ctx)).find((one) => one.name === name || one.id === name);
    if (!found) throw notFound("dns.secondary_unknown");
    return found.id;
  };
  secondaries.command("list").action(async () => {
    for (const { name, address, port, tsigName, algorithm } of await listSecondaries(context())) say([name, address, port, tsigName, algorithm].join("\t"));
  });
  secondaries
    .command("add <name> <address>")
    .description("and make its key, which is told once")
    .option("--port <port>", "where it is told of changes")
    .option("--algorithm <algorithm>", "hmac-sha256 or hmac-sha512")
    .action(async (name: string, address: string, options: Record<string, unknown>) => {
      const { row, secret } = await addSecondary(context(), services.env, parseCommand(SecondaryInput, { ...options, name, address }));
      say(`${row.algorithm}:${row.tsigName}:${secret.reveal()}`);
    });
  secondaries
    .command("renew <name>")
    .description("another key; the old one ends with the next publication")
    .action(async (name: string) => {
      const ctx = context();
      const { row, secret } = await renewSecondary(ctx, services.env, await idOf(ctx, name));
      say(`${row.algorithm}:${row.tsigName}:${secret.reveal()}`);
    });
  secondaries.command("remove <name>").action(async (name: string) => {
    const ctx = context();
    await removeSecondary(ctx, await idOf(ctx, name));
  });
}

function templateCommands(templates: Command, context: () => Context): void {
  templates.command("list").action(async () => {
    for (const { id, name, type, ttl, value } of await listTemplates(context())) say([id, name, type, ttl ?? "-", value].join("\t"));
  });
  templates
    .command("add <name> <type> <value...>")
    .description("`{domain}` becomes the domain's name")
    .option("--ttl <seconds>", "instead of the zone's")
    .action(async (name: string, type: string, value: string[], options: Record<string, unknown>) => {
      const { id } = await addTemplate(context(), parseCommand(TemplateInput, { ...options, name, type: type.toUpperCase(), value: value.join(" ") }));
      say(id);
    });
  templates.command("remove <id>").action(async (id: string) => {
    await removeTemplate(context(), id);
  });
}
