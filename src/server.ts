/** The program that serves: `node dist/server.js`, until SIGTERM or SIGINT. */
import { readEnv } from "./core/env.js";
import { closeOnSignal, startPanel } from "./panel.js";

process.umask(0o077);

try {
  const panel = await startPanel(readEnv());
  await closeOnSignal(panel.close);
  process.exit(0);
} catch (error) {
  process.stderr.write(`${(error as Error).stack ?? error}\n`);
  process.exit(1);
}
