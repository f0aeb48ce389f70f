/** What waits for somebody's word, on the home pages. */
import type { Context } from "../../core/context.js";
import type { HomeCard, HomeCardContent } from "../../core/feature.js";
import { accountsWith } from "../../core/ownership.js";
import { displayName } from "../domains/index.js";
import { listOffers } from "./offers.js";
import { listRequests } from "./requests.js";

const SHOWN = 20;

export const transferCards: HomeCard[] = [
  { audience: "member", position: 6, permission: "transfers.write", view: "transfers/card", load: loadWaiting },
  { audience: "admin", position: 35, view: "transfers/card", load: loadDecisions },
];

/** Offers to accept, and proven requests for one's own names. */
async function loadWaiting(ctx: Context, accountId: string | null): Promise<HomeCardContent | null> {
  const scope = accountId ? { accountId } : {};
  const own = accountsWith(ctx.actor, "transfers.write");
  const offers = (await listOffers(ctx, { ...scope, state: "open", take: SHOWN })).rows.filter(
    ({ toAccountId }) => (own === null || own.includes(toAccountId)) && (accountId === null || toAccountId === accountId),
  );
  const { rows: requests } = await listRequests(ctx, { ...scope, side: "held", open: true, take: SHOWN });
  return card(offers, requests);
}

/** Proven names to which the holder objects, and those that wait. */
async function loadDecisions(ctx: Context): Promise<HomeCardContent | null> {
  const { rows } = await listRequests(ctx, { side: "all", open: true, take: SHOWN });
  return card(
    [],
    rows.filter(({ state }) => state !== "waiting"),
  );
}

interface Named {
  id: string;
  name: string;
}

function card(offers: readonly (Named & { account: { name: string } })[], requests: readonly (Named & { state: string })[]): HomeCardContent | null {
  if (offers.length + requests.length === 0) return null;
  return {
    data: {
      offers: offers.map(({ id, name, account }) => ({ id, display: displayName(name), from: account.name })),
      requests: requests.map(({ id, name, state }) => ({ id, display: displayName(name), state })),
    },
    state: "held",
  };
}
