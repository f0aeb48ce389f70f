/** `mutu upgrade`, from the new checkout, as root on the control machine. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import type { Services } from "../../core/services.js";
import { programVersion } from "../../core/version.js";
import { listUpkeep, type Upkeep } from "../hosts/index.js";
import { untilAnswers } from "./answering.js";
import { placesOf } from "./sources.js";
import { type OtherProgram, type UpgradeOptions, upgrade } from "./upgrade.js";
import { refreshZoneKeys } from "./zone-keys.js";

const PROGRAM = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");
const INSTALLED = "/opt/mutu";
const MUTU = "/usr/local/bin/mutu";
const MACHINE_FILE = "/etc/mutu/machine.conf";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Adds `mutu upgrade`. */
export function upgradeCommand(command: Command, services: Services): void {
  command
    .description("bring the installed panel to the version of this checkout: backup, install, tables, restart, comparison")
    .option("--to <folder>", "where the backup is written", "/var/backups/mutu")
    .action(async ({ to }: { to: string }) => {
      const { env } = services;
      await refreshZoneKeys(placesOf(env).system, say);
      const file = await upgrade(services, { version: programVersion(), to, say, ...programsHere(env) });
      say(`Mutu ${programVersion()}. To go back: the older version, the panel stopped, then mutu restore ${file} --force`);
      // They are asked nothing here: a connection of root's would stand in the panel's way. What they said last tells what they are made of.
      for (const machine of await listUpkeep(services.db, env)) say(upkeepLine(machine));
      say("then: mutu publications renderer");
    });
}

const UPKEEP: Record<Upkeep["state"], string> = {
  sound: "as it should be",
  outdated: "made of other scripts than this version's",
  changed: "made of this version's scripts, and files of them were changed",
  unknown: "never told what it is made of",
};

/** One machine beside the panel's own: only those that differ want a person's hand. */
export const upkeepLine = ({ name, state, command }: Upkeep): string =>
  `${name}: ${UPKEEP[state]}${command === null ? "" : `; next, from your own terminal: ${command}`}`;

/** A panel that died over its settings was started so often that systemd refuses it (StartLimitBurst): mended, it is started all the same. */
const RESTART = (env: Services["env"]): OtherProgram => ({
  argv: ["systemctl", "restart", "mutu-panel.service"],
  told: "",
  first: ["systemctl", "reset-failed", "mutu-panel.service"],
  proven: () => untilAnswers(env),
});

/** What this machine has: an installed panel under systemd, or a trial or container, where a person does the rest. */
function programsHere(env: Services["env"]): Pick<UpgradeOptions, "install" | "restart" | "compare"> {
  const { mode, origin } = env;
  const installed = mode === "production" && process.getuid?.() === 0 && existsSync(MACHINE_FILE);
  const systemd = installed && existsSync("/run/systemd/system");
  const none = (told: string): OtherProgram => ({ argv: null, told });
  return {
    install: systemd && PROGRAM !== INSTALLED ? { argv: installWords(origin), told: "" } : none(`this program is ${PROGRAM}`),
    restart: systemd ? RESTART(env) : none("restart the panel now (in containers: docker compose up -d)"),
    compare: installed ? { argv: [MUTU, "jobs", "run", "publications.nightly"], told: "" } : none(""),
  };
}

/** The words by which this machine was installed, as its own file tells them. */
function installWords(origin: string): string[] {
  const text = readFileSync(MACHINE_FILE, "utf8");
  const value = (key: string): string => new RegExp(`^${key}=(.*)$`, "m").exec(text)?.[1] ?? "";
  const told = ["--host", value("MUTU_HOST"), "--daemons", value("MUTU_DAEMONS"), "--homes", value("MUTU_HOMES"), "--origin", origin];
  return ["sh", `${PROGRAM}/machines/control/install`, ...told, "--panel", PROGRAM];
}
