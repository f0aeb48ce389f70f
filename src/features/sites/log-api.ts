/** A site's logs in JSON. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { ListQuery, listAnswer, listBody, windowOf } from "../../core/http/paging.js";
import type { LogKind } from "../../core/machine/index.js";
import type { Services } from "../../core/services.js";
import { LOG_KINDS, looking, troubleView } from "./log-pages.js";
import { listLines, siteOfLogs, troubleOf, unread } from "./logs.js";

const MAX_ID = 300;
const MAX_LINES = 1000;
const params = Type.Object({ site: Type.String({ maxLength: MAX_ID }) });
const Kind = Type.Enum(LOG_KINDS);
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

/** Options of `mutu sites log`. */
export const LogInput = Type.Object({ kind: Kind, lines: Type.Integer({ minimum: 1, maximum: MAX_LINES }) });

const Line = Type.Object({
  at: nullable(Type.String()),
  text: Type.String(),
  status: nullable(Type.Integer()),
  address: Type.String(),
  code: nullable(Type.String()),
  says: nullable(Type.String()),
});
const Trouble = Type.Object({
  code: Type.String(),
  says: Type.String(),
  hint: Type.String(),
  at: nullable(Type.String()),
  file: nullable(Type.String()),
  line: nullable(Type.Integer()),
  times: Type.Integer(),
  message: Type.String(),
  trace: Type.Array(Type.String()),
});
const query = Type.Object({ ...ListQuery.properties, kind: Type.Optional(Kind) });
const keyOf = (request: FastifyRequest) => (request.params as { site: string }).site;

/** Mounts them. A machine that cannot be read is 503. */
export function logApi(app: FastifyInstance, services: Services): void {
  app.get("/sites/:site/trouble", { config: looking, schema: { params, response: { 200: Type.Object({ trouble: nullable(Trouble) }) } } }, async (request) => {
    const told = await troubleOf(services, await siteOfLogs(request.ctx, keyOf(request)));
    if (!told.ok) throw unread(told.why);
    const { found } = troubleView(request, told);
    if (!told.value || !found) return { trouble: null };
    const { title, at, ...rest } = found;
    return { trouble: { ...rest, code: told.value.cause.code, says: title, at: at?.toISOString() ?? null } };
  });
  app.get("/sites/:site/log", { config: looking, schema: { params, querystring: query, response: { 200: listAnswer(Line) } } }, async (request) => {
    const { kind = "error" } = request.query as { kind?: LogKind };
    const window = windowOf(request.query);
    const told = await listLines(services, await siteOfLogs(request.ctx, keyOf(request)), kind, window);
    if (!told.ok) throw unread(told.why);
    const rows = told.value.rows.map(({ data, ...line }) => ({
      ...line,
      at: line.at?.toISOString() ?? null,
      says: line.code === null ? null : request.t(`logs.apache.${line.code}`, data),
    }));
    return listBody({ rows, total: told.value.total }, window);
  });
}
