/** Keys of zones: made safe right before a backup, laid back by the name server's own program before anything is published. */
import { access, constants, readdir } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../../core/machine/index.js";

const DAEMONS = ["knot", "bind"] as const;
const DRIVERS = "/usr/local/lib/mutu/daemons";
const SECONDS = 600;

/** Has each name server of this machine write a fresh copy of its keys; says what did not work, and yesterday's copy is then taken. */
export async function refreshZoneKeys(system: string | null, say: (line: string) => void): Promise<void> {
  if (system === null || process.getuid?.() !== 0) return;
  for (const daemon of DAEMONS) {
    const program = join(system, DRIVERS, daemon, "backup");
    if (!(await isProgram(program)) || !(await isProgram(join(system, `/var/lib/mutu-${daemon}`)))) continue;
    const done = await runCommand({ argv: [program], timeoutSeconds: SECONDS });
    if (done.code !== 0) say(`keys of zones (${daemon}): no fresh copy, the last daily one is taken: ${`${done.stdout}${done.stderr}`.trim()}`);
  }
}

/** Hands restored keys to the name server's own program; says what a person has to do where it refuses. */
export async function restoreZoneKeys(system: string | null, say: (line: string) => void): Promise<void> {
  if (system === null) return;
  for (const daemon of DAEMONS) {
    const folder = join(system, `var/lib/mutu-${daemon}/backup`);
    const newest = (await readdir(folder).catch(() => []))
      .filter((name) => name.startsWith("2"))
      .sort()
      .at(-1);
    if (newest === undefined) continue;
    const argv = [join(system, DRIVERS, daemon, "restore"), join(folder, newest)];
    if (!(await isProgram(argv[0] as string)))
      say(`keys of zones lie in ${folder}: install ${daemon} on this machine, then run ${argv.join(" ")} before anything is published`);
    else {
      const done = await runCommand({ argv, timeoutSeconds: SECONDS });
      say(
        done.code === 0
          ? `keys of zones (${daemon}): restored`
          : `keys of zones (${daemon}): ${done.stderr.toString().trim()}; then run ${argv.join(" ")} before anything is published`,
      );
    }
  }
}

const isProgram = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
