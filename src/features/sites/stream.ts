/** Chips of sites, pushed to open pages as their units are published and verified. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { accountsWith } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";
import { publisherOf, type UnitNews } from "../../publish/index.js";
import { chipsOf } from "./chips.js";
import { mayReadLogs, troubleView } from "./log-pages.js";
import { siteOfLogs, troubleOf } from "./logs.js";
import { chipView } from "./shown.js";
import { getSite, listSites } from "./sites.js";

const ROLES = new Set(["web", "php", "files"]);
/** Chips sent for one change: an open page shows no more. */
const MAX_SITES = 200;

/** Answers with a stream of chips, and what is wrong with the site whose page is open (`?site=`); a member hears of own accounts only. */
export function streamSites(request: FastifyRequest, reply: FastifyReply, services: Services): FastifyReply {
  const own = accountsWith(request.actor, "sites.read");
  const { site } = request.query as { site?: unknown };
  return reply.events((send, signal) => {
    if (typeof site === "string") sendTrouble(request, services, site, send).catch((error: unknown) => request.log.warn({ err: error }, "trouble not sent"));
    const stop = publisherOf(services).events.listen((news) => {
      if (!concerns(news, own)) return;
      sendChips(request, news.accountId as string, send).catch((error: unknown) => request.log.warn({ err: error }, "chips not sent"));
    });
    signal.addEventListener("abort", stop);
  });
}

/** Its machine is asked after the page is drawn: the page waits for no machine. */
async function sendTrouble(request: FastifyRequest, services: Services, key: string, send: (event: string, data: unknown) => void): Promise<void> {
  const site = await getSite(request.ctx, key);
  if (!mayReadLogs(request, site.accountId)) return;
  const trouble = troubleView(request, await troubleOf(services, await siteOfLogs(request.ctx, site.id)));
  send("fragment", { id: "site-trouble", html: request.fragment("logs/trouble", { trouble }) });
}

function concerns({ role, accountId }: UnitNews, own: string[] | null): boolean {
  return ROLES.has(role) && accountId !== null && (own === null || own.includes(accountId));
}

async function sendChips(request: FastifyRequest, accountId: string, send: (event: string, data: unknown) => void): Promise<void> {
  const { rows } = await listSites(request.ctx, { accountId, state: "live", take: MAX_SITES });
  const chips = await chipsOf(request.ctx.db, rows);
  for (const site of rows) {
    const view = chipView(request, site, chips.get(site.id) ?? { state: "waiting" });
    send("fragment", { id: view.id, html: request.fragment("sites/chip", { chip: view }) });
  }
}
