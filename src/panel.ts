/** The panel as one running thing: program, application, HTTPS, jobs. `server.ts` listens; this orders start and end. */
import { buildApp } from "./app.js";
import { boot, type BootOptions, type Program } from "./boot.js";
import type { Env } from "./core/env.js";
import { scheduleJobs } from "./core/jobs/index.js";
import { ensureCertificate, listen } from "./server.js";

export interface RunningPanel {
  program: Program;
  address: string;
  /** Takes no new request, waits for publications under way, closes the database. */
  close(): Promise<void>;
}

/** Starts everything; an error leaves nothing running. */
export async function startPanel(env: Env, options: BootOptions = {}): Promise<RunningPanel> {
  const program = await boot(env, options);
  try {
    ensureCertificate(env, program.services.clock.now());
    const { app } = await buildApp(program.services, { text: program.text });
    const server = await listen(app, env);
    const jobs = scheduleJobs(program.services, program.jobs);
    return {
      program,
      address: server.address,
      async close() {
        await jobs.stop();
        await server.close();
        await program.close();
      },
    };
  } catch (error) {
    await program.close();
    throw error;
  }
}

/** Ends the process in order at SIGTERM or SIGINT; a second signal ends it at once. */
export function closeOnSignal(close: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let asked = false;
    const end = (): void => {
      if (asked) process.exit(1);
      asked = true;
      close().then(resolve, reject);
    };
    process.on("SIGTERM", end);
    process.on("SIGINT", end);
  });
}
