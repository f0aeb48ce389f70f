/** `mutu health …`. */
import type { Command } from "commander";
import type { Services } from "../../core/services.js";
import { healthBody } from "./bodies.js";
import { checkHealth, getHealth, type Health, ignoreItem, listHealth } from "./checks.js";

const ALL = 100_000;
const say = (line: string) => process.stdout.write(`${line}\n`);

/** Adds the verbs. */
export function healthCommands(command: Command, services: Services): void {
  const context = () => services.context({ kind: "system", name: "cli" });
  command
    .command("list")
    .description("domains and what the world says of them, those that need somebody first")
    .action(async () => {
      const { rows } = await listHealth(context(), { take: ALL });
      for (const { domain, state, wrong, checkedAt } of rows) say([domain.name, state, wrong, checkedAt?.toISOString() ?? "-"].join("\t"));
    });
  command
    .command("show <domain>")
    .description("what was expected and what was seen, when it was last asked")
    .action(async (domain: string) => print(await getHealth(context(), domain)));
  command
    .command("check <domain>")
    .description("ask now")
    .action(async (domain: string) => print(await checkHealth(context(), services, domain)));
  command
    .command("ignore <domain> <item>")
    .description("let an item be as it is (its key as `show` prints it)")
    .action(async (domain: string, item: string) => ignoreItem(context(), domain, item, true));
  command.command("heed <domain> <item>").action(async (domain: string, item: string) => ignoreItem(context(), domain, item, false));
}

function print(health: Health): void {
  const { domain, state, items } = healthBody(health);
  say([domain, state].join("\t"));
  for (const { key, state: now, ignored, expected, source, world } of items) {
    say([key, ignored ? "ignored" : now, expected.join(" | "), source?.join(" | ") ?? "?", world?.join(" | ") ?? "?"].join("\t"));
  }
}
