/** The audit trail in JSON. */
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { verifyAudit } from "../../core/audit-trail.js";
import { ListQuery, listAnswer, listBody, windowOf } from "../../core/http/paging.js";
import type { Services } from "../../core/services.js";
import { listEverything, listHistory, type ShownEntry } from "./entries.js";
import { undoEntry } from "./undos.js";

const Text = Type.Union([Type.String(), Type.Null()]);
const EntryOutput = Type.Object({
  position: Type.Integer(),
  at: Type.String(),
  verb: Type.String(),
  actor: Text,
  actorKind: Type.String(),
  address: Text,
  object: Text,
  undoable: Type.Boolean({ description: "Such a change can be taken back, if nothing that it changed has changed since" }),
  changes: Type.Array(Type.Object({ name: Type.String(), old: Text, new: Text })),
});
const ProofOutput = Type.Object({ intact: Type.Boolean(), entries: Type.Integer(), erased: Type.Integer(), cutAt: Type.Integer(), head: Type.String() });
const response = { 200: listAnswer(EntryOutput) };

/** Mounts the routes. */
export function auditApi(app: FastifyInstance, services: Services): void {
  const schema = { querystring: ListQuery, response };
  app.get("/history", { config: { access: { permission: "audit.read" } }, schema }, async (request) => {
    const window = windowOf(request.query);
    const { rows, total } = await listHistory(request.ctx, services, window, null);
    return listBody({ rows: rows.map(entryBody), total }, window);
  });
  app.get("/audit", { config: { access: "admin" }, schema }, async (request) => {
    const window = windowOf(request.query);
    const { rows, total } = await listEverything(request.ctx, services, window);
    return listBody({ rows: rows.map(entryBody), total }, window);
  });
  const params = Type.Object({ entry: Type.Integer({ minimum: 1 }) });
  app.post(
    "/history/:entry/undo",
    { config: { access: { permission: "audit.read" } }, schema: { params, response: { 200: Type.Object({ verb: Type.String(), object: Type.String() }) } } },
    async (request) => undoEntry(request.ctx, services, (request.params as { entry: number }).entry),
  );
  app.get("/audit/proof", { config: { access: "admin" }, schema: { response: { 200: ProofOutput } } }, async (request) => verifyAudit(request.ctx.db));
}

function entryBody(entry: ShownEntry) {
  return { ...entry, at: entry.at.toISOString() };
}
