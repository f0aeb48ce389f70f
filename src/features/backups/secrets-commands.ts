/** `mutu secrets …`: the keys that seal secrets in the database and in the store. */
import type { Command } from "commander";
import type { Services } from "../../core/services.js";
import { dropOldKeys, prepareKey, rotateSecrets } from "./rotate.js";
import { placesOf } from "./sources.js";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Adds `mutu secrets`. */
export function secretsCommand(command: Command, services: Services): void {
  command.description("the keys that seal secrets in the database");
  command
    .command("rotate")
    .description("seal everything with a new key; called again, it goes on where it was cut off")
    .option("--prepare", "only put the new key into the key file: copy that to the panels of other machines first")
    .option("--drop-old", "take keys that nothing needs any more out of the key file")
    .action(async ({ prepare, dropOld }: { prepare?: boolean; dropOld?: boolean }) => {
      const file = placesOf(services.env).keys;
      if (prepare)
        return say(
          `${await prepareKey(services, file)} is in ${file} and does not seal yet: copy this file to every other panel, then run it again without --prepare`,
        );
      if (dropOld) {
        const left = await dropOldKeys(services, file);
        return say(left.length === 0 ? "there is no old key" : `removed ${left.join(", ")}: backups of before keep their own`);
      }
      const { key, resumed, rows, contents, faults } = await rotateSecrets(services, file);
      say(`${resumed ? "went on with" : "sealed with"} ${key}: ${rows} rows, ${contents} contents`);
      for (const fault of faults) say(`does not open: ${fault}`);
      if (faults.length > 0) process.exitCode = 1;
      else say("next: make a backup, copy the key file to every other panel, then `mutu secrets rotate --drop-old`");
    });
}
