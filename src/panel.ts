/** A running panel: everything of a program, its pages and API listening, its jobs on the clock, and what an earlier process left unpublished started. */
import { buildApp } from "./app.js";
import { type BootOptions, boot, type Program } from "./boot.js";
import type { Env } from "./core/env.js";
import { ensureCertificate, listen } from "./core/http/listen.js";
import { scheduleJobs } from "./core/jobs/index.js";

/** One who waits longer for requests under way has hung: systemd would kill us at 40. */
const CLOSE_SECONDS = 30;

export interface RunningPanel {
  program: Program;
  /** Where it listens. */
  address: string;
  close(): Promise<void>;
}

/** Starts the panel; when a part fails, the parts before it are closed. */
export async function startPanel(env: Env, options: BootOptions = {}): Promise<RunningPanel> {
  const program = await boot(env, options);
  const { services } = program;
  try {
    ensureCertificate(env, services.clock.now());
    const { app } = await buildApp(services, { text: program.text });
    const answers = services.features.flatMap((feature) => feature.plainAnswer?.(services) ?? []);
    const server = await listen(app, env, answers);
    const scheduled = scheduleJobs(services, program.jobs);
    await services.publisher.catchUp();
    services.log.info({ address: server.address }, "listening");
    const close = async () => {
      await server.close();
      await scheduled.stop();
      await program.close();
    };
    return { program, address: server.address, close };
  } catch (error) {
    await program.close();
    throw error;
  }
}

/** Resolves when a signal came and everything is closed; a second signal, or a close that hangs, ends at once. */
export function closeOnSignal(close: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let closing = false;
    const end = () => {
      if (closing) process.exit(1);
      closing = true;
      setTimeout(() => process.exit(1), CLOSE_SECONDS * 1000).unref();
      close().then(resolve, reject);
    };
    process.on("SIGTERM", end);
    process.on("SIGINT", end);
  });
}
