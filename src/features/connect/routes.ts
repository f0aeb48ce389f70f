/** The page of the sheet. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ConnectCard } from "../../core/feature.js";
import { accountsWith } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";
import { accountFor, listAccounts } from "../accounts/index.js";

const MAX_CHOICES = 500;
const config = { access: { permission: "accounts.read" } } as const;

/** Mounts the page. */
export function connectPages(app: FastifyInstance, services: Services): void {
  const cards = services.features.flatMap(({ connectCards = [] }) => connectCards).sort((a, b) => a.position - b.position);
  app.get("/connect", { config }, (request, reply) => draw(request, reply, cards));
}

async function draw(request: FastifyRequest, reply: FastifyReply, all: ConnectCard[]) {
  const accounts = (await listAccounts(request.ctx, { take: MAX_CHOICES })).rows.filter(({ state }) => state !== "removed");
  const wanted = (request.query as { account?: string }).account ?? request.person?.accountId;
  const account = wanted ? await accountFor(request.ctx, wanted, "accounts.read") : accounts.length === 1 ? accounts[0] : undefined;
  if (!account) return reply.page("connect/sheet", { accounts });
  const cards: { view: string; data: object }[] = [];
  for (const { permission, view, load } of all) {
    const own = permission ? accountsWith(request.actor, permission) : null;
    if (own !== null && !own.includes(account.id)) continue;
    const data = await load(request.ctx, account.id, request);
    if (data) cards.push({ view, data });
  }
  return reply.page("connect/sheet", { account, several: accounts.length > 1, cards });
}
