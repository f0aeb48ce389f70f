/** The audit trail in JSON. */
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { verifyAudit } from "../../core/audit-trail.js";
import { ListQuery, listAnswer, listBody, windowOf } from "../../core/http/paging.js";
import { listEverything, listHistory, type ShownEntry } from "./entries.js";

const Text = Type.Union([Type.String(), Type.Null()]);
const EntryOutput = Type.Object({
  position: Type.Integer(),
  at: Type.String(),
  verb: Type.String(),
  actor: Text,
  actorKind: Type.String(),
  address: Text,
  object: Text,
  changes: Type.Array(Type.Object({ name: Type.String(), old: Text, new: Text })),
});
const ProofOutput = Type.Object({ intact: Type.Boolean(), entries: Type.Integer(), erased: Type.Integer(), cutAt: Type.Integer(), head: Type.String() });
const response = { 200: listAnswer(EntryOutput) };

/** Mounts the routes. */
export function auditApi(app: FastifyInstance): void {
  const schema = { querystring: ListQuery, response };
  app.get("/history", { config: { access: { permission: "audit.read" } }, schema }, async (request) => {
    const window = windowOf(request.query);
    const { rows, total } = await listHistory(request.ctx, window, null);
    return listBody({ rows: rows.map(entryBody), total }, window);
  });
  app.get("/audit", { config: { access: "admin" }, schema }, async (request) => {
    const window = windowOf(request.query);
    const { rows, total } = await listEverything(request.ctx, window);
    return listBody({ rows: rows.map(entryBody), total }, window);
  });
  app.get("/audit/proof", { config: { access: "admin" }, schema: { response: { 200: ProofOutput } } }, async (request) => verifyAudit(request.ctx.db));
}

function entryBody(entry: ShownEntry) {
  return { ...entry, at: entry.at.toISOString() };
}
