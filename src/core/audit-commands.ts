/** `mutu audit …` */
import type { Command } from "commander";
import { listAudit, verifyAudit } from "./audit-trail.js";
import type { Services } from "./services.js";
import { sayLine } from "./terminal.js";

const DEFAULT_LINES = "20";

/** Adds the commands of the audit trail. */
export function auditCommands(audit: Command, services: Services): void {
  audit.description("who did what: entries chained by hash");
  audit
    .command("verify")
    .description("prove that no entry was changed or removed")
    .action(async () => {
      const proof = await verifyAudit(services.db);
      for (const { position, fault } of proof.faults) sayLine(`entry ${position}: ${fault.replaceAll("_", " ")}`);
      if (proof.cutAt > 0) sayLine(`entries up to ${proof.cutAt} were removed by retention, behind a checkpoint`);
      if (proof.erased > 0) sayLine(`${proof.erased} of them erased, chain ${proof.intact ? "intact" : "broken"}`);
      sayLine(`${proof.entries} entries, chain ${proof.intact ? "intact" : "broken"}, head ${proof.head}`);
      if (!proof.intact) process.exitCode = 1;
    });
  audit
    .command("list")
    .description("the last entries, the newest first")
    .option("--lines <n>", "how many", DEFAULT_LINES)
    .action(async (options: { lines: string }) => {
      const { rows } = await listAudit(services.db, { accountIds: null, take: Number(options.lines) || Number(DEFAULT_LINES) });
      for (const entry of rows) {
        const content = entry.content ?? { actor: "(erased)", object: "(erased)" };
        sayLine(`${entry.position}  ${entry.at.toISOString()}  ${content.actor || entry.actorKind}  ${entry.verb}  ${content.object}`);
      }
    });
}
