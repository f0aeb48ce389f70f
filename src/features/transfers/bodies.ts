/** How offers and requests are told to programs. */
import type { Static } from "typebox";
import type { ShownOffer } from "./offers.js";
import { challengeRecord } from "./proofs.js";
import type { ShownRequest } from "./requests.js";
import type { OfferOutput, RequestOutput } from "./schemas.js";

const partyOf = ({ id, login }: { id: string; login: string }) => ({ id, login });
const moment = (at: Date | null) => at?.toISOString() ?? null;

/** Gives the answer's fields of an offer. */
export function offerBody(offer: ShownOffer): Static<typeof OfferOutput> {
  const { id, name, state, account, toAccount, createdAt, expiresAt, movedAt } = offer;
  const times = { createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString(), movedAt: moment(movedAt) };
  return { id, name, from: partyOf(account), to: partyOf(toAccount), state, ...times };
}

/** Gives the answer's fields of a request. */
export function requestBody(request: ShownRequest): Static<typeof RequestOutput> {
  const { id, name, kind, account, state, token, provenBy, decideAt, createdAt, expiresAt } = request;
  const times = { decideAt: moment(decideAt), createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() };
  return { id, name, kind, account: partyOf(account), state, record: challengeRecord(name, token), provenBy, ...times };
}
