/** Pages by which a domain is attached: one field, what is there today, two ways. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Answer, form } from "../../core/http/forms.js";
import type { Services } from "../../core/services.js";
import { readSettings } from "../dns/index.js";
import { DomainInput, displayName, drawNew } from "../domains/index.js";
import { attachDomain, getLook, lookAt } from "./looks.js";
import { AttachForm } from "./schemas.js";
import { shownLook } from "./shown.js";

const write = { access: { permission: "domains.write" } } as const;
const lookOf = (request: FastifyRequest) => (request.params as { look: string }).look;

/** Mounts the pages. */
export function attachPages(app: FastifyInstance, services: Services): void {
  app.post(
    "/domains/looks",
    { config: write },
    form({
      schema: DomainInput,
      async act(ctx, input) {
        return `/domains/looks/${(await lookAt(ctx, services, input)).id}`;
      },
      again: drawNew,
    }),
  );
  app.get("/domains/looks/:look", { config: write }, draw);
  app.post(
    "/domains/looks/:look",
    { config: write },
    form({
      schema: AttachForm,
      async act(ctx, input, request): Promise<Answer> {
        const { domain, kept, left } = await attachDomain(ctx, services, lookOf(request), input);
        const name = displayName(domain.name);
        const to = `/domains/${domain.id}/health`;
        if (left.length > 0) return { to, says: "attach.added_left", data: { name, count: kept, left: left.length } };
        return kept > 0 ? { to, says: "attach.added_kept", data: { name, count: kept } } : { to, says: "domains.added", data: { name } };
      },
      again: draw,
    }),
  );
}

async function draw(request: FastifyRequest, reply: FastifyReply) {
  const look = await getLook(request.ctx, lookOf(request));
  const { nameServers } = await readSettings(request.ctx.db);
  const body = request.body as { way?: string; keep?: string | string[] } | undefined;
  const chosen = request.formState ? [body?.keep ?? []].flat() : null;
  const ready = nameServers.length > 0;
  return reply.page("attach/look", {
    look: { id: look.row.id, name: look.row.name, display: displayName(look.row.name), silent: look.seen.silent, ds: look.seen.ds, odd: look.seen.odd },
    ...shownLook(
      look,
      nameServers.map(({ name }) => name),
      chosen,
    ),
    ours: nameServers,
    ready,
    way: body?.way ?? (ready ? "hosted" : "external"),
    ways: (ready ? ["hosted", "external"] : ["external"]).map((value) => ({
      value,
      label: request.t(`attach.ways.${value}`),
      text: request.t(`attach.way_texts.${value}`),
    })),
  });
}
