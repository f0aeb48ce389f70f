/** `mutu watch …`: who gets letters, and a look now. `mutu status` (status.ts) tells how everything is. */
import type { Command } from "commander";
import type { Services } from "../../core/services.js";
import { lookAtAll } from "./look.js";
import { alertAddresses, setAlertAddresses } from "./readers.js";

/** Adds the verbs. */
export function watchCommands(command: Command, services: Services): void {
  const context = () => services.context({ kind: "system", name: "cli" });
  const line = (text: string) => void process.stdout.write(`${text}\n`);
  command.description("letters about the state of the machines");
  command
    .command("look")
    .description("look at everything as the job does each minute, and queue the letters that are due")
    .action(async () => {
      const { checks, bad, letters } = await lookAtAll(context(), services);
      line(`${checks} checks, ${bad} not well, ${letters} letters queued`);
    });
  command
    .command("addresses [addresses...]")
    .description("who gets letters beside the administrators; without any, who does now; “none” takes all away")
    .action(async (addresses: string[]) => {
      const given = addresses.join(" ");
      const now = given === "" ? await alertAddresses(services.db) : await setAlertAddresses(context(), given === "none" ? "" : given);
      for (const address of now) line(address);
    });
}
