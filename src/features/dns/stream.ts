/** Chips of zones, pushed to open pages as their units are published and verified. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { accountsWith } from "../../core/ownership.js";
import type { Publisher, UnitNews } from "../../publish/index.js";
import { chipsOf } from "./chips.js";
import { chipView } from "./shown.js";
import { listZones } from "./zones.js";

/** Chips sent for one change: an open page shows no more. */
const MAX_ZONES = 200;

/** Answers with a stream of chips; a member hears of own accounts only. */
export function streamChips(request: FastifyRequest, reply: FastifyReply, events: Publisher["events"]): FastifyReply {
  const own = accountsWith(request.actor, "dns.read");
  return reply.events((send, signal) => {
    const stop = events.listen((news) => {
      if (!concerns(news, own)) return;
      sendChips(request, news.accountId as string, send).catch((error: unknown) => request.log.warn({ err: error }, "chips not sent"));
    });
    signal.addEventListener("abort", stop);
  });
}

function concerns({ role, accountId }: UnitNews, own: string[] | null): boolean {
  return role === "dns" && accountId !== null && (own === null || own.includes(accountId));
}

async function sendChips(request: FastifyRequest, accountId: string, send: (event: string, data: unknown) => void): Promise<void> {
  const { rows } = await listZones(request.ctx, { accountId, take: MAX_ZONES });
  const chips = await chipsOf(request.ctx.db, rows);
  for (const zone of rows) {
    const chip = chips.get(zone.id);
    if (!chip) continue;
    const view = chipView(request, zone, chip);
    send("fragment", { id: view.id, html: request.fragment("dns/chip", { chip: view }) });
  }
}
