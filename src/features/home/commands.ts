/** `mutu home …`: what administrators set for everyone. */
import type { Command } from "commander";
import type { Services } from "../../core/services.js";
import { changeSettings } from "./settings.js";

/** Adds the verbs below `mutu home`. */
export function addCommands(command: Command, services: Services): void {
  command
    .command("webmail [address]")
    .description("say where the mail door leads; without an address there is none")
    .action(async (address: string | undefined) => {
      const { webmailUrl } = await changeSettings(services.context({ kind: "system", name: "cli" }), { webmailUrl: address });
      process.stdout.write(`${webmailUrl ?? "-"}\n`);
    });
}
