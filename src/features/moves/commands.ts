/** `mutu moves …`: an account goes to another web machine. */
import type { Command } from "commander";
import type { Context } from "../../core/context.js";
import { invalid, notFound } from "../../core/errors.js";
import type { Services } from "../../core/services.js";
import { sayLine } from "../../core/terminal.js";
import { createText, terminalLocale } from "../../core/text.js";
import { findAccount } from "../accounts/index.js";
import { hostNamed } from "../hosts/index.js";
import { endMove, findMove, listMoves, startMove, undoMove } from "./moves.js";
import { nextTryOf, waitsOf } from "./shown.js";
import { step } from "./steps.js";
import { VIEWS } from "./words.js";

const ALL = 100_000;

/** Adds the verbs. */
export function moveCommands(command: Command, services: Services): void {
  const context = () => services.context({ kind: "system", name: "cli" });
  const accountNamed = async (ctx: Context, word: string) => {
    const account = await findAccount(ctx, word);
    if (!account) throw notFound("accounts.account_unknown");
    return account;
  };
  const tell = async (ctx: Context, accountId: string) => {
    const move = await findMove(ctx, accountId);
    if (move === null) return sayLine("stands still");
    const { from, to, state, endsAt } = move;
    sayLine([`${from.name} -> ${to.name}`, state, endsAt === null ? "" : `${from.name} serves until ${endsAt.toISOString()}`].join("\t"));
    for (const sentence of waitsOf(move, createText(VIEWS, { lenient: true }).translator(terminalLocale()))) sayLine(`  ${sentence}`);
    const next = nextTryOf(move);
    if (next !== null) sayLine(`  tried again at ${next}`);
  };

  command
    .command("list")
    .description("moves under way, the oldest first")
    .action(async () => {
      const { rows } = await listMoves(context(), { take: ALL });
      for (const { account, from, to, state, endsAt } of rows)
        sayLine([account.login, `${from.name} -> ${to.name}`, state, endsAt?.toISOString() ?? ""].join("\t"));
    });
  command
    .command("start <account>")
    .description("bring its sites to another web machine; both serve until names are known to lead to the new one")
    .requiredOption("--to <host>", "the web machine")
    .action(async (word: string, { to }: { to: string }) => {
      const ctx = context();
      const account = await accountNamed(ctx, word);
      const host = await hostNamed(ctx.db, to);
      if (!host) throw invalid("moves.host_unknown");
      await startMove(ctx, account.id, host.id);
      await tell(ctx, account.id);
    });
  command
    .command("show <account>")
    .description("look at its move now, and say what it waits for")
    .action(async (word: string) => {
      const ctx = context();
      const { id } = await accountNamed(ctx, word);
      const move = await findMove(ctx, id);
      if (move !== null) await step(ctx, services, move);
      await tell(ctx, id);
    });
  command
    .command("undo <account>")
    .description("back to the machine of before; once names were told, the new one serves until they are known to lead back")
    .action(async (word: string) => {
      const ctx = context();
      const { id } = await accountNamed(ctx, word);
      await undoMove(ctx, id);
      await tell(ctx, id);
    });
  command
    .command("end <account>")
    .description("stop the machine of before now, whoever may still come there")
    .action(async (word: string) => {
      const ctx = context();
      await endMove(ctx, (await accountNamed(ctx, word)).id);
    });
}
