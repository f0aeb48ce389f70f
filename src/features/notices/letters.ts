/** A notice as letters to all members, each in the language of its reader; in both for those who never chose. */
import type { TransactionContext } from "../../core/context.js";
import { type Letter, queueMail } from "../../core/mail-queue.js";
import type { Notice } from "../../generated/sqlite/client.js";
import { listPeople } from "../accounts/index.js";
import { objectOf } from "./trail.js";

/** How the purposes of notices begin. */
export const PURPOSES = "notices:";

/** Under what the letters of a notice are counted. */
export function purposeOf(noticeId: string): string {
  return `${PURPOSES}${noticeId}`;
}

/** Queues the letters of a notice. Gives the number queued. */
export async function queueNotice(tx: TransactionContext, notice: Notice, origin: string): Promise<number> {
  const people = await listPeople(tx.db);
  const queued = await queueMail(
    tx,
    people.map(({ email, locale }) => letterOf(notice, email, locale, origin)),
  );
  await tx.db.notice.update({ where: { id: notice.id }, data: { mailedAt: tx.clock.now() } });
  tx.audit({ verb: "notices.notice.mailed", accountId: null, object: objectOf(notice), new: { queued } });
  return queued;
}

/** Writes one letter. The only thing added is where it comes from. */
export function letterOf(
  notice: Pick<Notice, "id" | "titleFr" | "textFr" | "titleEn" | "textEn">,
  recipient: string,
  locale: string | null,
  origin: string,
): Letter {
  const french = { title: notice.titleFr, text: notice.textFr };
  const english = { title: notice.titleEn, text: notice.textEn };
  const foot = `-- \n${origin}/\n`;
  const common = { purpose: purposeOf(notice.id), recipient };
  if (locale === "fr") return { ...common, subject: french.title, text: `${french.text}\n\n${foot}` };
  if (locale === "en") return { ...common, subject: english.title, text: `${english.text}\n\n${foot}` };
  const both = [french, english].map(({ title, text }) => `${title}\n\n${text}`).join("\n\n* * *\n\n");
  return { ...common, subject: `${french.title} / ${english.title}`, text: `${both}\n\n${foot}` };
}
