/** `GET /events/units`: chips of units as they change. A member hears of own accounts only. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { accountsWith, isAdmin } from "../../core/ownership.js";
import type { Publisher, UnitNews } from "../../publish/index.js";
import { READ } from "./publications.js";

/** Answers with events named `unit`: { hostId, role, key, accountId, chip }. */
export function streamUnits(request: FastifyRequest, reply: FastifyReply, events: Publisher["events"]): FastifyReply {
  return reply.events((send, signal) => {
    const stop = events.listen((news) => {
      if (mayHear(request, news)) send("unit", news);
    });
    signal.addEventListener("abort", stop);
  });
}

function mayHear({ actor }: FastifyRequest, { accountId }: UnitNews): boolean {
  if (isAdmin(actor)) return true;
  return accountId !== null && (accountsWith(actor, READ) ?? []).includes(accountId);
}
