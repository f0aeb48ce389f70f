/** Chips of logins, pushed to open pages as the logins are published and verified. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { accountsWith } from "../../core/ownership.js";
import type { Publisher, UnitNews } from "../../publish/index.js";
import { chipsOf } from "./chips.js";
import { listLogins } from "./logins.js";
import { chipView } from "./shown.js";

/** Chips sent for one change: an open page shows no more. */
const MAX_LOGINS = 200;

/** Answers with a stream of chips; a member hears of own accounts only. */
export function streamChips(request: FastifyRequest, reply: FastifyReply, events: Publisher["events"]): FastifyReply {
  const own = accountsWith(request.actor, "ftp.read");
  return reply.events((send, signal) => {
    const stop = events.listen((news) => {
      if (!concerns(news, own)) return;
      sendChips(request, news.accountId as string, send).catch((error: unknown) => request.log.warn({ err: error }, "chips not sent"));
    });
    signal.addEventListener("abort", stop);
  });
}

function concerns({ role, accountId }: UnitNews, own: string[] | null): boolean {
  return role === "ftp" && accountId !== null && (own === null || own.includes(accountId));
}

async function sendChips(request: FastifyRequest, accountId: string, send: (event: string, data: unknown) => void): Promise<void> {
  const { rows } = await listLogins(request.ctx, { accountId, state: "live", take: MAX_LOGINS });
  const chips = await chipsOf(request.ctx.db, rows);
  for (const login of rows) {
    const view = chipView(request, login, chips.get(login.id) ?? { state: "waiting" }, request.ctx.clock.now());
    send("fragment", { id: view.id, html: request.fragment("ftp/chip", { chip: view }) });
  }
}
