/** The cards that features contribute to the home pages, and the one word that sums them up. */
import type { FastifyRequest } from "fastify";
import type { HomeCard, HomeCardContent } from "../../core/feature.js";
import { refusalOf } from "../../core/http/access.js";
import type { Services } from "../../core/services.js";

export type HomeState = NonNullable<HomeCardContent["state"]>;

/** Worst first. */
const ORDER: HomeState[] = ["failed", "held", "waiting", "published", "verified"];

export interface DrawnHome {
  /** Drawn by the page itself, so that a card may hold a form. */
  cards: { view: string; data: object }[];
  state: HomeState;
}

/** Loads the cards of an audience that this person may see. */
export async function drawCards(request: FastifyRequest, services: Services, audience: HomeCard["audience"]): Promise<DrawnHome> {
  const cards = services.features.flatMap((feature) => feature.homeCards ?? []).filter((card) => card.audience === audience);
  const visible = cards.filter((card) => !card.permission || refusalOf(request.actor, { permission: card.permission }) === null);
  const reader = { services, t: (key: string, data?: Record<string, unknown>) => request.t(key, data) };
  const drawn: DrawnHome = { cards: [], state: "verified" };
  for (const card of visible.sort((a, b) => a.position - b.position)) {
    const content = await card.load(request.ctx, request.person?.accountId ?? null, reader);
    if (!content) continue;
    drawn.cards.push({ view: card.view, data: content.data });
    drawn.state = worse(drawn.state, content.state ?? "verified");
  }
  return drawn;
}

/** Gives the worse of two states. */
export function worse(a: HomeState, b: HomeState): HomeState {
  return ORDER.indexOf(a) < ORDER.indexOf(b) ? a : b;
}
