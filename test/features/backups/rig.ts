/** A panel of tests whose keys, database and state lie in a folder as they do on a machine, and a machine's own files beside them. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { boot, type Program } from "../../../src/boot.js";
import type { Env } from "../../../src/core/env.js";
import { createLog } from "../../../src/core/log.js";
import { newKeyFile, parseKeyRing } from "../../../src/core/secret.js";
import type { Places } from "../../../src/features/backups/sources.js";
import { testEnv } from "../../support/app.js";
import { createTestClock } from "../../support/context.js";
import { createTestDatabaseUrl, type Scope } from "../../support/database.js";

export interface Machine {
  folder: string;
  env: Env;
  places: Places;
  clock: ReturnType<typeof createTestClock>;
  /** Opens the program; the caller closes it before files are moved. */
  open(): Promise<Program>;
  write(path: string, text: string, mode?: number): void;
}

/** Makes a machine; without `like`, on a database of its own. */
export async function makeMachine(t: Scope, url?: string): Promise<Machine> {
  const folder = mkdtempSync(join(tmpdir(), "mutu-backup-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const state = join(folder, "var/lib/mutu-panel");
  const write = (path: string, text: string, mode = 0o600): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, path), text, { mode });
  };
  write("var/lib/mutu-panel/keys", newKeyFile("first"));
  const keys = join(state, "keys");
  const env = testEnv(url ?? (await createTestDatabaseUrl(t)), {
    state,
    keys: parseKeyRing(readFileSync(keys, "utf8")),
    tls: { certificate: join(state, "tls/certificate.pem"), key: join(state, "tls/key.pem") },
  });
  const clock = createTestClock(new Date().toISOString());
  return {
    ...{ folder, env, clock, write },
    places: { keys, state, tls: env.tls, system: folder },
    open: () => boot(env, { clock, log: createLog("silent"), daemons: [] }),
  };
}

/** Every file below a folder with its mode and content. */
export function filesOf(folder: string, below = ""): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
    const path = join(below, entry.name);
    if (entry.isDirectory()) Object.assign(files, filesOf(folder, path));
    else if (entry.isFile()) files[path] = `${(statSync(join(folder, path)).mode & 0o777).toString(8)} ${readFileSync(join(folder, path), "latin1")}`;
  }
  return files;
}

export function copyFolder(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
}
