/** `npm run trial`, second stage, not root: lays the machine, the database and the first administrator, then serves until Ctrl-C. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readEnv } from "../core/env.js";
import { runCommand } from "../core/machine/index.js";
import { migrateDatabase } from "../core/migrate.js";
import { newKeyFile } from "../core/secret.js";
import { closeOnSignal, startPanel } from "../panel.js";
import { type Layout, readLayout } from "./layout.js";
import { layMachine } from "./machine.js";
import { seed } from "./seed.js";
import { welcome } from "./welcome.js";

const APPLY_SECONDS = 120;
/** As mutu-logs.timer on a real machine. */
const SPLIT_MS = 5 * 60_000;

/** Settings of the trial's panel; everything else has its default. In a file, so that `mutu` commands can be tried beside it. */
function settings(layout: Layout): string {
  const { state, ports } = layout;
  return `${[
    "MUTU_MODE=trial",
    `MUTU_STATE=${state}`,
    `MUTU_DATABASE=file:${join(state, "mutu.db")}`,
    `MUTU_KEYS=${join(state, "keys")}`,
    `MUTU_ORIGIN=https://localhost:${ports.panel}`,
    `MUTU_LISTEN=127.0.0.1:${ports.panel}`,
    `MUTU_TLS_CERTIFICATE=${join(state, "tls", "panel.crt")}`,
    `MUTU_TLS_KEY=${join(state, "tls", "panel.key")}`,
    "MUTU_LOG_LEVEL=warn",
  ].join("\n")}\n`;
}

/** Calls apply of the trial's machine, as the panel's direct door does. */
async function apply(layout: Layout, verb: "boot" | "halt"): Promise<void> {
  const argv = ["/bin/sh", join(layout.source, "machines/apply"), "-c", layout.machineFile, verb];
  const done = await runCommand({ argv, timeoutSeconds: APPLY_SECONDS });
  if (done.code !== 0) throw new Error(`apply ${verb} failed:\n${done.stdout.toString()}${done.stderr.toString()}`);
}

/** Gives each account its lines of the one log, now and then. */
function splitLogs(layout: Layout): NodeJS.Timeout {
  const split = () => runCommand({ argv: ["perl", join(layout.source, "machines/web/split-logs"), layout.machineFile], timeoutSeconds: APPLY_SECONDS });
  return setInterval(() => {
    split().then(
      ({ code, stderr }) => code === 0 || process.stderr.write(`logs not split: ${stderr.toString()}\n`),
      (error: Error) => process.stderr.write(`logs not split: ${error.message}\n`),
    );
  }, SPLIT_MS).unref();
}

async function main(): Promise<void> {
  process.umask(0o022);
  const layout = readLayout(process.env);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  say("Laying the machine (drivers, Apache module, certificate) …");
  await layMachine(layout);
  const keys = join(layout.state, "keys");
  if (!existsSync(keys)) writeFileSync(keys, newKeyFile("trial"), { mode: 0o600 });
  writeFileSync(layout.settingsFile, settings(layout), { mode: 0o644 });
  const env = readEnv({ ...process.env, MUTU_CONFIG: layout.settingsFile });
  await migrateDatabase(env.databaseUrl.reveal());
  say("Starting nginx, Apache, PHP-FPM, ProFTPD and Knot of the last release, then the panel …");
  await apply(layout, "boot");
  const panel = await startPanel(env);
  const splitting = splitLogs(layout);
  const closed = closeOnSignal(async () => {
    clearInterval(splitting);
    say("\nEnding the trial …");
    await panel.close();
    await apply(layout, "halt");
  });
  const people = await seed(panel.program.services, layout);
  say(welcome(layout, people));
  await closed;
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`${process.env["MUTU_DEBUG"] ? error.stack : error.message}\n`);
    process.exit(1);
  },
);
