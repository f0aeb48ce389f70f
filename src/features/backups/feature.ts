/** Backups: what no publication makes again, in one file, and back from it. Commands only. */
import type { Feature } from "../../core/feature.js";
import { lastBackup } from "./checks.js";
import { backupCommand, restoreCommand } from "./commands.js";
import { secretsCommand } from "./secrets-commands.js";
import { upgradeCommand } from "./upgrade-commands.js";

export const feature: Feature = {
  name: "backups",
  checks: lastBackup,
  words: {
    backup: { unopened: true, commands: backupCommand },
    secrets: { commands: secretsCommand },
    upgrade: { commands: upgradeCommand },
    restore: { unopened: true, commands: restoreCommand },
  },
};
