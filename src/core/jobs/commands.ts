/** `mutu jobs …` */
import type { Command } from "commander";
import type { JobDefinition } from "../feature.js";
import type { Services } from "../services.js";
import { sayLine } from "../terminal.js";
import { listJobs } from "./list.js";
import { runJob } from "./run.js";

/** Adds the commands of jobs; `jobs` is asked when a command runs. */
export function jobCommands(command: Command, services: Services, jobs: () => readonly JobDefinition[]): void {
  command.description("what runs by the clock");
  command
    .command("list")
    .description("every job, its schedule (UTC) and its last run")
    .action(async () => {
      for (const { name, schedule, last } of await listJobs(services.db, jobs())) {
        const ending = last ? `${last.startedAt.toISOString()}  ${last.state}  ${last.summary ?? last.error?.split("\n", 1)[0] ?? ""}` : "has not run yet";
        sayLine(`${name}  ${schedule}  ${ending}`);
      }
    });
  command
    .command("run")
    .argument("<name>", "as `mutu jobs list` shows it")
    .description("run a job now")
    .action(async (name: string) => {
      const job = jobs().find((known) => known.name === name);
      if (!job) throw new Error(`no job is named "${name}": see mutu jobs list`);
      const outcome = await runJob(services, job);
      sayLine(outcome.state === "busy" ? `${name} runs already` : `${name}: ${outcome.state}  ${outcome.summary ?? outcome.error}`);
      if (outcome.state !== "done") process.exitCode = 1;
    });
}
