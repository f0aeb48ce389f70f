/** How far the letters of notices are, pushed to open pages. The mailer may run in another process, so the rows are asked, only while somebody looks. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { mailProgress, refusedMail, waitingPurposes } from "../../core/mail-queue.js";
import { PURPOSES, purposeOf } from "./letters.js";
import { lastMailed } from "./notices.js";

const LOOK_MS = 2_000;
/** Notices whose counts are told at the beginning: more may have left between the page and its stream. */
const NEWEST = 20;

/** Answers with a stream of counts; the caller is an administrator, by the route. */
export function streamProgress(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.events(async (send, signal) => {
    const told = new Map<string, string>();
    const tell = (id: string, view: string, data: object) => {
      const html = request.fragment(view, data);
      if (told.get(id) === html) return;
      told.set(id, html);
      send("fragment", { id, html });
    };
    let followed = await lastMailed(request.ctx, NEWEST);
    const look = async (): Promise<void> => {
      const waiting = (await waitingPurposes(request.ctx.db, PURPOSES)).map((purpose) => purpose.slice(PURPOSES.length));
      // What waited a moment ago is looked at once more: it has just ended.
      for (const id of new Set([...followed, ...waiting])) {
        const mail = await mailProgress(request.ctx.db, purposeOf(id));
        const letters = mail.waiting + mail.sent + mail.failed;
        tell(`progress-${id}`, "notices/progress", { id, mail });
        tell(`letters-${id}`, "notices/letters", { id, mail, letters });
        tell(`refused-${id}`, "notices/refused", { id, refused: await refusedMail(request.ctx.db, purposeOf(id)) });
      }
      followed = waiting;
    };
    let timer: NodeJS.Timeout | undefined;
    const again = async (): Promise<void> => {
      await look().catch((error: unknown) => request.log.warn({ err: error }, "counts not sent"));
      if (!signal.aborted) timer = setTimeout(() => void again(), LOOK_MS).unref();
    };
    signal.addEventListener("abort", () => clearTimeout(timer));
    await again();
  });
}
