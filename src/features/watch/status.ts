/** `mutu status`: every machine is asked, side by side and only for so long; what is found is told as monitoring programs read it. */
import type { Command } from "commander";
import type { Check } from "../../core/feature.js";
import type { Services } from "../../core/services.js";
import { sayLine } from "../../core/terminal.js";
import { createText, terminalLocale } from "../../core/text.js";
import { probeAll } from "../hosts/index.js";
import { gatherChecks, worstOf } from "./gather.js";
import { sayingText } from "./sayings.js";
import { VIEWS } from "./words.js";

/** Of the guidelines for monitoring plugins: 0 OK, 1 WARNING, 2 CRITICAL. */
const CODES: Record<Check["state"], number> = { ok: 0, warning: 1, failing: 2 };
const WORDS: Record<Check["state"], string> = { ok: "OK", warning: "WARNING", failing: "CRITICAL" };
const PATIENCE_SECONDS = 8;
/** What is not a host's own. */
const PANEL = "panel";

interface Options {
  check?: boolean;
  json?: boolean;
  timeout: string;
}

/** Adds the options and the act to the command `status`. */
export function statusCommand(command: Command, services: Services): void {
  command
    .description("how everything is: machines, publications, certificates, signatures, jobs, backups")
    .option("--check", "for monitoring programs: exit code 0 fine, 1 warning, 2 failing; only what is not fine is told in sentences")
    .option("--json", "the same as JSON")
    .option("--timeout <seconds>", "how long a machine may take to answer", String(PATIENCE_SECONDS))
    .action(async ({ check, json, timeout }: Options) => {
      const ctx = services.context({ kind: "system", name: "cli" });
      const seconds = Math.min(Math.max(Number(timeout) || PATIENCE_SECONDS, 1), 60);
      await probeAll(ctx, services.env, { seconds });
      const checks = await gatherChecks(ctx, services);
      const say = createText(VIEWS, { lenient: true }).translator(terminalLocale());
      if (json) process.stdout.write(`${JSON.stringify(jsonOf(checks, say))}\n`);
      else for (const line of linesOf(checks, say, check === true)) sayLine(line);
      if (check) process.exitCode = CODES[worstOf(checks)];
    });
}

type Say = ReturnType<ReturnType<typeof createText>["translator"]>;

/** One line that sums up, one a subject, and a sentence for each check that is not fine (of each, unless it is for a program). Pure. */
export function linesOf(checks: readonly Check[], say: Say, forProgram: boolean): string[] {
  const count = (state: Check["state"]) => checks.filter((check) => check.state === state).length;
  const bad = checks.filter(({ state }) => state !== "ok").map(({ name, subject }) => `${subject || PANEL} ${name}`);
  const summary = `MUTU ${WORDS[worstOf(checks)]} - ${count("failing")} failing, ${count("warning")} warning, ${count("ok")} ok${bad.length > 0 ? `: ${bad.join(", ")}` : ""}`;
  const subjects = [...new Set(checks.map(({ subject }) => subject))];
  const told = subjects.flatMap((subject) => {
    const own = checks.filter((check) => check.subject === subject);
    const sentences = own.filter(({ state }) => !forProgram || state !== "ok").flatMap((check) => sentencesOf(check, say));
    return [`${subject || PANEL}: ${own.map(({ name, state }) => `${name} ${state}`).join(", ")}`, ...sentences];
  });
  return [summary, ...told];
}

function sentencesOf({ state, says, todo }: Check, say: Say): string[] {
  const first = `  ${WORDS[state]}: ${sayingText(say, says)}`;
  return todo && state !== "ok" ? [first, `    ${sayingText(say, todo)}`] : [first];
}

function jsonOf(checks: readonly Check[], say: Say) {
  const told = checks.map(({ name, subject, state, says, todo }) => ({
    subject,
    name,
    state,
    says: sayingText(say, says),
    todo: todo ? sayingText(say, todo) : null,
    data: says.data,
  }));
  return { state: worstOf(checks), checks: told };
}
