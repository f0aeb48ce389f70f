/** The trial never serves as root: Apache and PHP-FPM refuse it, and a newcomer should not have to trust it. */
import { chown, mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runCommand } from "../core/machine/index.js";
import type { Layout } from "./layout.js";

/** A number that Debian gives to nobody (its system users end at 999, its people begin at 1000, its nobody is 65534). */
const OWN_NUMBER = 64_742;

/** Says as whom the trial goes on: null when this process is not root and simply stays who it is. */
export async function chooseNumber(layout: Layout): Promise<number | null> {
  if (process.getuid?.() !== 0) return null;
  const owner = (await stat(layout.source)).uid;
  return owner === 0 ? OWN_NUMBER : owner;
}

/** Makes the trial's folder for the number. Root touches nothing inside it: members' programs may have written there. */
export async function giveFolder(layout: Layout, number: number): Promise<void> {
  const made = await mkdir(layout.place, { recursive: true });
  if (made) await chown(layout.place, number, number);
  const { uid } = await stat(layout.place);
  if (uid !== number) throw new Error(`${layout.place} belongs to the number ${uid}: start the trial as that user, or remove the folder`);
}

/**
 * Gives the argv that runs `argv` as the number. Where the checkout lies below a folder that others may not enter (a temporary folder of
 * root, say), the right to read past that is kept, and nothing else.
 */
export async function asNumber(number: number, layout: Layout, argv: readonly string[]): Promise<[string, ...string[]]> {
  const plain = ["--reuid", String(number), "--regid", String(number), "--clear-groups", "--no-new-privs"];
  const seen = await runCommand({
    argv: ["setpriv", ...plain, "test", "-x", dirname(layout.place), "-a", "-r", join(layout.source, "package.json")],
    timeoutSeconds: 10,
  });
  const kept = seen.code === 0 ? [] : ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"];
  return ["setpriv", ...plain, ...kept, ...argv];
}
