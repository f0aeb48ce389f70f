/** `mutu notices …`: what all members are told. */
import type { Command } from "commander";
import { parseCommand } from "../../core/command-input.js";
import { mailProgress } from "../../core/mail-queue.js";
import type { Services } from "../../core/services.js";
import { purposeOf } from "./letters.js";
import { addNotice, editNotice, listNotices, mailNotice, removeNotice, stateOf } from "./notices.js";
import { NoticeChange, NoticeInput } from "./schemas.js";

const ALL = 10_000;

/** Adds the verbs. */
export function noticeCommands(command: Command, services: Services): void {
  const context = () => services.context({ kind: "system", name: "cli" });
  const say = (...words: (string | number)[]) => process.stdout.write(`${words.join("\t")}\n`);
  command
    .command("list")
    .description("notices, the newest first, with their letters: waiting, sent, refused")
    .action(async () => {
      const ctx = context();
      for (const notice of (await listNotices(ctx, { take: ALL })).rows) {
        const { waiting, sent, failed } = await mailProgress(ctx.db, purposeOf(notice.id));
        say(notice.id, stateOf(notice, ctx.clock.now()), notice.titleFr, `${waiting}/${sent}/${failed}`);
      }
    });
  texts(command.command("add").description("publish a notice to all members, in both languages"))
    .option("--by-mail", "also as a letter to each of them")
    .action(async (options: Record<string, unknown>) => {
      say((await addNotice(context(), parseCommand(NoticeInput, options), services.env.origin)).id);
    });
  texts(command.command("edit <notice>").description("change a notice; letters that have left stay as they were")).action(
    async (id: string, options: Record<string, unknown>) => {
      await editNotice(context(), id, parseCommand(NoticeChange, options));
    },
  );
  command.command("remove <notice>").action(async (id: string) => {
    await removeNotice(context(), id);
  });
  command
    .command("mail <notice>")
    .description("send it as a letter to those who have none yet, and to those whose letter was refused")
    .action(async (id: string) => {
      say(await mailNotice(context(), id, services.env.origin));
    });
}

function texts(command: Command): Command {
  return command
    .option("--title-fr <words>", "title in French")
    .option("--text-fr <text>", "text in French")
    .option("--title-en <words>", "title in English")
    .option("--text-en <text>", "text in English")
    .option("--from <day>", "first day, as 2026-12-31; left out: from now on")
    .option("--until <day>", "last day; an empty word: until it is removed");
}
