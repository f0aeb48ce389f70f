/**
 * Brings an installed panel to this version: nothing is begun beside a run or another upgrade, a backup comes first, and each step says itself. It runs on tables
 * of the version before, so until they are led to this one it uses only what has not changed since the first issue (leases, settings, the audit trail).
 */
import { conflict, isRefusal } from "../../core/errors.js";
import { withoutJob } from "../../core/jobs/index.js";
import { runCommand } from "../../core/machine/index.js";
import { migrateDatabase } from "../../core/migrate.js";
import type { Services } from "../../core/services.js";
import { busyHosts, publisherOf } from "../../publish/index.js";
import { type BackupOptions, backupInto } from "./backup.js";

const LEASE = "backups.upgrade";
const STEP_SECONDS = 3600;

/** A step that is another program; null: not on this machine, and `told` says what a person does instead. */
export interface OtherProgram {
  argv: string[] | null;
  told: string;
  /** Asked before it; that it fails is no fault. */
  first?: string[];
  /** Waits for what the program's own end does not prove. */
  proven?: () => Promise<void>;
}

export interface UpgradeOptions extends BackupOptions {
  /** Where the backup is written. */
  to: string;
  /** Lays this checkout where the panel is installed. */
  install: OtherProgram;
  restart: OtherProgram;
  /** Compares everything with what serves, as the panel's own user; null: in this process. */
  compare: OtherProgram;
  say(line: string): void;
}

/** The steps, in their order; the first that fails ends the upgrade, and the answer tells how to go back. */
export const UPGRADE_STEPS = ["backup", "install", "migrate", "restart", "compare"] as const;
type Step = (typeof UPGRADE_STEPS)[number];

/** Upgrades; gives the backup that leads back. */
export async function upgrade(services: Services, options: UpgradeOptions): Promise<string> {
  const ctx = services.context({ kind: "system", name: "upgrade" });
  const [busy] = await busyHosts(ctx);
  if (busy !== undefined) throw conflict("backups.run_active", { host: busy });
  let file = "";
  const steps: Record<Step, () => Promise<void>> = {
    backup: async () => {
      ({ file } = await backupInto(services, options.to, options));
      options.say(`  ${file}`);
    },
    install: () => other(options.install, options.say),
    migrate: async () => {
      const { applied } = await migrateDatabase(services.env.databaseUrl.reveal());
      options.say(applied.length === 0 ? "  nothing to apply" : `  applied ${applied.join(", ")}`);
    },
    restart: () => other(options.restart, options.say),
    compare: () => compare(services, options),
  };
  const done = await withoutJob(services, LEASE, async () => {
    for (const step of UPGRADE_STEPS) {
      options.say(step);
      try {
        await steps[step]();
      } catch (cause) {
        // Before there is a backup nothing was changed, and nothing leads back.
        if (file === "" || isRefusal(cause)) throw cause;
        throw Object.assign(conflict("backups.upgrade_failed", { step, reason: (cause as Error).message, file }), { cause });
      }
    }
    return file;
  });
  if (done === null) throw conflict("backups.upgrade_runs", {});
  return done.value;
}

/** Everything rendered and compared: what this version would write otherwise goes to one account first, and then waits for a person's word. */
async function compare(services: Services, { compare: program, say }: UpgradeOptions): Promise<void> {
  if (program.argv !== null) return other(program, say);
  const { units, different, touched, change } = await publisherOf(services).compareAll();
  await publisherOf(services).idle();
  say(`  ${units} units, ${different} differ, ${touched} put right${change === null ? "" : `; ${change.state}: mutu publications renderer`}`);
}

async function other({ argv, told, first, proven }: OtherProgram, say: (line: string) => void): Promise<void> {
  if (argv === null) return say(`  ${told}`);
  const env = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8", HOME: "/root" };
  if (first !== undefined) await runCommand({ argv: first, env, timeoutSeconds: STEP_SECONDS });
  const done = await runCommand({ argv, env, timeoutSeconds: STEP_SECONDS });
  const words = `${done.stdout}${done.stderr}`.trim();
  for (const line of words.split("\n").filter(Boolean)) say(`  ${line}`);
  if (done.code !== 0) throw new Error(words.split("\n").at(-1) || `${argv[0]} ended with ${done.code}`);
  await proven?.();
}
