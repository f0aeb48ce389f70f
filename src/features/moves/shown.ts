/** A move as it is told to people. */
import type { FastifyRequest } from "fastify";
import type { Static } from "typebox";
import type { Saying } from "../../core/feature.js";
import { displayName } from "../domains/index.js";
import { unitWords } from "../publications/index.js";
import type { ShownMove } from "./moves.js";
import type { MoveOutput } from "./schemas.js";

/** A request's own language; unbound it would not know whose. */
export const sayTo =
  (request: Pick<FastifyRequest, "t">): Say =>
  (key, data) =>
    request.t(key, data);

type Say = (key: string, data?: Record<string, unknown>) => string;

/** The sentences of what it waits for. */
export const waitsOf = (move: Pick<ShownMove, "waitsFor">, say: Say): string[] =>
  (move.waitsFor as unknown as Saying[]).map(({ key, data }) => say(key, { ...unitOf(data, say), ...data, ...namesOf(data) }));

/** When the first of the units that did not come through on the destination is tried again; null: nothing failed there. */
export function nextTryOf({ waitsFor }: Pick<ShownMove, "waitsFor">): string | null {
  const times = (waitsFor as unknown as Saying[]).flatMap(({ data }) => (typeof data["nextAt"] === "string" ? [data["nextAt"]] : []));
  return times.sort()[0] ?? null;
}

/** A unit in words of the reader's language. Rows of an older version have it in words already. */
const unitOf = ({ role, key }: Saying["data"], say: Say) => (role === undefined ? {} : { unit: unitWords(say, String(role), String(key)) });

/** Names as people read them. */
function namesOf({ name, names }: Saying["data"]): Record<string, string> {
  return {
    ...(typeof name === "string" && { name: displayName(name) }),
    ...(typeof names === "string" && { names: names.split(", ").map(displayName).join(", ") }),
  };
}

/** JSON of a move. */
export function moveBody(move: ShownMove, say: Say): Static<typeof MoveOutput> {
  const { account, from, to, state, back, startedBy } = move;
  return {
    account: { id: account.id, login: account.login, name: account.name },
    from: { id: from.id, name: from.name },
    to: { id: to.id, name: to.name },
    ...{ state, back, startedBy },
    startedAt: move.startedAt.toISOString(),
    ledAt: move.ledAt?.toISOString() ?? null,
    endsAt: move.endsAt?.toISOString() ?? null,
    lookedAt: move.lookedAt?.toISOString() ?? null,
    waitsFor: waitsOf(move, say),
    nextTryAt: nextTryOf(move),
  };
}
