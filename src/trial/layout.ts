/** Where the trial keeps everything: below one folder of the checkout, so that removing it removes the trial. */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export interface Layout {
  /** The checkout. */
  source: string;
  /** Everything that the trial writes. */
  place: string;
  /** The machine's tree (MUTU_ROOT), its own file, its drivers. */
  machine: string;
  machineFile: string;
  drivers: string;
  /** Settings of the panel (MUTU_CONFIG). */
  settingsFile: string;
  homes: string;
  /** The panel's state: database, keys, contents of releases. */
  state: string;
  ports: Ports;
}

/** All on loopback. A base of its own (MUTU_TRIAL_PORT) lets two trials run beside each other. */
export interface Ports {
  panel: number;
  https: number;
  http: number;
  blue: readonly [number, number];
  green: readonly [number, number];
  rehearsal: readonly [number, number];
  ftp: number;
  sftp: number;
  /** Where Knot answers, over UDP and TCP. */
  dns: number;
  /** Where FTP clients fetch their data, the first and the last. */
  passive: readonly [number, number];
}

const DEFAULT_PANEL_PORT = 8443;

/** Reads MUTU_TRIAL (folder) and MUTU_TRIAL_PORT (port of the panel; sites answer on the next ones). */
export function readLayout(environment: NodeJS.ProcessEnv): Layout {
  const source = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  const place = resolve(environment["MUTU_TRIAL"] || join(source, "var", "trial"));
  const panel = Number(environment["MUTU_TRIAL_PORT"] || DEFAULT_PANEL_PORT);
  if (!Number.isInteger(panel) || panel < 1024 || panel > 65000) throw new Error("MUTU_TRIAL_PORT must be a port between 1024 and 65000");
  return {
    source,
    place,
    machine: join(place, "machine"),
    machineFile: join(place, "machine.conf"),
    drivers: join(place, "daemons"),
    settingsFile: join(place, "panel.conf"),
    homes: join(place, "homes"),
    state: join(place, "state"),
    ports: {
      panel,
      https: panel + 1,
      http: panel + 2,
      blue: [panel + 10, panel + 11],
      green: [panel + 12, panel + 13],
      rehearsal: [panel + 14, panel + 15],
      ftp: panel + 3,
      sftp: panel + 4,
      dns: panel + 5,
      passive: [panel + 20, panel + 39],
    },
  };
}
