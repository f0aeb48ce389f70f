/** `mutu audit undo`; the other verbs are core's. */
import type { Command } from "commander";
import { notFound } from "../../core/errors.js";
import type { Services } from "../../core/services.js";
import { publisherOf } from "../../publish/index.js";
import { undoEntry } from "./undos.js";

/** Adds the verb. */
export function auditUndoCommand(command: Command, services: Services): void {
  command
    .command("undo <entry>")
    .description("take one change back by the number of its entry, where what it changed is still what it made it")
    .action(async (typed: string) => {
      const position = Number(typed);
      if (!Number.isInteger(position)) throw notFound("audit.entry_unknown");
      const { verb, object } = await undoEntry(services.context({ kind: "system", name: "cli" }), services, position);
      await publisherOf(services).idle();
      process.stdout.write(`undone: ${verb} ${object}\n`);
    });
}
