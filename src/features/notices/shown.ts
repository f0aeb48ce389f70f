/** How a notice is told to programs and shown to administrators. */
import type { Static } from "typebox";
import type { Context } from "../../core/context.js";
import { mailProgress } from "../../core/mail-queue.js";
import { purposeOf } from "./letters.js";
import { type ShownNotice, stateOf } from "./notices.js";
import type { NoticeOutput } from "./schemas.js";

/** Gives the answer's fields of a notice. */
export async function noticeBody(ctx: Context, notice: ShownNotice): Promise<Static<typeof NoticeOutput>> {
  const { id, titleFr, textFr, titleEn, textEn, fromAt, untilAt, mailedAt, version } = notice;
  return {
    id,
    titleFr,
    textFr,
    titleEn,
    textEn,
    from: fromAt.toISOString(),
    until: untilAt?.toISOString() ?? null,
    state: stateOf(notice, ctx.clock.now()),
    dismissals: notice._count.dismissals,
    mail: { queuedAt: mailedAt?.toISOString() ?? null, ...(await mailProgress(ctx.db, purposeOf(id))) },
    version,
  };
}

const CHIPS = { coming: "waiting", shown: "verified", over: "held" } as const;

/** Everything that pages show. */
export async function noticeView(ctx: Context, notice: ShownNotice) {
  const body = await noticeBody(ctx, notice);
  const { waiting, sent, failed } = body.mail;
  return {
    ...body,
    chip: CHIPS[body.state],
    fromDay: body.from.slice(0, 10),
    untilDay: body.until?.slice(0, 10) ?? "",
    letters: waiting + sent + failed,
  };
}
