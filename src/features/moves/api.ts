/** Moves in JSON; for administrators. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { notFound } from "../../core/errors.js";
import { listAnswer, listBody, windowOf } from "../../core/http/paging.js";
import type { Services } from "../../core/services.js";
import { getAccount } from "../accounts/index.js";
import { endMove, findMove, listMoves, startMove, undoMove } from "./moves.js";
import { AccountParams, MoveInput, MoveOutput } from "./schemas.js";
import { moveBody, sayTo } from "./shown.js";
import { step } from "./steps.js";

const config = { access: "admin" } as const;
const idOf = (request: FastifyRequest) => (request.params as { account: string }).account;
const Ended = Type.Object({ ended: Type.Boolean() });

/** Mounts the routes. */
export function moveApi(app: FastifyInstance, services: Services): void {
  const shown = async (request: FastifyRequest) => {
    await getAccount(request.ctx, idOf(request));
    const move = await findMove(request.ctx, idOf(request));
    if (move === null) throw notFound("moves.none");
    return moveBody(move, sayTo(request));
  };
  app.get("/moves", { config, schema: { response: { 200: listAnswer(MoveOutput) } } }, async (request) => {
    const window = windowOf(request.query);
    const { rows, total } = await listMoves(request.ctx, window);
    return listBody({ rows: rows.map((row) => moveBody(row, sayTo(request))), total }, window);
  });
  app.get("/accounts/:account/move", { config, schema: { params: AccountParams, response: { 200: MoveOutput } } }, shown);
  app.post("/accounts/:account/move", { config, schema: { params: AccountParams, body: MoveInput, response: { 201: MoveOutput } } }, async (request, reply) => {
    await startMove(request.ctx, idOf(request), (request.body as MoveInput).hostId);
    return reply.code(201).send(await shown(request));
  });
  app.post("/accounts/:account/move/look", { config, schema: { params: AccountParams, response: { 200: Ended } } }, async (request) => {
    await shown(request);
    const move = await findMove(request.ctx, idOf(request));
    if (move !== null) await step(request.ctx, services, move, { now: true });
    return { ended: (await findMove(request.ctx, idOf(request))) === null };
  });
  app.post("/accounts/:account/move/undo", { config, schema: { params: AccountParams, response: { 200: Ended } } }, async (request) => ({
    ended: (await undoMove(request.ctx, idOf(request))) === null,
  }));
  app.post("/accounts/:account/move/end", { config, schema: { params: AccountParams, response: { 200: Ended } } }, async (request) => {
    await endMove(request.ctx, idOf(request));
    return { ended: true };
  });
}
