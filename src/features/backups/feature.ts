/** Backups: what no publication makes again, in one file, and back from it. Commands only. */
import type { Feature } from "../../core/feature.js";
import { backupCommand, restoreCommand } from "./commands.js";

export const feature: Feature = {
  name: "backups",
  words: {
    backup: { unopened: true, commands: backupCommand },
    restore: { unopened: true, commands: restoreCommand },
  },
};
