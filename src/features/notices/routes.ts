/** Pages of notices, for administrators; and the one button that members have. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { form } from "../../core/http/forms.js";
import { pagedList, windowOf } from "../../core/http/paging.js";
import { refusedMail } from "../../core/mail-queue.js";
import { relayOf } from "../../core/mailer.js";
import type { Services } from "../../core/services.js";
import { countPeople } from "../accounts/index.js";
import { purposeOf } from "./letters.js";
import { addNotice, dismissNotice, editNotice, getNotice, listNotices, mailNotice, removeNotice } from "./notices.js";
import { DismissForm, Nothing, NoticeForm, NoticeInput } from "./schemas.js";
import { noticeView } from "./shown.js";
import { streamProgress } from "./stream.js";

const admin = { access: "admin" } as const;
const user = { access: "user" } as const;
/** Pages on which notices stand. */
const PLACES = new Set(["/", "/connect"]);
const idOf = (request: FastifyRequest) => (request.params as { notice: string }).notice;

/** Mounts the pages. */
export function noticePages(app: FastifyInstance, { env }: Services): void {
  const draw = (request: FastifyRequest, reply: FastifyReply) => drawNotice(request, reply, relayKnown(env));
  app.get("/notices", { config: admin }, drawList);
  app.get("/notices/new", { config: admin }, drawNew);
  app.post(
    "/notices",
    { config: admin },
    form({
      schema: NoticeInput,
      async act(ctx, input) {
        const { id } = await addNotice(ctx, input, env.origin);
        return { to: `/notices/${id}`, says: "notices.added" };
      },
      again: drawNew,
    }),
  );
  app.get("/notices/stream", { config: admin }, streamProgress);
  app.get("/notices/:notice", { config: admin }, draw);
  app.post(
    "/notices/:notice",
    { config: admin },
    form({
      schema: NoticeForm,
      async act(ctx, input, request) {
        const { id } = await editNotice(ctx, idOf(request), input);
        return { to: `/notices/${id}`, says: "shell.saved" };
      },
      again: draw,
    }),
  );
  app.post(
    "/notices/:notice/mail",
    { config: admin },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const count = await mailNotice(ctx, idOf(request), env.origin);
        return { to: `/notices/${idOf(request)}`, says: "notices.mail.queued", data: { count } };
      },
      again: draw,
    }),
  );
  app.get("/notices/:notice/delete", { config: admin }, drawDelete);
  app.post(
    "/notices/:notice/delete",
    { config: admin },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        await removeNotice(ctx, idOf(request));
        return { to: "/notices", says: "notices.removed" };
      },
      again: drawDelete,
    }),
  );
  app.post(
    "/notices/:notice/dismiss",
    { config: user },
    form({
      schema: DismissForm,
      async act(ctx, { back }, request) {
        await dismissNotice(ctx, idOf(request));
        return back !== undefined && PLACES.has(back) ? back : "/";
      },
      again: (_request, reply) => reply.redirect("/", 303),
    }),
  );
}

async function drawList(request: FastifyRequest, reply: FastifyReply) {
  const window = windowOf(request.query);
  const { rows, total } = await listNotices(request.ctx, window);
  const views = await Promise.all(rows.map((row) => noticeView(request.ctx, row)));
  return reply.page("notices/list", { list: pagedList({ rows: views, total }, window, "/notices") });
}

async function drawNew(request: FastifyRequest, reply: FastifyReply) {
  return reply.page("notices/new", { people: await countPeople(request.ctx.db), today: request.ctx.clock.now().toISOString().slice(0, 10) });
}

async function drawNotice(request: FastifyRequest, reply: FastifyReply, relay: boolean) {
  const notice = await noticeView(request.ctx, await getNotice(request.ctx, idOf(request)));
  const refused = await refusedMail(request.ctx.db, purposeOf(notice.id));
  return reply.page("notices/notice", { notice, refused, relay, people: await countPeople(request.ctx.db) });
}

async function drawDelete(request: FastifyRequest, reply: FastifyReply) {
  const notice = await noticeView(request.ctx, await getNotice(request.ctx, idOf(request)));
  const { waiting } = notice.mail;
  return reply.page("notices/delete", { notice, consequences: waiting > 0 ? [request.t("notices.mail.withdrawn", { count: waiting })] : [] });
}

function relayKnown(env: Services["env"]): boolean {
  try {
    return relayOf(env) !== null;
  } catch {
    return false;
  }
}
