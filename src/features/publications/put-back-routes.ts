/** Pages of one release: what would come back, what would not and why, and the button. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { form } from "../../core/http/forms.js";
import type { Services } from "../../core/services.js";
import { publisherOf } from "../../publish/index.js";
import { planPutBack, putBack, unitNamed } from "./put-backs.js";
import { PutBackInput } from "./schemas.js";
import { plannedParts, roleName, sayTo, unitName } from "./shown.js";

const config = { access: "admin" } as const;
const idOf = (request: FastifyRequest) => (request.params as { release: string }).release;

/** Mounts the pages. */
export function putBackPages(app: FastifyInstance, services: Services): void {
  const publisher = () => publisherOf(services);

  app.get("/publications/releases/:release", { config }, draw);
  app.post(
    "/publications/releases/:release/put-back",
    { config },
    form({
      schema: PutBackInput,
      async act(ctx, input, request) {
        const { hostId, held } = await putBack(ctx, publisher(), idOf(request), unitNamed(input));
        return { to: `/publications?host=${encodeURIComponent(hostId)}`, says: "publications.put_back_started", data: { count: held } };
      },
      again: draw,
    }),
  );

  async function draw(request: FastifyRequest, reply: FastifyReply) {
    const unit = unitNamed({ ...(request.query as object), ...((request.body ?? {}) as object) });
    const { release, host, dry, changed, more, forwardOnly } = await planPutBack(request.ctx, publisher(), idOf(request), unit);
    const units = plannedParts(request.ctx, sayTo(request), dry).map((part, index) => {
      const back = dry.units[index]?.comesBack === true;
      // What becomes of it. What it serves now would read here as if it changed.
      const sentences = part.sentences.slice(-1);
      return { ...part, sentences, back, chip: back ? "published" : "held", href: `?${new URLSearchParams({ role: part.role, key: part.key })}` };
    });
    const nothing = more === 0 && !units.some(({ back }) => back);
    return reply.page("publications/release", {
      release: {
        id: release.id,
        number: release.number,
        root: release.root,
        state: release.state,
        createdAt: release.createdAt,
        publicationId: release.publicationId,
      },
      host: host.name,
      unit,
      unitName: unit && unitName(request.ctx, sayTo(request), unit.role, unit.key),
      units,
      coming: units.filter(({ back }) => back).length,
      staying: units.filter(({ back }) => !back).length,
      changed,
      more,
      forwardOnly: forwardOnly.map((role) => withinSentence(roleName(sayTo(request), role))).join(", "),
      nothing,
      // Where nothing comes back, what differs is only what waits to go out.
      files: nothing ? [] : dry.files,
    });
  }
}

/** A name of a role stands alone elsewhere, and begins with a capital there; initials keep theirs. */
const withinSentence = (name: string): string => name.replace(/^\p{Lu}(?=\p{Ll})/u, (letter) => letter.toLowerCase());
