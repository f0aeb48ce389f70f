/** `mutu backup` and `mutu restore`, as root on the control machine. */
import type { Command } from "commander";
import { readEnv } from "../../core/env.js";
import { invalid } from "../../core/errors.js";
import type { Services } from "../../core/services.js";
import { programVersion } from "../../core/version.js";
import { markRestored, publisherOf } from "../../publish/index.js";
import { type BackupOptions, backupInto, backupTo, refuseOpenOutput } from "./backup.js";
import { restoreBackup } from "./restore.js";
import { placesOf } from "./sources.js";
import { verifyBackup } from "./verify.js";
import { refreshZoneKeys, restoreZoneKeys } from "./zone-keys.js";

const FOLDER = "/var/backups/mutu";

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const warn = (line: string): void => void process.stderr.write(`${line}\n`);

/** Adds `mutu backup`. */
export function backupCommand(command: Command, services: Services, open: () => Promise<void>): void {
  command
    .description("one archive of everything that no publication makes again")
    .option("--to <folder>", "where it is written; - is standard output, for a pipe to age or gpg", FOLDER)
    .option("--keep <number>", "archives that stay in the folder; the older ones are removed")
    .option("--plain", "not compressed")
    .action(async ({ to, keep, plain }: { to: string; keep?: string; plain?: boolean }) => {
      await open();
      const options: BackupOptions = { version: programVersion(), ...(plain ? { plain } : {}), ...(keep ? { keep: wholeNumber(keep) } : {}) };
      await refreshZoneKeys(placesOf(services.env).system, warn);
      if (to === "-") {
        refuseOpenOutput(process.stdout.fd);
        const { members, notIn } = await backupTo(services, process.stdout, options);
        tellMissing(notIn);
        return warn(`${members.length} files`);
      }
      const { file, manifest, removed } = await backupInto(services, to, options);
      tellMissing(manifest.notIn);
      say(`${file}\t${manifest.members.length} files`);
      for (const name of removed) say(`removed ${name}`);
    });
  command
    .command("verify <file>")
    .description("prove that a backup is whole and unchanged")
    .action(async (file: string) => {
      const { manifest, faults } = await verifyBackup(file);
      say([manifest.madeAt, manifest.host, `Mutu ${manifest.version}`, manifest.migration, `${manifest.members.length} files`].join("\t"));
      tellMissing(manifest.notIn);
      for (const fault of faults) say(fault);
      say(faults.length === 0 ? "whole and unchanged" : `${faults.length} faults`);
      if (faults.length > 0) process.exitCode = 1;
    });
}

/** Adds `mutu restore`. */
export function restoreCommand(command: Command, services: Services, open: () => Promise<void>): void {
  command
    .argument("<file>", "an archive that `mutu backup` made")
    .option("--force", "over data that people have used; it is kept aside")
    .description("lay a backup back, while the panel is stopped")
    .action(async (file: string, { force }: { force?: boolean }) => {
      const { manifest, files, aside } = await restoreBackup(file, readEnv, { ...(force ? { force } : {}), say });
      await open();
      await restoreZoneKeys(placesOf(services.env).system, say);
      const hosts = (await publisherOf(services).hosts.list(services.db)).map(({ id }) => id);
      await services.context({ kind: "system", name: "restore" }).transaction(async (tx) => {
        await markRestored(tx, hosts, manifest.madeAt);
        await tx.emit("backups.restored", { madeAt: manifest.madeAt });
      });
      for (const path of aside) say(`kept aside: ${path}`);
      say(`${files} files are back. Next: start the panel, then \`mutu publications run --all\` (docs/operations.md, "Restore")`);
    });
}

function tellMissing(notIn: readonly string[]): void {
  for (const path of notIn) warn(`not in it, for it cannot be read: ${path} (run it as root)`);
}

function wholeNumber(typed: string): number {
  const number = Number(typed);
  if (!Number.isInteger(number) || number < 1) throw invalid("backups.keep_invalid", {});
  return number;
}
