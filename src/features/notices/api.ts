/** Notices in JSON, for administrators. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ListQuery, listAnswer, listBody, windowOf } from "../../core/http/paging.js";
import type { Services } from "../../core/services.js";
import { addNotice, editNotice, getNotice, listNotices, mailNotice, removeNotice } from "./notices.js";
import { Done, NoticeChange, NoticeInput, NoticeOutput, NoticeParams, Queued } from "./schemas.js";
import { noticeBody } from "./shown.js";

const config = { access: "admin" } as const;
const params = NoticeParams;
const one = { 200: NoticeOutput };
const idOf = (request: FastifyRequest) => (request.params as { notice: string }).notice;
const body = async (request: FastifyRequest, id: string) => noticeBody(request.ctx, await getNotice(request.ctx, id));

/** Mounts the routes. */
export function noticeApi(app: FastifyInstance, { env }: Services): void {
  app.get("/notices", { config, schema: { querystring: ListQuery, response: { 200: listAnswer(NoticeOutput) } } }, async (request) => {
    const window = windowOf(request.query);
    const { rows, total } = await listNotices(request.ctx, window);
    return listBody({ rows: await Promise.all(rows.map((row) => noticeBody(request.ctx, row))), total }, window);
  });
  app.post("/notices", { config, schema: { body: NoticeInput, response: { 201: NoticeOutput } } }, async (request, reply) => {
    const { id } = await addNotice(request.ctx, request.body as NoticeInput, env.origin);
    return reply.code(201).send(await body(request, id));
  });
  app.get("/notices/:notice", { config, schema: { params, response: one } }, async (request) => body(request, idOf(request)));
  app.patch("/notices/:notice", { config, schema: { params, body: NoticeChange, response: one } }, async (request) => {
    await editNotice(request.ctx, idOf(request), request.body as NoticeChange);
    return body(request, idOf(request));
  });
  app.delete("/notices/:notice", { config, schema: { params, response: { 200: Done } } }, async (request) => {
    await removeNotice(request.ctx, idOf(request));
    return { done: true };
  });
  app.post("/notices/:notice/mail", { config, schema: { params, response: { 200: Queued } } }, async (request) => ({
    queued: await mailNotice(request.ctx, idOf(request), env.origin),
  }));
}
