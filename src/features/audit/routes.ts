/** Pages of the audit trail. */
import type { FastifyInstance } from "fastify";
import { type Page, pagedList, windowOf } from "../../core/http/paging.js";
import { forReaders, listEverything, listHistory, type ShownEntry } from "./entries.js";

/** Mounts the pages. */
export function auditPages(app: FastifyInstance): void {
  app.get("/history", { config: { access: { permission: "audit.read" } } }, async (request, reply) => {
    const window = windowOf(request.query);
    const list = pagedList(readersPage(await listHistory(request.ctx, window, request.person?.accountId ?? null)), window, "/history");
    return reply.page("audit/list", { list, title: "audit.title_own", lead: "audit.lead_own" });
  });
  app.get("/audit", { config: { access: "admin" } }, async (request, reply) => {
    const window = windowOf(request.query);
    return reply.page("audit/list", {
      list: pagedList(readersPage(await listEverything(request.ctx, window)), window, "/audit"),
      title: "audit.title",
      lead: "audit.lead",
    });
  });
}

function readersPage({ rows, total }: Page<ShownEntry>): Page<ShownEntry> {
  return { rows: rows.map(forReaders), total };
}
