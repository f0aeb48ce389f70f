/** Pages of moves, for administrators: those under way, and the one of an account from beginning to end. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { notFound } from "../../core/errors.js";
import { form } from "../../core/http/forms.js";
import { pagedList, windowOf } from "../../core/http/paging.js";
import type { Services } from "../../core/services.js";
import { getAccount } from "../accounts/index.js";
import { findHost } from "../hosts/index.js";
import { liveNames } from "../sites/index.js";
import { endMove, findMove, listMoves, otherHosts, startMove, undoMove } from "./moves.js";
import { MoveInput, Nothing } from "./schemas.js";
import { nextTryOf, sayTo, waitsOf } from "./shown.js";
import { step } from "./steps.js";

const config = { access: "admin" } as const;
const STATES = ["preparing", "leading", "waiting"] as const;
const idOf = (request: FastifyRequest) => (request.params as { account: string }).account;
const pageOf = (request: FastifyRequest) => `/accounts/${encodeURIComponent(idOf(request))}/move`;

/** Mounts the pages. */
export function movePages(app: FastifyInstance, services: Services): void {
  app.get("/moves", { config }, async (request, reply) => {
    const window = windowOf(request.query);
    const { rows, total } = await listMoves(request.ctx, window);
    const shown = rows.map((row) => ({ ...row, waits: waitsOf(row, sayTo(request)) }));
    return reply.page("moves/list", {
      list: pagedList({ rows: shown, total }, window, "/moves"),
      several: (await otherHosts(request.ctx, { webHostId: "" })).length > 1,
    });
  });
  app.get("/accounts/:account/move", { config }, draw);
  app.post(
    "/accounts/:account/move",
    { config },
    form({
      schema: MoveInput,
      async act(ctx, { hostId }, request) {
        await startMove(ctx, idOf(request), hostId);
        return { to: pageOf(request), says: "moves.started" };
      },
      again: draw,
    }),
  );
  app.post(
    "/accounts/:account/move/look",
    { config },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const move = await findMove(ctx, idOf(request));
        if (move !== null) await step(ctx, services, move, { now: true });
        return { to: pageOf(request), says: "moves.looked" };
      },
      again: draw,
    }),
  );
  app.post(
    "/accounts/:account/move/undo",
    { config },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const left = await undoMove(ctx, idOf(request));
        return { to: pageOf(request), says: left === null ? "moves.undone" : "moves.undone_back" };
      },
      again: draw,
    }),
  );
  app.get("/accounts/:account/move/end", { config }, drawEnd);
  app.post(
    "/accounts/:account/move/end",
    { config },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        await endMove(ctx, idOf(request));
        return { to: pageOf(request), says: "moves.ended" };
      },
      again: drawEnd,
    }),
  );

  async function draw(request: FastifyRequest, reply: FastifyReply) {
    const account = await getAccount(request.ctx, idOf(request));
    const move = await findMove(request.ctx, account.id);
    const at = move === null ? -1 : STATES.indexOf(move.state);
    const items = STATES.map((state, index) => ({
      label: request.t(`moves.steps.${state}`),
      state: index < at ? "done" : index === at ? "now" : "next",
    }));
    return reply.page("moves/move", {
      account,
      move,
      items,
      waits: move === null ? [] : waitsOf(move, sayTo(request)),
      nextTryAt: move && nextTryOf(move),
      names: (await liveNames(request.ctx.db, account.id)).length,
      web: await findHost(request.ctx.db, account.webHostId),
      hosts: (await otherHosts(request.ctx, account)).map(({ id, name, accounts }) => ({
        value: id,
        label: name,
        text: request.t("moves.carries", { count: accounts.web }),
      })),
    });
  }

  async function drawEnd(request: FastifyRequest, reply: FastifyReply) {
    const account = await getAccount(request.ctx, idOf(request));
    const move = await findMove(request.ctx, account.id);
    if (move === null) throw notFound("moves.none");
    return reply.page("moves/end", { account, move });
  }
}
