/** Pages of a site's logs. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { pagedList, windowOf } from "../../core/http/paging.js";
import type { LogKind } from "../../core/machine/index.js";
import { accountsWith } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";
import { type Trouble, visible } from "../logs/index.js";
import { listLines, siteOfLogs, type Told, troubleOf } from "./logs.js";
import type { ShownSite } from "./sites.js";

export const LOG_KINDS = ["error", "access", "php"] as const;
const FOLDERS: Record<LogKind, string> = { error: "/logs", access: "/logs/access", php: "/logs/php" };
/** Each look asks a machine. */
export const looking = { access: { permission: "logs.read" }, rateLimit: { max: 60, timeWindow: "1 minute" } } as const;

/** Mounts "Why is my site failing?". */
export function logPages(app: FastifyInstance, services: Services): void {
  for (const kind of LOG_KINDS) {
    app.get(`/sites/:site${FOLDERS[kind]}`, { config: looking }, async (request, reply) => {
      const site = await siteOfLogs(request.ctx, (request.params as { site: string }).site);
      return drawLogs(request, reply, services, site, kind);
    });
  }
}

async function drawLogs(request: FastifyRequest, reply: FastifyReply, services: Services, site: ShownSite, kind: LogKind) {
  const window = windowOf(request.query);
  const pathOf = (one: LogKind) => `/sites/${site.id}${FOLDERS[one]}`;
  // Who types in the search box is sent the list alone.
  const typing = request.headers["hx-request"] !== undefined;
  const [trouble, lines] = await Promise.all([typing ? null : troubleOf(services, site), listLines(services, site, kind, window)]);
  return reply.page("logs/site", {
    site: { id: site.id, title: site.title },
    trouble: trouble && troubleView(request, trouble),
    kind,
    kinds: LOG_KINDS.map((one) => ({ href: pathOf(one), label: request.t(`logs.kinds.${one}`) })),
    unread: lines.ok ? null : unreadText(request, lines.why),
    list: lines.ok
      ? pagedList(
          {
            total: lines.value.total,
            rows: lines.value.rows.map((line) => ({ ...line, says: line.code === null ? null : request.t(`logs.apache.${line.code}`, line.data) })),
          },
          window,
          pathOf(kind),
        )
      : null,
  });
}

/** Who reads: a request, or whoever else has a language. */
interface Reader {
  t(key: string, data?: Record<string, unknown>): string;
}

/** What pages say of a site's trouble. */
export function troubleView(reader: Reader, told: Told<Trouble | null>) {
  if (!told.ok) return { unread: unreadText(reader, told.why) };
  const trouble = told.value;
  if (trouble === null) return { fine: true };
  return {
    found: {
      title: reader.t(`logs.causes.${trouble.cause.code}`, trouble.cause.data),
      hint: reader.t(`logs.hints.${trouble.cause.code}`, trouble.cause.data),
      at: trouble.at,
      file: trouble.file === null ? null : visible(trouble.file),
      line: trouble.line,
      times: trouble.times,
      message: visible(trouble.message),
      trace: trouble.trace.map((line) => visible(line)),
    },
  };
}

function unreadText(reader: Reader, why: string): string {
  return reader.t(`logs.errors.${why}`);
}

/** Whether this person may read the logs of an account's sites. */
export function mayReadLogs(request: FastifyRequest, accountId: string): boolean {
  const ids = accountsWith(request.actor, "logs.read");
  return ids === null || ids.includes(accountId);
}
