/** Pages of the audit trail. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { form } from "../../core/http/forms.js";
import { type Page, pagedList, windowOf } from "../../core/http/paging.js";
import { isAdmin } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";
import { forReaders, listEverything, listHistory, type ShownEntry } from "./entries.js";
import { undoEntry } from "./undos.js";

const reader = { access: { permission: "audit.read" } } as const;

/** Mounts the pages. */
export function auditPages(app: FastifyInstance, services: Services): void {
  const drawHistory = async (request: FastifyRequest, reply: FastifyReply) => {
    const window = windowOf(request.query);
    const list = pagedList(readersPage(await listHistory(request.ctx, services, window, request.person?.accountId ?? null)), window, "/history");
    return reply.page("audit/list", { list, title: "audit.title_own", lead: "audit.lead_own" });
  };
  app.get("/history", { config: reader }, drawHistory);
  app.post(
    "/history/:entry/undo",
    { config: reader },
    form({
      schema: Type.Object({}),
      async act(ctx, _input, request) {
        await undoEntry(ctx, services, Number((request.params as { entry: string }).entry) || 0);
        return { to: isAdmin(ctx.actor) ? "/audit" : "/history", says: "audit.undone" };
      },
      again: (request, reply) => (isAdmin(request.actor) ? drawAudit(request, reply) : drawHistory(request, reply)),
    }),
  );
  const drawAudit = async (request: FastifyRequest, reply: FastifyReply) => {
    const window = windowOf(request.query);
    const list = pagedList(readersPage(await listEverything(request.ctx, services, window)), window, "/audit");
    return reply.page("audit/list", { list, title: "audit.title", lead: "audit.lead" });
  };
  app.get("/audit", { config: { access: "admin" } }, drawAudit);
}

function readersPage({ rows, total }: Page<ShownEntry>): Page<ShownEntry> {
  return { rows: rows.map(forReaders), total };
}
