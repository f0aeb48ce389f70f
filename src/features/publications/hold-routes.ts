/** Pages of what stands still on purpose. Members see what is their own, without buttons. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { form } from "../../core/http/forms.js";
import { pagedList, windowOf } from "../../core/http/paging.js";
import { isAdmin } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";
import { holdWords, publisherOf } from "../../publish/index.js";
import { countHeld, holdText, listHeld, planRelease, releaseAll, releaseHeld } from "./holds.js";
import { READ } from "./publications.js";
import { HoldsInput } from "./schemas.js";
import { chipFor, heldBody, namesOf, plannedParts, sayTo } from "./shown.js";

const admin = { access: "admin" } as const;
const idOf = (request: FastifyRequest) => (request.params as { unit: string }).unit;

/** Mounts the pages. */
export function holdPages(app: FastifyInstance, services: Services): void {
  const publisher = () => publisherOf(services);
  const names = async (request: FastifyRequest) => namesOf(await publisher().hosts.list(request.ctx.db));

  app.get("/publications/holds", { config: { access: { permission: READ } } }, drawList);
  app.post(
    "/publications/holds/release",
    { config: admin },
    form({
      schema: HoldsInput,
      async act(ctx, { host, reason, count: seen }) {
        const count = await releaseAll(ctx, publisher(), host, reason, seen);
        return { to: "/publications/holds", says: "publications.holds_released", data: { count } };
      },
      again: drawList,
    }),
  );
  app.get("/publications/holds/:unit", { config: admin }, drawOne);
  app.post(
    "/publications/holds/:unit/release",
    { config: admin },
    form({
      schema: Type.Object({}),
      async act(ctx, _input, request) {
        await releaseHeld(ctx, idOf(request));
        return { to: "/publications/holds", says: "publications.holds_released", data: { count: 1 } };
      },
      again: drawOne,
    }),
  );

  async function drawList(request: FastifyRequest, reply: FastifyReply) {
    const window = windowOf(request.query);
    const { host } = (request.query ?? {}) as { host?: unknown };
    const hostId = typeof host === "string" && host !== "" ? host.slice(0, 64) : undefined;
    const { rows, total } = await listHeld(request.ctx, { ...window, hostId });
    const hosts = await names(request);
    const sees = isAdmin(request.actor);
    const views = rows.map((unit) => heldBody(request.ctx, sayTo(request), hosts, unit));
    const groups = sees ? await countHeld(request.ctx) : [];
    return reply.page("publications/holds", {
      list: pagedList({ rows: views, total }, window, hostId === undefined ? "/publications/holds" : `/publications/holds?host=${encodeURIComponent(hostId)}`),
      admin: sees,
      audience: sees ? "admin" : "member",
      searched: sees ? "" : "_member",
      groups: groups.map((group) => ({ ...group, host: hosts.get(group.hostId) ?? group.hostId, label: `publications.hold_reasons.${group.reason}` })),
    });
  }

  async function drawOne(request: FastifyRequest, reply: FastifyReply) {
    const { unit, dry } = await planRelease(request.ctx, publisher(), idOf(request));
    const parts = plannedParts(request.ctx, sayTo(request), dry);
    return reply.page("publications/hold", {
      unit: heldBody(request.ctx, sayTo(request), await names(request), unit),
      sentence: holdText(request, { reason: unit.hold as string, data: holdWords(unit.holdData) }),
      parts: parts.map((part) => ({ ...part, chip: chipFor(part.result) })),
      files: dry.files,
    });
  }
}
